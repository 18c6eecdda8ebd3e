"""Commands about filters."""
