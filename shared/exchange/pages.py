"""Asking for candles. Rows come back as the exchange sent them; `shared.market.accept` decides on them."""

from typing import NamedTuple

from shared.errors import RetryError
from shared.exchange.client import Client
from shared.market import Interval, Series


class Answer(NamedTuple):
    """Raw rows, ascending as ccxt sorts them, and the exchange's time (ms) when they were asked for.

    A candle that was closed when it was asked for was closed when the answer was made.
    """

    rows: list[object]
    asked_at: int


async def fetch_page(client: Client, series: Series, window: Interval) -> Answer:
    """The candles that open in the window; exchanges that ignore its end send later ones too."""
    count = (window.end - window.start) // series.step
    return await ask_candles(client, series, window.start, count, {"until": window.end - 1})


async def first_from(client: Client, series: Series, since: int) -> int | None:
    """Open time of the first candle at or after `since`, closed or not, however far away; None if there is none."""
    rows = (await ask_candles(client, series, since, 1, {})).rows
    found = _one_time(series, ([row for row in rows if _opens_from(row, since)] or rows)[:1])
    if found is not None and found < since:
        raise RetryError(f"{series}: asked for candles from {since} ms on, got one of {found}; trying again")
    return found


async def newest(client: Client, series: Series) -> int | None:
    """Open time of the newest candle, closed or not; None if there is none at all."""
    return _one_time(series, (await ask_candles(client, series, None, 1, {})).rows[-1:])


async def ask_candles(
    client: Client, series: Series, since: int | None, limit: int | None, extra: dict[str, int]
) -> Answer:
    """Candles as ccxt is asked for them; without a limit as many as the exchange gives."""
    asked_at = client.now()
    rows = await client.ask(f"candles of {series}", "fetch_ohlcv", series.symbol, series.timeframe, since, limit, extra)
    return Answer(rows, asked_at)


def _opens_from(row: object, since: int) -> bool:
    """Whether a row is of a candle at or after an instant; some exchanges send one more before it."""
    return isinstance(row, list | tuple) and bool(row) and type(row[0]) is int and row[0] >= since


def _one_time(series: Series, rows: list[object]) -> int | None:
    if not rows:
        return None
    row = rows[0]
    if isinstance(row, list | tuple) and row and type(row[0]) is int and row[0] % series.step == 0:
        return row[0]
    raise RetryError(f"{series}: got a row that is no candle, {str(row)[:100]}; trying again")
