import torch


def create_sample_tensor():
    x = torch.zeros(3, 2)
    x[0, 1] = 10
    x[1, 0] = 100
    return x


def mutate_tensor(x, indices, values):
    for i in range(len(indices)):
        x[indices[i]] = values[i]
    return x


def count_tensor_elements(x):
    n = 1
    for d in x.shape:
        n = n * d
    return n


def create_tensor_of_pi(M, N):
    return torch.zeros(M, N) + 3.14


def multiples_of_ten(start, stop):
    x = torch.arange(start, stop, dtype=torch.float64)
    return x[x % 10 == 0]


def slice_indexing_practice(x):
    last_row = x[-1, :]
    third_col = x[:, 2]
    first_two_rows_three_cols = x[:2, :3]
    even_rows_odd_cols = x[::2, 1::2]
    return last_row, third_col, first_two_rows_three_cols, even_rows_odd_cols


def slice_assignment_practice(x):
    x[0:2, 0] = 0
    x[0:2, 1] = 1
    x[0:2, 2:6] = 2
    x[2:4, 0:4:2] = 3
    x[2:4, 1:4:2] = 4
    x[2:4, 4:6] = 5
    return x


def shuffle_cols(x):
    idx = [0, 0, 2, 1]
    return x[:, idx]


def reverse_rows(x):
    # swap the first row with the last, the second with the second to last, ...
    n = x.shape[0]
    for i in range(n // 2):
        tmp = x[i]
        x[i] = x[n - 1 - i]
        x[n - 1 - i] = tmp
    return x


def take_one_elem_per_col(x):
    return x[[1, 0, 3], [0, 1, 2]]


def count_negative_entries(x):
    return (x < 0).sum().item()


def make_one_hot(x):
    return torch.eye(max(x) + 1)[x]


def sum_positive_entries(x):
    return x[x > 0].sum()


def reshape_practice(x):
    y = x.view(2, 3, 4)
    y = y.transpose(0, 1)
    return y.view(3, 8)


def zero_row_min(x):
    y = x
    col = torch.argmin(y, dim=1)
    y[torch.arange(y.shape[0]), col] = 0
    return y


def batched_matrix_multiply(x, y, use_loop=True):
    if use_loop:
        return batched_matrix_multiply_loop(x, y)
    else:
        return batched_matrix_multiply_noloop(x, y)


def batched_matrix_multiply_loop(x, y):
    out = []
    for i in range(x.shape[0]):
        out.append(torch.mm(x[i], y[i]))
    return torch.stack(out)


def batched_matrix_multiply_noloop(x, y):
    return torch.bmm(x, y)


def normalize_columns(x):
    M = x.shape[0]
    mu = x.sum(dim=0) / M
    sigma = torch.sqrt(((x - mu) ** 2).sum(dim=0) / M)
    return (x - mu) / sigma


def mm_on_cpu(x, w):
    return x.mm(w)


def mm_on_gpu(x, w):
    raise NotImplementedError


def challenge_mean_tensors(xs, ls):
    raise NotImplementedError


def challenge_get_uniques(x):
    uniques, inverse = torch.unique(x, return_inverse=True)
    indices = torch.zeros_like(uniques)
    indices[inverse] = torch.arange(x.shape[0])
    return uniques, indices
