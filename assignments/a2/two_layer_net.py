"""A network of two layers with a ReLU between them, and the softmax loss on its scores.

    hidden = max(0, X W1 + b1)        scores = hidden W2 + b2

Replace every `raise NotImplementedError`. Shapes: N examples, D features, H hidden units, C classes. The parameters are
a dict: W1 (D, H), b1 (H,), W2 (H, C), b2 (C,). Gradients are worked out by hand: no torch.nn, no autograd.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import torch
from linear_classifier import sample_batch
from torch import Tensor

Params = dict[str, Tensor]

# -- the network ------------------------------------------------------------------------------------------------------


def nn_forward_pass(params: Params, X: Tensor) -> tuple[Tensor, Tensor]:
    """Return the scores and the hidden layer.

    params: W1 (D, H), b1 (H,), W2 (H, C), b2 (C,). X: (N, D). None of them is changed.
    Returns (scores, hidden): shapes (N, C) and (N, H), the hidden layer after its ReLU.
    """
    raise NotImplementedError("write this")


def nn_forward_backward(
    params: Params, X: Tensor, y: Tensor | None = None, reg: float = 0.0
) -> Tensor | tuple[Tensor, Params]:
    """Return the scores where there are no labels; else the loss and its gradients.

    The loss is the mean softmax loss over the examples, plus reg times the sum of the squares of W1 and W2 (without
    1/2; the biases are not regularised). It is finite for scores of any size.

    params: W1 (D, H), b1 (H,), W2 (H, C), b2 (C,). X: (N, D). y: (N,), int64 labels, or None. None of them is changed.
    Returns scores (N, C) if y is None; else (loss, grads): shape (), and a dict with the keys and shapes of `params`.
    """
    scores, hidden = nn_forward_pass(params, X)
    if y is None:
        return scores
    raise NotImplementedError("write this")


# -- training and prediction ------------------------------------------------------------------------------------------


def nn_train(
    params: Params,
    loss_func: Callable[..., Any],
    pred_func: Callable[..., Tensor],
    X: Tensor,
    y: Tensor,
    X_val: Tensor,
    y_val: Tensor,
    learning_rate: float = 1e-3,
    learning_rate_decay: float = 0.95,
    reg: float = 5e-6,
    num_iters: int = 100,
    batch_size: int = 200,
    verbose: bool = False,
) -> dict[str, list[float]]:
    """Train with stochastic gradient descent; `params` holds the trained parameters afterwards.

    loss_func: called as loss_func(params, X_batch, y=y_batch, reg=reg); returns (loss, grads).
    pred_func: called as pred_func(params, loss_func, X); returns the predicted classes, (N,).
    X: (N, D). y: (N,). X_val: (M, D). y_val: (M,).
    An epoch has max(N // batch_size, 1) iterations. After the first iteration of each epoch the accuracies on the batch
    and on the validation set are noted, and the learning rate is multiplied by `learning_rate_decay`. All of that is
    given; yours is the step.
    Returns loss_history (num_iters floats), train_acc_history and val_acc_history (a share for each epoch).
    """
    num_train = X.shape[0]
    iterations_per_epoch = max(num_train // batch_size, 1)
    loss_history, train_acc_history, val_acc_history = [], [], []
    for iteration in range(num_iters):
        X_batch, y_batch = sample_batch(X, y, num_train, batch_size)
        loss, grads = loss_func(params, X_batch, y=y_batch, reg=reg)
        loss_history.append(loss.item())
        # Take one step of gradient descent with every parameter.
        raise NotImplementedError("write this")
        if verbose and iteration % 100 == 0:
            print(f"iteration {iteration} of {num_iters}: loss {loss_history[-1]:.6f}")
        if iteration % iterations_per_epoch == 0:
            correct = pred_func(params, loss_func, X_batch) == y_batch
            train_acc_history.append(correct.double().mean().item())
            correct = pred_func(params, loss_func, X_val) == y_val
            val_acc_history.append(correct.double().mean().item())
            learning_rate *= learning_rate_decay
    return {
        "loss_history": loss_history,
        "train_acc_history": train_acc_history,
        "val_acc_history": val_acc_history,
    }


def nn_predict(params: Params, loss_func: Callable[..., Any], X: Tensor) -> Tensor:
    """Return the class with the highest score for each example.

    loss_func: called as loss_func(params, X), without labels, it returns the scores (N, C). X: (N, D).
    Returns (N,), int64.
    """
    raise NotImplementedError("write this")


class TwoLayerNet:
    """Parameters, and what can be done with them. Given.

    W1 and W2 begin as normal numbers with standard deviation `std`, the biases as 0.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        output_size: int,
        dtype: torch.dtype = torch.float32,
        device: str | torch.device = "cuda",
        std: float = 1e-4,
    ) -> None:
        self.params: Params = {
            "W1": std * torch.randn(input_size, hidden_size, dtype=dtype, device=device),
            "b1": torch.zeros(hidden_size, dtype=dtype, device=device),
            "W2": std * torch.randn(hidden_size, output_size, dtype=dtype, device=device),
            "b2": torch.zeros(output_size, dtype=dtype, device=device),
        }

    def loss(self, X: Tensor, y: Tensor | None = None, reg: float = 0.0) -> Tensor | tuple[Tensor, Params]:
        """See `nn_forward_backward`."""
        return nn_forward_backward(self.params, X, y, reg)

    def train(
        self,
        X: Tensor,
        y: Tensor,
        X_val: Tensor,
        y_val: Tensor,
        learning_rate: float = 1e-3,
        learning_rate_decay: float = 0.95,
        reg: float = 5e-6,
        num_iters: int = 100,
        batch_size: int = 200,
        verbose: bool = False,
    ) -> dict[str, list[float]]:
        """See `nn_train`."""
        return nn_train(
            self.params,
            nn_forward_backward,
            nn_predict,
            X,
            y,
            X_val,
            y_val,
            learning_rate,
            learning_rate_decay,
            reg,
            num_iters,
            batch_size,
            verbose,
        )

    def predict(self, X: Tensor) -> Tensor:
        """See `nn_predict`."""
        return nn_predict(self.params, nn_forward_backward, X)

    def save(self, path: str) -> None:
        """Write the parameters to a file."""
        torch.save(self.params, path)

    def load(self, path: str) -> None:
        """Read what `save` wrote."""
        self.params = torch.load(path, map_location="cpu", weights_only=True)


# -- hyperparameters --------------------------------------------------------------------------------------------------


def nn_get_search_params() -> tuple[list[float], list[int], list[float], list[float]]:
    """Return what to try: learning rates, hidden sizes, regularisation strengths, learning rate decays.

    Every combination will be tried: fewer than 256, none twice, no list empty, one hidden layer at least 10 units wide.
    Learning rates are positive, decays above 0 and at most 1.
    """
    raise NotImplementedError("write this")


def find_best_net(
    data_dict: dict[str, Tensor],
    get_param_set_fn: Callable[[], tuple[list[float], list[int], list[float], list[float]]],
) -> tuple[TwoLayerNet, dict[str, list[float]], float]:
    """Train a fresh TwoLayerNet for every combination of hyperparameters and return the best one.

    data_dict: X_train (N, D), y_train (N,), X_val (M, D), y_val (M,); y_train has an example of every class. Sizes,
    dtype and device of the networks follow from it.
    get_param_set_fn: returns four lists, in the order of `nn_get_search_params`.
    Returns (best_net, best_stat, best_val_acc): the trained network that predicts the largest share of the validation
    set right, what its `train` returned, and that share.
    """
    raise NotImplementedError("write this")
