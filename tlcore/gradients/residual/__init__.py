"""What shortcuts change: degradation, learning to do nothing, lesions, paths, reuse, the loss around a network."""
