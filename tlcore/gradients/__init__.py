"""How gradients flow through a network, measured on real backward passes: across layers, and through time."""
