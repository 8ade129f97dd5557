import numpy as np
import torch

import eecs598


# Squared distances: the order of the neighbours is the same, and the root is saved.


def compute_distances_two_loops(x_train, x_test):
    dists = torch.zeros(x_train.shape[0], x_test.shape[0], dtype=x_train.dtype)
    for i in range(x_train.shape[0]):
        for j in range(x_test.shape[0]):
            dists[i, j] = ((x_train[i] - x_test[j]) ** 2).sum()
    return dists


def compute_distances_one_loop(x_train, x_test):
    n, m = len(x_train), len(x_test)
    dists = torch.zeros(n, m, dtype=x_train.dtype)
    axes = list(range(1, x_train.dim()))
    for j in range(m):
        dists[:, j] = ((x_train - x_test[j]) ** 2).sum(dim=axes)
    return dists


def compute_distances_no_loops(x_train, x_test):
    a = x_train.reshape(len(x_train), -1)
    b = x_test.reshape(len(x_test), -1)
    return (a * a).sum(1).reshape(-1, 1) - 2 * a.mm(b.T) + (b * b).sum(1)


def predict_labels(dists, y_train, k=1):
    nearest = np.argpartition(dists.numpy(), k - 1, axis=0)[:k]
    labels = y_train.numpy()[nearest]
    classes = np.unique(y_train.numpy())
    votes = (labels[None] == classes[:, None, None]).sum(axis=1)
    return torch.from_numpy(classes[votes.argmax(axis=0)])


class KnnClassifier(object):
    def __init__(self, x_train, y_train):
        self.x = x_train
        self.y = y_train

    def predict(self, x_test, k=1):
        dists = compute_distances_no_loops(self.x, x_test)
        y_test_pred = predict_labels(dists, self.y, k)
        return y_test_pred

    def check_accuracy(self, x_test, y_test, k=1, quiet=False):
        num_correct = (self.predict(x_test, k=k) == y_test).sum().item()
        accuracy = 100.0 * num_correct / len(x_test)
        if not quiet:
            print("Got %d / %d correct; accuracy is %.2f%%" % (num_correct, len(x_test), accuracy))
        return accuracy


def knn_cross_validate(x_train, y_train, num_folds=5, k_choices=None):
    k_choices = k_choices or [1, 3, 5, 8, 10, 12, 15, 20, 50, 100]
    x_folds = np.array_split(x_train.numpy(), num_folds)
    y_folds = np.array_split(y_train.numpy(), num_folds)
    k_to_accuracies = {}
    for i in range(num_folds):
        x = np.concatenate(x_folds[:i] + x_folds[i + 1:])
        y = np.concatenate(y_folds[:i] + y_folds[i + 1:])
        classifier = KnnClassifier(torch.tensor(x), torch.tensor(y))
        for k in k_choices:
            acc = classifier.check_accuracy(torch.tensor(x_folds[i]), torch.tensor(y_folds[i]), k=k)
            k_to_accuracies.setdefault(k, []).append(acc)
    return k_to_accuracies


def knn_get_best_k(k_to_accuracies):
    ks = np.array(sorted(k_to_accuracies))
    means = np.array([np.mean(k_to_accuracies[k]) for k in ks])
    return int(ks[np.argmax(means)])
