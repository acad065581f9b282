"""Binance's public files: zipped CSVs of klines, a month or a day each, with a checksum beside each.

/data/spot/monthly/klines/BTCUSDT/1m/BTCUSDT-1m-2024-01.zip and /data/spot/daily/klines/.../BTCUSDT-1m-2024-01-15.zip.
Times are in microseconds from 2025 on, in milliseconds before.
"""

import asyncio
import hashlib
import re
import zipfile
from calendar import monthrange
from collections import OrderedDict
from datetime import UTC, datetime
from io import BytesIO
from typing import Final

from aiohttp import web

from simulator.errors import ApiError
from simulator.exchange import Exchange
from simulator.market.market import Market
from simulator.market.timeframe import DAY_MS

MICROSECONDS_FROM_MS: Final = 1_735_689_600_000  # 2025-01-01
KEPT: Final = 64  # files
_NAME: Final = re.compile(
    r"(?P<period>monthly|daily)/klines/(?P<symbol>\w+)/(?P<timeframe>\w+)/"
    r"(?P<file>(?P=symbol)-(?P=timeframe)-(?P<date>\d{4}-\d\d(-\d\d)?)\.zip)(?P<checksum>\.CHECKSUM)?"
)
_MISSING: Final = '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code></Error>'
_EPOCH_OF_ZIP: Final = (1980, 1, 1, 0, 0, 0)


class Files:
    """Files made of the truth when they are first asked for; the newest 64 are kept."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._made: OrderedDict[str, bytes] = OrderedDict()

    async def handle(self, request: web.Request) -> web.Response:
        """A zip, its checksum, or 404 for what is not there (yet)."""
        path = request.match_info["path"]
        name = _NAME.fullmatch(path)
        content = await self._content(name) if name else None
        if name is None or content is None:
            return web.Response(text=_MISSING, status=404, content_type="application/xml")
        if name["checksum"]:
            return web.Response(text=f"{hashlib.sha256(content).hexdigest()}  {name['file']}\n")
        return web.Response(body=content, content_type="application/zip")

    async def _content(self, name: re.Match[str]) -> bytes | None:
        try:
            market = self._exchange.market(name["symbol"])
            timeframe_ms = self._exchange.timeframe_ms(market, name["timeframe"])
            start_ms, end_ms = span(name["period"], name["date"])
        except (ApiError, ValueError):
            return None
        if end_ms > self._exchange.now_ms():
            return None
        file = name["file"]
        if file not in self._made:
            made = await asyncio.to_thread(self._zipped, market, timeframe_ms, start_ms, end_ms, file)
            if made is None:
                return None
            self._made[file] = made
        self._made.move_to_end(file)
        while len(self._made) > KEPT:
            self._made.popitem(last=False)
        return self._made[file]

    def _zipped(self, market: Market, timeframe_ms: int, start_ms: int, end_ms: int, file: str) -> bytes | None:
        candles = self._exchange.pages.truth(market, timeframe_ms, start_ms, end_ms)
        if not len(candles):
            return None
        rows = [row[1:-1].replace('"', "") for row in market.digits.rows(candles, timeframe_ms)]
        if start_ms >= MICROSECONDS_FROM_MS:
            rows = [_in_microseconds(row) for row in rows]
        target = BytesIO()
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            entry = zipfile.ZipInfo(file.removesuffix("zip") + "csv", _EPOCH_OF_ZIP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, "\n".join(rows) + "\n")
        return target.getvalue()


def span(period: str, date: str) -> tuple[int, int]:
    """The first ms of a month ("monthly", "2024-01") or day ("daily", "2024-01-15"), and the first after it."""
    start = datetime.strptime(date, "%Y-%m" if period == "monthly" else "%Y-%m-%d").replace(tzinfo=UTC)
    days = monthrange(start.year, start.month)[1] if period == "monthly" else 1
    start_ms = int(start.timestamp()) * 1000
    return start_ms, start_ms + days * DAY_MS


def _in_microseconds(row: str) -> str:
    """Open time * 1000, and the last microsecond before the next open as close time."""
    opened, o, h, low, c, volume, closes, *tail = row.split(",")
    return ",".join((f"{opened}000", o, h, low, c, volume, f"{closes}999", *tail))
