"""Convolutional networks: convolution, max-pooling, batch normalisation, and nets made of them.

As in fully_connected_networks, a layer's `forward` returns an output and a cache, `backward` the gradients; what a
cache holds is yours to choose. Replace every `raise NotImplementedError`. Images are (N, C, H, W): N of them, C
channels, H rows, W columns. In Conv, MaxPool, BatchNorm and SpatialBatchNorm neither autograd nor torch.nn may be
used (torch.nn.functional.pad may).
"""

import math
from typing import Any

import torch
import torch.nn.functional as F
from a3_helper import softmax_loss
from eecs598 import Solver
from fully_connected_networks import Linear, Linear_ReLU, ReLU, adam
from torch import Tensor

Cache = tuple[Any, ...]
Param = dict[str, Any]

# -- convolution ------------------------------------------------------------------------------------------------------


class Conv:
    """A convolutional layer: every filter is laid on every window of the padded image (and not flipped)."""

    @staticmethod
    def forward(x: Tensor, w: Tensor, b: Tensor, conv_param: Param) -> tuple[Tensor, Cache]:
        """Return out and a cache.

        x: (N, C, H, W). w: (F, C, HH, WW), F filters. b: (F,).
        conv_param: stride, the step between windows; pad, the number of zeros put on each side of H and W.
        Returns out (N, F, H', W') with H' = 1 + (H + 2 pad - HH) // stride, and W' alike. x is not changed.
        """
        # BEGIN SOLUTION
        stride, pad = conv_param["stride"], conv_param["pad"]
        num_filters, _, HH, WW = w.shape
        windows = F.pad(x, (pad, pad, pad, pad)).unfold(2, HH, stride).unfold(3, WW, stride)  # (N, C, H', W', HH, WW)
        N, C, H_out, W_out = windows.shape[:4]
        # Every window becomes a column, so that one matrix product does all the work.
        columns = windows.permute(0, 1, 4, 5, 2, 3).reshape(N, C * HH * WW, H_out * W_out)
        out = (w.reshape(num_filters, -1) @ columns).reshape(N, num_filters, H_out, W_out) + b[:, None, None]
        return out, (columns, x.shape, w, stride, pad)
        # END SOLUTION

    @staticmethod
    def backward(dout: Tensor, cache: Cache) -> tuple[Tensor, Tensor, Tensor]:
        """Return the gradients dx (N, C, H, W), dw (F, C, HH, WW) and db (F,). dout: (N, F, H', W')."""
        # BEGIN SOLUTION
        columns, (N, C, H, W), w, stride, pad = cache
        num_filters, _, HH, WW = w.shape
        H_out, W_out = dout.shape[2:]
        dscores = dout.reshape(N, num_filters, -1)
        dw = (dscores @ columns.transpose(1, 2)).sum(dim=0).reshape(w.shape)
        # Tap (i, j) of a filter met these pixels, one in each window. Windows may overlap: add.
        dx = dout.new_zeros(N, C, H + 2 * pad, W + 2 * pad)
        for i in range(HH):
            for j in range(WW):
                met = dx[:, :, i : i + stride * H_out : stride, j : j + stride * W_out : stride]
                met += (w[:, :, i, j].T @ dscores).reshape(met.shape)
        return dx[:, :, pad : pad + H, pad : pad + W], dw, dout.sum(dim=(0, 2, 3))
        # END SOLUTION


