"""Mutated pages of three exchanges, through the real ccxt and into a real database: no crash, no bad row."""

import asyncio
import copy
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import HttpUrl

from backfiller.ask import Reply, ask
from backfiller.collect import keep
from backfiller.outbox import Outbox
from backfiller.plan import Wanted
from backfiller.progress import Progress
from backfiller.source import Source, make_source
from backfiller.store import Store
from shared.candles import covered
from shared.config import BackfillSettings, ExchangeSettings
from shared.database import Database
from shared.errors import ChandlerError
from shared.exchange import fetch_markets, fetch_page, open_client
from shared.exchange.opening import repointed
from shared.market import Interval, Series
from tests.integration.backfiller.rig import Row, Simulate

CANDLES = 12
MINUTE = 60_000

VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.sampled_from(
        ["NaN", "Infinity", "-Infinity", "", "-1", "0", "1e999", "1e-999", "x" * 40, "9" * 400, "1,5", "٣"]
    ),
    st.sampled_from([[], {}, [[1]], {"a": {}}, 10**400, -(10**15), 1e308, -0.0]),
)
PLACES = st.tuples(st.integers(0, CANDLES - 1), st.integers(0, 5))
MUTATIONS = st.one_of(
    st.tuples(st.just("cell"), PLACES, VALUES),
    st.tuples(st.sampled_from(["negate", "shift", "lose column", "delete", "double", "swap"]), PLACES, st.none()),
    st.tuples(st.sampled_from(["row", "add column"]), PLACES, VALUES),
    st.tuples(st.just("time"), PLACES, st.sampled_from([1e-6, 1e-3, 1e3, 1e6, -1, 0.999, 1.0001])),
)
WIRES = st.one_of(
    st.just(None),
    st.just(None),
    st.tuples(st.just("cut"), st.floats(0, 1)),
    st.tuples(
        st.just("instead"), st.sampled_from([b"", b"<html><body>502</body></html>", b"null", b"[]", b"{}", b"1"])
    ),
    st.tuples(st.just("instead"), st.binary(max_size=40)),
    st.tuples(st.just("before"), st.sampled_from([b"\xef\xbb\xbf", b"\0", b"<!-- -->", b" "])),
)


@dataclass(frozen=True)
class Dialect:
    """How an exchange's page of candles looks: where its rows are, where a row's time is and in which unit."""

    symbol: str
    rows: Callable[[Any], list[Any]]
    time: Any = 0
    unit: int = 1


DIALECTS = {
    "binance": Dialect("BTC/USDT", lambda page: page),
    "kraken": Dialect(
        "BTC/USD", lambda page: next(rows for rows in page["result"].values() if isinstance(rows, list)), 0, 1000
    ),
    "coinbase": Dialect("BTC/USD", lambda page: page["candles"], "start", 1000),
}


@dataclass
class Bench:
    """A source whose every question is answered with `answer`, and what it ought to be answered with."""

    source: Source
    series: Series
    database: Database
    window: Interval
    page: Any
    truth: dict[int, Row]
    answer: bytes = b""
    kept: Reply | None = field(default=None)

    async def take(self) -> bool:
        """What the backfiller makes of the answer; whether it could be used."""
        try:
            reply = await ask(self.source, self.series, self.window)
            await keep(self.source, Wanted(self.series, self.window.start, self.window.end), reply)
        except ChandlerError:
            return False
        self.kept = reply
        return True

    def wipe(self) -> None:
        self.source.doubts.clear()
        self.source.refused.clear()
        with self.database.write() as connection:
            for table in ("ohlcv_data", "series_coverage", "series_unreachable", "quarantine", "series_status"):
                connection.exec_driver_sql(f"DELETE FROM {table}")

    def stored(self) -> dict[int, Row]:
        with self.database.read() as connection:
            rows = connection.exec_driver_sql("SELECT timestamp, open, high, low, close, volume FROM ohlcv_data")
            return {row[0]: list(row) for row in rows}

    def bad(self) -> list[Any]:
        """Rows that no market can have made, by the database's own arithmetic."""
        with self.database.read() as connection:
            return list(
                connection.exec_driver_sql(
                    "SELECT * FROM ohlcv_data WHERE NOT (low > 0 AND low <= open AND low <= close AND open <= high"
                    " AND close <= high AND high < 9e999 AND volume >= 0 AND volume < 9e999"
                    f" AND timestamp % {MINUTE} = 0 AND timestamp >= {self.window.start}"
                    f" AND timestamp < {self.window.end}) OR typeof(timestamp) <> 'integer'"
                )
            )

    def known(self) -> set[int]:
        with self.database.read() as connection:
            return {time for part in covered(connection, self.series) for time in range(*part, MINUTE)}


