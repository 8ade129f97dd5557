"""What the 2019 notebooks of EECS 498-007 import under the name ``coutils``.

The same tools as ``eecs598``, under the older names; where the two editions differ, the difference is here.
"""

from eecs598.captions import attention_visualizer, decode_captions
from eecs598.grad import grad_check_sparse
from eecs598.images import tensor_to_image
from eecs598.solver import Solver
from eecs598.vis import visualize_dataset

from . import data
from .colab import extract_drive_file_id, register_colab_notebooks
from .grad import compute_numeric_gradient, rel_error
from .seed import fix_random_seed

__all__ = [
    "Solver",
    "attention_visualizer",
    "compute_numeric_gradient",
    "data",
    "decode_captions",
    "extract_drive_file_id",
    "fix_random_seed",
    "grad_check_sparse",
    "register_colab_notebooks",
    "rel_error",
    "tensor_to_image",
    "visualize_dataset",
]
