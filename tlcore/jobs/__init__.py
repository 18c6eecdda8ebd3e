"""The store, the queue and the workers: what happens between a click on Train and a finished model."""
