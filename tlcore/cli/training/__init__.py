"""Commands from images to a model that predicts."""
