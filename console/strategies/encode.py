"""What a check found as plain JSON values."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from console.strategies.check import Checked


def report_json(checked: "Checked") -> dict[str, Any]:
    """The strategy, the candles it was shown, and the report."""
    wanted = checked.wanted
    return {
        "id": wanted.id,
        "name": wanted.name,
        **asdict(wanted.series),
        "source": checked.source,
        "good": checked.report.is_good,
        **asdict(checked.report),
    }
