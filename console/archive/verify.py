"""`chandler archive verify`: every file held against its manifest, the database and the table; aged rows, too."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from console.candles.account import Choice
from console.candles.status import opened
from shared.archive import Problem, forget, mend, verify
from shared.clock import now_us
from shared.config import Settings
from shared.database import Database
from shared.errors import RepairError
from shared.tiers import Problem as Aged
from shared.tiers import verify as tables


def verify_now(settings: Settings, choice: Choice, *, repair: bool, refetch: bool, as_json: bool) -> int:
    """List what is wrong, and mend it if that is wanted; 0 if nothing is wrong afterwards.

    With all series, files of aged rows are looked at, too (shared.tiers); those a backup has to mend.
    """
    archive = settings.paths.archive
    with opened(settings, "full") as database:
        aged = tables(database, archive) if choice == Choice() else []
        problems = list(_chosen(verify(database, archive), choice))
        told = [_mended(database, archive, problem, refetch=refetch) if repair else None for problem in problems]
        left = list(_chosen(verify(database, archive), choice)) if repair and problems else problems
    if as_json:
        plain = [_json(problem, how) for problem, how in zip(problems, told, strict=True)]
        print(json.dumps(plain + [_aged_json(each) for each in aged], indent=2))
    else:
        print("\n".join(each.told for each in aged), end="\n" if aged else "")
        if problems or not aged:
            _tell(problems, told)
    return 1 if left or aged else 0


def _chosen(problems: list[Problem], choice: Choice) -> Iterator[Problem]:
    """Those of the chosen series; of what belongs to none, all if every series is."""
    for problem in problems:
        if choice == Choice() if problem.series is None else problem.series in choice:
            yield problem


def _mended(database: Database, archive: Path, problem: Problem, *, refetch: bool) -> str:
    try:
        return mend(database, archive, problem, now_us())
    except RepairError as error:
        if not refetch or problem.series is None or problem.month is None:
            return f"NOT mended: {error}"
        forget(database, archive, problem.series, problem.month)
        return "its candles are a gap again: the backfiller, or `chandler candles repair`, fetches them"


def _tell(problems: list[Problem], told: list[str | None]) -> None:
    for problem, how in zip(problems, told, strict=True):
        what = problem.told.removeprefix(f"{problem.path} ")
        print(f"{problem.path}: {what}" + (f"\n  {how}" if how else ""))
    if not problems:
        print("every file is whole, and what its manifest and the database say")
    elif not any(told):
        print("`chandler archive verify --repair` puts bad files aside and makes them anew from the table")


def _aged_json(problem: Aged) -> dict[str, Any]:
    nothing = dict.fromkeys(("series", "month", "mended"))
    return {"path": str(problem.path), "kind": problem.kind, "told": problem.told, **nothing}


def _json(problem: Problem, how: str | None) -> dict[str, Any]:
    return {
        "path": str(problem.path),
        "kind": problem.kind,
        "told": problem.told,
        "series": str(problem.series) if problem.series else None,
        "month": str(problem.month) if problem.month else None,
        "mended": how,
    }
