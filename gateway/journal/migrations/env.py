"""Run by Alembic with the connection that the journal hands it, within the transaction already begun there."""

from alembic import context

from gateway.journal.tables import VERSION_TABLE, metadata

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, version_table=VERSION_TABLE
)
context.run_migrations()
