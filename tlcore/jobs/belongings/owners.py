"""Anonymous owners: an unguessable id in a cookie, and one-time codes that bring another device to the same one."""

import secrets
import time

from sqlalchemy import delete, insert, select, update

from tlcore.errors import NotFoundError
from tlcore.jobs.store.database import Database
from tlcore.jobs.store.tables import join_codes, owners

CODE_SECONDS = 600
_SEEN_EVERY = 3600
_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # without what looks alike: I L O 0 1
_CODE_LENGTH = 8


def new_owner_id() -> str:
    """A fresh owner id of 192 random bits."""
    return secrets.token_urlsafe(24)


def is_owner_id(text: str) -> bool:
    """Whether the text has the form of an owner id, as a cookie that was tampered with may not have."""
    return len(text) == 32 and text.replace("-", "").replace("_", "").isalnum() and text.isascii()


class Owners:
    """Who has been here, and the codes by which they bring a second device."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def seen(self, owner: str) -> None:
        """Note that an owner is here."""
        now = time.time()
        with self._db.reading() as connection:
            last = connection.scalar(select(owners.c.seen_at).where(owners.c.id == owner))
        if last is not None and now - last < _SEEN_EVERY:
            return
        with self._db.writing() as connection:
            changed = connection.execute(update(owners).where(owners.c.id == owner).values(seen_at=now))
            if not changed.rowcount:
                connection.execute(insert(owners).values(id=owner, created_at=now, seen_at=now))

    def new_code(self, owner: str) -> str:
        """A code that lets one other device become this owner within ten minutes; older codes end."""
        code = "".join(secrets.choice(_LETTERS) for _ in range(_CODE_LENGTH))
        with self._db.writing() as connection:
            connection.execute(delete(join_codes).where(join_codes.c.owner == owner))
            connection.execute(insert(join_codes).values(code=code, owner=owner, expires_at=time.time() + CODE_SECONDS))
        return code

    def redeem(self, code: str) -> str:
        """The owner that a code stands for; it works once."""
        tidy = code.strip().upper().replace("-", "").replace(" ", "")
        with self._db.writing() as connection:
            row = connection.execute(select(join_codes).where(join_codes.c.code == tidy)).one_or_none()
            connection.execute(delete(join_codes).where(join_codes.c.code == tidy))
        if row is None or row.expires_at < time.time():
            raise NotFoundError("This code is not valid any more; ask for a new one on the first device.")
        return str(row.owner)
