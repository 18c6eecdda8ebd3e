"""The database: its tables, how they came to be as they are, and the events that are read from it live."""
