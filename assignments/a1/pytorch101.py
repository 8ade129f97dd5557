"""First steps with tensors: making, indexing, reshaping, reducing and multiplying them.

Replace every `raise NotImplementedError`. Shapes stand in parentheses: (M, N) is a matrix of M rows and N columns.
"""

import torch
from torch import Tensor

# -- making tensors, reading and writing entries ----------------------------------------------------------------------


def create_sample_tensor() -> Tensor:
    """Return a (3, 2) tensor that is 10 at row 0, column 1, is 100 at row 1, column 0, and is 0 elsewhere."""
    raise NotImplementedError("write this")


def mutate_tensor(x: Tensor, indices: list[tuple[int, int]], values: list[float]) -> Tensor:
    """Write `values` into `x`, one after the other, and return that same tensor `x`.

    x: (H, W), changed in place.
    indices: (row, column) pairs; where one occurs twice, the later value stays.
    values: as many numbers as there are indices.
    """
    raise NotImplementedError("write this")


def count_tensor_elements(x: Tensor) -> int:
    """Return how many numbers `x` holds, as a Python int, without `numel` or `nelement`.

    x: any number of dimensions, none included: a tensor of shape () holds one number.
    """
    raise NotImplementedError("write this")


def create_tensor_of_pi(M: int, N: int) -> Tensor:
    """Return an (M, N) tensor with 3.14 in every entry."""
    raise NotImplementedError("write this")


def multiples_of_ten(start: int, stop: int) -> Tensor:
    """Return every multiple of ten from `start` to `stop`, both included, in increasing order.

    start, stop: integers with start <= stop; either may be negative and either may be a multiple of ten itself.
    Returns a float64 tensor of one dimension; its shape is (0,) when no multiple of ten lies in the range.
    """
    raise NotImplementedError("write this")


# -- slicing and integer indexing -------------------------------------------------------------------------------------


