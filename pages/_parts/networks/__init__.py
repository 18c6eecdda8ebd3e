"""Networks: the diagram and its views, on an image, timed."""
