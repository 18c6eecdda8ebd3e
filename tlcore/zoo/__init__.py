"""What networks exist, where their weights are, and how each is cut into stages."""
