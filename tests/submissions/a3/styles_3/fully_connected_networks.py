"""Little objects as caches, half of the L2 term, the gradients of biases by matrix products."""
from dataclasses import dataclass

import torch
from a3_helper import *
from eecs598 import *


@dataclass
class Saved:
    """What a layer keeps for its way back."""

    shape: torch.Size
    rows: torch.Tensor
    weight: torch.Tensor


class Linear:
    @staticmethod
    def forward(x, w, b):
        rows = x.contiguous().view(len(x), -1)
        # the bias as the weight of one more input that is always 1
        ones = torch.ones(len(x), 1, dtype=x.dtype, device=x.device)
        out = torch.cat([rows, ones], 1).matmul(torch.cat([w, b[None]], 0))
        return out, Saved(x.shape, rows, w)

    @staticmethod
    def backward(dout, cache):
        dx = dout.matmul(cache.weight.transpose(0, 1)).view(cache.shape)
        dw = cache.rows.transpose(0, 1).matmul(dout)
        db = torch.ones_like(dout[:, 0]).matmul(dout)
        return dx, dw, db


class ReLU:
    @staticmethod
    def forward(x):
        out = torch.maximum(x, torch.zeros_like(x))
        return out, out

    @staticmethod
    def backward(dout, cache):
        # the output is positive exactly where the input is
        return torch.sign(cache) * dout


class Linear_ReLU:
    @staticmethod
    def forward(x, w, b):
        z, one = Linear.forward(x, w, b)
        a, two = ReLU.forward(z)
        return a, [one, two]

    @staticmethod
    def backward(dout, cache):
        return Linear.backward(ReLU.backward(dout, cache[1]), cache[0])


class TwoLayerNet:
    def __init__(self, input_dim=3 * 32 * 32, hidden_dim=100, num_classes=10, weight_scale=1e-3, reg=0.0,
                 dtype=torch.float32, device="cpu"):
        self.reg = reg
        self.params = {}
        for name, shape in (("W1", (input_dim, hidden_dim)), ("W2", (hidden_dim, num_classes))):
            self.params[name] = torch.randn(*shape, dtype=dtype, device=device).mul_(weight_scale)
            self.params[name.replace("W", "b")] = self.params[name].new_zeros(shape[1])

    def loss(self, X, y=None):
        W1, b1, W2, b2 = [self.params[k] for k in ("W1", "b1", "W2", "b2")]
        z1, c1 = Linear.forward(X, W1, b1)
        h, r1 = ReLU.forward(z1)
        scores, c2 = Linear.forward(h, W2, b2)
        if y is None:
            return scores
        # softmax by hand
        shifted = scores - scores.max(dim=1, keepdim=True).values
        p = shifted.exp()
        p = p / p.sum(dim=1, keepdim=True)
        n = len(y)
        log_p = shifted - shifted.exp().sum(dim=1, keepdim=True).log()
        loss = -log_p[torch.arange(n), y].sum() / n + self.reg * ((W1 ** 2).sum() + (W2 ** 2).sum())
        p[torch.arange(n), y] -= 1
        dh, dW2, db2 = Linear.backward(p / n, c2)
        _, dW1, db1 = Linear.backward(ReLU.backward(dh, r1), c1)
        return loss, {"W1": dW1 + 2 * self.reg * W1, "W2": dW2 + 2 * self.reg * W2, "b1": db1, "b2": db2}


