"""Fully-connected networks from layers that know their own gradients.

A layer is a pair of functions: `forward` returns its output and a cache, `backward` turns the gradient of the loss
with respect to that output into the gradients with respect to the inputs. What a cache holds is yours to choose.
Replace every `raise NotImplementedError`.
"""

from typing import Any

import torch
from a3_helper import softmax_loss
from eecs598 import Solver
from torch import Tensor

Cache = tuple[Any, ...]
Config = dict[str, Any]

# -- layers -----------------------------------------------------------------------------------------------------------


class Linear:
    """A fully-connected layer: out = x w + b, with every example laid out as a row."""

    @staticmethod
    def forward(x: Tensor, w: Tensor, b: Tensor) -> tuple[Tensor, Cache]:
        """Return out and a cache.

        x: (N, ...), D numbers for each example in whatever shape. w: (D, M). b: (M,). Returns out (N, M).
        """
        # BEGIN SOLUTION
        out = x.reshape(x.shape[0], -1) @ w + b
        return out, (x, w)
        # END SOLUTION

    @staticmethod
    def backward(dout: Tensor, cache: Cache) -> tuple[Tensor, Tensor, Tensor]:
        """Return the gradients dx (N, ...) in the shape of x, dw (D, M) and db (M,). dout: (N, M)."""
        # BEGIN SOLUTION
        x, w = cache
        dx = (dout @ w.T).reshape(x.shape)
        dw = x.reshape(x.shape[0], -1).T @ dout
        return dx, dw, dout.sum(dim=0)
        # END SOLUTION


class ReLU:
    """The rectifier: max(x, 0), entry by entry."""

    @staticmethod
    def forward(x: Tensor) -> tuple[Tensor, Any]:
        """Return out, of the shape of x, and a cache. x: any shape; it is not changed."""
        # BEGIN SOLUTION
        return x.clamp(min=0), x
        # END SOLUTION

    @staticmethod
    def backward(dout: Tensor, cache: Any) -> Tensor:
        """Return the gradient dx. dout: any shape, that of x."""
        # BEGIN SOLUTION
        x = cache
        return dout * (x > 0)
        # END SOLUTION


class Linear_ReLU:
    """A fully-connected layer followed by a rectifier. Given."""

    @staticmethod
    def forward(x: Tensor, w: Tensor, b: Tensor) -> tuple[Tensor, Cache]:
        """Return out (N, M) and a cache; arguments as in Linear."""
        scores, linear_cache = Linear.forward(x, w, b)
        out, relu_cache = ReLU.forward(scores)
        return out, (linear_cache, relu_cache)

    @staticmethod
    def backward(dout: Tensor, cache: Cache) -> tuple[Tensor, Tensor, Tensor]:
        """Return dx, dw and db. dout: (N, M)."""
        linear_cache, relu_cache = cache
        return Linear.backward(ReLU.backward(dout, relu_cache), linear_cache)


# -- networks ---------------------------------------------------------------------------------------------------------


