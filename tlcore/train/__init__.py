"""From a spec and a data set to a trained model: a stream of frozen events."""
