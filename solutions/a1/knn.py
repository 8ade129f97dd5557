"""k-nearest neighbours: distances, votes, cross-validation.

A test example gets the label that most of the k training examples nearest to it have. Replace every
`raise NotImplementedError`. Examples have any shape: x_train is (num_train, ...), an image set for instance
(num_train, 3, 32, 32).
"""

import torch
from torch import Tensor

# -- distances: the same matrix three times, ever faster --------------------------------------------------------------


def compute_distances_two_loops(x_train: Tensor, x_test: Tensor) -> Tensor:
    """Return the Euclidean distance of every training example to every test example, one pair at a time.

    x_train: (num_train, ...). x_test: (num_test, ...), the same trailing dimensions. Neither is changed.
    Returns (num_train, num_test) in the dtype of x_train: entry [i, j] is the square root of the sum, over all
    features, of (x_train[i] - x_test[j])^2.
    """
    # BEGIN SOLUTION
    num_train, num_test = x_train.shape[0], x_test.shape[0]
    dists = x_train.new_empty(num_train, num_test)
    for i in range(num_train):
        for j in range(num_test):
            dists[i, j] = (x_train[i] - x_test[j]).square().sum().sqrt()
    return dists
    # END SOLUTION


def compute_distances_one_loop(x_train: Tensor, x_test: Tensor) -> Tensor:
    """Return the same distances with exactly one Python loop.

    x_train: (num_train, ...). x_test: (num_test, ...). Returns (num_train, num_test).
    """
    # BEGIN SOLUTION
    num_train, num_test = x_train.shape[0], x_test.shape[0]
    train, test = x_train.reshape(num_train, -1), x_test.reshape(num_test, -1)
    dists = x_train.new_empty(num_train, num_test)
    for j in range(num_test):
        dists[:, j] = (train - test[j]).square().sum(dim=1).sqrt()
    return dists
    # END SOLUTION


def compute_distances_no_loops(x_train: Tensor, x_test: Tensor) -> Tensor:
    """Return the same distances without a loop, and without a tensor of shape (num_train, num_test, features).

    x_train: (num_train, ...). x_test: (num_test, ...). Returns (num_train, num_test).
    """
    # BEGIN SOLUTION
    train, test = x_train.reshape(x_train.shape[0], -1), x_test.reshape(x_test.shape[0], -1)
    # |a - b|^2 = |a|^2 + |b|^2 - 2ab: one matrix product does nearly all of the work.
    dists = train.square().sum(dim=1, keepdim=True) + test.square().sum(dim=1)
    dists.addmm_(train, test.T, alpha=-2)
    # Rounding may leave equal points a little below zero, where the root is not a number.
    return dists.clamp_(min=0).sqrt_()
    # END SOLUTION


# -- votes ------------------------------------------------------------------------------------------------------------


def predict_labels(dists: Tensor, y_train: Tensor, k: int = 1) -> Tensor:
    """Return for every test example the most common label among its k nearest training examples.

    dists: (num_train, num_test), distances.
    y_train: (num_train,), int64 labels, none negative.
    Returns (num_test,), int64. Of labels that are equally common the smallest wins, whichever example is nearer.
    """
    # BEGIN SOLUTION
    nearest = dists.topk(k, dim=0, largest=False).indices.T  # (num_test, k)
    labels = y_train[nearest]
    votes = labels.new_zeros(dists.shape[1], int(y_train.max()) + 1)
    votes.scatter_add_(1, labels, torch.ones_like(labels))
    return votes.argmax(dim=1)  # the first, hence smallest, of the most common labels
    # END SOLUTION


class KnnClassifier:
    """Remembers the training examples and lets them vote."""

    def __init__(self, x_train: Tensor, y_train: Tensor) -> None:
        """Keep the training set.

        x_train: (num_train, ...). y_train: (num_train,), int64 labels.
        """
        # BEGIN SOLUTION
        self.x_train = x_train
        self.y_train = y_train
        # END SOLUTION

    def predict(self, x_test: Tensor, k: int = 1) -> Tensor:
        """Return the labels that the k nearest training examples give to each test example.

        x_test: (num_test, ...). Returns (num_test,), int64.
        """
        # BEGIN SOLUTION
        return predict_labels(compute_distances_no_loops(self.x_train, x_test), self.y_train, k)
        # END SOLUTION

    def check_accuracy(self, x_test: Tensor, y_test: Tensor, k: int = 1, quiet: bool = False) -> float:
        """Return the percentage of test examples that `predict` labels correctly, and print it unless `quiet`. Given.

        x_test: (num_test, ...). y_test: (num_test,), int64 labels.
        """
        correct = int((self.predict(x_test, k=k) == y_test).sum())
        accuracy = 100.0 * correct / y_test.shape[0]
        if not quiet:
            print(f"{correct} of {y_test.shape[0]} correct: {accuracy:.2f} %")
        return accuracy


# -- choosing k -------------------------------------------------------------------------------------------------------


def knn_cross_validate(
    x_train: Tensor, y_train: Tensor, num_folds: int = 5, k_choices: list[int] | None = None
) -> dict[int, list[float]]:
    """Measure each k on parts of the training set that were held out.

    Cut the training set, in the order it has, into `num_folds` folds of equal size. Each fold in turn is the test
    set of a classifier that is trained on all other folds.

    x_train: (num_train, ...). y_train: (num_train,), int64 labels. num_folds divides num_train.
    Returns {k: [accuracy with fold 0 held out, with fold 1 held out, ...]} in percent, for every k in `k_choices`.
    """
    if k_choices is None:
        k_choices = [1, 3, 5, 8, 10, 12, 15, 20, 50, 100]
    # BEGIN SOLUTION
    x_folds, y_folds = x_train.chunk(num_folds), y_train.chunk(num_folds)
    k_to_accuracies: dict[int, list[float]] = {k: [] for k in k_choices}
    for fold in range(num_folds):
        x_rest = torch.cat(x_folds[:fold] + x_folds[fold + 1 :])
        y_rest = torch.cat(y_folds[:fold] + y_folds[fold + 1 :])
        classifier = KnnClassifier(x_rest, y_rest)
        for k in k_choices:
            k_to_accuracies[k].append(classifier.check_accuracy(x_folds[fold], y_folds[fold], k=k, quiet=True))
    return k_to_accuracies
    # END SOLUTION


def knn_get_best_k(k_to_accuracies: dict[int, list[float]]) -> int:
    """Return the k whose accuracies have the highest mean; of several such k the smallest.

    k_to_accuracies: what `knn_cross_validate` returns; its keys stand in any order.
    """
    # BEGIN SOLUTION
    means = {k: sum(accuracies) / len(accuracies) for k, accuracies in k_to_accuracies.items()}
    return min(means, key=lambda k: (-means[k], k))
    # END SOLUTION
