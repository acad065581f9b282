"""Books that can't be wrong: orders with a history, signed positions, halts, protections, what risk remembers."""

from decimal import ROUND_DOWN, Decimal, localcontext
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.schema import CreateColumn

from shared.database import types

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Extend the books; docs/DATABASE.md says what the columns mean."""
    _extend()
    _rebuild_trades()
    _rebuild_positions()
    _rebuild_balances()
    _create()


def _extend() -> None:
    _add("markets", sa.Column("minimum_amount", types.Money(), server_default="0", nullable=False))
    _add("markets", sa.Column("maximum_amount", types.Money()))
    _add("markets", _one_of("markets", "fee_side", "quote", "base", "received", default="quote"))
    _add("strategy_metadata", _one_of("strategy_metadata", "broker", "paper", "live", default="paper"))
    for name in ("target", "limit_price", "stop_price", "take_profit"):
        _add("signals", sa.Column(name, types.Money()))
    _add("orders", _one_of("orders", "kind", "market", "limit", default="market"))
    _add("orders", sa.Column("limit_price", types.Money()))
    _add("orders", sa.Column("filled", types.Money(), server_default="0", nullable=False))
    _add("orders", _one_of("orders", "broker", "paper", "live", default="paper"))
    _add("orders", sa.Column("exchange_order_id", sa.Text()))
    _add("orders", sa.Column("sent_until_ms", types.Whole))
    _add("orders", sa.Column("checked_at_us", types.Whole, server_default="0", nullable=False))
    op.create_index("ix_orders_strategy_id_decided_at_us", "orders", ["strategy_id", "decided_at_us"])
    op.execute("UPDATE orders SET filled = amount WHERE status = 'filled'")


def _rebuild_trades() -> None:
    """A fee may be a rebate, below zero: SQLite drops a rule only with its table."""
    for name in ("ix_trades_strategy_id_sequence", "ix_trades_strategy_id_executed_at_us"):
        op.drop_index(name, "trades")
    _set_aside("trades")
    op.create_table(
        "trades",
        *(_key(name, sa.Text()) for name in ("strategy_id", "trade_id")),
        _required("sequence", types.Whole),
        *(_required(name, sa.Text()) for name in ("client_order_id", "exchange", "symbol", "side")),
        *(_required(name, types.Money()) for name in ("amount", "price", "cost", "fee")),
        _required("fee_asset", sa.Text()),
        _required("realized_pnl", types.Money()),
        _required("lease_token", types.Whole),
        _required("executed_at_us", types.Whole),
        sa.Column("fee_quote", types.Money()),
        _one_of("trades", "liquidity", "maker", "taker", default="taker"),
        sa.CheckConstraint("CAST(amount AS DOUBLE PRECISION) > 0", name=op.f("ck_trades_amount")),
        sa.CheckConstraint("CAST(price AS DOUBLE PRECISION) > 0", name=op.f("ck_trades_price")),
        sa.CheckConstraint("side IN ('buy', 'sell')", name=op.f("ck_trades_side")),
        _reference("trades", ["client_order_id"], ["orders.client_order_id"]),
        _of_strategy("trades"),
        sa.PrimaryKeyConstraint("strategy_id", "trade_id", name=op.f("pk_trades")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    columns = (
        "strategy_id, trade_id, sequence, client_order_id, exchange, symbol, side, amount, price, cost, fee, fee_asset,"
        " realized_pnl, lease_token, executed_at_us"
    )
    # Until now every fee was paper's, in the quote asset.
    op.execute(f"INSERT INTO trades ({columns}, fee_quote) SELECT {columns}, fee FROM trades_before")  # noqa: S608
    op.drop_table("trades_before")
    op.create_index("ix_trades_strategy_id_sequence", "trades", ["strategy_id", "sequence"], unique=True)
    op.create_index("ix_trades_strategy_id_client_order_id", "trades", ["strategy_id", "client_order_id"])
    unique = ("exchange", "symbol", "trade_id", "side")
    op.create_index("ix_trades_exchange_symbol_trade_id_side", "trades", unique, unique=True)
    op.create_index(
        "ix_trades_strategy_id_executed_at_us", "trades", ["strategy_id", sa.literal_column("executed_at_us DESC")]
    )


def _rebuild_positions() -> None:
    """Amounts have a sign now, and what was paid is kept exactly beside the average."""
    _set_aside("positions")
    op.create_table(
        "positions",
        *(_key(name, sa.Text()) for name in ("strategy_id", "exchange", "symbol")),
        *(_required(name, types.Money()) for name in ("amount", "cost", "average_price", "realized_pnl", "fees")),
        _required("updated_at_us", types.Whole),
        sa.CheckConstraint("CAST(average_price AS DOUBLE PRECISION) >= 0", name=op.f("ck_positions_average_price")),
        _of_strategy("positions"),
        sa.PrimaryKeyConstraint("strategy_id", "exchange", "symbol", name=op.f("pk_positions")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    names = "strategy_id, exchange, symbol, amount, average_price, realized_pnl, fees, updated_at_us"
    op.execute(f"INSERT INTO positions ({names}, cost) SELECT {names}, '0' FROM positions_before")  # noqa: S608
    op.drop_table("positions_before")
    _rederive_positions()


def _rederive_positions() -> None:
    """Until now averages were rounded to 28 digits and gains followed from them: what was paid says it exactly."""
    connection = op.get_bind()
    read = "SELECT * FROM trades WHERE strategy_id = :strategy_id AND exchange = :exchange AND symbol = :symbol"
    for key in connection.execute(sa.text("SELECT strategy_id, exchange, symbol FROM positions")).mappings().all():
        amount = cost = realized = fees = Decimal(0)
        for row in connection.execute(sa.text(f"{read} ORDER BY sequence"), dict(key)).mappings().all():
            traded, price, fee = (Decimal(row[name]) for name in ("amount", "price", "fee"))
            with localcontext(prec=400):
                if row["side"] == "buy":
                    amount, cost, gain = amount + traded, cost + traded * price, -fee
                else:  # never more than was held: there were no short positions
                    share = (cost * traded / amount).quantize(Decimal("1e-18"), ROUND_DOWN)
                    share = cost if traded == amount else share
                    amount, cost, gain = amount - traded, cost - share, traded * price - share - fee
                realized, fees = realized + gain, fees + fee
            _set(connection, "trades", {"realized_pnl": gain}, strategy_id=row["strategy_id"], trade_id=row["trade_id"])
        with localcontext(prec=400):
            average = (cost / amount).quantize(Decimal("1e-18")) if amount else amount
        new = {"amount": amount, "cost": cost, "average_price": average, "realized_pnl": realized, "fees": fees}
        _set(connection, "positions", new, **key)


def _set(connection: sa.Connection, table: str, new: dict[str, Decimal], **key: str) -> None:
    columns = [sa.column(name, sa.Text()) for name in key] + [sa.column(name, types.Money()) for name in new]
    where = [sa.column(name) == value for name, value in key.items()]
    connection.execute(sa.update(sa.table(table, *columns)).where(*where).values(**new))


def _rebuild_balances() -> None:
    """A strategy may owe: what it sold short, a fee in an asset of the account's."""
    for name in ("strategy_id_asset_recorded_at_us", "strategy_id_asset_balance_id"):
        op.drop_index(f"ix_balance_history_{name}", "balance_history")
    _set_aside("balance_history")
    op.create_table(
        "balance_history",
        sa.Column("balance_id", types.Whole, nullable=False),
        *(_required(name, sa.Text()) for name in ("strategy_id", "exchange", "asset")),
        *(_required(name, types.Money()) for name in ("total", "free", "held", "change")),
        *(_required(name, sa.Text()) for name in ("source", "reason")),
        _required("recorded_at_us", types.Whole),
        sa.Column("change_percent", types.Money()),
        sa.CheckConstraint("CAST(held AS DOUBLE PRECISION) >= 0", name=op.f("ck_balance_history_held")),
        _of_strategy("balance_history"),
        sa.PrimaryKeyConstraint("balance_id", name=op.f("pk_balance_history")),
        sqlite_strict=True,
    )
    columns = "balance_id, strategy_id, exchange, asset, total, free, held, change, source, reason, recorded_at_us"
    op.execute(f"INSERT INTO balance_history ({columns}) SELECT {columns} FROM balance_history_before")  # noqa: S608
    op.drop_table("balance_history_before")
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "SELECT setval(pg_get_serial_sequence('balance_history', 'balance_id'), max(balance_id))"
            " FROM balance_history"
        )
    for last in ("recorded_at_us", "balance_id"):
        op.create_index(
            f"ix_balance_history_strategy_id_asset_{last}", "balance_history", ["strategy_id", "asset", last]
        )


