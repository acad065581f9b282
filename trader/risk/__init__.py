"""Risk: what a signal may become, and which orders are not wanted any more. Pure."""

from trader.risk.judge import Verdict, judge
from trader.risk.orders import last_moment, unwanted

__all__ = ["Verdict", "judge", "last_moment", "unwanted"]
