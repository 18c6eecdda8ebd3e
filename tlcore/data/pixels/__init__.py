"""Images as pixels: decoded, stored, kept as arrays, made ready for a network."""
