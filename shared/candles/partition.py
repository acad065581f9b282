"""How a statement names one series: the leading columns of every table of market data."""

from sqlalchemy import ColumnElement, Table, and_, bindparam

from shared.market import Series


def of_series(table: Table) -> ColumnElement[bool]:
    """The rows of one series, which `named` binds when the statement runs."""
    return and_(*(table.c[name] == bindparam(name) for name in ("exchange", "symbol", "timeframe")))


def named(series: Series) -> dict[str, str]:
    """The series as bind parameters."""
    return {"exchange": series.exchange, "symbol": series.symbol, "timeframe": series.timeframe}
