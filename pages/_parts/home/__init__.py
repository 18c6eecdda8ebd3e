"""Home: what is one's own, and a second device."""
