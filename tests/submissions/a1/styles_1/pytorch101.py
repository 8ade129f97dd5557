"""
A folder as it was handed in for the course, with everything that stood in the notebook on top of it.
"""
import os
import time

import cv2
import eecs598
import matplotlib.pyplot as plt
import torch
from google.colab import drive

plt.rcParams["figure.figsize"] = (10.0, 8.0)


def hello():
    print("hello from pytorch101.py!")


def create_sample_tensor():
    x = torch.tensor([[0, 10], [100, 0], [0, 0]])
    return x


def mutate_tensor(x, indices, values):
    k = 0
    for (i, j) in indices:
        x[i][j] = values[k]
        k += 1
    return x


def count_tensor_elements(x):
    num_elements = x.view(-1).shape[0] if x.is_contiguous() else x.reshape(-1).shape[0]
    print("elements:", num_elements)
    return num_elements


def create_tensor_of_pi(M, N):
    return torch.ones((M, N), dtype=torch.float64) * 3.14


def multiples_of_ten(start, stop):
    assert start <= stop
    out = []
    for i in range(start, stop + 1):
        if i % 10 == 0:
            out.append(i)
    return torch.tensor(out, dtype=torch.float64)


def slice_indexing_practice(x):
    assert x.shape[0] >= 3
    assert x.shape[1] >= 5
    last_row = x[-1]
    third_col = x[:, [2]]
    first_two_rows_three_cols = x[0:2, 0:3]
    even_rows_odd_cols = x[0::2, 1::2]
    out = (last_row, third_col, first_two_rows_three_cols, even_rows_odd_cols)
    return out


def slice_assignment_practice(x):
    x[0:2, 0] = 0
    x[0:2, 1] = 1
    x[0:2, 2:6] = 2
    x[2:4, [0, 2]] = 3
    x[2:4, [1, 3]] = 4
    x[2:4, 4:6] = 5
    return x


def shuffle_cols(x):
    return torch.stack((x[:, 0], x[:, 0], x[:, 2], x[:, 1]), dim=-1)


def reverse_rows(x):
    return x[[-i for i in range(1, x.shape[0] + 1)]]


def take_one_elem_per_col(x):
    return x[(1, 0, 3), (0, 1, 2)]


def count_negative_entries(x):
    return len(x[x < 0])


def make_one_hot(x):
    y = torch.zeros(len(x), 1 + max(x))
    y[range(len(x)), x] = 1
    return y


def sum_positive_entries(x):
    return x[x > 0].sum().item()


def reshape_practice(x):
    return torch.cat((x[:12].reshape(3, 4), x[12:].reshape(3, 4)), 1)


def zero_row_min(x):
    y = x.clone()
    values, idx = x.min(dim=1)
    y[range(x.shape[0]), idx] = 0
    return y


def batched_matrix_multiply(x, y, use_loop=True):
    """the version with one function for both"""
    if use_loop:
        z = torch.zeros(x.shape[0], x.shape[1], y.shape[2], dtype=x.dtype, device=x.device)
        for b in range(x.shape[0]):
            z[b] = torch.mm(x[b], y[b])
    else:
        z = torch.matmul(x, y)
    print(z.shape)
    return z


def normalize_columns(x):
    M, N = x.shape
    m = torch.sum(x, 0) / M
    s = torch.sqrt(torch.sum((x - m) ** 2, 0) / (M - 1))
    y = (x - m) / s
    return y


def mm_on_cpu(x, w):
    return x.mm(w)


def mm_on_gpu(x, w):
    x = x.to("cuda")
    w = w.to("cuda")
    return x.mm(w).to("cpu")


def challenge_mean_tensors(xs, ls):
    padded = torch.nn.utils.rnn.pad_sequence(xs)
    return padded.sum(0) / ls


def challenge_get_uniques(x):
    uniques, inverse = x.unique(return_inverse=True)
    # written from the back, the first occurrence is written last
    indices = torch.empty_like(uniques).scatter_(0, inverse.flip(0), torch.arange(len(x) - 1, -1, -1))
    return uniques, indices


if __name__ == "__main__":
    drive.mount("/content/drive")
    os.chdir("/content/drive/My Drive/A1")
    img = cv2.imread("cat.png")
    eecs598.reset_seed(0)
    time.sleep(1)
