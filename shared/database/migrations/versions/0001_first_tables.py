"""The first tables: market data, strategies and their books, leases."""

import sqlalchemy as sa
from alembic import op

from shared.database import types

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create every table; docs/DATABASE.md says what the columns mean."""
    op.create_table(
        "markets",
        sa.Column("exchange", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("symbol", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("amount_step", types.Money(), nullable=False),
        sa.Column("price_tick", types.Money(), nullable=False),
        sa.Column("minimum_cost", types.Money(), nullable=False),
        sa.Column("maker_fee", types.Money(), nullable=False),
        sa.Column("taker_fee", types.Money(), nullable=False),
        sa.Column("updated_at_us", types.Whole, nullable=False),
        sa.CheckConstraint("CAST(amount_step AS DOUBLE PRECISION) > 0", name=op.f("ck_markets_amount_step")),
        sa.CheckConstraint("CAST(price_tick AS DOUBLE PRECISION) > 0", name=op.f("ck_markets_price_tick")),
        sa.PrimaryKeyConstraint("exchange", "symbol", name=op.f("pk_markets")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ohlcv_data",
        sa.Column("exchange", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("symbol", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("timeframe", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("timestamp", types.Whole, autoincrement=False, nullable=False),
        sa.Column("open", types.Real, nullable=False),
        sa.Column("high", types.Real, nullable=False),
        sa.Column("low", types.Real, nullable=False),
        sa.Column("close", types.Real, nullable=False),
        sa.Column("volume", types.Real, nullable=False),
        sa.CheckConstraint(
            "low > 0 AND low <= open AND low <= close AND open <= high AND close <= high",
            name=op.f("ck_ohlcv_data_prices"),
        ),
        sa.CheckConstraint("volume >= 0", name=op.f("ck_ohlcv_data_volume")),
        sa.CheckConstraint("high < 'Infinity' AND volume < 'Infinity'", name=op.f("ck_ohlcv_data_finite")).ddl_if(
            dialect="postgresql"
        ),
        sa.PrimaryKeyConstraint("exchange", "symbol", "timeframe", "timestamp", name=op.f("pk_ohlcv_data")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "series_coverage",
        sa.Column("exchange", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("symbol", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("timeframe", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("start", types.Whole, autoincrement=False, nullable=False),
        sa.Column("end", types.Whole, nullable=False),
        sa.Column("candles", types.Whole, nullable=False),
        sa.CheckConstraint('"start" < "end"', name=op.f("ck_series_coverage_interval")),
        sa.PrimaryKeyConstraint("exchange", "symbol", "timeframe", "start", name=op.f("pk_series_coverage")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "series_status",
        sa.Column("exchange", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("symbol", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("timeframe", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("watermark", types.Whole, nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("refused", types.Whole, nullable=False),
        sa.Column("updated_at_us", types.Whole, nullable=False),
        sa.CheckConstraint("status IN ('collecting', 'stopped')", name=op.f("ck_series_status_status")),
        sa.PrimaryKeyConstraint("exchange", "symbol", "timeframe", name=op.f("pk_series_status")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "strategy_metadata",
        sa.Column("strategy_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("exchange", sa.Text(), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("timeframe", sa.Text(), nullable=False),
        sa.Column("strategy_name", sa.Text(), nullable=False),
        sa.Column("config", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at_us", types.Whole, nullable=False),
        sa.Column("updated_at_us", types.Whole, nullable=False),
        sa.CheckConstraint("status IN ('active', 'halted', 'retired')", name=op.f("ck_strategy_metadata_status")),
        sa.PrimaryKeyConstraint("strategy_id", name=op.f("pk_strategy_metadata")),
        sqlite_strict=True,
    )
    op.create_table(
        "ticker_data",
        sa.Column("exchange", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("symbol", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("timestamp", types.Whole, autoincrement=False, nullable=False),
        sa.Column("bid", types.Money(), nullable=False),
        sa.Column("ask", types.Money(), nullable=False),
        sa.Column("last", types.Money(), nullable=False),
        sa.Column("received_at_us", types.Whole, nullable=False),
        sa.CheckConstraint("CAST(ask AS DOUBLE PRECISION) > 0", name=op.f("ck_ticker_data_ask")),
        sa.CheckConstraint("CAST(bid AS DOUBLE PRECISION) > 0", name=op.f("ck_ticker_data_bid")),
        sa.CheckConstraint("CAST(last AS DOUBLE PRECISION) > 0", name=op.f("ck_ticker_data_last")),
        sa.PrimaryKeyConstraint("exchange", "symbol", "timestamp", name=op.f("pk_ticker_data")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_ticker_data_exchange_symbol_received_at_us"),
        "ticker_data",
        ["exchange", "symbol", "received_at_us"],
        unique=False,
    )
    op.create_table(
        "balance_history",
        sa.Column("balance_id", types.Whole, nullable=False),
        sa.Column("strategy_id", sa.Text(), nullable=False),
        sa.Column("exchange", sa.Text(), nullable=False),
        sa.Column("asset", sa.Text(), nullable=False),
        sa.Column("total", types.Money(), nullable=False),
        sa.Column("free", types.Money(), nullable=False),
        sa.Column("held", types.Money(), nullable=False),
        sa.Column("change", types.Money(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("recorded_at_us", types.Whole, nullable=False),
        sa.CheckConstraint("CAST(free AS DOUBLE PRECISION) >= 0", name=op.f("ck_balance_history_free")),
        sa.CheckConstraint("CAST(held AS DOUBLE PRECISION) >= 0", name=op.f("ck_balance_history_held")),
        sa.CheckConstraint("CAST(total AS DOUBLE PRECISION) >= 0", name=op.f("ck_balance_history_total")),
        sa.ForeignKeyConstraint(
            ["strategy_id"], ["strategy_metadata.strategy_id"], name=op.f("fk_balance_history_strategy_id")
        ),
        sa.PrimaryKeyConstraint("balance_id", name=op.f("pk_balance_history")),
        sqlite_strict=True,
    )
    op.create_index(
        op.f("ix_balance_history_strategy_id_asset_recorded_at_us"),
        "balance_history",
        ["strategy_id", "asset", "recorded_at_us"],
        unique=False,
    )
    op.create_index(
        op.f("ix_balance_history_strategy_id_asset_balance_id"),
        "balance_history",
        ["strategy_id", "asset", "balance_id"],
        unique=False,
    )
    op.create_table(
        "equity_history",
        sa.Column("equity_id", types.Whole, nullable=False),
        sa.Column("strategy_id", sa.Text(), nullable=False),
        sa.Column("cash", types.Money(), nullable=False),
        sa.Column("positions_value", types.Money(), nullable=False),
        sa.Column("equity", types.Money(), nullable=False),
        sa.Column("recorded_at_us", types.Whole, nullable=False),
        sa.ForeignKeyConstraint(
            ["strategy_id"], ["strategy_metadata.strategy_id"], name=op.f("fk_equity_history_strategy_id")
        ),
        sa.PrimaryKeyConstraint("equity_id", name=op.f("pk_equity_history")),
        sqlite_strict=True,
    )
    op.create_index(
        op.f("ix_equity_history_strategy_id_recorded_at_us"),
        "equity_history",
        ["strategy_id", "recorded_at_us"],
        unique=False,
    )
    op.create_table(
        "leases",
        sa.Column("strategy_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("token", types.Whole, nullable=False),
        sa.Column("expires_us", types.Whole, nullable=False),
        sa.Column("boot_id", sa.Text(), nullable=False),
        sa.Column("updated_at_us", types.Whole, nullable=False),
        sa.ForeignKeyConstraint(["strategy_id"], ["strategy_metadata.strategy_id"], name=op.f("fk_leases_strategy_id")),
        sa.PrimaryKeyConstraint("strategy_id", name=op.f("pk_leases")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "positions",
        sa.Column("strategy_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("exchange", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("symbol", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("amount", types.Money(), nullable=False),
        sa.Column("average_price", types.Money(), nullable=False),
        sa.Column("realized_pnl", types.Money(), nullable=False),
        sa.Column("fees", types.Money(), nullable=False),
        sa.Column("updated_at_us", types.Whole, nullable=False),
        sa.CheckConstraint("CAST(amount AS DOUBLE PRECISION) >= 0", name=op.f("ck_positions_amount")),
        sa.CheckConstraint("CAST(average_price AS DOUBLE PRECISION) >= 0", name=op.f("ck_positions_average_price")),
        sa.ForeignKeyConstraint(
            ["strategy_id"], ["strategy_metadata.strategy_id"], name=op.f("fk_positions_strategy_id")
        ),
        sa.PrimaryKeyConstraint("strategy_id", "exchange", "symbol", name=op.f("pk_positions")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "signals",
        sa.Column("strategy_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("candle", types.Whole, autoincrement=False, nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("size", types.Money(), nullable=False),
        sa.Column("price", types.Real, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("lease_token", types.Whole, nullable=False),
        sa.Column("created_at_us", types.Whole, nullable=False),
        sa.CheckConstraint("CAST(size AS DOUBLE PRECISION) > 0", name=op.f("ck_signals_size")),
        sa.CheckConstraint("side IN ('buy', 'sell')", name=op.f("ck_signals_side")),
        sa.CheckConstraint("price > 0", name=op.f("ck_signals_price")),
        sa.ForeignKeyConstraint(
            ["strategy_id"], ["strategy_metadata.strategy_id"], name=op.f("fk_signals_strategy_id")
        ),
        sa.PrimaryKeyConstraint("strategy_id", "candle", name=op.f("pk_signals")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "strategy_cursors",
        sa.Column("strategy_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("candle", types.Whole, nullable=False),
        sa.Column("lease_token", types.Whole, nullable=False),
        sa.Column("updated_at_us", types.Whole, nullable=False),
        sa.ForeignKeyConstraint(
            ["strategy_id"], ["strategy_metadata.strategy_id"], name=op.f("fk_strategy_cursors_strategy_id")
        ),
        sa.PrimaryKeyConstraint("strategy_id", name=op.f("pk_strategy_cursors")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "orders",
        sa.Column("client_order_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("strategy_id", sa.Text(), nullable=False),
        sa.Column("candle", types.Whole, nullable=False),
        sa.Column("leg", sa.Text(), nullable=False),
        sa.Column("attempt", types.Whole, nullable=False),
        sa.Column("exchange", sa.Text(), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("amount", types.Money(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("lease_token", types.Whole, nullable=False),
        sa.Column("decided_at_us", types.Whole, nullable=False),
        sa.Column("updated_at_us", types.Whole, nullable=False),
        sa.CheckConstraint("CAST(amount AS DOUBLE PRECISION) > 0", name=op.f("ck_orders_amount")),
        sa.CheckConstraint("side IN ('buy', 'sell')", name=op.f("ck_orders_side")),
        sa.CheckConstraint(
            "status IN ('new', 'sent', 'unknown', 'open', 'partially_filled', 'filled', 'cancelled', 'rejected')",
            name=op.f("ck_orders_status"),
        ),
        sa.ForeignKeyConstraint(
            ["strategy_id", "candle"],
            ["signals.strategy_id", "signals.candle"],
            name=op.f("fk_orders_strategy_id_candle"),
        ),
        sa.PrimaryKeyConstraint("client_order_id", name=op.f("pk_orders")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_orders_strategy_id_status"), "orders", ["strategy_id", "status"], unique=False)
    op.create_table(
        "trades",
        sa.Column("strategy_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("trade_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("sequence", types.Whole, nullable=False),
        sa.Column("client_order_id", sa.Text(), nullable=False),
        sa.Column("exchange", sa.Text(), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("amount", types.Money(), nullable=False),
        sa.Column("price", types.Money(), nullable=False),
        sa.Column("cost", types.Money(), nullable=False),
        sa.Column("fee", types.Money(), nullable=False),
        sa.Column("fee_asset", sa.Text(), nullable=False),
        sa.Column("realized_pnl", types.Money(), nullable=False),
        sa.Column("lease_token", types.Whole, nullable=False),
        sa.Column("executed_at_us", types.Whole, nullable=False),
        sa.CheckConstraint("CAST(amount AS DOUBLE PRECISION) > 0", name=op.f("ck_trades_amount")),
        sa.CheckConstraint("CAST(fee AS DOUBLE PRECISION) >= 0", name=op.f("ck_trades_fee")),
        sa.CheckConstraint("CAST(price AS DOUBLE PRECISION) > 0", name=op.f("ck_trades_price")),
        sa.CheckConstraint("side IN ('buy', 'sell')", name=op.f("ck_trades_side")),
        sa.ForeignKeyConstraint(
            ["client_order_id"], ["orders.client_order_id"], name=op.f("fk_trades_client_order_id")
        ),
        sa.ForeignKeyConstraint(["strategy_id"], ["strategy_metadata.strategy_id"], name=op.f("fk_trades_strategy_id")),
        sa.PrimaryKeyConstraint("strategy_id", "trade_id", name=op.f("pk_trades")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_trades_strategy_id_sequence", "trades", ["strategy_id", "sequence"], unique=True)
    op.create_index(
        "ix_trades_strategy_id_executed_at_us",
        "trades",
        ["strategy_id", sa.literal_column("executed_at_us DESC")],
        unique=False,
    )
