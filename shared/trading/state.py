"""Whether new exposure may be taken: a state of the desk and of each strategy. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

#: The scope of what holds for all strategies; no strategy can have this id.
DESK = "*"
#: What stands in place of a strategy's name where a script keeps books. No file can be called so and be imported.
BY_SCRIPT = "(script)"

Source = Literal["operator", "risk", "strategy", "reconciliation"]

_SETTERS = {
    "operator": "the operator",
    "risk": "risk",
    "strategy": "an error of the strategy",
    "reconciliation": "reconciliation",
}


class State(StrEnum):
    """`reducing`: nothing new is decided. `halted`: entries that rest at the market are taken back, too.

    Neither ever blocks an exit.
    """

    ACTIVE = "active"
    REDUCING = "reducing"
    HALTED = "halted"

    @property
    def rank(self) -> int:
        """The higher, the less is allowed."""
        return list(State).index(self)


@dataclass(frozen=True)
class StateRow:
    """Who set which state, and why; `scope` is a strategy_id or DESK.

    A strategy that is halted by an error in its own code or by reconciliation is not asked any more: only its
    protections and the operator close what it holds.
    """

    scope: str
    state: State = State.ACTIVE
    source: Source = "operator"
    reason: str = ""

    @property
    def by(self) -> str:
        """What and who, as an operator reads it: `halted by the operator`."""
        return f"{self.state.value} by {_SETTERS[self.source]}"

    @property
    def words(self) -> str:
        """The same with the reason: `halted by the operator: lunch`."""
        return f"{self.by}: {self.reason or 'no reason was given'}"


def effective(rows: Iterable[StateRow]) -> StateRow:
    """The strictest of several states; ACTIVE without any."""
    return max(rows, key=lambda row: row.state.rank, default=StateRow(DESK))
