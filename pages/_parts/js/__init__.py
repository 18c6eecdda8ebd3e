"""The scripts and styles of the custom components, a folder a subject, and what makes one script of them."""
