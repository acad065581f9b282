"""The overview as plain JSON values; money is exact decimal text, never a float."""

from dataclasses import asdict
from decimal import Decimal
from typing import Any

from shared.overview import Overview, SeriesView, StrategyView, Trade
from shared.trading import plain

Json = dict[str, Any]


def as_json(overview: Overview) -> Json:
    """Everything, ready for `json.dumps`."""
    return {
        "at_ms": overview.at_ms,
        "totals": {
            "candles": overview.candles,
            "signals": overview.signals,
            "trades": overview.trades,
            "pnl": {quote: plain(amount) for quote, amount in overview.pnl.items()},
        },
        "desk": {name: str(value) for name, value in asdict(overview.desk).items()},
        "exchanges": [asdict(view) for view in overview.exchanges],
        "series": [_series(view) for view in overview.series],
        "strategies": [_strategy(view) for view in overview.strategies],
        "latest_trades": [_trade(trade) for trade in overview.latest_trades],
    }


def _series(view: SeriesView) -> Json:
    fields = asdict(view)
    return {**fields.pop("series"), **fields}


def _strategy(view: StrategyView) -> Json:
    return {
        "strategy_id": view.strategy_id,
        "strategy_name": view.strategy_name,
        **asdict(view.series),
        "broker": view.broker,
        "status": view.status,
        "reason": view.reason,
        "source": view.source,
        "outcome": view.outcome,
        "owner": view.owner,
        "signals": view.signals,
        "trades": view.trades,
        "quote": view.quote,
        "cash": plain(view.cash),
        "position": {name: plain(amount) for name, amount in asdict(view.position).items()},
        "mark": _money(view.mark),
        "equity": _money(view.equity),
        "realized_pnl": plain(view.position.realized_pnl),
        "unrealized_pnl": _money(view.unrealized_pnl),
        "pnl": _money(view.pnl),
    }


def _trade(trade: Trade) -> Json:
    return {name: plain(value) if isinstance(value, Decimal) else value for name, value in asdict(trade).items()}


def _money(amount: Decimal | None) -> str | None:
    return None if amount is None else plain(amount)
