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
    raise NotImplementedError("write this")


def compute_distances_one_loop(x_train: Tensor, x_test: Tensor) -> Tensor:
    """Return the same distances with exactly one Python loop.

    x_train: (num_train, ...). x_test: (num_test, ...). Returns (num_train, num_test).
    """
    raise NotImplementedError("write this")


def compute_distances_no_loops(x_train: Tensor, x_test: Tensor) -> Tensor:
    """Return the same distances without a loop, and without a tensor of shape (num_train, num_test, features).

    x_train: (num_train, ...). x_test: (num_test, ...). Returns (num_train, num_test).
    """
    raise NotImplementedError("write this")


# -- votes ------------------------------------------------------------------------------------------------------------


def predict_labels(dists: Tensor, y_train: Tensor, k: int = 1) -> Tensor:
    """Return for every test example the most common label among its k nearest training examples.

    dists: (num_train, num_test), distances.
    y_train: (num_train,), int64 labels, none negative.
    Returns (num_test,), int64. Of labels that are equally common the smallest wins, whichever example is nearer.
    """
    raise NotImplementedError("write this")


class KnnClassifier:
    """Remembers the training examples and lets them vote."""

    def __init__(self, x_train: Tensor, y_train: Tensor) -> None:
        """Keep the training set.

        x_train: (num_train, ...). y_train: (num_train,), int64 labels.
        """
        raise NotImplementedError("write this")

    def predict(self, x_test: Tensor, k: int = 1) -> Tensor:
        """Return the labels that the k nearest training examples give to each test example.

        x_test: (num_test, ...). Returns (num_test,), int64.
        """
        raise NotImplementedError("write this")

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
    raise NotImplementedError("write this")


def knn_get_best_k(k_to_accuracies: dict[int, list[float]]) -> int:
    """Return the k whose accuracies have the highest mean; of several such k the smallest.

    k_to_accuracies: what `knn_cross_validate` returns; its keys stand in any order.
    """
    raise NotImplementedError("write this")
