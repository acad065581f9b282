"""The portfolio as plain JSON values; money is exact decimal text, ratios are numbers or null."""

from dataclasses import asdict
from decimal import Decimal
from typing import Any

from shared.portfolio import AccountView, Exposure, PortfolioView, Record, StrategyRow
from shared.portfolio.curve import Curve
from shared.trading import plain

Json = dict[str, Any]


def as_json(found: PortfolioView) -> Json:
    """Everything, ready for `json.dumps`."""
    return {
        "at_us": found.at_us,
        "since_us": found.since_us,
        "period_us": found.step_us,
        "accounts": [_account(view) for view in found.accounts],
    }


def _account(view: AccountView) -> Json:
    totals = view.totals
    sums = {**totals._asdict(), "equity": totals.equity, "pnl": totals.pnl}
    return {
        "broker": view.account.broker,
        "quote": view.account.quote,
        "open_positions": totals.positions,
        **{name: plain(value) for name, value in sums.items() if isinstance(value, Decimal)},
        **_record(view.record),
        "strategies": [_strategy(row) for row in view.strategies],
        "exposure": [_exposure(each) for each in view.exposures],
    }


def _record(record: Record) -> Json:
    done = record.activity
    return {
        "performance": asdict(record.performance),
        "buy_and_hold": asdict(record.benchmark),
        "excess_return": record.excess,
        "gain": plain(record.curve.gain),
        "trades": done.trades,
        "round_trips": done.trips,
        "wins": done.wins,
        "win_rate": done.win_rate,
        "profit_factor": done.profit_factor,
        "expectancy": None if done.expectancy is None else plain(done.expectancy),
        "traded": plain(done.traded),
        "turnover": record.turnover,
        "fees_paid": plain(done.fees),
        "other_fees": {asset: plain(fee) for asset, fee in done.other_fees.items()},
        "curve": _curve(record.curve, record.hold),
    }


def _curve(curve: Curve, hold: Curve) -> list[Json]:
    columns = zip(curve.edges_us, curve.equity, curve.paid_in, hold.equity, strict=True)
    return [
        {"at_us": at_us, "equity": plain(equity), "paid_in": plain(paid_in), "buy_and_hold": plain(round(held, 8))}
        for at_us, equity, paid_in, held in columns
    ]


def _strategy(row: StrategyRow) -> Json:
    held = row.holding
    return {
        "strategy_id": held.strategy_id,
        "strategy_name": held.strategy_name,
        "exchange": held.exchange,
        "symbol": held.symbol,
        "timeframe": held.timeframe,
        "mark": _plain(row.mark),
        "cash": plain(held.cash),
        "equity": plain(held.cash + held.value(row.mark)),
        **{name: plain(amount) for name, amount in asdict(held.position).items()},
        "unrealized_pnl": plain(held.unrealized(row.mark)),
        "pnl": plain(held.pnl(row.mark)),
        "share": row.share,
        **_record(row.record),
    }


def _exposure(each: Exposure) -> Json:
    exchange, symbol = each.place
    amounts = {name: _plain(getattr(each, name)) for name in ("mark", "net", "gross")}
    return {"exchange": exchange, "symbol": symbol, **amounts, "strategies": each.strategies}


def _plain(value: Decimal | int | None) -> str | int | None:
    return plain(value) if isinstance(value, Decimal) else value
