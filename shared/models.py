"""The tables. What each column means to a user's SQL: docs/DATABASE.md.

`*_us` are wall-clock microseconds UTC; `timestamp`, `start`, `end`, `candle` are market milliseconds UTC.
"""

from typing import Any

from sqlalchemy import CheckConstraint, Column, ForeignKey, ForeignKeyConstraint, Index, MetaData, Table, Text, select

from shared.database.types import Money, Real, Whole

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_CLUSTERED: dict[str, Any] = {"sqlite_with_rowid": False, "sqlite_strict": True}
_APPENDED: dict[str, Any] = {"sqlite_strict": True}


def _required(name: str, kind: Any, *rules: Any) -> Column[Any]:
    return Column(name, kind, *rules, nullable=False)


def _key(name: str, kind: Any, *rules: Any) -> Column[Any]:
    return Column(name, kind, *rules, primary_key=True, autoincrement=False)


def _amount(name: str, comparison: str) -> CheckConstraint:
    """A sign rule for a money column, which is text on SQLite."""
    return CheckConstraint(f"CAST({name} AS DOUBLE PRECISION) {comparison}", name=name)


def _sides() -> CheckConstraint:
    return CheckConstraint("side IN ('buy', 'sell')", name="side")


def _one_of(name: str, *words: str, default: str | None = None) -> Column[Any]:
    """A column of a few words, with its rule beside it: so it can be added to a table that exists."""
    listed = ", ".join(f"'{word}'" for word in words)
    return Column(
        name, Text, CheckConstraint(f"{name} IN ({listed})", name=name), server_default=default, nullable=False
    )


def _series_columns() -> list[Column[Any]]:
    return [_key("exchange", Text), _key("symbol", Text), _key("timeframe", Text)]


def _strategy() -> ForeignKey:
    return ForeignKey("strategy_metadata.strategy_id")


change_clock = Table(
    "change_clock",
    metadata,
    _key("clock_id", Whole),
    *[_required(name, Whole) for name in ("at_us", "clock_us", "held")],
    *[_required(name, Text) for name in ("timeline", "shipped")],
    CheckConstraint("clock_id = 1", name="one"),
    CheckConstraint("held IN (0, 1)", name="held"),
    **_CLUSTERED,
)


def _stamp() -> Column[Any]:
    """The stamp of the transaction that wrote the row; NULL on PostgreSQL, and from before there were stamps."""
    return Column("stamp_us", Whole, default=select(change_clock.c.at_us).scalar_subquery())


ohlcv_data = Table(
    "ohlcv_data",
    metadata,
    *_series_columns(),
    _key("timestamp", Whole),
    *[_required(name, Real) for name in ("open", "high", "low", "close", "volume")],
    CheckConstraint("low > 0 AND low <= open AND low <= close AND open <= high AND close <= high", name="prices"),
    CheckConstraint("volume >= 0", name="volume"),
    # There NaN is a value, above all others; SQLite makes NULL of it.
    CheckConstraint("high < 'Infinity' AND volume < 'Infinity'", name="finite").ddl_if(dialect="postgresql"),
    **_CLUSTERED,
)

series_coverage = Table(
    "series_coverage",
    metadata,
    *_series_columns(),
    _key("start", Whole),
    _required("end", Whole),
    _required("candles", Whole),
    CheckConstraint('"start" < "end"', name="interval"),
    **_CLUSTERED,
)

series_status = Table(
    "series_status",
    metadata,
    *_series_columns(),
    Column("watermark", Whole),
    _required("status", Text),
    _required("reason", Text),
    _required("refused", Whole),
    _required("updated_at_us", Whole),
    CheckConstraint("status IN ('collecting', 'stopped')", name="status"),
    **_CLUSTERED,
)

series_unreachable = Table(
    "series_unreachable",
    metadata,
    *_series_columns(),
    _key("start", Whole),
    _required("end", Whole),
    _required("reason", Text),
    _required("noted_at_us", Whole),
    CheckConstraint('"start" < "end"', name="interval"),
    **_CLUSTERED,
)

quarantine = Table(
    "quarantine",
    metadata,
    *_series_columns(),
    _key("reason", Text),
    _key("row", Text),
    _required("source", Text),
    _required("times", Whole),
    _required("first_seen_us", Whole),
    _required("last_seen_us", Whole),
    CheckConstraint("times > 0", name="times"),
    **_CLUSTERED,
)

