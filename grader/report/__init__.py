"""A Result as something to read."""
