"""The errors, by what the caller has to do next.

ChandlerError
├── RetryError      it may work later: a locked database, a timeout, a rate limit
├── RepairError     this one unit can't go on until something is looked at; the others go on
│   ├── ExchangeStoppedError  one exchange lets us in no longer: all of its series stop
│   ├── LeaseLostError    another process owns the strategy now: write nothing more for it
│   └── StrategyError     a user's strategy raised or decided nonsense
└── StopError       nothing can go on until a person changes something
    ├── ConfigError
    └── SchemaError       the database is not what this code needs

Every message says what happened, where, and what to do.
"""


class ChandlerError(Exception):
    """Anything Chandler raises on purpose."""


class RetryError(ChandlerError):
    """It may work later."""


class RepairError(ChandlerError):
    """One series or strategy can't go on; the others can."""


class ExchangeStoppedError(RepairError):
    """An exchange lets us in no longer; everything that concerns it stops, the other exchanges go on."""


class LeaseLostError(RepairError):
    """Another process owns the strategy now, or our lease ran out."""


class StrategyError(RepairError):
    """A user's strategy could not be loaded, raised, or decided nonsense."""

    def __init__(self, told: str) -> None:
        """`told` has a user's words in it: what is no text (half a surrogate pair) could be neither kept nor logged."""
        super().__init__(as_text(told))


def as_text(told: str) -> str:
    """The same as text that any file and database takes."""
    return told.encode("utf-8", "replace").decode("utf-8").replace("\0", "?")


class StopError(ChandlerError):
    """Nothing can go on until a person changes something."""


class ConfigError(StopError):
    """The configuration is wrong; the message lists every mistake."""


class SchemaError(StopError):
    """The database lacks a migration, or is newer than the code."""
