"""`chandler candles verify`: random windows are fetched again and held against what is stored."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from console import words
from console.candles.account import Choice, slots
from console.candles.compare import Difference, Window, differences, sample
from console.candles.refetch import client_of, refetch
from console.candles.status import opened
from shared.candles.ledger import ledgers
from shared.candles.months import pruned_parts
from shared.candles.revisions import revise, stored
from shared.clock import now_ms, now_us
from shared.config import Settings
from shared.database import Database
from shared.errors import RepairError, RetryError
from shared.exchange import Client, page_candles
from shared.logs import start_logging
from shared.market import Interval, Series, subtract

_LISTED = 50


@dataclass
class Findings:
    """What a verification has looked at and found."""

    seed: int
    windows: int = 0
    candles: int = 0
    revised: int = 0
    differences: dict[tuple[Series, int], Difference] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Desk:
    """What every comparison with one exchange needs."""

    client: Client
    database: Database
    settle_ms: int
    findings: Findings
    accept: bool = field(kw_only=True)


def verify(settings: Settings, choice: Choice, count: int, seed: int, *, accept: bool, as_json: bool) -> int:
    """Fetch windows again and list what differs; 1 if something does, with `accept` if some of that was not mended.

    With `accept` the exchange's values replace the stored ones, and both are kept in `candle_revisions`. A candle that
    the exchange no longer shows is removed only if it shows others on both sides of it.
    """
    start_logging("console", "warning", as_json=False)
    findings = Findings(seed)
    with opened(settings) as database:
        chosen = _chosen(settings, database, choice, count, seed)
        asyncio.run(_look(settings, database, chosen, findings, accept=accept))
    if as_json:
        print(json.dumps(_json(findings), indent=2))
    else:
        _tell(findings, accept=accept)
    left = len(findings.differences) - findings.revised
    return 1 if left or (findings.skipped and not findings.windows) else 0


def _chosen(settings: Settings, database: Database, choice: Choice, count: int, seed: int) -> list[Window]:
    """The windows, of what no exchange will add anything to any more and the table still has."""
    now = now_ms()
    with database.read() as connection:
        known = [each for each in ledgers(connection) if each.series in choice]
        gone = {each.series: pruned_parts(connection, each.series) for each in known}
    covered = dict[Series, list[Interval]]()
    for each in known:
        if exchange := settings.exchanges.get(each.series.exchange):
            end = each.series.closed_end(now - int(exchange.settle_seconds * 1000))
            hot = [part for whole in each.covered for part in subtract(whole, gone[each.series])]
            covered[each.series] = [Interval(part.start, min(part.end, end)) for part in hot]
    return sample(covered, dict.fromkeys(settings.exchanges, settings.backfill.page_candles), count, seed)


async def _look(
    settings: Settings, database: Database, chosen: Sequence[Window], findings: Findings, *, accept: bool
) -> None:
    for name in sorted({window.series.exchange for window in chosen}):
        exchange = settings.exchanges[name]
        try:
            async with client_of(name, exchange, database) as client:
                page = page_candles(client.ccxt, settings.backfill.page_candles)
                desk = Desk(client, database, int(exchange.settle_seconds * 1000), findings, accept=accept)
                for series, whole in chosen:
                    if series.exchange == name:  # it may give less at once than is configured
                        part = Interval(whole.start, min(whole.end, whole.start + page * series.step))
                        await _look_at(desk, Window(series, part))
        except RetryError as error:
            findings.skipped.append(str(error))


async def _look_at(desk: Desk, window: Window) -> None:
    findings = desk.findings
    try:
        found, compared = await _compared(desk, window)
        if found:  # an answer may be wrong for once: what counts is what two answers agree on
            again, _ = await _compared(desk, window)
            found = [difference for difference in found if difference in again]
    except (RepairError, RetryError) as error:
        findings.skipped.append(str(error))
        return
    findings.windows += 1
    findings.candles += compared
    fresh = [each for each in found if (each.series, each.change.timestamp) not in findings.differences]
    findings.differences.update({(each.series, each.change.timestamp): each for each in fresh})
    changes = [difference.change for difference in fresh if difference.certain]
    if desk.accept and changes:
        with desk.database.write() as connection:
            findings.revised += revise(connection, window.series, changes, "verify", now_us())


async def _compared(desk: Desk, window: Window) -> tuple[list[Difference], int]:
    """The differences in a window, and how many candles its answer tells of."""
    series, part = window
    shown = await refetch(desk.client, series, part, desk.settle_ms)
    with desk.database.read() as connection:
        held = stored(connection, series, part)
    found = [
        difference
        for known in shown.known
        for difference in differences(series, held, shown.candles, known, later=shown.later)
    ]
    return found, slots(shown.known, series.step)


def _tell(findings: Findings, *, accept: bool) -> None:
    listed = sorted(findings.differences.items(), key=lambda item: item[0])
    for (series, at), difference in listed[:_LISTED]:
        old, new = (tuple(each)[1:] if each else words.NOTHING for each in difference.change)
        unsure = "" if difference.certain else " (not certain: the exchange shows no candle on one side of it)"
        print(f"{series} {words.moment(at)}: {difference.kind}, stored {old}, exchange {new}{unsure}")
    if len(listed) > _LISTED:
        print(f"the first {_LISTED} differences are listed; --json tells them all")
    for why in findings.skipped:
        print(f"not compared: {why}")
    print(
        f"seed {findings.seed}: {words.several(findings.windows, 'window')},"
        f" {words.several(findings.candles, 'candle')} compared,"
        f" {words.several(len(findings.differences), 'difference')}"
        + (f", {findings.revised} accepted" if accept else "")
    )


def _json(findings: Findings) -> dict[str, Any]:
    listed = [
        {
            **asdict(series),
            "timestamp": at,
            "kind": each.kind,
            "certain": each.certain,
            "old": each.change.old and each.change.old._asdict(),
            "new": each.change.new and each.change.new._asdict(),
        }
        for (series, at), each in sorted(findings.differences.items(), key=lambda item: item[0])
    ]
    counts = {name: getattr(findings, name) for name in ("seed", "windows", "candles", "revised", "skipped")}
    return {**counts, "differences": listed}
