"""Who is here, and the services that pages call; plain singletons, which no visitor can clear."""

from dataclasses import dataclass
from functools import cache

import streamlit as st

from tlcore.jobs.belongings.intake import Intake
from tlcore.jobs.belongings.library import Library
from tlcore.jobs.belongings.owners import Owners, new_owner_id
from tlcore.jobs.belongings.storage import Storage
from tlcore.jobs.running.importer import Importer
from tlcore.jobs.running.machine import Machine
from tlcore.jobs.running.queue import Queue
from tlcore.jobs.running.runs import Runs
from tlcore.jobs.store.database import Database
from tlcore.serve.cookie import owner_of


@dataclass(frozen=True)
class Services:
    """The store, seen through the classes that each do one thing with it."""

    library: Library
    runs: Runs
    queue: Queue
    storage: Storage
    intake: Intake
    owners: Owners
    machine: Machine
    importer: Importer


@cache
def services() -> Services:
    """The services of this process."""
    database = Database()
    library, storage = Library(database), Storage(database)
    return Services(
        library,
        Runs(database),
        Queue(database),
        storage,
        Intake(library, storage),
        Owners(database),
        Machine(database),
        Importer(database, storage),
    )


def owner() -> str:
    """The visitor's owner id: from the cookie, or for this tab alone where cookies are blocked."""
    named = owner_of(dict(st.context.cookies))
    if named is None:
        named = str(st.session_state.setdefault("_tab_owner", new_owner_id()))
    services().owners.seen(named)
    return named


def has_cookie() -> bool:
    """Whether the browser kept the owner cookie."""
    return owner_of(dict(st.context.cookies)) is not None
