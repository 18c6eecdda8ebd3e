"""The command line: 0 when it worked, 2 and one sentence on standard error when the input was bad."""
