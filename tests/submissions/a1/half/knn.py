from collections import Counter

import torch


def compute_distances_two_loops(x_train, x_test):
    num_train = x_train.shape[0]
    num_test = x_test.shape[0]
    dists = x_train.new_zeros(num_train, num_test)
    for i in range(num_train):
        for j in range(num_test):
            dists[i, j] = torch.sqrt(torch.sum((x_train[i] - x_test[j]) ** 2))
    return dists


def compute_distances_one_loop(x_train, x_test):
    num_train = x_train.shape[0]
    num_test = x_test.shape[0]
    dists = x_train.new_zeros(num_train, num_test)
    train = x_train.reshape(num_train, -1)
    test = x_test.reshape(num_test, -1)
    for i in range(num_train):
        dists[i] = torch.sum((test - train[i]) ** 2, dim=1)
    return dists


def compute_distances_no_loops(x_train, x_test):
    train = x_train.reshape(x_train.shape[0], -1)
    test = x_test.reshape(x_test.shape[0], -1)
    train_sq = (train ** 2).sum(dim=1).reshape(-1, 1)
    test_sq = (test ** 2).sum(dim=1).reshape(1, -1)
    return torch.sqrt(train_sq + test_sq - 2 * train.mm(test.t()))


def predict_labels(dists, y_train, k=1):
    num_test = dists.shape[1]
    y_pred = torch.zeros(num_test, dtype=torch.int64)
    for j in range(num_test):
        _, idx = torch.topk(dists[:, j], k, largest=False)
        votes = Counter(y_train[idx].tolist())
        y_pred[j] = votes.most_common(1)[0][0]
    return y_pred


class KnnClassifier:
    def __init__(self, x_train, y_train):
        self.x_train = x_train
        self.y_train = y_train

    def predict(self, x_test, k=1):
        dists = compute_distances_no_loops(self.x_train, x_test)
        return predict_labels(dists, self.y_train, k)

    def check_accuracy(self, x_test, y_test, k=1, quiet=False):
        y_pred = self.predict(x_test, k=k)
        num_correct = (y_pred == y_test).sum().item()
        accuracy = 100.0 * num_correct / x_test.shape[0]
        if not quiet:
            print(f"Got {num_correct} / {x_test.shape[0]} correct; accuracy: {accuracy:.2f}%")
        return accuracy


def knn_cross_validate(x_train, y_train, num_folds=5, k_choices=None):
    if k_choices is None:
        k_choices = [1, 3, 5, 8, 10, 12, 15, 20, 50, 100]
    x_folds = torch.chunk(x_train, num_folds)
    y_folds = torch.chunk(y_train, num_folds)
    k_to_accuracies = {}
    for k in k_choices:
        k_to_accuracies[k] = []
        for i in range(num_folds):
            classifier = KnnClassifier(x_folds[i], y_folds[i])
            x_val = torch.cat(x_folds[:i] + x_folds[i + 1:])
            y_val = torch.cat(y_folds[:i] + y_folds[i + 1:])
            accuracy = classifier.check_accuracy(x_val, y_val, k=k, quiet=True)
            k_to_accuracies[k].append(accuracy)
    return k_to_accuracies


def knn_get_best_k(k_to_accuracies):
    best_k = 0
    best_accuracy = -1
    for k in sorted(k_to_accuracies):
        for accuracy in k_to_accuracies[k]:
            if accuracy > best_accuracy:
                best_accuracy = accuracy
                best_k = k
    return best_k
