"""The networks as data: a row each."""
