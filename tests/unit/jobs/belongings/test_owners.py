"""Owners and the codes that bring a second device."""

import time

import pytest
from sqlalchemy import update

from tests.unit.jobs.conftest import ANN, BEN
from tlcore.errors import NotFoundError
from tlcore.jobs.belongings.owners import Owners, is_owner_id, new_owner_id
from tlcore.jobs.store.database import Database
from tlcore.jobs.store.tables import join_codes


def test_ids_are_unguessable_and_well_formed() -> None:
    ids = {new_owner_id() for _ in range(100)}
    assert len(ids) == 100
    assert all(is_owner_id(owner) for owner in ids)


@pytest.mark.parametrize("text", ["", "short", "x" * 33, "' OR 1=1 --" + "x" * 21, "é" * 32, "a b" * 10 + "xx"])
def test_tampered_cookies_are_no_ids(text: str) -> None:
    assert not is_owner_id(text)


def test_a_code_works_once_and_however_it_is_typed(database: Database) -> None:
    owners = Owners(database)
    code = owners.new_code(ANN)
    assert owners.redeem(f" {code[:4].lower()}-{code[4:]} ") == ANN
    with pytest.raises(NotFoundError, match="not valid any more"):
        owners.redeem(code)


def test_a_new_code_ends_the_old_one(database: Database) -> None:
    owners = Owners(database)
    old, new = owners.new_code(ANN), owners.new_code(ANN)
    other = owners.new_code(BEN)
    with pytest.raises(NotFoundError):
        owners.redeem(old)
    assert (owners.redeem(new), owners.redeem(other)) == (ANN, BEN)


def test_a_code_ends_after_ten_minutes(database: Database) -> None:
    owners = Owners(database)
    code = owners.new_code(ANN)
    with database.writing() as connection:
        connection.execute(update(join_codes).values(expires_at=time.time() - 1))
    with pytest.raises(NotFoundError):
        owners.redeem(code)
