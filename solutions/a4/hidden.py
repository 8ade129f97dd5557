"""Hidden cases of a4, the mistakes that they catch, and independent ways to the same answers.

One file for each module: hidden_<module>.py.
"""

from grader.ask import torch


def begin_as(kind, self, *args, **kwargs):
    """Make a module what another class makes of itself, which cannot do it: its super() knows its own objects only."""
    torch.nn.Module.__init__(self)
    self.__dict__.update(kind(*args, **kwargs).__dict__)