class MaxPool:
    """Max-pooling: the largest number of every window, each channel on its own."""

    @staticmethod
    def forward(x: Tensor, pool_param: Param) -> tuple[Tensor, Cache]:
        """Return out and a cache.

        x: (N, C, H, W). pool_param: pool_height, pool_width and stride, the step between windows.
        Returns out (N, C, H', W') with H' = 1 + (H - pool_height) // stride, and W' alike.
        """
        # BEGIN SOLUTION
        height, width, stride = pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]
        windows = x.unfold(2, height, stride).unfold(3, width, stride).flatten(start_dim=4)  # (N, C, H', W', taps)
        out, argmax = windows.max(dim=4)
        return out, (argmax, x.shape, pool_param)
        # END SOLUTION

    @staticmethod
    def backward(dout: Tensor, cache: Cache) -> Tensor:
        """Return the gradient dx (N, C, H, W). dout: (N, C, H', W')."""
        # BEGIN SOLUTION
        argmax, shape, pool_param = cache
        height, width, stride = pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]
        H_out, W_out = dout.shape[2:]
        dx = dout.new_zeros(shape)
        for tap in range(height * width):
            i, j = divmod(tap, width)
            dx[:, :, i : i + stride * H_out : stride, j : j + stride * W_out : stride] += dout * (argmax == tap)
        return dx
        # END SOLUTION


# -- a net of three layers --------------------------------------------------------------------------------------------


