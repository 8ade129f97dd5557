"""Auto-graded deep-learning-for-vision assignments, and the autograder that scores them."""

__version__ = "0.1.0"
