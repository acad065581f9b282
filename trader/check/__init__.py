"""The check of a strategy before it trades: a dry run over candles, and what should not change when it is repeated."""

from trader.check.check import ROOM, check
from trader.check.report import Finding, Report
from trader.check.walk import walk

__all__ = ["ROOM", "Finding", "Report", "check", "walk"]
