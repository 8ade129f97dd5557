"""The right answer is 1."""


def late():
    return 1
