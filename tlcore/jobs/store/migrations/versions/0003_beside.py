"""A run that is trained to be compared with another one names it."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

AT_ONCE = 5.0  # seconds within which a run from scratch followed the one beside which it was asked for


def upgrade() -> None:
    """Apply the change; of earlier runs, those that were asked for together belong together."""
    op.add_column("runs", sa.Column("beside", sa.String(32), nullable=False, server_default=""))
    names = ("id", "owner", "kind", "dataset", "beside")
    runs = sa.table(
        "runs",
        *(sa.column(name, sa.String) for name in names),
        sa.column("spec", sa.JSON),
        sa.column("created_at", sa.Float),
    )
    connection = op.get_bind()
    rows = connection.execute(sa.select(runs).where(runs.c.kind == "train").order_by(runs.c.created_at)).all()
    for place, row in enumerate(rows):
        for other in reversed(rows[:place]):
            if row.created_at - other.created_at > AT_ONCE:
                break
            if _is_twin(row, other):
                connection.execute(runs.update().where(runs.c.id == row.id).values(beside=other.id))
                break


def _is_twin(row: Any, other: Any) -> bool:
    same = (row.owner, row.dataset, row.spec.get("backbone")) == (
        other.owner,
        other.dataset,
        other.spec.get("backbone"),
    )
    return same and row.spec.get("strategy") == "scratch" != other.spec.get("strategy", "frozen")
