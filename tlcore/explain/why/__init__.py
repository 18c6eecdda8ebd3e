"""Why convolution, in numbers: connections and weights, shifted inputs, activations, dropout, and overfitting."""
