"""From an upload to a checked, hashed data set. Nothing on the ingest path imports torch."""