class ThreeLayerConvNet:
    """conv - ReLU - 2x2 max-pool - linear - ReLU - linear - softmax.

    `params` holds W1 (F, C, filter_size, filter_size), b1, W2 (F * H/2 * W/2, hidden_dim), b2, W3 and b3. The
    convolution has stride 1 and such a padding that it keeps height and width.
    """

    def __init__(
        self,
        input_dims: tuple[int, int, int] = (3, 32, 32),
        num_filters: int = 32,
        filter_size: int = 7,
        hidden_dim: int = 100,
        num_classes: int = 10,
        weight_scale: float = 1e-3,
        reg: float = 0.0,
        dtype: torch.dtype = torch.float32,
        device: str = "cpu",
    ) -> None:
        """Fill `params`: normal weights with mean 0 and standard deviation `weight_scale`, biases 0.

        input_dims: (C, H, W). filter_size: odd. reg: strength of the L2 term in the loss.
        """
        self.params: dict[str, Tensor] = {}
        self.reg = reg
        self.dtype = dtype
        # BEGIN SOLUTION
        C, H, W = input_dims
        shapes = {
            "1": (num_filters, C, filter_size, filter_size),
            "2": (num_filters * (H // 2) * (W // 2), hidden_dim),
            "3": (hidden_dim, num_classes),
        }
        for layer, shape in shapes.items():
            self.params[f"W{layer}"] = weight_scale * torch.randn(shape, dtype=dtype, device=device)
            outputs = shape[0] if len(shape) == 4 else shape[1]
            self.params[f"b{layer}"] = torch.zeros(outputs, dtype=dtype, device=device)
        # END SOLUTION

    def loss(self, X: Tensor, y: Tensor | None = None) -> Any:
        """Return the scores (N, num_classes) when y is None; else the loss and its gradients.

        X: (N, C, H, W). y: (N,), int64 labels. The loss is the softmax loss plus reg times the sum of all squared
        weights (not biases). The gradients are a dictionary with the keys of `params`.
        """
        conv_param = {"stride": 1, "pad": (self.params["W1"].shape[2] - 1) // 2}
        pool_param = {"pool_height": 2, "pool_width": 2, "stride": 2}
        # BEGIN SOLUTION
        p = self.params
        features, conv_cache = Conv_ReLU_Pool.forward(X, p["W1"], p["b1"], conv_param, pool_param)
        hidden, hidden_cache = Linear_ReLU.forward(features, p["W2"], p["b2"])
        scores, scores_cache = Linear.forward(hidden, p["W3"], p["b3"])
        if y is None:
            return scores

        grads: dict[str, Tensor] = {}
        loss, dscores = softmax_loss(scores, y)
        dhidden, grads["W3"], grads["b3"] = Linear.backward(dscores, scores_cache)
        dfeatures, grads["W2"], grads["b2"] = Linear_ReLU.backward(dhidden, hidden_cache)
        _, grads["W1"], grads["b1"] = Conv_ReLU_Pool.backward(dfeatures, conv_cache)
        for name in ("W1", "W2", "W3"):
            loss = loss + self.reg * p[name].square().sum()
            grads[name] = grads[name] + 2 * self.reg * p[name]
        return loss, grads
        # END SOLUTION

    def save(self, path: str) -> None:
        """Write the parameters to a file. Given."""
        torch.save({"reg": self.reg, "dtype": self.dtype, "params": self.params}, path)

    def load(self, path: str) -> None:
        """Read what `save` has written. Given."""
        saved = torch.load(path, map_location="cpu")
        self.reg, self.dtype, self.params = saved["reg"], saved["dtype"], saved["params"]


# -- a net of any depth -----------------------------------------------------------------------------------------------


class DeepConvNet:
    """(conv - [batchnorm] - ReLU - [2x2 max-pool]) x L - linear - softmax.

    Convolutions are 3x3 with stride 1 and padding 1. `params` holds, under names of your choice, for every
    convolution its filters (F, F before, 3, 3) and bias (F,), with batch normalisation also gamma and beta (F,), and
    for the linear layer its weights (features, classes) and bias (classes,).
    """

    def __init__(
        self,
        input_dims: tuple[int, int, int] = (3, 32, 32),
        num_filters: list[int] | tuple[int, ...] = (8, 8, 8, 8, 8),
        max_pools: list[int] | tuple[int, ...] = (0, 1, 2, 3, 4),
        batchnorm: bool = False,
        num_classes: int = 10,
        weight_scale: float | str = 1e-3,
        reg: float = 0.0,
        weight_initializer: Any = None,
        dtype: torch.dtype = torch.float32,
        device: str = "cpu",
    ) -> None:
        """Fill `params`: random weights, biases and betas 0, gammas 1.

        input_dims: (C, H, W). num_filters: one number for each convolution. max_pools: the convolutions, counted
        from 0, that a 2x2 max-pool of stride 2 follows. batchnorm: whether every convolution is normalised.
        weight_scale: the standard deviation of normal weights, or "kaiming" to draw them by `kaiming_initializer`.
        reg: strength of the L2 term in the loss. weight_initializer: not used.
        """
        self.params: dict[str, Tensor] = {}
        self.num_layers = len(num_filters) + 1
        self.max_pools = max_pools
        self.batchnorm = batchnorm
        self.reg = reg
        self.dtype = dtype
        # Batch normalisation keeps its running statistics here, a dictionary for each convolution.
        self.bn_params: list[Param] = [{"mode": "train"} for _ in num_filters] if batchnorm else []
        # BEGIN SOLUTION
        like = {"dtype": dtype, "device": device}

        def weights(Din: int, Dout: int, K: int | None, relu: bool) -> Tensor:
            if weight_scale == "kaiming":
                return kaiming_initializer(Din, Dout, K, relu, **like)
            return weight_scale * torch.randn((Din, Dout) if K is None else (Dout, Din, K, K), **like)

        channels, H, W = input_dims
        for layer, filters in enumerate(num_filters):
            self.params[f"W{layer}"] = weights(channels, filters, K=3, relu=True)
            self.params[f"b{layer}"] = torch.zeros(filters, **like)
            if batchnorm:
                self.params[f"gamma{layer}"] = torch.ones(filters, **like)
                self.params[f"beta{layer}"] = torch.zeros(filters, **like)
            if layer in max_pools:
                H, W = H // 2, W // 2
            channels = filters
        self.params["W"] = weights(channels * H * W, num_classes, K=None, relu=False)
        self.params["b"] = torch.zeros(num_classes, **like)
        # END SOLUTION

    def loss(self, X: Tensor, y: Tensor | None = None) -> Any:
        """Return the scores (N, num_classes) when y is None; else the loss and its gradients.

        X: (N, C, H, W). y: (N,), int64 labels. Loss and gradients as in ThreeLayerConvNet; gamma and beta are not
        part of the L2 term. Without y, batch normalisation is in test mode.
        """
        for bn_param in self.bn_params:
            bn_param["mode"] = "test" if y is None else "train"
        conv_param = {"stride": 1, "pad": 1}
        pool_param = {"pool_height": 2, "pool_width": 2, "stride": 2}
        # BEGIN SOLUTION
        p, out, caches = self.params, X, []
        for layer in range(self.num_layers - 1):
            out, conv_cache = FastConv.forward(out, p[f"W{layer}"], p[f"b{layer}"], conv_param)
            norm_cache: Any = None
            if self.batchnorm:
                gamma, beta = p[f"gamma{layer}"], p[f"beta{layer}"]
                out, norm_cache = SpatialBatchNorm.forward(out, gamma, beta, self.bn_params[layer])
            out, relu_cache = ReLU.forward(out)
            pool_cache: Any = None
            if layer in self.max_pools:
                out, pool_cache = FastMaxPool.forward(out, pool_param)
            caches.append((conv_cache, norm_cache, relu_cache, pool_cache))
        scores, scores_cache = Linear.forward(out, p["W"], p["b"])
        if y is None:
            return scores

        grads: dict[str, Tensor] = {}
        loss, dout = softmax_loss(scores, y)
        dout, grads["W"], grads["b"] = Linear.backward(dout, scores_cache)
        for layer in range(self.num_layers - 2, -1, -1):
            conv_cache, norm_cache, relu_cache, pool_cache = caches[layer]
            if layer in self.max_pools:
                dout = FastMaxPool.backward(dout, pool_cache)
            dout = ReLU.backward(dout, relu_cache)
            if self.batchnorm:
                dout, grads[f"gamma{layer}"], grads[f"beta{layer}"] = SpatialBatchNorm.backward(dout, norm_cache)
            dout, grads[f"W{layer}"], grads[f"b{layer}"] = FastConv.backward(dout, conv_cache)
        for name in p:
            if name.startswith("W"):
                loss = loss + self.reg * p[name].square().sum()
                grads[name] = grads[name] + 2 * self.reg * p[name]
        return loss, grads
        # END SOLUTION

    def save(self, path: str) -> None:
        """Write parameters and running statistics to a file. Given."""
        state = {name: getattr(self, name) for name in ("reg", "dtype", "num_layers", "max_pools", "batchnorm")}
        torch.save({**state, "bn_params": self.bn_params, "params": self.params}, path)

    def load(self, path: str, dtype: torch.dtype, device: str) -> None:
        """Read what `save` has written. Given."""
        saved = torch.load(path, map_location="cpu")
        for name in ("reg", "num_layers", "max_pools", "batchnorm"):
            setattr(self, name, saved[name])
        self.dtype = dtype
        like = {"dtype": dtype, "device": device}
        self.params = {name: value.to(**like) for name, value in saved["params"].items()}
        self.bn_params = [
            {name: value.to(**like) if isinstance(value, Tensor) else value for name, value in one.items()}
            for one in saved["bn_params"]
        ]


# -- training ---------------------------------------------------------------------------------------------------------


def find_overfit_parameters() -> tuple[float, float]:
    """Return (weight_scale, learning_rate) with which a DeepConvNet learns fifty images by heart.

    The net has num_filters=[8, 16, 32, 64] and max_pools=[0, 1, 2, 3], without batch normalisation, and is trained by
    Adam in batches of 10, for 30 epochs.
    """
    # BEGIN SOLUTION
    return 0.1, 2e-3
    # END SOLUTION


def create_convolutional_solver_instance(data_dict: dict[str, Tensor], dtype: torch.dtype, device: str) -> Solver:
    """Return a Solver for a DeepConvNet that reads images well after `train()`.

    data_dict: X_train (N, 3, 32, 32), y_train (N,), X_val (M, 3, 32, 32), y_val (M,); ten classes.
    """
    # BEGIN SOLUTION
    model = DeepConvNet(
        input_dims=tuple(data_dict["X_train"].shape[1:]),
        num_filters=[8, 16],
        max_pools=[0, 1],
        batchnorm=True,
        weight_scale="kaiming",
        reg=1e-4,
        dtype=dtype,
        device=device,
    )
    return Solver(
        model,
        data_dict,
        update_rule=adam,
        optim_config={"learning_rate": 3e-3},
        num_epochs=5,
        batch_size=25,
        print_every=0,
        device=device,
    )
    # END SOLUTION


def kaiming_initializer(
    Din: int,
    Dout: int,
    K: int | None = None,
    relu: bool = True,
    device: str = "cpu",
    dtype: torch.dtype = torch.float32,
) -> Tensor:
    """Return normal weights whose outputs have the variance of their inputs (He et al. 2015).

    Din, Dout: numbers of inputs and outputs, or of channels. K: the size of square filters, None for a linear layer.
    relu: whether a ReLU follows, which halves the second moment and needs a variance twice as large.
    Returns (Din, Dout), or filters (Dout, Din, K, K).
    """
    # BEGIN SOLUTION
    fan_in = Din if K is None else Din * K * K
    shape = (Din, Dout) if K is None else (Dout, Din, K, K)
    gain = 2 if relu else 1
    return math.sqrt(gain / fan_in) * torch.randn(shape, dtype=dtype, device=device)
    # END SOLUTION


# -- batch normalisation ----------------------------------------------------------------------------------------------


class BatchNorm:
    """Batch normalisation (Ioffe and Szegedy 2015): every feature gets mean 0 and variance 1 over the batch, and then
    the deviation gamma and the mean beta."""

    @staticmethod
    def forward(x: Tensor, gamma: Tensor, beta: Tensor, bn_param: Param) -> tuple[Tensor, Cache]:
        """Return out (N, D) and a cache; keep running statistics in `bn_param`.

        x: (N, D). gamma, beta: (D,).
        bn_param: mode ("train" or "test"), eps (1e-5, added to the variance), momentum (0.9), running_mean and
        running_var (D,), 0 at first.
        In training, normalise with mean and variance of the batch (the sum of squares divided by N), and move the
        running ones towards them: running = momentum * running + (1 - momentum) * of the batch. In test mode,
        normalise with the running ones and change nothing.
        """
        mode, eps, momentum = bn_param["mode"], bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
        D = x.shape[1]
        running_mean = bn_param.get("running_mean", torch.zeros(D, dtype=x.dtype, device=x.device))
        running_var = bn_param.get("running_var", torch.zeros(D, dtype=x.dtype, device=x.device))
        # BEGIN SOLUTION
        if mode == "test":
            return (x - running_mean) * (gamma / (running_var + eps).sqrt()) + beta, ()

        mean = x.mean(dim=0)
        centred = x - mean
        var = centred.square().mean(dim=0)
        bn_param["running_mean"] = momentum * running_mean + (1 - momentum) * mean
        bn_param["running_var"] = momentum * running_var + (1 - momentum) * var
        inv_std = (var + eps).rsqrt()
        return torch.addcmul(beta, centred, gamma * inv_std), (centred, inv_std, gamma)
        # END SOLUTION

    @staticmethod
    def backward(dout: Tensor, cache: Cache) -> tuple[Tensor, Tensor, Tensor]:
        """Return the gradients dx (N, D), dgamma (D,) and dbeta (D,), step by step back through `forward` in
        training mode. dout: (N, D)."""
        # BEGIN SOLUTION
        centred, inv_std, gamma = cache
        N = dout.shape[0]
        # out = scale * centred + beta, and scale = gamma * inv_std
        dbeta = dout.sum(dim=0)
        dscale = (dout * centred).sum(dim=0)
        dgamma = dscale * inv_std
        # inv_std = (var + eps) ** -1/2
        dvar = -0.5 * inv_std**3 * (dscale * gamma)
        # centred acts directly, and through var = mean of centred ** 2
        dcentred = (dout * (gamma * inv_std)).addcmul_(centred, 2 / N * dvar)
        # centred = x - mean
        return dcentred.sub_(dcentred.mean(dim=0)), dgamma, dbeta
        # END SOLUTION

    @staticmethod
    def backward_alt(dout: Tensor, cache: Cache) -> tuple[Tensor, Tensor, Tensor]:
        """Return the same gradients by one short formula, derived on paper; without calling `backward`."""
        # BEGIN SOLUTION
        centred, inv_std, gamma = cache
        N = dout.shape[0]
        dbeta = dout.sum(dim=0)
        dgamma = (dout * centred).sum(dim=0) * inv_std
        dx = (dout - dbeta / N).addcmul_(centred, dgamma * inv_std / -N).mul_(gamma * inv_std)
        return dx, dgamma, dbeta
        # END SOLUTION


class SpatialBatchNorm:
    """Batch normalisation of images: a channel is a feature, and every pixel of every image is an example of it."""

    @staticmethod
    def forward(x: Tensor, gamma: Tensor, beta: Tensor, bn_param: Param) -> tuple[Tensor, Cache]:
        """Return out (N, C, H, W) and a cache. x: (N, C, H, W). gamma, beta: (C,). bn_param: as in BatchNorm."""
        # BEGIN SOLUTION
        N, C, H, W = x.shape
        out, cache = BatchNorm.forward(x.permute(0, 2, 3, 1).reshape(-1, C), gamma, beta, bn_param)
        return out.reshape(N, H, W, C).permute(0, 3, 1, 2), cache
        # END SOLUTION

    @staticmethod
    def backward(dout: Tensor, cache: Cache) -> tuple[Tensor, Tensor, Tensor]:
        """Return the gradients dx (N, C, H, W), dgamma (C,) and dbeta (C,). dout: (N, C, H, W)."""
        # BEGIN SOLUTION
        N, C, H, W = dout.shape
        dx, dgamma, dbeta = BatchNorm.backward_alt(dout.permute(0, 2, 3, 1).reshape(-1, C), cache)
        return dx.reshape(N, H, W, C).permute(0, 3, 1, 2), dgamma, dbeta
        # END SOLUTION


# -- given: fast layers, and layers that often come together ----------------------------------------------------------


class FastConv:
    """Conv by the library's kernels. Arguments and results as in Conv. Given."""

    @staticmethod
    def forward(x: Tensor, w: Tensor, b: Tensor, conv_param: Param) -> tuple[Tensor, Cache]:
        """Return out and a cache."""
        stride, pad = conv_param["stride"], conv_param["pad"]
        return F.conv2d(x, w, b, stride=stride, padding=pad), (x, w, stride, pad)

    @staticmethod
    def backward(dout: Tensor, cache: Cache) -> tuple[Tensor, Tensor, Tensor]:
        """Return dx, dw and db."""
        x, w, stride, pad = cache
        dx = torch.nn.grad.conv2d_input(x.shape, w, dout, stride=stride, padding=pad)
        dw = torch.nn.grad.conv2d_weight(x, w.shape, dout, stride=stride, padding=pad)
        return dx, dw, dout.sum(dim=(0, 2, 3))


class FastMaxPool:
    """MaxPool by the library's kernels. Arguments and results as in MaxPool. Given."""

    @staticmethod
    def forward(x: Tensor, pool_param: Param) -> tuple[Tensor, Cache]:
        """Return out and a cache."""
        size = (pool_param["pool_height"], pool_param["pool_width"])
        out, chosen = F.max_pool2d(x, size, stride=pool_param["stride"], return_indices=True)
        return out, (chosen, x.shape)

    @staticmethod
    def backward(dout: Tensor, cache: Cache) -> Tensor:
        """Return dx."""
        chosen, shape = cache
        dx = dout.new_zeros(shape).flatten(start_dim=2)
        dx.scatter_add_(2, chosen.flatten(start_dim=2), dout.flatten(start_dim=2))
        return dx.reshape(shape)


class Conv_ReLU:
    """Convolution, then a rectifier. Given."""

    @staticmethod
    def forward(x: Tensor, w: Tensor, b: Tensor, conv_param: Param) -> tuple[Tensor, Cache]:
        """Return out and a cache."""
        out, conv_cache = FastConv.forward(x, w, b, conv_param)
        out, relu_cache = ReLU.forward(out)
        return out, (conv_cache, relu_cache)

    @staticmethod
    def backward(dout: Tensor, cache: Cache) -> tuple[Tensor, Tensor, Tensor]:
        """Return dx, dw and db."""
        conv_cache, relu_cache = cache
        return FastConv.backward(ReLU.backward(dout, relu_cache), conv_cache)


class Conv_ReLU_Pool:
    """Convolution, a rectifier, max-pooling. Given."""

    @staticmethod
    def forward(x: Tensor, w: Tensor, b: Tensor, conv_param: Param, pool_param: Param) -> tuple[Tensor, Cache]:
        """Return out and a cache."""
        out, conv_cache = Conv_ReLU.forward(x, w, b, conv_param)
        out, pool_cache = FastMaxPool.forward(out, pool_param)
        return out, (conv_cache, pool_cache)

    @staticmethod
    def backward(dout: Tensor, cache: Cache) -> tuple[Tensor, Tensor, Tensor]:
        """Return dx, dw and db."""
        conv_cache, pool_cache = cache
        return Conv_ReLU.backward(FastMaxPool.backward(dout, pool_cache), conv_cache)


class Linear_BatchNorm_ReLU:
    """A linear layer, batch normalisation, a rectifier. Given."""

    @staticmethod
    def forward(x: Tensor, w: Tensor, b: Tensor, gamma: Tensor, beta: Tensor, bn_param: Param) -> tuple[Tensor, Cache]:
        """Return out and a cache."""
        out, linear_cache = Linear.forward(x, w, b)
        out, norm_cache = BatchNorm.forward(out, gamma, beta, bn_param)
        out, relu_cache = ReLU.forward(out)
        return out, (linear_cache, norm_cache, relu_cache)

    @staticmethod
    def backward(dout: Tensor, cache: Cache) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Return dx, dw, db, dgamma and dbeta."""
        linear_cache, norm_cache, relu_cache = cache
        dout, dgamma, dbeta = BatchNorm.backward(ReLU.backward(dout, relu_cache), norm_cache)
        return (*Linear.backward(dout, linear_cache), dgamma, dbeta)


class Conv_BatchNorm_ReLU:
    """Convolution, batch normalisation, a rectifier. Given."""

    @staticmethod
    def forward(
        x: Tensor, w: Tensor, b: Tensor, gamma: Tensor, beta: Tensor, conv_param: Param, bn_param: Param
    ) -> tuple[Tensor, Cache]:
        """Return out and a cache."""
        out, conv_cache = FastConv.forward(x, w, b, conv_param)
        out, norm_cache = SpatialBatchNorm.forward(out, gamma, beta, bn_param)
        out, relu_cache = ReLU.forward(out)
        return out, (conv_cache, norm_cache, relu_cache)

    @staticmethod
    def backward(dout: Tensor, cache: Cache) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Return dx, dw, db, dgamma and dbeta."""
        conv_cache, norm_cache, relu_cache = cache
        dout, dgamma, dbeta = SpatialBatchNorm.backward(ReLU.backward(dout, relu_cache), norm_cache)
        return (*FastConv.backward(dout, conv_cache), dgamma, dbeta)


class Conv_BatchNorm_ReLU_Pool:
    """Convolution, batch normalisation, a rectifier, max-pooling. Given."""

    @staticmethod
    def forward(
        x: Tensor,
        w: Tensor,
        b: Tensor,
        gamma: Tensor,
        beta: Tensor,
        conv_param: Param,
        bn_param: Param,
        pool_param: Param,
    ) -> tuple[Tensor, Cache]:
        """Return out and a cache."""
        out, conv_cache = Conv_BatchNorm_ReLU.forward(x, w, b, gamma, beta, conv_param, bn_param)
        out, pool_cache = FastMaxPool.forward(out, pool_param)
        return out, (conv_cache, pool_cache)

    @staticmethod
    def backward(dout: Tensor, cache: Cache) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Return dx, dw, db, dgamma and dbeta."""
        conv_cache, pool_cache = cache
        return Conv_BatchNorm_ReLU.backward(FastMaxPool.backward(dout, pool_cache), conv_cache)
