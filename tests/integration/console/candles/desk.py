"""Running `chandler candles ...` within this process, as the command line would."""

import json
from datetime import UTC, datetime
from typing import Any

from typer.testing import CliRunner, Result

from console.main import app
from shared.clock import now_ms
from shared.market import Interval, Series
from tests.integration.backfiller.rig import Place

BTC = Series("binance", "BTC/USDT", "1m")
#: Half a day, three days ago: long settled, and within what the simulator keeps.
START = now_ms() // 86_400_000 * 86_400_000 - 3 * 86_400_000
HOURS = Interval(START, START + 12 * 3_600_000)
TWELVE_HOURS = {edge: datetime.fromtimestamp(ms / 1000, UTC).isoformat() for edge, ms in HOURS._asdict().items()}
OF_BTC = ("--exchange", "binance", "--symbol", "BTC/USDT", "--timeframe", "1m")


def chandler(place: Place, *arguments: str) -> Result:
    """The result of `chandler candles` with these arguments; the configuration is the place's."""
    return CliRunner().invoke(app, ["candles", *arguments], env=place.environ, catch_exceptions=False)


def told(place: Place, *arguments: str) -> Any:
    """What the command prints with --json."""
    return json.loads(chandler(place, *arguments, "--json").stdout)


def execute(place: Place, statement: str) -> list[Any]:
    """Read or change the database behind Chandler's back."""
    with place.database.write() as connection:
        done = connection.exec_driver_sql(statement)
        return list(done) if done.returns_rows else []
