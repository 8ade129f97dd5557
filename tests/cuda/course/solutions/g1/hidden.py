"""Hidden part: nothing."""
