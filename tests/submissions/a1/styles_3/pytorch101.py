import numpy as np
import torch

import eecs598


def create_sample_tensor():
    a = np.zeros((3, 2))
    a[0, 1], a[1, 0] = 10, 100
    return torch.from_numpy(a)


def mutate_tensor(x, indices, values):
    a = x.numpy()  # shares its memory with x
    for index, value in zip(indices, values):
        a[index] = value
    return x


def count_tensor_elements(x):
    return int(np.prod(x.shape))


def create_tensor_of_pi(M, N):
    return torch.from_numpy(np.full((M, N), 3.14, dtype=np.float32))


def multiples_of_ten(start, stop):
    x = np.arange(start, stop + 1)
    x = x[x % 10 == 0]
    return torch.from_numpy(x.astype(np.float64))


def slice_indexing_practice(x):
    last_row = x[x.size(0) - 1, :].clone()
    third_col = x[:, 2].clone().reshape(-1, 1)
    corner = x[0:2, 0:3].clone()
    rest = x[torch.arange(0, x.size(0), 2)][:, torch.arange(1, x.size(1), 2)]
    return [last_row, third_col, corner, rest]


def slice_assignment_practice(x):
    x[:4, :6] = torch.from_numpy(np.array([[0, 1, 2, 2, 2, 2]] * 2 + [[3, 4, 3, 4, 5, 5]] * 2))
    return x


def shuffle_cols(x):
    y = torch.zeros(x.shape[0], 4, dtype=x.dtype)
    y[:, 0] = x[:, 0]
    y[:, 1] = x[:, 0]
    y[:, 2] = x[:, 2]
    y[:, 3] = x[:, 1]
    return y


def reverse_rows(x):
    y = torch.zeros_like(x)
    for i in range(x.shape[0]):
        y[i] = x[x.shape[0] - 1 - i]
    return y


def take_one_elem_per_col(x):
    return torch.from_numpy(x.numpy()[np.array([1, 0, 3]), np.arange(3)])


def num_negative(x):
    return int(np.sum(x.numpy() < 0))


def make_one_hot(x):
    return torch.from_numpy(np.eye(np.max(x) + 1, dtype=np.float32)[np.array(x)])


def sum_positive_entries(x):
    return int(np.maximum(x.numpy(), 0).sum())


def reshape_practice(x):
    a = x.numpy().reshape(2, 3, 4)
    return torch.from_numpy(np.concatenate([a[0], a[1]], axis=1))


def zero_row_min(x):
    y = x.numpy().copy()
    for i in range(len(y)):
        y[i, y[i].argmin()] = 0
    return torch.from_numpy(y)


def batched_matrix_multiply(x, y, use_loop=True):
    z = None
    if use_loop:
        z = torch.empty((x.size(0), x.size(1), y.size(2))).type_as(x)
        for i, (a, b) in enumerate(zip(x, y)):
            torch.mm(a, b, out=z[i])
    else:
        z = x.bmm(y)
    return z


def normalize_columns(x):
    y = torch.empty_like(x)
    M, N = x.shape
    for j in range(N):
        col = x[:, j]
        mu = col.sum().item() / M
        var = ((col - mu) ** 2).sum().item() / (M - 1)
        y[:, j] = (col - mu) / var ** 0.5
    return y


def mm_on_cpu(x, w):
    return torch.mm(x, w)


def mm_on_gpu(x, w):
    return torch.mm(x.cuda(), w.cuda()).cpu()


def challenge_mean_tensors(xs, ls):
    numbers = torch.cat(xs).numpy()
    starts = np.concatenate([[0], np.cumsum(ls.numpy())[:-1]])
    return torch.from_numpy(np.add.reduceat(numbers, starts)) / ls


def challenge_get_uniques(x):
    uniques, indices = np.unique(x.numpy(), return_index=True)
    print(uniques, indices)
    return torch.from_numpy(uniques), torch.from_numpy(indices)
