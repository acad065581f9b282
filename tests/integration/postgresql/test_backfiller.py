"""The backfiller as a process of its own, on PostgreSQL: history, the live edge, and a server that is away."""

import signal

import pytest
from sqlalchemy import text

from shared.database import Database
from shared.journal import look
from shared.market import Series
from tests.integration.backfiller.rig import DEADLINE, Place, Simulate, until

SECONDS = Series("binance", "BTC/USDT", "1s")


@pytest.fixture(autouse=True)
def at_the_server(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHANDLER_DATABASE__URL", url)


def test_candles_and_tickers_come_and_wait_in_the_journal_while_the_database_is_held(
    simulate: Simulate, place: Place, database: Database
) -> None:
    exchange = simulate("--days", "1", "--seconds-days", "1")
    place.configure(exchange, {"timeframe": "1s", "days": 0.01})
    process = place.start()
    until("the first candles", lambda: place.rows(SECONDS))

    def newest() -> int:
        return place.status(SECONDS).watermark or 0

    with database.write() as connection:
        held = newest()

        def waiting() -> int:
            """How many entries wait in the journal; the server ends a writer that is silent for long."""
            connection.execute(text("SELECT 1"))
            status = look(place.directory / "journal")
            return status.entries if status else 0

        until("something in the journal", waiting)
        until("the exchange is six seconds further", lambda: waiting() and exchange.now() > held + 6_000)
        assert newest() == held
    until("what waited is stored", lambda: newest() >= held + 5_000)
    until("tickers", place.tickers)
    process.send_signal(signal.SIGTERM)
    assert process.wait(DEADLINE) == 0
    known = place.covered(SECONDS)
    assert place.rows(SECONDS) == [row for part in known for row in exchange.truth(SECONDS, part)]
    assert "Traceback" not in place.log.read_text()