class TwoLayerNet:
    """linear - ReLU - linear - softmax.

    `params` holds W1 (D, H), b1 (H,), W2 (H, C) and b2 (C,).
    """

    def __init__(
        self,
        input_dim: int = 3 * 32 * 32,
        hidden_dim: int = 100,
        num_classes: int = 10,
        weight_scale: float = 1e-3,
        reg: float = 0.0,
        dtype: torch.dtype = torch.float32,
        device: str = "cpu",
    ) -> None:
        """Fill `params`: normal weights with mean 0 and standard deviation `weight_scale`, biases 0.

        input_dim, hidden_dim, num_classes: D, H and C. reg: strength of the L2 term in the loss.
        """
        self.params: dict[str, Tensor] = {}
        self.reg = reg
        # BEGIN SOLUTION
        like = {"dtype": dtype, "device": device}
        self.params["W1"] = weight_scale * torch.randn(input_dim, hidden_dim, **like)
        self.params["b1"] = torch.zeros(hidden_dim, **like)
        self.params["W2"] = weight_scale * torch.randn(hidden_dim, num_classes, **like)
        self.params["b2"] = torch.zeros(num_classes, **like)
        # END SOLUTION

    def loss(self, X: Tensor, y: Tensor | None = None) -> Any:
        """Return the scores (N, C) when y is None; else the loss and its gradients.

        X: (N, ...), D numbers for each example. y: (N,), int64 labels.
        The loss is the softmax loss plus reg times the sum of all squared weights (not biases). The gradients are a
        dictionary with the keys of `params`.
        """
        # BEGIN SOLUTION
        W1, b1, W2, b2 = (self.params[name] for name in ("W1", "b1", "W2", "b2"))
        hidden, hidden_cache = Linear_ReLU.forward(X, W1, b1)
        scores, scores_cache = Linear.forward(hidden, W2, b2)
        if y is None:
            return scores

        loss, dscores = softmax_loss(scores, y)
        loss = loss + self.reg * (W1.square().sum() + W2.square().sum())
        dhidden, dW2, db2 = Linear.backward(dscores, scores_cache)
        _, dW1, db1 = Linear_ReLU.backward(dhidden, hidden_cache)
        return loss, {"W1": dW1 + 2 * self.reg * W1, "b1": db1, "W2": dW2 + 2 * self.reg * W2, "b2": db2}
        # END SOLUTION

    def save(self, path: str) -> None:
        """Write the parameters to a file. Given."""
        torch.save({"reg": self.reg, "params": self.params}, path)

    def load(self, path: str, dtype: torch.dtype, device: str) -> None:
        """Read what `save` has written. Given."""
        saved = torch.load(path, map_location="cpu")
        self.reg = saved["reg"]
        self.params = {name: value.to(dtype=dtype, device=device) for name, value in saved["params"].items()}


class FullyConnectedNet:
    """(linear - ReLU - [dropout]) x (L - 1) - linear - softmax.

    `params` holds W1, b1 ... WL, bL: the weights of layer l have the shape (its inputs, its outputs).
    """

    def __init__(
        self,
        hidden_dims: list[int],
        input_dim: int = 3 * 32 * 32,
        num_classes: int = 10,
        dropout: float = 0.0,
        reg: float = 0.0,
        weight_scale: float = 1e-2,
        seed: int | None = None,
        dtype: torch.dtype = torch.float32,
        device: str = "cpu",
    ) -> None:
        """Fill `params`: normal weights with mean 0 and standard deviation `weight_scale`, biases 0.

        hidden_dims: sizes of the hidden layers. dropout: the probability with which a hidden number is dropped.
        reg: strength of the L2 term. seed: makes every call of dropout draw the same mask, for gradient checks.
        """
        self.reg = reg
        self.dtype = dtype
        self.num_layers = 1 + len(hidden_dims)
        self.use_dropout = dropout != 0
        self.dropout_param: Config = {"mode": "train", "p": dropout}
        if seed is not None:
            self.dropout_param["seed"] = seed
        self.params: dict[str, Tensor] = {}
        # BEGIN SOLUTION
        dims = [input_dim, *hidden_dims, num_classes]
        for layer in range(1, self.num_layers + 1):
            shape = (dims[layer - 1], dims[layer])
            self.params[f"W{layer}"] = weight_scale * torch.randn(shape, dtype=dtype, device=device)
            self.params[f"b{layer}"] = torch.zeros(dims[layer], dtype=dtype, device=device)
        # END SOLUTION

    def loss(self, X: Tensor, y: Tensor | None = None) -> Any:
        """Return the scores (N, C) when y is None, without dropping anything; else the loss and its gradients.

        X: (N, ...). y: (N,), int64 labels. Loss and gradients as in TwoLayerNet.
        """
        self.dropout_param["mode"] = "test" if y is None else "train"
        # BEGIN SOLUTION
        out, caches = X, []
        for layer in range(1, self.num_layers):
            out, hidden_cache = Linear_ReLU.forward(out, self.params[f"W{layer}"], self.params[f"b{layer}"])
            dropout_cache: Any = None
            if self.use_dropout:
                out, dropout_cache = Dropout.forward(out, self.dropout_param)
            caches.append((hidden_cache, dropout_cache))
        last = self.num_layers
        scores, scores_cache = Linear.forward(out, self.params[f"W{last}"], self.params[f"b{last}"])
        if y is None:
            return scores

        grads: dict[str, Tensor] = {}
        loss, dout = softmax_loss(scores, y)
        dout, grads[f"W{last}"], grads[f"b{last}"] = Linear.backward(dout, scores_cache)
        for layer in range(last - 1, 0, -1):
            hidden_cache, dropout_cache = caches[layer - 1]
            if self.use_dropout:
                dout = Dropout.backward(dout, dropout_cache)
            dout, grads[f"W{layer}"], grads[f"b{layer}"] = Linear_ReLU.backward(dout, hidden_cache)
        for layer in range(1, last + 1):
            W = self.params[f"W{layer}"]
            loss = loss + self.reg * W.square().sum()
            grads[f"W{layer}"] = grads[f"W{layer}"] + 2 * self.reg * W
        return loss, grads
        # END SOLUTION

    def save(self, path: str) -> None:
        """Write the parameters to a file. Given."""
        torch.save({"reg": self.reg, "params": self.params}, path)

    def load(self, path: str, dtype: torch.dtype, device: str) -> None:
        """Read what `save` has written. Given."""
        saved = torch.load(path, map_location="cpu")
        self.reg, self.dtype = saved["reg"], dtype
        self.params = {name: value.to(dtype=dtype, device=device) for name, value in saved["params"].items()}


