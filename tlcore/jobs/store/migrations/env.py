"""Alembic's entry point: run the migrations on the connection that `tlcore.jobs.store.migrate` opened."""

from alembic import context

from tlcore.jobs.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=False)
context.run_migrations()
