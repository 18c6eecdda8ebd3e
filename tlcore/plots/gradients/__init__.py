"""Figures of gradients: flow, skip connections, through time."""
