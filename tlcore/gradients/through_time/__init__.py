"""Gradients back through time, and a network that learns a text and writes."""
