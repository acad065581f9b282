"""backtrader's own broker, made lighter, and kept to what a spot market does."""

from collections.abc import Sequence
from typing import Any

from shared.errors import StrategyError
from trader.bt.library import bt


class Broker(bt.brokers.BackBroker):  # type: ignore[misc]  # backtrader knows no types
    """Matches orders with the bars that come, as backtrader does. Holds long positions only.

    Between orders the original still reckons interest and worth on every bar, a third of a run's time: here a worth is
    reckoned when it is asked for, and interest there is none.
    """

    def init(self) -> None:
        """Begin anew."""
        super().init()
        self._is_stale = False

    def next(self) -> None:
        """A bar has come: carry out what may be."""
        if self.submitted or self.pending or self._toactivate or self._userhist or self._fundhist:
            super().next()
        else:
            self._is_stale = True
            self.orders.clear()  # all of them are done; nobody else forgets them, however long a run is

    def get_value(self, datas: object = None, mkt: bool = False, lever: bool = False) -> float:  # noqa: FBT001
        """Cash and what is held at the newest close."""
        if self._is_stale and datas is None:
            self._is_stale = False
            self._get_value()
        worth: float = super().get_value(datas, mkt, lever)
        return worth

    getvalue = get_value

    def submit(self, order: Any, check: bool = True) -> Any:  # noqa: FBT001
        """Take an order up, unless it would sell what nobody holds."""
        require_long(order, self.getposition(order.data).size, [*self.submitted, *self.pending])
        return super().submit(order, check)


def require_long(order: Any, held: float, waiting: Sequence[Any]) -> None:
    """StrategyError if a sale has nothing to sell: no position, and no entry that it belongs to or waits for."""
    if order.isbuy() or held > 0 or order.parent is not None or any(each.isbuy() for each in waiting):
        return
    raise StrategyError(
        f"it sells {abs(order.size):g} and holds nothing: only long positions are opened; sell or close where"
        " self.position says there is something"
    )
