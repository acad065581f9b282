"""Market data that can be trusted: what can't be had, what was refused, what was revised, how an exchange stands."""

import sqlalchemy as sa
from alembic import op

from shared.database import types

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_PRICES = ("open", "high", "low", "close", "volume")


def upgrade() -> None:
    """Create the tables; docs/DATABASE.md says what the columns mean."""
    op.create_table(
        "series_unreachable",
        *_series(),
        sa.Column("start", types.Whole, autoincrement=False, nullable=False),
        sa.Column("end", types.Whole, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("noted_at_us", types.Whole, nullable=False),
        sa.CheckConstraint('"start" < "end"', name=op.f("ck_series_unreachable_interval")),
        sa.PrimaryKeyConstraint("exchange", "symbol", "timeframe", "start", name=op.f("pk_series_unreachable")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "quarantine",
        *_series(),
        sa.Column("reason", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("row", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("times", types.Whole, nullable=False),
        sa.Column("first_seen_us", types.Whole, nullable=False),
        sa.Column("last_seen_us", types.Whole, nullable=False),
        sa.CheckConstraint("times > 0", name=op.f("ck_quarantine_times")),
        sa.PrimaryKeyConstraint("exchange", "symbol", "timeframe", "reason", "row", name=op.f("pk_quarantine")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "candle_revisions",
        sa.Column("revision_id", types.Whole, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("exchange", "symbol", "timeframe")),
        sa.Column("timestamp", types.Whole, nullable=False),
        *(sa.Column(f"old_{name}", types.Real, nullable=True) for name in _PRICES),
        *(sa.Column(f"new_{name}", types.Real, nullable=True) for name in _PRICES),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("revised_at_us", types.Whole, nullable=False),
        sa.PrimaryKeyConstraint("revision_id", name=op.f("pk_candle_revisions")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_candle_revisions_exchange_symbol_timeframe_timestamp",
        "candle_revisions",
        ["exchange", "symbol", "timeframe", "timestamp"],
    )
    op.create_table(
        "exchange_status",
        sa.Column("exchange", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("cooldown_until_us", types.Whole, nullable=False),
        sa.Column("cooldown_until_boot_us", types.Whole, nullable=False),
        sa.Column("boot_id", sa.Text(), nullable=False),
        sa.Column("cooldown_reason", sa.Text(), nullable=False),
        sa.Column("clock_offset_ms", types.Whole, nullable=True),
        sa.Column("clock_measured_at_us", types.Whole, nullable=True),
        sa.Column("updated_at_us", types.Whole, nullable=False),
        sa.CheckConstraint("status IN ('collecting', 'stopped')", name=op.f("ck_exchange_status_status")),
        sa.PrimaryKeyConstraint("exchange", name=op.f("pk_exchange_status")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _series() -> list[sa.Column[str]]:
    return [
        sa.Column(name, sa.Text(), autoincrement=False, nullable=False) for name in ("exchange", "symbol", "timeframe")
    ]
