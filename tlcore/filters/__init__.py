"""Classical filters on the very operation that a convolution layer uses: a bank of kernels, and one engine."""