def slice_indexing_practice(x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Cut four pieces out of a matrix; `x` itself stays as it is.

    x: (M, N) with M >= 3 and N >= 5.
    Returns
        last_row: (N,), the last row;
        third_col: (M, 1), the third column, still a matrix;
        first_two_rows_three_cols: (2, 3), the upper left corner;
        even_rows_odd_cols: rows 0, 2, 4, ... and of them columns 1, 3, 5, ...
    """
    raise NotImplementedError("write this")


def slice_assignment_practice(x: Tensor) -> Tensor:
    """Overwrite the upper left (4, 6) block of `x` and return that same tensor `x`. The block becomes

        0 1 2 2 2 2
        0 1 2 2 2 2
        3 4 3 4 5 5
        3 4 3 4 5 5

    x: (M, N) with M >= 4 and N >= 6, changed in place; entries outside the block stay as they are.
    Six assignments to slices are enough.
    """
    raise NotImplementedError("write this")


def shuffle_cols(x: Tensor) -> Tensor:
    """Return a new (M, 4) tensor whose columns are columns 0, 0, 2 and 1 of `x`, which stays as it is.

    x: (M, N) with N >= 3.
    """
    raise NotImplementedError("write this")


def reverse_rows(x: Tensor) -> Tensor:
    """Return a new (M, N) tensor with the rows of `x` from last to first, without `flip`; `x` stays as it is.

    x: (M, N).
    """
    raise NotImplementedError("write this")


def take_one_elem_per_col(x: Tensor) -> Tensor:
    """Return a (3,) tensor: of column 0 the entry in row 1, of column 1 that in row 0, of column 2 that in row 3.

    x: (M, N) with M >= 4 and N >= 3. One indexing operation is enough.
    """
    raise NotImplementedError("write this")


def count_negative_entries(x: Tensor) -> int:
    """Return how many entries of `x` are below zero, as a Python int, without a loop.

    x: any shape.
    """
    raise NotImplementedError("write this")


def make_one_hot(x: list[int]) -> Tensor:
    """Encode integers as rows that are 1 in one column and 0 in the others, without a loop.

    x: N integers, none negative.
    Returns a float32 tensor of shape (N, C), C = 1 + max(x); row n is 1 at column x[n].
    """
    raise NotImplementedError("write this")


def sum_positive_entries(x: Tensor) -> int:
    """Return the sum of the entries of `x` that are above zero, as a Python int, without a loop.

    x: int64, any shape; the sum is 0 when no entry is positive.
    """
    raise NotImplementedError("write this")


# -- reshaping, reducing, multiplying ---------------------------------------------------------------------------------


def reshape_practice(x: Tensor) -> Tensor:
    """Return x as two (3, 4) blocks side by side: the first 12 numbers fill the left block row by row, the others
    the right one.

    x: (24,). Returns (3, 8); for x = 0, 1, ..., 23

         0  1  2  3 12 13 14 15
         4  5  6  7 16 17 18 19
         8  9 10 11 20 21 22 23
    """
    raise NotImplementedError("write this")


def zero_row_min(x: Tensor) -> Tensor:
    """Return a copy of `x` in which the smallest entry of every row is 0; `x` stays as it is.

    x: (M, N); no row has its smallest entry twice.
    """
    raise NotImplementedError("write this")


def batched_matrix_multiply(x: Tensor, y: Tensor, use_loop: bool = True) -> Tensor:
    """Multiply B pairs of matrices. Given: it calls one of the two functions below.

    x: (B, N, M). y: (B, M, P). Returns (B, N, P).
    """
    return batched_matrix_multiply_loop(x, y) if use_loop else batched_matrix_multiply_noloop(x, y)


def batched_matrix_multiply_loop(x: Tensor, y: Tensor) -> Tensor:
    """Multiply B pairs of matrices with one loop over the batch: z[b] = x[b] y[b].

    x: (B, N, M). y: (B, M, P), of the same dtype. Returns (B, N, P) in that dtype.
    """
    raise NotImplementedError("write this")


def batched_matrix_multiply_noloop(x: Tensor, y: Tensor) -> Tensor:
    """Multiply B pairs of matrices without a loop: z[b] = x[b] y[b].

    x: (B, N, M). y: (B, M, P), of the same dtype. Returns (B, N, P) in that dtype.
    """
    raise NotImplementedError("write this")


def normalize_columns(x: Tensor) -> Tensor:
    """Subtract from every column its mean and divide it by its sample standard deviation; `x` stays as it is.

    x: (M, N), M >= 2. Returns a new (M, N) tensor. The sample deviation of a column c with mean m is
    sqrt(sum((c - m)^2) / (M - 1)). Use sums only: no function that computes a mean, a variance or a deviation.
    """
    raise NotImplementedError("write this")


def mm_on_cpu(x: Tensor, w: Tensor) -> Tensor:
    """Multiply two matrices on the CPU. Given.

    x: (A, B). w: (B, C). Returns (A, C).
    """
    return x @ w


def mm_on_gpu(x: Tensor, w: Tensor) -> Tensor:
    """Multiply two matrices on the GPU: move both there, multiply, and move the product back to the CPU.

    x: (A, B), on the CPU. w: (B, C), on the CPU. Returns (A, C), on the CPU.
    """
    raise NotImplementedError("write this")


# -- two challenges ---------------------------------------------------------------------------------------------------


def challenge_mean_tensors(xs: list[Tensor], ls: Tensor) -> Tensor:
    """Return the mean of every tensor in a list, without a loop.

    xs: N tensors of one dimension and one dtype, of different lengths, none empty.
    ls: (N,), int64; ls[i] is the length of xs[i].
    Returns (N,) in the dtype of the tensors.
    """
    raise NotImplementedError("write this")


def challenge_get_uniques(x: Tensor) -> tuple[Tensor, Tensor]:
    """Return the different values in `x`, and where each of them occurs first, without a loop.

    x: (N,), int64, with values from 0 to N - 1.
    Returns
        uniques: (C,), int64, every value once, in any order;
        indices: (C,), int64, in the same order: the smallest i with x[i] equal to that value.
    """
    raise NotImplementedError("write this")
