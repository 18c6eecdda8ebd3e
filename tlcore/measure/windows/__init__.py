"""What a window reads and leaves: sizes of outputs, and receptive fields."""