# -- training ---------------------------------------------------------------------------------------------------------


def create_solver_instance(data_dict: dict[str, Tensor], dtype: torch.dtype, device: str) -> Solver:
    """Return a Solver for a TwoLayerNet that reads images well after `train()`.

    data_dict: X_train (N, 3, 32, 32), y_train (N,), X_val (M, 3, 32, 32), y_val (M,); ten classes.
    """
    # BEGIN SOLUTION
    input_dim = data_dict["X_train"][0].numel()
    model = TwoLayerNet(input_dim=input_dim, hidden_dim=100, weight_scale=1e-2, reg=1e-4, dtype=dtype, device=device)
    return Solver(
        model,
        data_dict,
        optim_config={"learning_rate": 0.2},
        lr_decay=0.95,
        num_epochs=10,
        batch_size=50,
        print_every=0,
        device=device,
    )
    # END SOLUTION


def get_three_layer_network_params() -> tuple[float, float]:
    """Return (weight_scale, learning_rate) with which a net of three layers learns fifty images by heart.

    The net is FullyConnectedNet([100, 100]); it is trained by gradient descent in batches of 25, for 20 epochs.
    """
    # BEGIN SOLUTION
    return 0.1, 0.2
    # END SOLUTION


def get_five_layer_network_params() -> tuple[float, float]:
    """Return (weight_scale, learning_rate) with which a net of five layers learns fifty images by heart.

    The net is FullyConnectedNet([100, 100, 100, 100]); it is trained as the one of three layers.
    """
    # BEGIN SOLUTION
    return 0.13, 0.1
    # END SOLUTION


# -- update rules -----------------------------------------------------------------------------------------------------


def sgd(w: Tensor, dw: Tensor, config: Config | None = None) -> tuple[Tensor, Config]:
    """One step of gradient descent. Given, as a model for the rules below.

    w, dw: any shape. config: learning_rate (1e-2). Returns the next w and the config of the next call.
    """
    config = {} if config is None else config
    config.setdefault("learning_rate", 1e-2)
    return w - config["learning_rate"] * dw, config