candle_revisions = Table(
    "candle_revisions",
    metadata,
    Column("revision_id", Whole, primary_key=True),
    *[_required(name, Text) for name in ("exchange", "symbol", "timeframe")],
    _required("timestamp", Whole),
    *[Column(f"old_{name}", Real) for name in ("open", "high", "low", "close", "volume")],
    *[Column(f"new_{name}", Real) for name in ("open", "high", "low", "close", "volume")],
    _required("source", Text),
    _required("revised_at_us", Whole),
    _stamp(),
    Index(None, "exchange", "symbol", "timeframe", "timestamp"),
    **_APPENDED,
)

archive_months = Table(
    "archive_months",
    metadata,
    *_series_columns(),
    _key("start", Whole),
    _required("end", Whole),
    _required("version", Whole),
    Column("sealed_version", Whole),
    _required("rows", Whole),
    Column("first", Whole),
    Column("last", Whole),
    _required("sha256", Text),
    Column("sealed_at_us", Whole),
    _required("pruned_until", Whole),
    _required("pruned_rows", Whole),
    CheckConstraint('"start" < "end"', name="interval"),
    CheckConstraint('pruned_until BETWEEN "start" AND "end"', name="pruned"),
    **_CLUSTERED,
)

exchange_status = Table(
    "exchange_status",
    metadata,
    _key("exchange", Text),
    _required("status", Text),
    _required("reason", Text),
    _required("cooldown_until_us", Whole),
    _required("cooldown_until_boot_us", Whole),
    _required("boot_id", Text),
    _required("cooldown_reason", Text),
    Column("clock_offset_ms", Whole),
    Column("clock_measured_at_us", Whole),
    _required("updated_at_us", Whole),
    CheckConstraint("status IN ('collecting', 'stopped')", name="status"),
    **_CLUSTERED,
)

ticker_data = Table(
    "ticker_data",
    metadata,
    _key("exchange", Text),
    _key("symbol", Text),
    _key("timestamp", Whole),
    *[_required(name, Money) for name in ("bid", "ask", "last")],
    _required("received_at_us", Whole),
    _stamp(),
    _amount("bid", "> 0"),
    _amount("ask", "> 0"),
    _amount("last", "> 0"),
    Index(None, "exchange", "symbol", "received_at_us"),
    **_CLUSTERED,
)

markets = Table(
    "markets",
    metadata,
    _key("exchange", Text),
    _key("symbol", Text),
    *[_required(n, Money) for n in ("amount_step", "price_tick", "minimum_cost", "maker_fee", "taker_fee")],
    _required("updated_at_us", Whole),
    Column("minimum_amount", Money, server_default="0", nullable=False),
    Column("maximum_amount", Money),
    _one_of("fee_side", "quote", "base", "received", default="quote"),
    _amount("amount_step", "> 0"),
    _amount("price_tick", "> 0"),
    **_CLUSTERED,
)

strategy_metadata = Table(
    "strategy_metadata",
    metadata,
    _key("strategy_id", Text),
    *[_required(name, Text) for name in ("exchange", "symbol", "timeframe", "strategy_name", "config")],
    _required("status", Text),
    _required("reason", Text),
    _required("created_at_us", Whole),
    _required("updated_at_us", Whole),
    _one_of("broker", "paper", "live", default="paper"),
    CheckConstraint("status IN ('active', 'halted', 'retired')", name="status"),
    **_APPENDED,
)

leases = Table(
    "leases",
    metadata,
    _key("strategy_id", Text, _strategy()),
    Column("owner", Text),
    _required("token", Whole),
    _required("expires_us", Whole),
    _required("boot_id", Text),
    _required("updated_at_us", Whole),
    **_CLUSTERED,
)

replicas = Table(
    "replicas",
    metadata,
    _key("owner", Text),
    _required("asks", Whole),
    _required("expires_us", Whole),
    _required("boot_id", Text),
    _required("updated_at_us", Whole),
    CheckConstraint("asks IN (0, 1)", name="asks"),
    **_CLUSTERED,
)

strategy_cursors = Table(
    "strategy_cursors",
    metadata,
    _key("strategy_id", Text, _strategy()),
    _required("candle", Whole),
    _required("lease_token", Whole),
    _required("updated_at_us", Whole),
    **_CLUSTERED,
)

