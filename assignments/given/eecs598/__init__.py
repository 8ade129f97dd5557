"""What the EECS 498-007 notebooks and modules (2020, 2022) import under the name ``eecs598``.

Written from the interface alone, with torch and numpy only, so that a folder filled in for the
course runs without torchvision, matplotlib or OpenCV. What draws says which package it needs when it is called.
"""

from . import data, grad, submit, utils, vis
from .images import tensor_to_image
from .solver import Solver
from .utils import reset_seed
from .vis import visualize_dataset

__all__ = ["Solver", "data", "grad", "reset_seed", "submit", "tensor_to_image", "utils", "vis", "visualize_dataset"]
