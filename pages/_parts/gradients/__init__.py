"""Gradients: flow, skip connections, through time."""
