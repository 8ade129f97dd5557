"""Reference."""

import torch


def scale(x, factor):
    """x times a factor."""
    # BEGIN SOLUTION
    return x * factor
    # END SOLUTION


def energy(x):
    """Sum of squares, and its gradient."""
    # BEGIN SOLUTION
    return (x * x).sum(), scale(x, 2)
    # END SOLUTION


class Counter:
    """Counts."""

    def __init__(self, above):
        self.above = above

    def count(self, x):
        """How many entries of x are above."""
        # BEGIN SOLUTION
        return int((x > self.above).sum())
        # END SOLUTION


# BEGIN SOLUTION
def helper():
    """Not in the stub."""
    return torch.zeros(0)


# END SOLUTION
