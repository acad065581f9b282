"""`chandler backup verify`: every backup held against its manifest, to the last row."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from console import words
from shared.backup.check import verify_all
from shared.backup.plan import recoverable
from shared.config import Settings


def verify_now(settings: Settings, *, as_json: bool) -> int:
    """List what is wrong; 0 if nothing is."""
    root = settings.paths.backups
    # Beside the backups there is room for a database; where temporary files go, there may be none.
    with TemporaryDirectory(prefix=".verify-", dir=root if root.is_dir() else None) as scratch:
        rows = [problem.told for problem in verify_all(root, Path(scratch))]
    found = recoverable(root)
    problems = list(dict.fromkeys([*rows, *found.problems]))
    if as_json:
        counts = {"fulls": len(found.fulls), "increments": len(found.increments)}
        print(json.dumps({**counts, "problems": problems}, indent=2))
    else:
        fulls, increments = (
            words.several(len(found.fulls), "full backup"),
            words.several(len(found.increments), "increment"),
        )
        print(f"{fulls} and {increments} in {root}")
        for problem in problems:
            print(f"DAMAGED: {problem}")
        if not problems:
            print("every one is whole, and its rows are those that were backed up")
    return 1 if problems else 0
