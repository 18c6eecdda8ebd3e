"""Filters and convolution: the laboratory, its closer looks, one kernel followed."""