def sgd_momentum(w: Tensor, dw: Tensor, config: Config | None = None) -> tuple[Tensor, Config]:
    """One step of gradient descent with momentum: the velocity decays, is pushed downhill, and moves w.

    w, dw: any shape. config: learning_rate (1e-2), momentum (0.9), velocity (of the shape of w; 0 at first).
    Returns the next w and the config of the next call.
    """
    config = {} if config is None else config
    config.setdefault("learning_rate", 1e-2)
    config.setdefault("momentum", 0.9)
    config.setdefault("velocity", torch.zeros_like(w))
    # BEGIN SOLUTION
    config["velocity"] = config["momentum"] * config["velocity"] - config["learning_rate"] * dw
    return w + config["velocity"], config
    # END SOLUTION


def rmsprop(w: Tensor, dw: Tensor, config: Config | None = None) -> tuple[Tensor, Config]:
    """One step of RMSProp: steps are divided by the root of a moving average of squared gradients.

    w, dw: any shape. config: learning_rate (1e-2), decay_rate (0.99), epsilon (1e-8, added to the root),
    cache (the moving average, of the shape of w; 0 at first). Returns the next w and the config of the next call.
    """
    config = {} if config is None else config
    config.setdefault("learning_rate", 1e-2)
    config.setdefault("decay_rate", 0.99)
    config.setdefault("epsilon", 1e-8)
    config.setdefault("cache", torch.zeros_like(w))
    # BEGIN SOLUTION
    decay = config["decay_rate"]
    config["cache"] = decay * config["cache"] + (1 - decay) * dw.square()
    return w - config["learning_rate"] * dw / (config["cache"].sqrt() + config["epsilon"]), config
    # END SOLUTION


def adam(w: Tensor, dw: Tensor, config: Config | None = None) -> tuple[Tensor, Config]:
    """One step of Adam: moving averages of gradients and of their squares, both corrected for starting at 0.

    w, dw: any shape. config: learning_rate (1e-3), beta1 (0.9), beta2 (0.999), epsilon (1e-8, added to the root),
    m and v (the averages, of the shape of w; 0 at first), t (steps taken; 0 at first, so the first step is t = 1).
    Returns the next w and the config of the next call.
    """
    config = {} if config is None else config
    config.setdefault("learning_rate", 1e-3)
    config.setdefault("beta1", 0.9)
    config.setdefault("beta2", 0.999)
    config.setdefault("epsilon", 1e-8)
    config.setdefault("m", torch.zeros_like(w))
    config.setdefault("v", torch.zeros_like(w))
    config.setdefault("t", 0)
    # BEGIN SOLUTION
    beta1, beta2 = config["beta1"], config["beta2"]
    config["t"] += 1
    config["m"] = beta1 * config["m"] + (1 - beta1) * dw
    config["v"] = beta2 * config["v"] + (1 - beta2) * dw.square()
    mean = config["m"] / (1 - beta1 ** config["t"])
    variance = config["v"] / (1 - beta2 ** config["t"])
    return w - config["learning_rate"] * mean / (variance.sqrt() + config["epsilon"]), config
    # END SOLUTION


# -- dropout ----------------------------------------------------------------------------------------------------------


class Dropout:
    """Inverted dropout: while training, drop numbers at random and scale up those that are kept."""

    @staticmethod
    def forward(x: Tensor, dropout_param: Config) -> tuple[Tensor, Cache]:
        """Return out, of the shape of x, and a cache.

        x: any shape. dropout_param: mode ("train" or "test"), p (the probability to DROP a number, below 1) and
        perhaps seed. In training each number is dropped on its own, and the expectation of out is x.
        """
        p, mode = dropout_param["p"], dropout_param["mode"]
        if "seed" in dropout_param:
            torch.manual_seed(dropout_param["seed"])
        # BEGIN SOLUTION
        if mode == "test":
            return x, (dropout_param, None)
        mask = (torch.rand_like(x) >= p) / (1 - p)
        mask = mask.to(x.dtype)
        return x * mask, (dropout_param, mask)
        # END SOLUTION

    @staticmethod
    def backward(dout: Tensor, cache: Cache) -> Tensor:
        """Return the gradient dx, for the mode in which `forward` was called. dout: any shape, that of x."""
        # BEGIN SOLUTION
        dropout_param, mask = cache
        return dout if dropout_param["mode"] == "test" else dout * mask
        # END SOLUTION
