"""One replica in this process: what goes wrong with one strategy stays with it, and what nobody runs is told."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from shared.config import ExchangeSettings, PaperSettings, RiskSettings, StrategySettings, TraderSettings
from shared.stop import Stop
from tests.integration.trader.desk import Desk, open_desk
from tests.integration.trader.limited import LOG, another, bought
from trader.broker import Broker
from trader.brokers import Brokers
from trader.fleet import Fleet
from trader.main import warn_of_abandoned
from trader.replica import Replica
from trader.running import Running

FLIP = """
from chandler import Frame, Position, Signal, Strategy, buy

class Flip(Strategy):
    @property
    def warm_up(self) -> int:
        return 1

    def decide(self, frame: Frame, position: Position) -> Signal:
        return buy("0.5", reason="flip")
"""


class Rounds(Stop):
    """Stops after so many rounds."""

    def __init__(self, rounds: int) -> None:
        super().__init__()
        self.left = rounds

    def wait(self, seconds: float) -> bool:
        self.left -= 1
        return self.left < 0


class Mistaken(Brokers):
    """Has a defect that only one strategy runs into."""

    def of(self, running: Running) -> Broker:
        if running.id == "one":
            raise KeyError("an unforeseen answer")
        return super().of(running)

    def open(self, running: Running) -> None:
        """Nothing is to be opened on paper."""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = open_desk(tmp_path)
    opened.close_candles([1_000, 2_000, 3_000])
    opened.tick("100", "100")
    yield opened
    opened.database.close()


def test_a_defect_that_one_strategy_runs_into_does_not_end_the_others(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "flip.py").write_text(FLIP)
    wanted: dict[str, StrategySettings] = {each.settings.id: each.settings for each in (desk, another(desk))}
    database, settings = desk.database, TraderSettings(stale_seconds=1e10)
    fleet = Fleet(database, wanted, "me", 60, LOG)
    brokers = Mistaken(database, PaperSettings(), {}, 60)
    exchanges = {"binance": ExchangeSettings()}
    with capture_logs() as told:
        Replica(database, fleet, wanted, settings, brokers, tmp_path, LOG, exchanges, RiskSettings()).run(Rounds(3))
    assert desk.rows("SELECT strategy_id FROM signals") == [("two",)]
    failures = [entry for entry in told if entry["log_level"] == "error"]
    assert [entry["strategy_id"] for entry in failures] == ["one"], "and it is not tried again at once"


def test_a_strategy_that_holds_something_and_is_configured_no_more_is_told(desk: Desk) -> None:
    bought(desk)
    with capture_logs() as told:
        warn_of_abandoned(desk.database, {"two"}, LOG)
        warn_of_abandoned(desk.database, {"one", "two"}, LOG)
    assert [(entry["log_level"], entry["strategy_id"]) for entry in told] == [("warning", "one")]
