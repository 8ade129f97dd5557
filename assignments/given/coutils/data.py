"""CIFAR-10 under the name of the 2019 edition; ``eecs598.data`` says where its files should lie."""

from eecs598.data import cifar10, preprocess_cifar10

__all__ = ["cifar10", "preprocess_cifar10"]
