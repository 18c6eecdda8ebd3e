"""Benchmarks against what a user would run instead; each prints a ratio. Never part of the tests."""
