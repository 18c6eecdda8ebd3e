"""Tests, one folder per kind; `tests.unit` mirrors the packages."""
