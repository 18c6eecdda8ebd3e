"""Why convolution: its five topics."""
