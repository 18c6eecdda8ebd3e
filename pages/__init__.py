"""The pages: each picks, calls tlcore and draws."""
