"""The demo's directory."""

from pathlib import Path

import pytest

from console.demo.place import demo_place
from shared.errors import StopError


def test_what_a_demo_left_is_kept_for_the_next(tmp_path: Path) -> None:
    with demo_place(tmp_path / "demo", fresh=False) as place:
        (place / "trading.db").touch()
    with demo_place(tmp_path / "demo", fresh=False) as place:
        assert (place / "trading.db").exists()


def test_a_fresh_demo_forgets_it(tmp_path: Path) -> None:
    with demo_place(tmp_path / "demo", fresh=False) as place:
        (place / "trading.db").touch()
        (place / "backups").mkdir()
    with demo_place(tmp_path / "demo", fresh=True) as place:
        assert [entry.name for entry in place.iterdir() if entry.name != ".chandler-demo"] == ["logs"]


@pytest.mark.parametrize("fresh", [False, True])
def test_a_directory_that_no_demo_made_is_left_alone(tmp_path: Path, fresh: bool) -> None:
    (tmp_path / "trading.db").write_text("a real one")
    with pytest.raises(StopError, match="not a demo's directory"), demo_place(tmp_path, fresh=fresh):
        pass
    assert [entry.name for entry in tmp_path.iterdir()] == ["trading.db"]


def test_two_demos_never_share_a_directory(tmp_path: Path) -> None:
    with (
        demo_place(tmp_path / "demo", fresh=False),
        pytest.raises(StopError, match="another demo"),
        demo_place(tmp_path / "demo", fresh=True),
    ):
        pass
