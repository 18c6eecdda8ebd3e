"""What the folders of an upload mean: classes, parts, and what is said about them."""
