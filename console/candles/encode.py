"""Accounts of series as plain JSON values; times in ms UTC."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from console.candles.account import Account
from shared.market import Interval, Series

Json = dict[str, Any]


def status_json(found: Account, refusals: Mapping[str, int]) -> Json:
    """Everything that is known of a series, its gaps as a number."""
    plain = {name: getattr(found, name) for name in found.__dataclass_fields__}
    counts = {"gaps": len(found.gaps), "unreachable": len(found.unreachable), "quarantine": dict(refusals)}
    return {**asdict(plain.pop("series")), **plain, **counts}


def gaps_json(found: Account) -> Json:
    """What is missing of a series, and what can't be had, interval by interval."""
    step = found.series.step
    return {
        **_series(found.series),
        "not_fetched": [_interval(gap, step) for gap in found.gaps],
        "unreachable": [{**_interval(each.interval, step), "reason": each.reason} for each in found.unreachable],
    }


def _series(series: Series) -> Json:
    return asdict(series)


def _interval(interval: Interval, step: int) -> Json:
    return {**interval._asdict(), "candles": (interval.end - interval.start) // step}
