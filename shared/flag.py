"""The flag file: stops the desk without a database, by hand or by another program.

`touch data/HALT` halts all strategies whose traders see that directory; `echo reducing > data/HALT` only lets no new
exposure in. Removing the file, or `chandler resume`, lifts it.
"""

import os
from pathlib import Path

from shared.trading import DESK, State, StateRow

_SHOWN = 200
_WORDS = (State.REDUCING, State.HALTED)


def flag_file(data: Path) -> Path:
    """Where the flag lies; `data` is paths.data."""
    return data / "HALT"


def raised(path: Path | None) -> list[StateRow]:
    """The state that the flag file sets for the desk; nothing without one.

    Its first word may be `reducing`. Whatever else it says, and whatever hinders reading it, halts.
    """
    if path is None:
        return []
    try:
        text = path.read_text(encoding="utf-8", errors="replace")[:_SHOWN]
    except FileNotFoundError:
        return [_row(State.HALTED, f"{path} leads nowhere")] if path.is_symlink() else []
    except OSError as error:
        return [_row(State.HALTED, f"{path} can't be read ({error.strerror})")]
    word, _, reason = text.strip().partition(" ")
    state = next((each for each in _WORDS if word.lower() == each.value), None)
    said = (reason if state else text).strip()
    return [_row(state or State.HALTED, f"{said} (file {path})" if said else f"the file {path} is there")]


def put_up(path: Path, state: State, reason: str) -> None:
    """Write the flag file, unless one as strict lies there; it appears whole or not at all. OSError if it can't be."""
    if any(row.state.rank >= state.rank for row in raised(path)):
        return
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(f"{state.value} {reason}\n", encoding="utf-8")
    draft.replace(path)


def take_down(path: Path) -> None:
    """Remove the flag file. OSError if it can't be removed."""
    path.unlink(missing_ok=True)


def _row(state: State, reason: str) -> StateRow:
    return StateRow(DESK, state, "operator", reason)
