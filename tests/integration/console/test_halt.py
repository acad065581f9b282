"""`chandler halt`, `reduce` and `resume` on a real database."""

from decimal import Decimal as D
from pathlib import Path

import pytest

from console.halt import resume, tighten
from console.status.show import show_status
from shared import ledger
from shared.clock import boot_id, boot_us, now_us
from shared.config import ExchangeSettings, Paths, Settings, StrategySettings
from shared.database import Database, open_database
from shared.errors import ConfigError, RetryError
from shared.flag import flag_file, raised
from shared.trading import DESK, Mark, State, StateRow, effective

NAMES = ("one", "two")


@pytest.fixture
def settings(tmp_path: Path, database: Database) -> Settings:
    with database.write() as connection:
        for name in NAMES:
            wanted = StrategySettings(
                id=name, name="ema_cross", exchange="binance", symbol="BTC/USDT", timeframe="1m", cash=D(1_000)
            )
            ledger.register(connection, wanted, now_us(), boot_us(), boot_id())
    return Settings(paths=Paths(data=tmp_path), exchanges={"binance": ExchangeSettings()})


def states(database: Database, settings: Settings) -> dict[str, str]:
    """What holds for each strategy, as a trader sees it."""
    flag = raised(flag_file(settings.paths.data))
    with database.read() as connection:
        return {name: effective([*flag, *ledger.states_for(connection, name)]).state.value for name in NAMES}


def test_a_halt_of_one_strategy_leaves_the_others_alone(database: Database, settings: Settings) -> None:
    assert tighten(settings, "one", "halted", "lunch") == 0
    assert states(database, settings) == {"one": "halted", "two": "active"}


def test_a_halt_of_the_desk_holds_for_all_in_the_database_and_in_the_flag_file(
    database: Database, settings: Settings
) -> None:
    tighten(settings, None, "halted", "lunch")
    assert states(database, settings) == {"one": "halted", "two": "halted"}
    assert flag_file(settings.paths.data).read_text() == "halted lunch\n"
    with database.read() as connection:
        assert ledger.state_of(connection, DESK) == StateRow(DESK, State.HALTED, "operator", "lunch")


@pytest.mark.parametrize("whom", ["one", None])
def test_a_state_is_there_again_after_everything_was_closed_and_opened(
    settings: Settings, database: Database, database_file: Path, whom: str | None
) -> None:
    tighten(settings, whom, "reducing", "")
    database.close()
    again = open_database(f"sqlite:///{database_file}")
    assert states(again, settings)["one"] == "reducing"
    again.close()


def test_a_state_only_tightens_until_it_is_resumed(
    database: Database, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    with database.write() as connection:
        ledger.set_state(connection, StateRow("one", State.HALTED, "strategy", "ZeroDivisionError"), now_us())
    tighten(settings, "one", "reducing", "")
    assert capsys.readouterr().out == (
        "one is halted by an error of the strategy: ZeroDivisionError already, and stays so\n"
    )
    with database.read() as connection:
        assert ledger.state_of(connection, "one").source == "strategy"  # its code stays unasked


def test_resuming_the_desk_takes_the_flag_file_down_and_leaves_the_strategies_own_states(
    database: Database, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    tighten(settings, "one", "halted", "")
    tighten(settings, None, "halted", "")
    capsys.readouterr()
    assert resume(settings, None) == 0
    assert capsys.readouterr().out == (
        "the desk may trade again\nbut one is halted by the operator still: `chandler resume one` lifts that\n"
    )
    assert not flag_file(settings.paths.data).exists()
    assert states(database, settings) == {"one": "halted", "two": "active"}


def test_a_halted_strategy_may_trade_again(
    database: Database, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    tighten(settings, "one", "halted", "")
    resume(settings, "one")
    assert capsys.readouterr().out.endswith("one may trade again\n")
    assert states(database, settings)["one"] == "active"


def test_resuming_a_strategy_under_a_halted_desk_says_what_still_holds(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    tighten(settings, None, "halted", "lunch")
    resume(settings, "one")
    assert "but the desk is halted by the operator: lunch" in capsys.readouterr().out


def test_after_resuming_losses_count_from_now(database: Database, settings: Settings) -> None:
    scopes = ("one", "two", ledger.desk_scope("paper", "USDT"))
    with database.write() as connection:
        ledger.save_marks(connection, [Mark(scope, 0, D(2), D(2), D(1), D(0), 0) for scope in scopes])
    resume(settings, "one")
    with database.read() as connection:
        assert ledger.marks(connection).keys() == {"two", "*paper/USDT"}
    resume(settings, None)
    with database.read() as connection:
        assert ledger.marks(connection).keys() == {"two"}


def test_every_change_of_a_state_is_kept(database: Database, settings: Settings) -> None:
    tighten(settings, "one", "reducing", "a")
    tighten(settings, "one", "halted", "b")
    resume(settings, "one")
    with database.read() as connection:
        rows = connection.exec_driver_sql("SELECT old_state, new_state, source, reason FROM state_changes").all()
    assert [tuple(row) for row in rows] == [
        ("active", "reducing", "operator", "a"),
        ("reducing", "halted", "operator", "b"),
        ("halted", "active", "operator", "resumed by the operator"),
    ]


@pytest.mark.parametrize("command", [lambda s: tighten(s, "three", "halted", ""), lambda s: resume(s, "three")])
def test_an_unknown_strategy_is_said(settings: Settings, command: object) -> None:
    with pytest.raises(ConfigError, match="no strategy 'three': `chandler status` lists them"):
        command(settings)  # type: ignore[operator]


def test_a_locked_database_leaves_the_desk_halted_by_the_flag_file(database: Database, settings: Settings) -> None:
    hasty = settings.model_copy(update={"database": settings.database.model_copy(update={"busy_timeout_ms": 1})})
    with database.write(), pytest.raises(RetryError, match=r"HALT stops traders .* does not know: .* is locked"):
        tighten(hasty, None, "halted", "fire")
    assert states(database, settings) == {"one": "halted", "two": "halted"}


@pytest.mark.parametrize(
    ("text", "state"),
    [
        (b"", "halted"),
        (b"reducing over lunch", "reducing"),
        (b"REDUCING", "reducing"),
        (b"stop!", "halted"),
        (b"\xff", "halted"),
    ],
)
def test_a_flag_file_made_by_hand_counts(database: Database, settings: Settings, text: bytes, state: str) -> None:
    flag_file(settings.paths.data).write_bytes(text)
    assert states(database, settings)["two"] == state


def test_a_flag_that_cannot_be_read_halts(database: Database, settings: Settings) -> None:
    flag_file(settings.paths.data).mkdir()
    assert states(database, settings)["two"] == "halted"
    (settings.paths.data / "HALT").rmdir()
    flag_file(settings.paths.data).symlink_to("nowhere")
    assert states(database, settings)["two"] == "halted"


def test_status_shows_what_holds_who_set_it_and_why(
    database: Database, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    with database.write() as connection:
        ledger.set_state(connection, StateRow("one", State.REDUCING, "risk", "max_daily_loss 5.00%"), now_us())
    show_status(settings, as_json=False)
    assert "one reducing by risk: max_daily_loss 5.00%" in capsys.readouterr().out
    flag_file(settings.paths.data).write_text("halted by the fire alarm")
    show_status(settings, as_json=False)
    shown = capsys.readouterr().out
    assert "the desk halted by the operator: by the fire alarm (file" in shown
    assert "two halted" not in shown  # said once, for the desk
