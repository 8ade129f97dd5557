"""A submission of ours that tries to get out of the cage it is in."""
