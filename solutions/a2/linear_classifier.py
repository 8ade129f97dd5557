"""Linear classifiers: two losses, stochastic gradient descent, and a search for hyperparameters.

An example X[i] gets the score (X @ W)[i, c] for class c; the class with the highest score is the prediction. Replace
every `raise NotImplementedError`. Shapes: N examples, D features, C classes. Gradients are worked out by hand: no
torch.nn, no autograd.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

# -- the multiclass SVM loss ------------------------------------------------------------------------------------------


def svm_loss_naive(W: Tensor, X: Tensor, y: Tensor, reg: float) -> tuple[Tensor, Tensor]:
    """Return the multiclass SVM loss and its gradient, with loops over examples and classes.

    Every class c other than the right one adds max(0, scores[c] - scores[y[i]] + 1) to the loss of example i. The
    result is the mean over the examples, plus reg times the sum of the squares of all entries of W (without 1/2).

    W: (D, C), weights. X: (N, D), examples. y: (N,), int64 labels, 0 <= y[i] < C. None of them is changed.
    Returns (loss, dW): a tensor of shape () and its gradient with respect to W, (D, C), both in the dtype of W.
    """
    # BEGIN SOLUTION
    num_train, num_classes = X.shape[0], W.shape[1]
    loss = W.new_zeros(())
    dW = torch.zeros_like(W)
    for i in range(num_train):
        scores = X[i] @ W
        for c in range(num_classes):
            margin = scores[c] - scores[y[i]] + 1
            if c == y[i] or margin <= 0:
                continue
            loss += margin
            dW[:, c] += X[i]
            dW[:, y[i]] -= X[i]
    return loss / num_train + reg * W.square().sum(), dW / num_train + 2 * reg * W
    # END SOLUTION


def svm_loss_vectorized(W: Tensor, X: Tensor, y: Tensor, reg: float) -> tuple[Tensor, Tensor]:
    """Return what `svm_loss_naive` returns, without a loop.

    W: (D, C). X: (N, D). y: (N,). Returns (loss, dW): shapes () and (D, C).
    """
    # BEGIN SOLUTION
    num_train = X.shape[0]
    rows = torch.arange(num_train, device=X.device)
    margins = X @ W
    margins -= margins[rows, y].unsqueeze(1) - 1
    margins.clamp_(min=0)
    margins[rows, y] = 0
    loss = margins.sum() / num_train + reg * W.square().sum()
    # Each positive margin pulls its own score down and the score of the right class up.
    dscores = (margins > 0).to(X.dtype)
    dscores[rows, y] = -dscores.sum(dim=1)
    dW = X.T @ dscores / num_train + 2 * reg * W
    return loss, dW
    # END SOLUTION


# -- the softmax loss -------------------------------------------------------------------------------------------------


def softmax_loss_naive(W: Tensor, X: Tensor, y: Tensor, reg: float) -> tuple[Tensor, Tensor]:
    """Return the softmax (cross-entropy) loss and its gradient, with a loop over the examples.

    The probability of class c is exp(scores[c]) / sum_k exp(scores[k]), and the loss of example i is -log of the
    probability of its class y[i]. The result is the mean over the examples, plus reg times the sum of the squares of
    all entries of W (without 1/2). Loss and gradient are finite for scores of any size.

    W: (D, C), weights. X: (N, D), examples. y: (N,), int64 labels, 0 <= y[i] < C. None of them is changed.
    Returns (loss, dW): a tensor of shape () and its gradient with respect to W, (D, C), both in the dtype of W.
    """
    # BEGIN SOLUTION
    num_train, num_classes = X.shape[0], W.shape[1]
    loss = W.new_zeros(())
    dW = torch.zeros_like(W)
    for i in range(num_train):
        scores = X[i] @ W
        scores = scores - scores.max()  # changes no probability, and exp cannot overflow any more
        log_sum = scores.exp().sum().log()
        loss += log_sum - scores[y[i]]
        for c in range(num_classes):
            probability = (scores[c] - log_sum).exp()
            dW[:, c] += (probability - (1 if c == y[i] else 0)) * X[i]
    return loss / num_train + reg * W.square().sum(), dW / num_train + 2 * reg * W
    # END SOLUTION


def softmax_loss_vectorized(W: Tensor, X: Tensor, y: Tensor, reg: float) -> tuple[Tensor, Tensor]:
    """Return what `softmax_loss_naive` returns, without a loop.

    W: (D, C). X: (N, D). y: (N,). Returns (loss, dW): shapes () and (D, C).
    """
    # BEGIN SOLUTION
    num_train = X.shape[0]
    rows = torch.arange(num_train, device=X.device)
    scores = X @ W
    scores -= scores.amax(dim=1, keepdim=True)
    log_probabilities = scores - scores.exp().sum(dim=1, keepdim=True).log()
    loss = -log_probabilities[rows, y].sum() / num_train + reg * W.square().sum()
    dscores = log_probabilities.exp()
    dscores[rows, y] -= 1
    dW = X.T @ dscores / num_train + 2 * reg * W
    return loss, dW
    # END SOLUTION


# -- training ---------------------------------------------------------------------------------------------------------

LossFunction = Callable[[Tensor, Tensor, Tensor, float], tuple[Tensor, Tensor]]


def sample_batch(X: Tensor, y: Tensor, num_train: int, batch_size: int) -> tuple[Tensor, Tensor]:
    """Return random examples with their labels, drawn with replacement, each example equally likely.

    X: (num_train, D). y: (num_train,). Returns (X_batch, y_batch): shapes (batch_size, D) and (batch_size,).
    """
    # BEGIN SOLUTION
    chosen = torch.randint(num_train, (batch_size,), device=X.device)
    return X[chosen], y[chosen]
    # END SOLUTION


def train_linear_classifier(
    loss_func: LossFunction,
    W: Tensor | None,
    X: Tensor,
    y: Tensor,
    learning_rate: float = 1e-3,
    reg: float = 1e-5,
    num_iters: int = 100,
    batch_size: int = 200,
    verbose: bool = False,
) -> tuple[Tensor, list[float]]:
    """Train with stochastic gradient descent: `num_iters` steps, each along the gradient on a fresh random batch.

    loss_func: called as loss_func(W, X_batch, y_batch, reg); returns (loss, dW) as the losses above do.
    W: (D, C), where to start; None: small random numbers, for as many classes as y holds.
    X: (N, D). y: (N,), int64 labels. verbose: whether you may print; what, is up to you.
    Returns (W, loss_history): the trained weights (D, C), and the loss on each batch before its step, num_iters floats.
    """
    num_train, num_features = X.shape
    if W is None:
        num_classes = int(y.max()) + 1
        W = 1e-6 * torch.randn(num_features, num_classes, dtype=X.dtype, device=X.device)
    # BEGIN SOLUTION
    loss_history = []
    for _ in range(num_iters):
        X_batch, y_batch = sample_batch(X, y, num_train, batch_size)
        loss, dW = loss_func(W, X_batch, y_batch, reg)
        loss_history.append(loss.item())
        W = W - learning_rate * dW
    return W, loss_history
    # END SOLUTION


def predict_linear_classifier(W: Tensor, X: Tensor) -> Tensor:
    """Return the class with the highest score for each example.

    W: (D, C). X: (N, D). Returns (N,), int64.
    """
    # BEGIN SOLUTION
    return (X @ W).argmax(dim=1)
    # END SOLUTION


class LinearClassifier(ABC):
    """Weights, and what can be done with them. Given; LinearSVM and Softmax below say which loss is meant."""

    def __init__(self) -> None:
        self.W: Tensor | None = None

    def train(
        self,
        X_train: Tensor,
        y_train: Tensor,
        learning_rate: float = 1e-3,
        reg: float = 1e-5,
        num_iters: int = 100,
        batch_size: int = 200,
        verbose: bool = False,
    ) -> list[float]:
        """Train from the weights that there are, or from random ones, and return the loss history."""
        self.W, loss_history = train_linear_classifier(
            self.loss, self.W, X_train, y_train, learning_rate, reg, num_iters, batch_size, verbose
        )
        return loss_history

    def predict(self, X: Tensor) -> Tensor:
        """X: (N, D). Returns the predicted classes, (N,), int64. Trained weights are needed."""
        if self.W is None:
            raise ValueError("predict was called before train: there are no weights yet")
        return predict_linear_classifier(self.W, X)

    @abstractmethod
    def loss(self, W: Tensor, X_batch: Tensor, y_batch: Tensor, reg: float) -> tuple[Tensor, Tensor]:
        """Return the loss on a batch and its gradient with respect to W."""

    def save(self, path: str) -> None:
        """Write the weights to a file."""
        torch.save({"W": self.W}, path)

    def load(self, path: str) -> None:
        """Read what `save` wrote."""
        self.W = torch.load(path, map_location="cpu", weights_only=True)["W"]


class LinearSVM(LinearClassifier):
    """A linear classifier with the multiclass SVM loss. Given."""

    def loss(self, W: Tensor, X_batch: Tensor, y_batch: Tensor, reg: float) -> tuple[Tensor, Tensor]:
        return svm_loss_vectorized(W, X_batch, y_batch, reg)


class Softmax(LinearClassifier):
    """A linear classifier with the softmax loss. Given."""

    def loss(self, W: Tensor, X_batch: Tensor, y_batch: Tensor, reg: float) -> tuple[Tensor, Tensor]:
        return softmax_loss_vectorized(W, X_batch, y_batch, reg)


# -- hyperparameters --------------------------------------------------------------------------------------------------


def svm_get_search_params() -> tuple[list[float], list[float]]:
    """Return the learning rates and the regularisation strengths to try with LinearSVM.

    Every pair will be tried: fewer than 25 pairs, none twice, every learning rate above 0. With one pair at least, 500
    iterations on the digits (grey values from 0 to 1) give a classifier that reads 60 % of other digits.
    """
    # BEGIN SOLUTION
    return [1e-2, 1e-1], [1e-4, 1e-2]
    # END SOLUTION


def softmax_get_search_params() -> tuple[list[float], list[float]]:
    """Return the learning rates and the regularisation strengths to try with Softmax.

    Every pair will be tried: fewer than 25 pairs, none twice, every learning rate above 0. With one pair at least, 500
    iterations on the digits (grey values from 0 to 1) give a classifier that reads 60 % of other digits.
    """
    # BEGIN SOLUTION
    return [1e-1, 1.0], [1e-5, 1e-3]
    # END SOLUTION


def test_one_param_set(
    cls: LinearClassifier, data_dict: dict[str, Any], lr: float, reg: float, num_iters: int = 2000
) -> tuple[LinearClassifier, float, float]:
    """Train a classifier with one pair of hyperparameters and measure it.

    cls: a classifier that is not trained yet (an object, whatever its name says).
    data_dict: X_train (N, D), y_train (N,), X_val (M, D), y_val (M,). Only the training set may be trained on.
    Returns (cls, train_acc, val_acc): the same object, trained with learning rate `lr`, and the shares of training
    and validation examples that it then predicts right, floats between 0 and 1.
    """
    # BEGIN SOLUTION
    cls.train(data_dict["X_train"], data_dict["y_train"], learning_rate=lr, reg=reg, num_iters=num_iters)
    train_acc = (cls.predict(data_dict["X_train"]) == data_dict["y_train"]).double().mean().item()
    val_acc = (cls.predict(data_dict["X_val"]) == data_dict["y_val"]).double().mean().item()
    return cls, train_acc, val_acc
    # END SOLUTION
