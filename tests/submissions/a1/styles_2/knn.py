from __future__ import annotations

import torch
from torch import Tensor


def compute_distances_two_loops(x_train: Tensor, x_test: Tensor) -> Tensor:
    rows = []
    for a in x_train:
        row = []
        for b in x_test:
            d = (a - b).flatten()
            row.append(torch.einsum("i,i->", d, d).sqrt())
        rows.append(torch.stack(row))
    return torch.stack(rows)


def compute_distances_one_loop(x_train: Tensor, x_test: Tensor) -> Tensor:
    columns = []
    for b in x_test:
        d = (x_train - b).flatten(1)
        columns.append(torch.einsum("nd,nd->n", d, d))
    return torch.stack(columns, dim=1).sqrt()


def compute_distances_no_loops(x_train: Tensor, x_test: Tensor) -> Tensor:
    a, b = x_train.flatten(1), x_test.flatten(1)
    squares = torch.einsum("nd,nd->n", a, a)[:, None] + torch.einsum("md,md->m", b, b)
    squares = squares - 2 * torch.einsum("nd,md->nm", a, b)
    return squares.relu().sqrt()


def predict_labels(dists: Tensor, y_train: Tensor, k: int = 1) -> Tensor:
    neighbours = dists.t().topk(k, largest=False).indices
    labels, which = y_train.unique(return_inverse=True)
    ballots = torch.eye(len(labels))[which[neighbours]]
    return labels[ballots.sum(dim=1).argmax(dim=1)]


class KnnClassifier:
    def __init__(self, x_train: Tensor, y_train: Tensor):
        self.train = (x_train, y_train)

    def predict(self, x_test: Tensor, k: int = 1) -> Tensor:
        x, y = self.train
        return predict_labels(compute_distances_no_loops(x, x_test), y, k=k)

    def check_accuracy(self, x_test, y_test, k=1, quiet=False):
        accuracy = (self.predict(x_test, k) == y_test).double().mean() * 100
        if not quiet:
            print(accuracy)
        return accuracy.item()


def knn_cross_validate(x_train, y_train, num_folds=5, k_choices=(1, 3, 5, 8, 10, 12, 15, 20, 50, 100)):
    fold_of = torch.arange(len(x_train)) // (len(x_train) // num_folds)
    return {
        k: [
            KnnClassifier(x_train[fold_of != f], y_train[fold_of != f]).check_accuracy(
                x_train[fold_of == f], y_train[fold_of == f], k, quiet=True
            )
            for f in range(num_folds)
        ]
        for k in k_choices
    }


def knn_get_best_k(k_to_accuracies):
    ks = sorted(k_to_accuracies)
    means = torch.tensor([k_to_accuracies[k] for k in ks]).mean(dim=1)
    return ks[int(means.argmax())]
