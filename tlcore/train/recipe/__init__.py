"""What is asked of a training: the spec, what it freezes, which settings count, and advice."""
