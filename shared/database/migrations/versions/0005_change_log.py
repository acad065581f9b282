"""The change log, stamps on what is only appended, and the keeper's own tables: tiers, jobs, disk."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from shared.database import types

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_STAMPED = (
    "signals",
    "trades",
    "order_events",
    "balance_history",
    "equity_history",
    "state_changes",
    "candle_revisions",
    "ticker_data",
)


def upgrade() -> None:
    """Create the tables; docs/DATABASE.md says what the columns mean. The triggers: shared.database.schema."""
    _create_log()
    for table in _STAMPED:
        op.add_column(table, sa.Column("stamp_us", types.Whole))
    for table in ("signals", "trades"):
        op.create_index(f"ix_{table}_stamp_us", table, ["stamp_us"])
    _create_tiers()
    _create_keeper()


def _create_log() -> None:
    op.create_table(
        "change_clock",
        _key("clock_id", types.Whole),
        *(_required(name, types.Whole) for name in ("at_us", "clock_us", "held")),
        *(_required(name, sa.Text()) for name in ("timeline", "shipped")),
        sa.CheckConstraint("clock_id = 1", name=op.f("ck_change_clock_one")),
        sa.CheckConstraint("held IN (0, 1)", name=op.f("ck_change_clock_held")),
        sa.PrimaryKeyConstraint("clock_id", name=op.f("pk_change_clock")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    if op.get_bind().dialect.name == "sqlite":  # without a row there are no stamps
        op.execute("INSERT INTO change_clock VALUES (1, 0, 0, 0, lower(hex(randomblob(16))), '')")
    op.create_table(
        "change_log",
        sa.Column("change_id", types.Whole, nullable=False),
        _required("at_us", types.Whole),
        _required("table_name", sa.Text()),
        _one_of("change_log", "operation", "insert", "update", "delete"),
        _required("row", sa.Text()),
        sa.PrimaryKeyConstraint("change_id", name=op.f("pk_change_log")),
        sqlite_strict=True,
    )
    op.create_table(
        "clock_steps",
        _key("at_us", types.Whole),
        *(_required(name, types.Whole) for name in ("from_us", "to_us", "until_us")),
        sa.PrimaryKeyConstraint("at_us", name=op.f("pk_clock_steps")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _create_tiers() -> None:
    op.create_table(
        "tier_moves",
        sa.Column("move_id", types.Whole, nullable=False),
        _one_of("tier_moves", "action", "move", "delete", "thaw", "seal", "prune", "restore"),
        *(_required(name, sa.Text()) for name in ("policy", "table_name", "from_tier", "to_tier")),
        _required("rows", types.Whole),
        *(sa.Column(name, types.Whole) for name in ("first_us", "last_us")),
        *(_required(name, sa.Text()) for name in ("path", "sha256", "reason")),
        _required("moved_at_us", types.Whole),
        sa.Column("stamp_us", types.Whole),
        sa.PrimaryKeyConstraint("move_id", name=op.f("pk_tier_moves")),
        sqlite_strict=True,
    )
    op.create_table(
        "tier_files",
        _key("path", sa.Text()),
        _required("table_name", sa.Text()),
        _one_of("tier_files", "tier", "warm", "cold", "frozen"),
        _required("rows", types.Whole),
        *(sa.Column(name, types.Whole) for name in ("first_id", "last_id")),
        *(_required(name, types.Whole) for name in ("first_us", "last_us", "bytes")),
        _required("sha256", sa.Text()),
        _required("made_at_us", types.Whole),
        sa.PrimaryKeyConstraint("path", name=op.f("pk_tier_files")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _create_keeper() -> None:
    op.create_table(
        "keeper_jobs",
        _key("job", sa.Text()),
        _one_of("keeper_jobs", "status", "running", "ok", "failed"),
        _required("told", sa.Text()),
        _required("began_at_us", types.Whole),
        *(sa.Column(name, types.Whole) for name in ("ended_at_us", "succeeded_at_us")),
        sa.Column("seconds", types.Real),
        _required("figures", sa.Text()),
        sa.PrimaryKeyConstraint("job", name=op.f("pk_keeper_jobs")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    names = ("database", "wal", "archive", "backup", "free", "total")
    op.create_table(
        "disk_samples",
        _key("taken_at_us", types.Whole),
        *(_required(f"{name}_bytes", types.Whole) for name in names),
        sa.Column("stamp_us", types.Whole),
        sa.PrimaryKeyConstraint("taken_at_us", name=op.f("pk_disk_samples")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _one_of(table: str, name: str, *words: str) -> sa.Column[Any]:
    listed = ", ".join(f"'{word}'" for word in words)
    rule = sa.CheckConstraint(f"{name} IN ({listed})", name=op.f(f"ck_{table}_{name}"))
    return sa.Column(name, sa.Text(), rule, nullable=False)


def _required(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def _key(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, autoincrement=False, nullable=False)
