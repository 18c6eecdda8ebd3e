"""The shared core of Transfer Lab: explain, train and inspect convolutional networks without a browser."""

__version__ = "0.1.0"
