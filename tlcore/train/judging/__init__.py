"""What a model got right and wrong, and what one figure hides."""