@pytest.mark.parametrize("name", DIALECTS)
def test_whatever_comes_no_bad_row_is_stored_and_no_good_one_lost(
    simulate: Simulate, database: Database, name: str
) -> None:
    exchange, dialect = simulate("--dialect", name, "--days", "1"), DIALECTS[name]
    with asyncio.Runner() as runner:
        bench, server = runner.run(_bench(name, dialect, exchange.url, database))

        @settings(max_examples=150, suppress_health_check=list(HealthCheck))
        @given(st.lists(MUTATIONS, max_size=4), WIRES)
        def holds(mutations: list[Any], wire: Any) -> None:
            bench.wipe()
            bench.answer, whole, spoilt = _mutated(bench, dialect, mutations, wire)
            used = runner.run(bench.take())
            stored, known = bench.stored(), bench.known()
            assert bench.bad() == []
            assert not {time for time in spoilt if time in known and time not in stored}
            assert all(stored.get(time, bench.truth[time]) == bench.truth[time] for time in whole)
            if used and bench.kept:
                due = whole - {slot.start for slot in bench.kept.doubtful}
                if any(kind == "double" for kind, _, _ in mutations):
                    due &= known  # ccxt cuts the page at the candles asked for; those cut off stay gaps
                assert not {time for time in due if time not in stored}
            assert used or mutations or wire

        try:
            holds()
        finally:
            runner.run(_close(bench, server))


async def _bench(name: str, dialect: Dialect, url: str, database: Database) -> tuple[Bench, web.AppRunner]:
    there = ExchangeSettings(url=HttpUrl(url), rate_limit=False)
    client = open_client(name, there)
    store, progress = Store(database, 1.0), Progress()
    outbox = Outbox(store, progress)
    source = make_source(client, store, outbox, progress, there, BackfillSettings(), 1, {})
    await fetch_markets(client)
    series = Series(name, dialect.symbol, "1m")
    end = series.closed_end(client.now()) - 5 * MINUTE
    window = Interval(end - CANDLES * MINUTE, end)
    rows, _ = await fetch_page(client, series, window)
    bench = Bench(source, series, database, window, json.loads(client.ccxt.last_http_response), {})
    every: Any = rows
    bench.truth = {row[0]: [row[0], *map(float, row[1:])] for row in every}
    _trim(dialect, bench)

    async def reply(_: web.Request) -> web.Response:
        return web.Response(body=bench.answer, content_type="application/json")

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", reply)
    server = web.AppRunner(application)
    await server.setup()
    site = web.TCPSite(server, "127.0.0.1", 0)
    await site.start()
    port = server.addresses[0][1]
    client.ccxt.urls["api"] = repointed(client.ccxt.urls["api"], f"http://127.0.0.1:{port}")
    return bench, server


async def _close(bench: Bench, server: web.AppRunner) -> None:
    await bench.source.client.close()
    await server.cleanup()


def _trim(dialect: Dialect, bench: Bench) -> None:
    """Only the rows of the window: few enough that mutations meet."""
    rows = dialect.rows(bench.page)
    rows[:] = [row for row in rows if bench.window.start <= int(row[dialect.time]) * dialect.unit < bench.window.end]
    assert len(rows) == CANDLES


def _mutated(bench: Bench, dialect: Dialect, mutations: list[Any], wire: Any) -> tuple[bytes, set[int], set[int]]:
    """The answer, which candles are whole in it, and which it must not make known: their rows are no candles."""
    page = copy.deepcopy(bench.page)
    rows = dialect.rows(page)
    times = [int(row[dialect.time]) * dialect.unit for row in rows]
    touched, gone = set[int](), set[int]()
    for kind, (at, column), value in mutations:
        if at >= len(rows):
            continue
        touched.add(times[at])
        if kind in ("delete", "swap", "double"):
            _reorder(rows, times, kind, at)
            gone |= {time for time in touched if time not in times}
        elif _change(rows, kind, at, column, value, dialect.time):
            gone.add(times[at])
    content = json.dumps(page).encode()
    whole = set(bench.truth) & set(times) - touched
    if wire is None:
        return content, whole, touched - gone
    kind, detail = wire
    if kind == "cut":
        content = content[: int(len(content) * detail)]
    else:
        content = detail if kind == "instead" else detail + content
    return content, whole if kind == "before" else set(), set() if _is_json(content) else set(bench.truth)


def _is_json(content: bytes) -> bool:
    try:
        json.loads(content.decode())
    except ValueError:
        return False
    return True


def _reorder(rows: list[Any], times: list[int], kind: str, at: int) -> None:
    for some in (rows, times):
        if kind == "delete":
            del some[at]
        elif kind == "double":
            some.insert(at, copy.deepcopy(some[at]))
        else:
            some[at], some[-1] = some[-1], some[at]


def _change(rows: list[Any], kind: str, at: int, column: int, value: Any, time: Any) -> bool:
    """Change one row; True if it does not say any more which candle it is."""
    row = rows[at]
    if kind == "row" or not isinstance(row, list | dict) or not row:
        rows[at] = value
        return True
    keys = list(row) if isinstance(row, dict) else list(range(len(row)))
    key = keys[column % len(keys)]
    if kind == "time" and time in keys and isinstance(row[time], int | str):
        try:
            row[time] = type(row[time])(int(float(row[time]) * value))
        except (ValueError, OverflowError):
            row[time] = "?"
        return True
    if kind == "cell":
        row[key] = value
    elif kind == "negate":
        row[key] = f"-{row[key]}"
    elif kind == "shift":
        row[key] = row[keys[(column + 1) % len(keys)]]
    elif kind == "lose column":
        del row[key]
        return True
    elif kind == "add column" and isinstance(row, list):
        row.insert(key, value)
        return True
    return bool(key == time)
