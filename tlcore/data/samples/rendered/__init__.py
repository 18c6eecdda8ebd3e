"""The painters of the embedded sample sets."""
