"""The learning itself: inputs, model, objective, loop, and checkpoints of all of it."""