class FullyConnectedNet:
    def __init__(self, hidden_dims, input_dim=3 * 32 * 32, num_classes=10, dropout=0.0, reg=0.0, weight_scale=1e-2,
                 seed=None, dtype=torch.float, device="cpu"):
        self.reg, self.dtype, self.dropout, self.seed = reg, dtype, dropout, seed
        self.params, width, self.num_layers = {}, input_dim, 0
        for next_width in list(hidden_dims) + [num_classes]:
            self.num_layers += 1
            self.params["W" + str(self.num_layers)] = torch.randn(width, next_width, dtype=dtype, device=device) * weight_scale
            self.params["b" + str(self.num_layers)] = torch.zeros(next_width, dtype=dtype, device=device)
            width = next_width

    def loss(self, X, y=None):
        param = {"mode": "test" if y is None else "train", "p": self.dropout}
        if self.seed is not None:
            param["seed"] = self.seed
        return self._layer(1, X, y, param) if y is not None else self._layer(1, X, y, param)[0]

    def _layer(self, i, x, y, param):
        """Recursively: (scores,) or (loss, gradients); the gradient of x goes back under the key None."""
        W, b = self.params["W%d" % i], self.params["b%d" % i]
        if i == self.num_layers:
            scores, cache = Linear.forward(x, W, b)
            if y is None:
                return (scores,)
            loss, dout = softmax_loss(scores, y)
            grads = {}
            dx, dW, db = Linear.backward(dout, cache)
        else:
            out, cache = Linear_ReLU.forward(x, W, b)
            if self.dropout:
                out, mask = Dropout.forward(out, param)
            below = self._layer(i + 1, out, y, param)
            if y is None:
                return below
            loss, grads = below
            dout = grads.pop(None)
            if self.dropout:
                dout = Dropout.backward(dout, mask)
            dx, dW, db = Linear_ReLU.backward(dout, cache)
        grads["W%d" % i], grads["b%d" % i] = dW + self.reg * W, db
        if i > 1:
            grads[None] = dx
        return loss + 0.5 * self.reg * torch.sum(W * W), grads


def create_solver_instance(data_dict, dtype, device):
    model = TwoLayerNet(hidden_dim=64, weight_scale=0.02, dtype=dtype, device=device)
    return Solver(model, data_dict, update_rule=adam, optim_config=dict(learning_rate=1e-3), lr_decay=0.9,
                  num_epochs=15, batch_size=100, print_every=50, device=device)


def get_three_layer_network_params():
    return (0.05, 0.4)


def get_five_layer_network_params():
    return [0.11, 0.25]


def sgd_momentum(w, dw, config=None):
    config = config if config else {}
    lr, mu = config.get("learning_rate", 0.01), config.get("momentum", 0.9)
    velocity = config.get("velocity")
    velocity = -lr * dw if velocity is None else mu * velocity - lr * dw
    return w + velocity, {"learning_rate": lr, "momentum": mu, "velocity": velocity}


def rmsprop(w, dw, config=None):
    config = config if config else {}
    lr, rho = config.get("learning_rate", 0.01), config.get("decay_rate", 0.99)
    eps = config.get("epsilon", 1e-8)
    cache = rho * config.get("cache", 0.0) + (1 - rho) * torch.pow(dw, 2)
    step = lr / (cache ** 0.5 + eps)
    return w - step * dw, {"learning_rate": lr, "decay_rate": rho, "epsilon": eps, "cache": cache}


def adam(w, dw, config=None):
    c = {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "m": 0.0, "v": 0.0, "t": 0}
    c.update(config or {})
    c["t"] += 1
    c["m"] = c["m"] + (1 - c["beta1"]) * (dw - c["m"])
    c["v"] = c["v"] + (1 - c["beta2"]) * (dw * dw - c["v"])
    correct1, correct2 = 1 - c["beta1"] ** c["t"], 1 - c["beta2"] ** c["t"]
    return w - (c["learning_rate"] / correct1) * c["m"] / ((c["v"] / correct2).sqrt() + c["epsilon"]), c


class Dropout:
    @staticmethod
    def forward(x, dropout_param):
        p, mode = dropout_param["p"], dropout_param["mode"]
        scale = torch.ones_like(x)
        if mode == "train":
            generator = torch.Generator(device=x.device)
            if "seed" in dropout_param:
                generator.manual_seed(dropout_param["seed"])
            else:
                generator.seed()
            dropped = torch.rand(x.shape, generator=generator, device=x.device) < p
            scale[dropped] = 0
            scale[~dropped] = 1 / (1 - p)
        return scale * x, scale

    @staticmethod
    def backward(dout, cache):
        return dout * cache