def _create() -> None:
    op.create_table(
        "order_events",
        sa.Column("event_id", types.Whole, nullable=False),
        *(_required(name, sa.Text()) for name in ("strategy_id", "client_order_id", "status")),
        _required("filled", types.Money()),
        _required("reason", sa.Text()),
        *(_required(name, types.Whole) for name in ("lease_token", "recorded_at_us")),
        _reference("order_events", ["client_order_id"], ["orders.client_order_id"]),
        _of_strategy("order_events"),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_order_events")),
        sqlite_strict=True,
    )
    op.create_index("ix_order_events_client_order_id_event_id", "order_events", ["client_order_id", "event_id"])
    op.create_table(
        "replicas",
        _key("owner", sa.Text()),
        *(_required(name, types.Whole) for name in ("asks", "expires_us")),
        _required("boot_id", sa.Text()),
        _required("updated_at_us", types.Whole),
        sa.CheckConstraint("asks IN (0, 1)", name=op.f("ck_replicas_asks")),
        sa.PrimaryKeyConstraint("owner", name=op.f("pk_replicas")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "protections",
        _key("strategy_id", sa.Text()),
        *(_required(name, sa.Text()) for name in ("exchange", "symbol")),
        _required("candle", types.Whole),
        *(sa.Column(name, types.Money()) for name in ("stop_price", "take_profit")),
        *(_required(name, types.Whole) for name in ("lease_token", "updated_at_us")),
        _reference("protections", ["strategy_id", "candle"], ["signals.strategy_id", "signals.candle"]),
        _of_strategy("protections"),
        sa.PrimaryKeyConstraint("strategy_id", name=op.f("pk_protections")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "trading_states",
        _key("scope", sa.Text()),
        _one_of("trading_states", "state", "active", "reducing", "halted"),
        _one_of("trading_states", "source", "operator", "risk", "strategy", "reconciliation"),
        _required("reason", sa.Text()),
        _required("updated_at_us", types.Whole),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_trading_states")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO trading_states (scope, state, source, reason, updated_at_us)"
        " SELECT strategy_id, 'halted', 'strategy', reason, updated_at_us FROM strategy_metadata"
        " WHERE status = 'halted'"
    )
    op.execute("UPDATE strategy_metadata SET status = 'active', reason = '' WHERE status = 'halted'")
    op.create_table(
        "state_changes",
        sa.Column("change_id", types.Whole, nullable=False),
        *(_required(name, sa.Text()) for name in ("scope", "old_state", "new_state", "source", "reason")),
        _required("changed_at_us", types.Whole),
        sa.PrimaryKeyConstraint("change_id", name=op.f("pk_state_changes")),
        sqlite_strict=True,
    )
    op.create_index("ix_state_changes_scope_change_id", "state_changes", ["scope", "change_id"])
    op.create_table(
        "operator_requests",
        sa.Column("request_id", types.Whole, nullable=False),
        _required("strategy_id", sa.Text()),
        _one_of("operator_requests", "kind", "flatten"),
        _one_of("operator_requests", "status", "open", "done", "failed"),
        _required("reason", sa.Text()),
        *(_required(name, types.Whole) for name in ("requested_at_us", "updated_at_us")),
        _of_strategy("operator_requests"),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_operator_requests")),
        sqlite_strict=True,
    )
    op.create_index("ix_operator_requests_strategy_id_status", "operator_requests", ["strategy_id", "status"])
    op.create_table(
        "risk_marks",
        _key("scope", sa.Text()),
        _required("day", types.Whole),
        *(_required(name, types.Money()) for name in ("day_equity", "peak_equity", "equity", "paid_in")),
        _required("updated_at_us", types.Whole),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_risk_marks")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _set_aside(table: str) -> None:
    """Under another name; on PostgreSQL the key's index, whose name is the schema's, with it."""
    op.rename_table(table, f"{table}_before")
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER INDEX pk_{table} RENAME TO pk_{table}_before")


def _add(table: str, column: sa.Column[Any]) -> None:
    """With the column's rule, which Alembic would leave out on SQLite."""
    sa.Table(table, sa.MetaData(), column)
    words = str(CreateColumn(column).compile(dialect=op.get_bind().dialect)).strip()
    op.execute(f"ALTER TABLE {table} ADD COLUMN {words}")


def _one_of(table: str, name: str, *words: str, default: str | None = None) -> sa.Column[Any]:
    listed = ", ".join(f"'{word}'" for word in words)
    rule = sa.CheckConstraint(f"{name} IN ({listed})", name=op.f(f"ck_{table}_{name}"))
    return sa.Column(name, sa.Text(), rule, server_default=default, nullable=False)


def _required(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def _key(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, autoincrement=False, nullable=False)


def _of_strategy(table: str) -> sa.ForeignKeyConstraint:
    return _reference(table, ["strategy_id"], ["strategy_metadata.strategy_id"])


def _reference(table: str, columns: list[str], targets: list[str]) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(columns, targets, name=op.f(f"fk_{table}_{'_'.join(columns)}"))