signals = Table(
    "signals",
    metadata,
    _key("strategy_id", Text, _strategy()),
    _key("candle", Whole),
    _required("side", Text),
    _required("size", Money),
    _required("price", Real),
    _required("reason", Text),
    _required("outcome", Text),
    _required("lease_token", Whole),
    _required("created_at_us", Whole),
    *[Column(name, Money) for name in ("target", "limit_price", "stop_price", "take_profit")],
    _stamp(),
    _sides(),
    _amount("size", "> 0"),
    CheckConstraint("price > 0", name="price"),
    Index(None, "stamp_us"),
    **_CLUSTERED,
)

orders = Table(
    "orders",
    metadata,
    _key("client_order_id", Text),
    _required("strategy_id", Text),
    _required("candle", Whole),
    _required("leg", Text),
    _required("attempt", Whole),
    _required("exchange", Text),
    _required("symbol", Text),
    _required("side", Text),
    _required("amount", Money),
    _required("status", Text),
    _required("reason", Text),
    _required("lease_token", Whole),
    _required("decided_at_us", Whole),
    _required("updated_at_us", Whole),
    _one_of("kind", "market", "limit", default="market"),
    Column("limit_price", Money),
    Column("filled", Money, server_default="0", nullable=False),
    _one_of("broker", "paper", "live", default="paper"),
    Column("exchange_order_id", Text),
    Column("sent_until_ms", Whole),
    Column("checked_at_us", Whole, server_default="0", nullable=False),
    ForeignKeyConstraint(["strategy_id", "candle"], ["signals.strategy_id", "signals.candle"]),
    _sides(),
    _amount("amount", "> 0"),
    CheckConstraint(
        "status IN ('new', 'sent', 'unknown', 'open', 'partially_filled', 'filled', 'cancelled', 'rejected')",
        name="status",
    ),
    Index(None, "strategy_id", "status"),
    Index(None, "strategy_id", "decided_at_us"),
    **_CLUSTERED,
)

order_events = Table(
    "order_events",
    metadata,
    Column("event_id", Whole, primary_key=True),
    _required("strategy_id", Text, _strategy()),
    _required("client_order_id", Text, ForeignKey("orders.client_order_id")),
    _required("status", Text),
    _required("filled", Money),
    _required("reason", Text),
    _required("lease_token", Whole),
    _required("recorded_at_us", Whole),
    _stamp(),
    Index(None, "client_order_id", "event_id"),
    **_APPENDED,
)

trades = Table(
    "trades",
    metadata,
    _key("strategy_id", Text, _strategy()),
    _key("trade_id", Text),
    _required("sequence", Whole),
    _required("client_order_id", Text, ForeignKey("orders.client_order_id")),
    _required("exchange", Text),
    _required("symbol", Text),
    _required("side", Text),
    *[_required(name, Money) for name in ("amount", "price", "cost", "fee")],
    _required("fee_asset", Text),
    _required("realized_pnl", Money),
    _required("lease_token", Whole),
    _required("executed_at_us", Whole),
    Column("fee_quote", Money),
    _one_of("liquidity", "maker", "taker", default="taker"),
    _stamp(),
    _sides(),
    _amount("amount", "> 0"),
    _amount("price", "> 0"),
    Index("ix_trades_strategy_id_sequence", "strategy_id", "sequence", unique=True),
    # Two strategies of one account may trade with each other: then both have the exchange's one id.
    Index(None, "strategy_id", "client_order_id"),
    Index("ix_trades_exchange_symbol_trade_id_side", "exchange", "symbol", "trade_id", "side", unique=True),
    Index(None, "stamp_us"),
    **_CLUSTERED,
)
Index("ix_trades_strategy_id_executed_at_us", trades.c.strategy_id, trades.c.executed_at_us.desc())

positions = Table(
    "positions",
    metadata,
    _key("strategy_id", Text, _strategy()),
    _key("exchange", Text),
    _key("symbol", Text),
    *[_required(name, Money) for name in ("amount", "cost", "average_price", "realized_pnl", "fees")],
    _required("updated_at_us", Whole),
    _amount("average_price", ">= 0"),
    **_CLUSTERED,
)

protections = Table(
    "protections",
    metadata,
    _key("strategy_id", Text, _strategy()),
    _required("exchange", Text),
    _required("symbol", Text),
    _required("candle", Whole),
    Column("stop_price", Money),
    Column("take_profit", Money),
    _required("lease_token", Whole),
    _required("updated_at_us", Whole),
    ForeignKeyConstraint(["strategy_id", "candle"], ["signals.strategy_id", "signals.candle"]),
    **_CLUSTERED,
)

