"""The demo as a user starts it: the real processes, on a simulated exchange."""

import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep

import psutil
import pytest

from chandler import Store

Demo = psutil.Popen


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Demo]]:
    """Starts a demo in a place of its own; its output goes to `out` there."""
    started: list[Demo] = []

    def start_demo(*options: str) -> Demo:
        command = [sys.executable, "-m", "console", "demo", "--data", str(tmp_path / "demo"), "--port", "0", *options]
        with (tmp_path / "out").open("wb") as out:
            started.append(psutil.Popen(command, stdout=out, stderr=subprocess.STDOUT))
        return started[-1]

    yield start_demo
    for demo in started:
        if demo.is_running():
            demo.kill()
            demo.wait()


def wait_until(what: Callable[[], object], demo: Demo, out: Path, seconds: float = 150) -> None:
    """Poll until it is true; fails with the demo's words if the demo ends or it takes too long."""
    deadline = monotonic() + seconds
    while not what():
        assert demo.poll() is None, out.read_text()
        assert monotonic() < deadline, out.read_text()
        sleep(0.1)


def services(demo: Demo) -> dict[str, psutil.Process]:
    """The demo's children by the name of their package."""
    found = {}
    for child in demo.children(recursive=True):
        command = child.cmdline()
        if "-m" in command:
            found[command[command.index("-m") + 1]] = child
    return found


def all_started(demo: Demo) -> bool:
    return {"simulator", "backfiller", "trader", "keeper", "console"} <= services(demo).keys()


def test_the_demo_trades_shows_its_page_and_leaves_no_process(start: Callable[..., Demo], tmp_path: Path) -> None:
    demo, out, database = start(), tmp_path / "out", tmp_path / "demo/trading.db"
    wait_until(lambda: all_started(demo), demo, out)
    children = demo.children(recursive=True)

    with Store.open(database) as store:

        def written() -> bool:
            now = store.overview()
            return bool(now.candles and now.signals and now.trades)

        wait_until(written, demo, out)
    page = next(word for word in out.read_text().split() if word.startswith("http")).rstrip(",")
    assert b"rsi-btc-1s" in urllib.request.urlopen(page, timeout=10).read()  # noqa: S310 - loopback

    demo.send_signal(signal.SIGINT)
    assert demo.wait(90) == 0, out.read_text()
    assert "candles" in out.read_text().splitlines()[-1]
    assert "killed" not in out.read_text()
    assert not [child for child in children if child.is_running()]


def test_a_service_that_dies_ends_the_demo_and_is_shown(start: Callable[..., Demo], tmp_path: Path) -> None:
    demo, out = start(), tmp_path / "out"
    wait_until(lambda: all_started(demo), demo, out)
    children = demo.children(recursive=True)
    services(demo)["keeper"].kill()
    assert demo.wait(60) == 1
    assert "The keeper was killed by SIGKILL; the end of" in out.read_text()
    assert not [child for child in children if child.is_running()]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent has died")
def test_services_die_with_a_demo_that_is_killed_hard(start: Callable[..., Demo], tmp_path: Path) -> None:
    demo, out = start(), tmp_path / "out"
    wait_until(lambda: all_started(demo), demo, out)
    children = demo.children(recursive=True)
    demo.kill()
    _, alive = psutil.wait_procs(children, timeout=30)
    assert alive == []


def test_a_demo_that_wrote_nothing_says_what_is_missing_and_fails(start: Callable[..., Demo], tmp_path: Path) -> None:
    demo = start("--seconds", "1")
    assert demo.wait(120) == 1
    assert "It wrote no candles and no signals and no trades." in (tmp_path / "out").read_text()


def test_a_directory_that_no_demo_made_is_refused(start: Callable[..., Demo], tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo/trading.db").write_text("a real one")
    assert start("--fresh").wait(60) == 1
    assert "is not a demo's directory" in (tmp_path / "out").read_text()
    assert (tmp_path / "demo/trading.db").read_text() == "a real one"
