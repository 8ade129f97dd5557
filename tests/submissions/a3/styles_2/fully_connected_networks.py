"""Layers as closures: what a layer remembers is the function that goes back through it."""

from __future__ import annotations

import math

import torch
from torch import einsum

from a3_helper import softmax_loss
from eecs598 import Solver


class Linear:
    @staticmethod
    def forward(x, w, b):
        rows = x.flatten(1) if x.dim() > 1 else x[:, None]

        def back(dout):
            return einsum("nm,dm->nd", dout, w).unflatten(1, x.shape[1:]), einsum("nd,nm->dm", rows, dout), einsum("nm->m", dout)

        return torch.addmm(b, rows, w), back

    @staticmethod
    def backward(dout, cache):
        return cache(dout)


class ReLU:
    @staticmethod
    def forward(x):
        on = x.gt(0)
        return torch.where(on, x, x.new_tensor(0.0)), on

    @staticmethod
    def backward(dout, cache):
        return dout.masked_fill(~cache, 0)


class Linear_ReLU:
    @staticmethod
    def forward(x, w, b):
        z, back = Linear.forward(x, w, b)
        out, on = ReLU.forward(z)
        return out, lambda dout: back(ReLU.backward(dout, on))

    @staticmethod
    def backward(dout, cache):
        return cache(dout)


def _l2(params, grads, reg):
    """The L2 term; adds its gradients to those of the weights."""
    total = 0.0
    for name, value in params.items():
        if value.dim() > 1:
            total = total + reg * torch.linalg.vector_norm(value) ** 2
            grads[name] = grads[name].add(value, alpha=2 * reg)
    return total


class _Sequence:
    """Layers W1 b1 ... with rectifiers in between."""

    def _forward(self, X, drop=None):
        depth = len(self.params) // 2
        backs, out = [], X
        for i in range(1, depth):
            out, back = Linear_ReLU.forward(out, self.params[f"W{i}"], self.params[f"b{i}"])
            backs.append((i, back))
            if drop is not None:
                out, cache = Dropout.forward(out, drop)
                backs.append((None, cache))
        out, back = Linear.forward(out, self.params[f"W{depth}"], self.params[f"b{depth}"])
        return out, [*backs, (depth, back)]

    def _backward(self, dout, backs):
        grads = {}
        for i, back in reversed(backs):
            if i is None:
                dout = Dropout.backward(dout, back)
            else:
                dout, grads[f"W{i}"], grads[f"b{i}"] = back(dout)
        return grads


class TwoLayerNet(_Sequence):
    def __init__(self, input_dim=3072, hidden_dim=100, num_classes=10, weight_scale=1e-3, reg=0.0, dtype=torch.float32, device="cpu"):
        self.reg = reg
        make = dict(dtype=dtype, device=device)
        self.params = dict(
            W1=torch.normal(0.0, weight_scale, (input_dim, hidden_dim), **make),
            b1=torch.zeros(hidden_dim, **make),
            W2=torch.normal(0.0, weight_scale, (hidden_dim, num_classes), **make),
            b2=torch.zeros(num_classes, **make),
        )

    def loss(self, X, y=None):
        scores, backs = self._forward(X)
        if y is None:
            return scores
        loss, dscores = softmax_loss(scores, y)
        grads = self._backward(dscores, backs)
        return loss + _l2(self.params, grads, self.reg), grads


class FullyConnectedNet(_Sequence):
    def __init__(self, hidden_dims, input_dim=3072, num_classes=10, dropout=0.0, reg=0.0, weight_scale=1e-2, seed=None, dtype=torch.float, device="cpu"):
        self.reg, self.dtype, self.params = reg, dtype, {}
        sizes = [input_dim, *hidden_dims, num_classes]
        for i, (n, m) in enumerate(zip(sizes[:-1], sizes[1:]), start=1):
            self.params[f"W{i}"] = torch.empty(n, m, dtype=dtype, device=device).normal_(std=weight_scale)
            self.params[f"b{i}"] = torch.zeros(m, dtype=dtype, device=device)
        self.drop = {"p": dropout, "mode": "train", **({} if seed is None else {"seed": seed})} if dropout else None

    def loss(self, X, y=None):
        if self.drop:
            self.drop["mode"] = "train" if y is not None else "test"
        scores, backs = self._forward(X, self.drop)
        if y is None:
            return scores
        loss, dscores = softmax_loss(scores, y)
        grads = self._backward(dscores, backs)
        return loss + _l2(self.params, grads, self.reg), grads


def create_solver_instance(data_dict, dtype, device):
    model = TwoLayerNet(hidden_dim=128, weight_scale=math.sqrt(2 / 3072), reg=1e-4, dtype=dtype, device=device)
    return Solver(model, data_dict, update_rule=sgd_momentum, optim_config={"learning_rate": 2e-2}, num_epochs=12, batch_size=64, verbose=False, device=device)


def get_three_layer_network_params():
    return 0.08, 0.3


def get_five_layer_network_params():
    return torch.tensor(0.12), torch.tensor(0.15)


def sgd_momentum(w, dw, config=None):
    config = dict(config or {})
    lr, mu = config.setdefault("learning_rate", 1e-2), config.setdefault("momentum", 0.9)
    v = config["velocity"] = torch.sub(mu * config.get("velocity", 0 * w), dw, alpha=lr)
    return torch.add(w, v), config


def rmsprop(w, dw, config=None):
    config = {"learning_rate": 1e-2, "decay_rate": 0.99, "epsilon": 1e-8, "cache": torch.zeros_like(w), **(config or {})}
    config["cache"] = config["cache"].lerp(dw.square(), 1 - config["decay_rate"])
    return w.addcdiv(dw, config["cache"].sqrt() + config["epsilon"], value=-config["learning_rate"]), config


def adam(w, dw, config=None):
    config = {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "m": torch.zeros_like(w), "v": torch.zeros_like(w), "t": 0, **(config or {})}
    t = config["t"] = config["t"] + 1
    for key, beta, what in (("m", config["beta1"], dw), ("v", config["beta2"], dw * dw)):
        config[key] = config[key] * beta + what * (1 - beta)
    m_hat, v_hat = config["m"] / (1 - config["beta1"] ** t), config["v"] / (1 - config["beta2"] ** t)
    return w - config["learning_rate"] * m_hat.div(v_hat.sqrt().add(config["epsilon"])), config


class Dropout:
    @staticmethod
    def forward(x, dropout_param):
        if dropout_param["mode"] != "train":
            return x, None
        if dropout_param.get("seed") is not None:
            torch.manual_seed(dropout_param["seed"])
        keep = 1 - dropout_param["p"]
        mask = torch.empty_like(x).bernoulli_(keep).div_(keep)
        return mask * x, mask

    @staticmethod
    def backward(dout, cache):
        return dout if cache is None else cache * dout
