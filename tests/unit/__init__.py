"""Unit tests, one module per module of tlcore."""
