"""The figures of a record as words, for the terminal and the page alike. Pure."""

from console import words
from shared.portfolio import Curve, Performance, PortfolioView, Record

Risk = tuple[str, str, str]
Trading = tuple[str, str]

_HOUR_US = 3_600_000_000


def figures(found: PortfolioView, record: Record) -> tuple[list[Risk], list[Trading]]:
    """Rows (name, portfolio, buy-and-hold) of return and risk, and rows (name, value) of the trading.

    What speaks of a year is left open while the time is too short for it.
    """
    ours, theirs = (_risk(found, record.curve, record.performance), _risk(found, record.hold, record.benchmark))
    return [(name, mine, other) for (name, mine), (_, other) in zip(ours, theirs, strict=True)], _trading(record)


def _risk(found: PortfolioView, curve: Curve, figures: Performance) -> list[tuple[str, str]]:
    yearly = found.speaks_of_years
    # A period that has only begun counts as one, and no drawdown is older than what is looked at.
    lasted_ms = min(figures.drawdown_periods * found.step_us, found.at_us - found.since_us) // 1_000 or None
    return [
        ("profit", words.signed(curve.gain)),
        ("total return", words.percent(figures.total_return)),
        ("annual return", words.percent(figures.annual_return if yearly else None)),
        ("volatility", words.percent(figures.volatility, signed=False)),
        ("Sharpe", words.ratio(figures.sharpe if yearly else None)),
        ("Sortino", words.ratio(figures.sortino if yearly else None)),
        ("Calmar", words.ratio(figures.calmar if yearly else None)),
        ("max drawdown", words.percent(figures.max_drawdown)),
        ("it lasted", words.duration(lasted_ms)),
    ]


def _trading(record: Record) -> list[Trading]:
    done = record.activity
    others = [f"{words.quantity(fee)} {asset}" for asset, fee in done.other_fees.items()]
    return [
        ("trades", words.count(done.trades)),
        ("round trips", words.count(done.trips)),
        ("win rate", words.percent(done.win_rate, signed=False)),
        ("profit factor", words.ratio(done.profit_factor)),
        ("expectancy", words.signed(done.expectancy)),
        ("turnover", words.ratio(record.turnover)),
        ("fees", " + ".join([words.money(done.fees), *others])),
        ("against buy and hold", words.percent(record.excess)),
    ]
