"""What a test came to in figures: return and risk beside buy-and-hold, the trading, month by month. Pure."""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from shared.market import Market, base_of
from shared.portfolio.curve import Curve
from shared.portfolio.ratios import performance
from shared.portfolio.trips import Deal, Lot, Trips, activity
from shared.portfolio.views import Record
from shared.trading import plain
from trader.backtest.ledger import Booked
from trader.backtest.outcome import Outcome
from trader.backtest.rounds import ClosedTrade

Json = dict[str, Any]

_HOUR_US = 3_600_000_000
_DAY_US = 24 * _HOUR_US
#: Below this, days are too few to say anything, and hours are taken: as the portfolio does.
_FEW_DAYS_US = 14 * _DAY_US
_YEAR_US = 365 * _DAY_US


@dataclass(frozen=True)
class Month:
    """The return of a calendar month (UTC), a fraction; `name` is `2024-01`."""

    name: str
    total_return: float


def period_us(outcome: Outcome) -> int:
    """The period of the returns: a day, or an hour where less than two weeks were tested."""
    edges = outcome.curve.edges_us
    return _HOUR_US if not edges or edges[-1] - edges[0] < _FEW_DAYS_US else _DAY_US


def record(outcome: Outcome) -> Record:
    """Return, risk and trading, by the same definitions as the portfolio's."""
    step_us = period_us(outcome)
    curve, hold = (_every(each, step_us) for each in (outcome.curve, outcome.hold))
    a_year = _YEAR_US / step_us
    trips = Trips(Lot(outcome.market.amount_step, outcome.market.minimum_amount))
    for each in outcome.fills:
        trips.add(_deal(each, outcome.market))
    ours, theirs = performance(curve.returns, a_year), performance(hold.returns, a_year)
    return Record(curve, hold, ours, theirs, activity([trips], 0))


def months(curve: Curve) -> list[Month]:
    """The return of each month; of the first and last month what was tested of it."""
    names = [_month(edge - 1) for edge in curve.edges_us]
    last = [row for row in range(len(names)) if row + 1 == len(names) or names[row] != names[row + 1]]
    rows = [0, *last] if last and last[0] != 0 else last
    returns = _picked(curve, rows).returns
    return [Month(names[row], float(value)) for row, value in zip(rows[1:], returns, strict=True)]


def as_json(outcome: Outcome) -> Json:
    """Everything, ready for `json.dumps`: money as exact decimal text, ratios as numbers or null."""
    found, backtest, kept = record(outcome), outcome.backtest, outcome.kept
    done, position = found.activity, outcome.books.position
    return {
        "strategy_id": backtest.strategy_id,
        **asdict(backtest.series),
        "start_ms": int(kept.times[0]) - backtest.series.step if len(kept.times) else None,
        "end_ms": int(kept.times[-1]) if len(kept.times) else None,
        "candles": kept.candles,
        "settings": _settings(outcome),
        "cash": plain(backtest.cash),
        "equity": plain(outcome.equity),
        "gain": plain(outcome.equity - backtest.cash),
        "position": {name: plain(value) for name, value in asdict(position).items()},
        "state": {"state": outcome.state.state.value, "reason": outcome.state.reason},
        "trades_sha256": outcome.sha256(),
        "period_us": period_us(outcome),
        "performance": asdict(found.performance),
        "buy_and_hold": asdict(found.benchmark),
        "drawdown": asdict(kept.drawdown),
        "exposure": kept.held / kept.candles if kept.candles else None,
        "fills": done.trades,
        "closed_trades": len(outcome.trades),
        "wins": done.wins,
        "win_rate": done.win_rate,
        "profit_factor": done.profit_factor,
        "expectancy": None if done.expectancy is None else plain(done.expectancy),
        "fees": plain(done.fees),
        "turnover": found.turnover,
        "months": {month.name: month.total_return for month in months(outcome.curve)},
        "curve": _curve(outcome),
        "trades": [_trade(each) for each in outcome.trades],
        "signals": [each._asdict() | {"side": each.side.value} for each in outcome.signals],
    }


def _settings(outcome: Outcome) -> Json:
    market = {
        name: plain(value) if isinstance(value, Decimal) else value for name, value in asdict(outcome.market).items()
    }
    backtest = outcome.backtest
    sections = {"paper": backtest.paper, "limits": backtest.limits, "desk": backtest.desk}
    return {"market": market, **{name: section.model_dump(mode="json") for name, section in sections.items()}}


def _curve(outcome: Outcome) -> list[Json]:
    """Equity, buy-and-hold and what is lost since the highest equity so far (a fraction), hour by hour."""
    found, highest = [], Decimal(0)
    for at_us, equity, held in zip(outcome.curve.edges_us, outcome.curve.equity, outcome.hold.equity, strict=True):
        highest = max(highest, equity)
        lost = float(1 - equity / highest) if highest > 0 else 0.0
        found.append({"at_us": at_us, "equity": plain(equity), "drawdown": lost, "buy_and_hold": plain(round(held, 8))})
    return found


def _trade(trade: ClosedTrade) -> Json:
    values = {**asdict(trade), "entry_price": trade.entry_price, "exit_price": trade.exit_price}
    exact = {name: plain(value) if isinstance(value, Decimal) else value for name, value in values.items()}
    return {**exact, "gain": float(trade.gain)}


def _deal(booked: Booked, market: Market) -> Deal:
    fill = booked.fill
    change = fill.base_change if fill.fee_asset == base_of(market.symbol) else fill.side.sign * fill.amount
    paid = (fill.fee, fill.fee_asset, fill.fee_quote)
    return Deal(change, fill.cost, booked.realized, *paid, fill.executed_at_us)


def _every(curve: Curve, step_us: int) -> Curve:
    """The first and last edge, and those between that end a period."""
    edges = curve.edges_us
    inside = [row for row in range(1, len(edges) - 1) if edges[row] % step_us == 0]
    return _picked(curve, sorted({0, *inside, len(edges) - 1}) if edges else [])


def _picked(curve: Curve, rows: list[int]) -> Curve:
    def of(column: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(column[row] for row in rows)

    return Curve(of(curve.edges_us), of(curve.equity), of(curve.paid_in))


def _month(at_us: int) -> str:
    return f"{datetime.fromtimestamp(at_us / 1e6, UTC):%Y-%m}"
