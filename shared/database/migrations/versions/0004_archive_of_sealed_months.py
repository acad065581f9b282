"""The archive of sealed months: which months have a file, whether it still holds what the table did."""

import sqlalchemy as sa
from alembic import op

from shared.database import types

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table; docs/DATABASE.md says what the columns mean."""
    op.create_table(
        "archive_months",
        *(
            sa.Column(name, sa.Text(), autoincrement=False, nullable=False)
            for name in ("exchange", "symbol", "timeframe")
        ),
        sa.Column("start", types.Whole, autoincrement=False, nullable=False),
        sa.Column("end", types.Whole, nullable=False),
        sa.Column("version", types.Whole, nullable=False),
        sa.Column("sealed_version", types.Whole),
        sa.Column("rows", types.Whole, nullable=False),
        sa.Column("first", types.Whole),
        sa.Column("last", types.Whole),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("sealed_at_us", types.Whole),
        sa.Column("pruned_until", types.Whole, nullable=False),
        sa.Column("pruned_rows", types.Whole, nullable=False),
        sa.CheckConstraint('"start" < "end"', name=op.f("ck_archive_months_interval")),
        sa.CheckConstraint('pruned_until BETWEEN "start" AND "end"', name=op.f("ck_archive_months_pruned")),
        sa.PrimaryKeyConstraint("exchange", "symbol", "timeframe", "start", name=op.f("pk_archive_months")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
