"""
K nearest neighbours.
"""
import statistics

import cv2
import eecs598
import torch
from google.colab import drive


def hello():
    print("Hello from knn.py!")


def compute_distances_two_loops(x_train, x_test):
    num_train = x_train.shape[0]
    num_test = x_test.shape[0]
    dists = x_train.new_zeros(num_train, num_test)
    for i in range(num_train):
        for j in range(num_test):
            dists[i][j] = torch.sum((x_train[i] - x_test[j]) ** 2).item() ** 0.5
    return dists


def compute_distances_one_loop(x_train, x_test):
    num_train = x_train.shape[0]
    num_test = x_test.shape[0]
    dists = x_train.new_zeros(num_train, num_test)
    for i in range(num_train):
        diff = x_train[i].reshape(1, -1) - x_test.reshape(num_test, -1)
        dists[i, :] = torch.sqrt(torch.sum(diff ** 2, dim=1))
    return dists


def compute_distances_no_loops(x_train, x_test):
    a = x_train.reshape(x_train.shape[0], -1)
    b = x_test.reshape(x_test.shape[0], -1)
    aa = torch.sum(a ** 2, dim=1, keepdim=True)
    bb = torch.sum(b ** 2, dim=1).unsqueeze(0)
    d2 = aa + bb - 2 * torch.matmul(a, b.t())
    d2[d2 < 0] = 0
    return torch.sqrt(d2)


def predict_labels(dists, y_train, k=1):
    values, indices = torch.topk(dists, k, dim=0, largest=False)
    y_pred, _ = torch.mode(y_train[indices], dim=0)
    return y_pred


class KnnClassifier:
    def __init__(self, x_train, y_train):
        self.x_train = x_train.contiguous()
        self.y_train = y_train.contiguous()

    def predict(self, x_test, k=1):
        print("predict with k =", k)
        dists = compute_distances_no_loops(self.x_train, x_test.contiguous())
        return predict_labels(dists, self.y_train, k=k)

    def check_accuracy(self, x_test, y_test, k=1, quiet=False):
        y_test_pred = self.predict(x_test, k=k)
        num_samples = x_test.shape[0]
        num_correct = (y_test == y_test_pred).sum().item()
        accuracy = 100.0 * num_correct / num_samples
        msg = f"Got {num_correct} / {num_samples} correct; accuracy is {accuracy:.2f}%"
        if not quiet:
            print(msg)
        return accuracy


def knn_cross_validate(x_train, y_train, num_folds=5, k_choices=None):
    if k_choices is None:
        k_choices = [1, 3, 5, 8, 10, 12, 15, 20, 50, 100]
    x_train_folds = torch.chunk(x_train, num_folds, dim=0)
    y_train_folds = torch.chunk(y_train, num_folds, dim=0)
    k_to_accuracies = {}
    for k in k_choices:
        k_to_accuracies[k] = []
        for i in range(num_folds):
            x_tr = torch.cat([f for j, f in enumerate(x_train_folds) if j != i])
            y_tr = torch.cat([f for j, f in enumerate(y_train_folds) if j != i])
            knn = KnnClassifier(x_tr, y_tr)
            k_to_accuracies[k].append(knn.check_accuracy(x_train_folds[i], y_train_folds[i], k=k))
    return k_to_accuracies


def knn_get_best_k(k_to_accuracies):
    best_k = 0
    best_acc = -1.0
    for k in sorted(k_to_accuracies.keys()):
        acc = statistics.mean(k_to_accuracies[k])
        if acc > best_acc:
            best_k, best_acc = k, acc
    return best_k
