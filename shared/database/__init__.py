"""One database: how to open it, what differs by dialect, how to bring it up to date."""

from shared.database.connect import Database, open_database
from shared.database.dialect import LeaseTime, lease_time
from shared.database.version import require_current, require_schema
from shared.database.watch import slow_of

__all__ = ["Database", "LeaseTime", "lease_time", "open_database", "require_current", "require_schema", "slow_of"]
