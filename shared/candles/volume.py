"""How much of a market traded lately, from whatever candles of it are stored."""

from sqlalchemy import Connection, bindparam, func, select

from shared.market import timeframe_ms
from shared.models import ohlcv_data, series_status

_MINUTE_MS, _HOUR_MS = 60_000, 3_600_000

_TIMEFRAMES = select(series_status.c.timeframe).where(
    series_status.c.exchange == bindparam("exchange"), series_status.c.symbol == bindparam("symbol")
)
_TRADED = (
    ohlcv_data.c.exchange == bindparam("exchange"),
    ohlcv_data.c.symbol == bindparam("symbol"),
    ohlcv_data.c.timeframe == bindparam("timeframe"),
    ohlcv_data.c.timestamp > bindparam("after"),
    ohlcv_data.c.timestamp <= bindparam("until"),
)
_NEWEST = (
    select(ohlcv_data.c.timestamp)
    .where(*_TRADED, ohlcv_data.c.volume > 0)
    .order_by(ohlcv_data.c.timestamp.desc())
    .limit(1)
)
_SUM = select(func.sum(ohlcv_data.c.volume)).where(*_TRADED)


def minute_volume(connection: Connection, exchange: str, symbol: str, at: int) -> float | None:
    """What traded (base asset) in the newest minute that anything did, before `at` (ms, the exchange's time).

    From the shortest candles that were closed by then and saw a trade within the hour; of candles longer than a minute
    a minute's part. None if there are none: nothing is known.
    """
    market = {"exchange": exchange, "symbol": symbol}
    for timeframe in sorted(connection.execute(_TIMEFRAMES, market).scalars(), key=timeframe_ms):
        step = timeframe_ms(timeframe)
        where = {**market, "timeframe": timeframe, "until": at - step}
        newest = connection.execute(_NEWEST, {**where, "after": at - step - max(_HOUR_MS, step)}).scalar()
        if newest is not None:
            span = max(_MINUTE_MS, step)
            traded = connection.execute(_SUM, {**where, "after": newest - span, "until": newest}).scalar_one()
            return float(traded) * _MINUTE_MS / span
    return None