balance_history = Table(
    "balance_history",
    metadata,
    Column("balance_id", Whole, primary_key=True),
    _required("strategy_id", Text, _strategy()),
    _required("exchange", Text),
    _required("asset", Text),
    *[_required(name, Money) for name in ("total", "free", "held", "change")],
    _required("source", Text),
    _required("reason", Text),
    _required("recorded_at_us", Whole),
    Column("change_percent", Money),
    _stamp(),
    _amount("held", ">= 0"),
    Index(None, "strategy_id", "asset", "recorded_at_us"),
    Index(None, "strategy_id", "asset", "balance_id"),
    **_APPENDED,
)

equity_history = Table(
    "equity_history",
    metadata,
    Column("equity_id", Whole, primary_key=True),
    _required("strategy_id", Text, _strategy()),
    *[_required(name, Money) for name in ("cash", "positions_value", "equity")],
    _required("recorded_at_us", Whole),
    _stamp(),
    Index(None, "strategy_id", "recorded_at_us"),
    **_APPENDED,
)

trading_states = Table(
    "trading_states",
    metadata,
    _key("scope", Text),
    _one_of("state", "active", "reducing", "halted"),
    _one_of("source", "operator", "risk", "strategy", "reconciliation"),
    _required("reason", Text),
    _required("updated_at_us", Whole),
    **_CLUSTERED,
)

state_changes = Table(
    "state_changes",
    metadata,
    Column("change_id", Whole, primary_key=True),
    _required("scope", Text),
    _required("old_state", Text),
    _required("new_state", Text),
    _required("source", Text),
    _required("reason", Text),
    _required("changed_at_us", Whole),
    _stamp(),
    Index(None, "scope", "change_id"),
    **_APPENDED,
)

operator_requests = Table(
    "operator_requests",
    metadata,
    Column("request_id", Whole, primary_key=True),
    _required("strategy_id", Text, _strategy()),
    _one_of("kind", "flatten"),
    _one_of("status", "open", "done", "failed"),
    _required("reason", Text),
    _required("requested_at_us", Whole),
    _required("updated_at_us", Whole),
    Index(None, "strategy_id", "status"),
    **_APPENDED,
)

risk_marks = Table(
    "risk_marks",
    metadata,
    _key("scope", Text),
    _required("day", Whole),
    *[_required(name, Money) for name in ("day_equity", "peak_equity", "equity", "paid_in")],
    _required("updated_at_us", Whole),
    **_CLUSTERED,
)

change_log = Table(
    "change_log",
    metadata,
    Column("change_id", Whole, primary_key=True),
    _required("at_us", Whole),
    _required("table_name", Text),
    _one_of("operation", "insert", "update", "delete"),
    _required("row", Text),
    **_APPENDED,
)

clock_steps = Table(
    "clock_steps",
    metadata,
    _key("at_us", Whole),
    *[_required(name, Whole) for name in ("from_us", "to_us", "until_us")],
    **_CLUSTERED,
)

tier_moves = Table(
    "tier_moves",
    metadata,
    Column("move_id", Whole, primary_key=True),
    _one_of("action", "move", "delete", "thaw", "seal", "prune", "restore"),
    *[_required(name, Text) for name in ("policy", "table_name", "from_tier", "to_tier")],
    _required("rows", Whole),
    *[Column(name, Whole) for name in ("first_us", "last_us")],
    *[_required(name, Text) for name in ("path", "sha256", "reason")],
    _required("moved_at_us", Whole),
    _stamp(),
    **_APPENDED,
)

tier_files = Table(
    "tier_files",
    metadata,
    _key("path", Text),
    _required("table_name", Text),
    _one_of("tier", "warm", "cold", "frozen"),
    _required("rows", Whole),
    *[Column(name, Whole) for name in ("first_id", "last_id")],
    *[_required(name, Whole) for name in ("first_us", "last_us", "bytes")],
    _required("sha256", Text),
    _required("made_at_us", Whole),
    **_CLUSTERED,
)

keeper_jobs = Table(
    "keeper_jobs",
    metadata,
    _key("job", Text),
    _one_of("status", "running", "ok", "failed"),
    _required("told", Text),
    _required("began_at_us", Whole),
    *[Column(name, Whole) for name in ("ended_at_us", "succeeded_at_us")],
    Column("seconds", Real),
    _required("figures", Text),
    **_CLUSTERED,
)

disk_samples = Table(
    "disk_samples",
    metadata,
    _key("taken_at_us", Whole),
    *[_required(f"{name}_bytes", Whole) for name in ("database", "wal", "archive", "backup", "free", "total")],
    _stamp(),
    **_CLUSTERED,
)
