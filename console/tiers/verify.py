"""`chandler tiers verify`: every file of aged rows held against its checksums and the database."""

import json
from typing import Any

from console.candles.status import opened
from shared.config import Settings
from shared.tiers import Problem
from shared.tiers import verify as look


def verify_now(settings: Settings, *, as_json: bool) -> int:
    """List what is wrong; 0 if nothing is."""
    with opened(settings) as database:
        problems = look(database, settings.paths.archive)
    if as_json:
        print(json.dumps([plain(problem) for problem in problems], indent=2))
    else:
        print("\n".join(problem.told for problem in problems) or "every file is whole, and what the database says")
    return 1 if problems else 0


def plain(problem: Problem) -> dict[str, Any]:
    """As JSON values."""
    return {"path": str(problem.path), "kind": problem.kind, "told": problem.told}
