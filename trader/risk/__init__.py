"""Risk: what a signal may become, which orders are not wanted any more, which losses are too much. Pure."""

from trader.risk.guards import look_back_us
from trader.risk.judge import NOTHING_TO_DO, Verdict, judge
from trader.risk.limits import breach
from trader.risk.orders import last_moment, unwanted

__all__ = ["NOTHING_TO_DO", "Verdict", "breach", "judge", "last_moment", "look_back_us", "unwanted"]
