from __future__ import annotations

from functools import reduce
from operator import mul

import torch
import torch.nn.functional as F


def create_sample_tensor() -> torch.Tensor:
    return torch.sparse_coo_tensor([[0, 1], [1, 0]], [10.0, 100.0], (3, 2)).to_dense()


def mutate_tensor(x, indices, values):
    if indices:
        flat = torch.tensor([i * x.shape[1] + j for i, j in indices])
        # dict keeps the last value of an index that occurs twice
        last = dict(zip(flat.tolist(), values))
        x.view(-1)[torch.tensor(list(last))] = torch.tensor(list(last.values()), dtype=x.dtype)
    return x


def count_tensor_elements(x):
    return reduce(mul, x.shape, 1)


def create_tensor_of_pi(M, N):
    return torch.tensor(3.14).expand(M, N)


def multiples_of_ten(start, stop):
    r = torch.arange(start, stop + 1)
    return r.masked_select(r.remainder(10).eq(0)).to(torch.float64)


def slice_indexing_practice(x):
    return x.select(0, -1), x.narrow(1, 2, 1), x[:2].narrow(1, 0, 3), x[0::2, 1::2]


def slice_assignment_practice(x):
    block = torch.tensor([[0, 1, 2, 2, 2, 2], [3, 4, 3, 4, 5, 5]]).repeat_interleave(2, dim=0)
    x[:4, :6] = block
    return x


def shuffle_cols(x):
    return torch.index_select(x, 1, torch.tensor([0, 0, 2, 1]))


def reverse_rows(x):
    n = x.shape[0]
    exchange = torch.eye(n, dtype=x.dtype)[torch.arange(n).mul(-1).add(n - 1)]
    return exchange @ x


def take_one_elem_per_col(x):
    return torch.einsum("ii->i", x[[1, 0, 3], :3])


def count_negative_entries(x):
    return torch.count_nonzero(x < 0).item()


def make_one_hot(x):
    return F.one_hot(torch.tensor(x), max(x) + 1).float()


def sum_positive_entries(x):
    return torch.where(x > 0, x, 0).sum()


def reshape_practice(x):
    return torch.hstack(x.reshape(2, 3, 4).unbind())


def zero_row_min(x):
    lowest = x.min(dim=1, keepdim=True).values
    return x.masked_fill(x == lowest, 0)


def batched_matrix_multiply(x, y, use_loop=True):
    return (batched_matrix_multiply_loop if use_loop else batched_matrix_multiply_noloop)(x, y)


def batched_matrix_multiply_loop(x, y):
    return torch.stack([torch.einsum("nm,mp->np", a, b) for a, b in zip(x, y)])


def batched_matrix_multiply_noloop(x, y):
    return torch.einsum("bnm,bmp->bnp", x, y)


def normalize_columns(x):
    m = x.shape[0]
    averaging = x.new_full((m,), 1 / m)
    centred = x - torch.einsum("m,mn->n", averaging, x)
    variance = torch.einsum("mn,mn->n", centred, centred) / (m - 1)
    return centred * variance.rsqrt()


def mm_on_cpu(x, w):
    return x @ w


def mm_on_gpu(x, w):
    gpu = torch.device("cuda")
    return torch.einsum("ab,bc->ac", x.to(gpu), w.to(gpu)).cpu()


def challenge_mean_tensors(xs, ls):
    total = torch.cat(xs).cumsum(0)
    ends = total[ls.cumsum(0) - 1]
    return torch.cat((ends[:1], ends.diff())) / ls


def challenge_get_uniques(x):
    n = len(x)
    earlier = torch.tril(x[:, None] == x[None, :], diagonal=-1).any(dim=1)
    indices = torch.arange(n)[~earlier]
    return x[indices], indices
