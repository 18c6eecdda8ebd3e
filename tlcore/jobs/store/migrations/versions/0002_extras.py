"""Runs that give way to a person's first answer are marked; what is no training was never such an answer."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Apply the change."""
    op.add_column("runs", sa.Column("extra", sa.Boolean(), nullable=False, server_default=sa.false()))
    runs = sa.table("runs", sa.column("kind", sa.String), sa.column("extra", sa.Boolean))
    op.execute(runs.update().where(runs.c.kind != "train").values(extra=sa.true()))
