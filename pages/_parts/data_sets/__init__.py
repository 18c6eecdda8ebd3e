"""Data sets: what brings images in, and what is done with them."""
