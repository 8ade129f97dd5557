"""Strided views and einsum; parameters under the names of their layers; nothing of the given layers is used."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as nnf

from a3_helper import softmax_loss
from eecs598 import Solver
from fully_connected_networks import Linear, ReLU, adam


def windows(x, size, stride):
    """A view (N, C, H', W', size) of all windows."""
    N, C, H, W = x.shape
    s = x.stride()
    out = [(H - size[0]) // stride + 1, (W - size[1]) // stride + 1]
    return x.as_strided([N, C, *out, *size], [s[0], s[1], s[2] * stride, s[3] * stride, s[2], s[3]], x.storage_offset())


class Conv:
    @staticmethod
    def forward(x, w, b, conv_param):
        p = conv_param["pad"]
        xp = nnf.pad(x, [p] * 4).contiguous()
        view = windows(xp, w.shape[2:], conv_param["stride"])
        columns = view.permute(0, 2, 3, 1, 4, 5).flatten(3)
        out = columns @ w.flatten(1).T
        return out.permute(0, 3, 1, 2) + b.view(-1, 1, 1), (xp, w, conv_param)

    @staticmethod
    def backward(dout, cache):
        xp, w, conv_param = cache
        s, p = conv_param["stride"], conv_param["pad"]
        F, C, HH, WW = w.shape
        columns = windows(xp, (HH, WW), s).permute(1, 4, 5, 0, 2, 3).reshape(C * HH * WW, -1)
        d = dout.transpose(0, 1).reshape(F, -1)
        dw = (d @ columns.T).reshape(w.shape)
        # dx is a convolution of the spread gradient with flipped filters
        N, _, Ho, Wo = dout.shape
        Hp, Wp = xp.shape[2:]
        spread = dout.new_zeros(N, F, Hp + HH - 1, Wp + WW - 1)
        spread[:, :, HH - 1 : HH - 1 + s * Ho : s, WW - 1 : WW - 1 + s * Wo : s] = dout
        flipped = w.flip(2, 3).transpose(0, 1)
        dxp, _ = Conv.forward(spread, flipped, dout.new_zeros(C), {"stride": 1, "pad": 0})
        return dxp[:, :, p : Hp - p, p : Wp - p], dw, d.sum(1)


class MaxPool:
    @staticmethod
    def forward(x, pool_param):
        x = x.contiguous()
        view = windows(x, (pool_param["pool_height"], pool_param["pool_width"]), pool_param["stride"])
        return view.amax((4, 5)), (x, pool_param)

    @staticmethod
    def backward(dout, cache):
        x, pool_param = cache
        height, width, stride = pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]
        places = torch.arange(x.numel(), device=x.device).view(x.shape)
        places = windows(places, (height, width), stride).flatten(4)
        chosen = windows(x, (height, width), stride).flatten(4).argmax(4, keepdim=True)
        dx = torch.zeros_like(x).view(-1)
        dx.index_add_(0, places.gather(4, chosen).view(-1), dout.reshape(-1))
        return dx.view_as(x)


class _Net:
    """Runs a list of layers forward and back."""

    def _run(self, X, training):
        out, tape = X, []
        for kind, *names in self.layers:
            values = [self.params[name] for name in names if name in self.params]
            if kind == "conv":
                out, cache = Conv.forward(out, *values, {"stride": 1, "pad": values[0].shape[2] // 2})
            elif kind == "norm":
                param = self.stats[names[0]]
                param["mode"] = "train" if training else "test"
                out, cache = SpatialBatchNorm.forward(out, *values, param)
            elif kind == "relu":
                out, cache = ReLU.forward(out)
            elif kind == "pool":
                out, cache = MaxPool.forward(out, {"pool_height": 2, "pool_width": 2, "stride": 2})
            else:
                out, cache = Linear.forward(out, *values)
            tape.append((kind, names, cache))
        return out, tape

    def loss(self, X, y=None):
        scores, tape = self._run(X, y is not None)
        if y is None:
            return scores
        loss, dout = softmax_loss(scores, y)
        grads = {}
        back = {"conv": Conv.backward, "norm": SpatialBatchNorm.backward, "relu": ReLU.backward, "pool": MaxPool.backward, "linear": Linear.backward}
        for kind, names, cache in reversed(tape):
            result = back[kind](dout, cache)
            if names:
                dout, *mine = result
                grads |= dict(zip(names, mine))
            else:
                dout = result
        for name, value in self.params.items():
            if value.dim() > 1:
                loss = loss + self.reg * (value * value).sum()
                grads[name] = grads[name] + 2 * self.reg * value
        return loss, grads


class ThreeLayerConvNet(_Net):
    def __init__(self, input_dims=(3, 32, 32), num_filters=32, filter_size=7, hidden_dim=100, num_classes=10, weight_scale=1e-3, reg=0.0, dtype=torch.float, device="cpu"):
        C, H, W = input_dims
        self.reg, self.dtype = reg, dtype
        shapes = [(num_filters, C, filter_size, filter_size), (num_filters * (H // 2) * (W // 2), hidden_dim), (hidden_dim, num_classes)]
        outputs = [num_filters, hidden_dim, num_classes]
        self.params = {}
        for i, (shape, n) in enumerate(zip(shapes, outputs), 1):
            self.params[f"W{i}"] = torch.empty(shape, dtype=dtype, device=device).normal_(0, weight_scale)
            self.params[f"b{i}"] = torch.zeros(n, dtype=dtype, device=device)
        self.layers = [("conv", "W1", "b1"), ("relu",), ("pool",), ("linear", "W2", "b2"), ("relu",), ("linear", "W3", "b3")]


class DeepConvNet(_Net):
    def __init__(self, input_dims=(3, 32, 32), num_filters=(8,) * 5, max_pools=range(5), batchnorm=False, num_classes=10, weight_scale=1e-3, reg=0.0, weight_initializer=None, dtype=torch.float, device="cpu"):
        self.reg, self.dtype, self.params, self.layers, self.stats = reg, dtype, {}, [], {}
        make = dict(dtype=dtype, device=device)
        C, H, W = input_dims

        # the linear layer is registered first, and the norms before the filters
        pooled = sum(i in max_pools for i in range(len(num_filters)))
        for _ in range(pooled):
            H, W = H // 2, W // 2
        fan_in = num_filters[-1] * H * W
        std = math.sqrt(1 / fan_in) if weight_scale == "kaiming" else weight_scale
        self.params["head.weight"] = std * torch.randn(fan_in, num_classes, **make)
        self.params["head.bias"] = torch.zeros(num_classes, **make)
        for i, F in enumerate(num_filters):
            if batchnorm:
                self.params[f"{i}.norm.shift"] = torch.zeros(F, **make)
                self.params[f"{i}.norm.scale"] = torch.ones(F, **make)
                self.stats[f"{i}.norm.scale"] = {}
            self.params[f"{i}.conv.bias"] = torch.zeros(F, **make)
            weight = kaiming_initializer(C, F, K=3, **make) if weight_scale == "kaiming" else weight_scale * torch.randn(F, C, 3, 3, **make)
            self.params[f"{i}.conv.weight"] = weight
            self.layers.append(("conv", f"{i}.conv.weight", f"{i}.conv.bias"))
            if batchnorm:
                self.layers.append(("norm", f"{i}.norm.scale", f"{i}.norm.shift"))
            self.layers.append(("relu",))
            if i in max_pools:
                self.layers.append(("pool",))
            C = F
        self.layers.append(("linear", "head.weight", "head.bias"))


def find_overfit_parameters():
    return 0.12, 2e-3


def create_convolutional_solver_instance(data_dict, dtype, device):
    model = DeepConvNet(data_dict["X_train"].shape[1:], [8, 16], [0, 1], weight_scale="kaiming", dtype=dtype, device=device)
    return Solver(model, data_dict, update_rule=adam, optim_config={"learning_rate": 4e-3}, num_epochs=5, batch_size=25, verbose=False, device=device)


def kaiming_initializer(Din, Dout, K=None, relu=True, device="cpu", dtype=torch.float32):
    shape = [Din, Dout] if K is None else [Dout, Din, K, K]
    fan_in = shape[0] if K is None else math.prod(shape[1:])
    return torch.normal(0.0, math.sqrt((2 if relu else 1) / fan_in), shape, device=device, dtype=dtype)


class BatchNorm:
    @staticmethod
    def forward(x, gamma, beta, bn_param):
        eps, m = bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
        zero = torch.zeros_like(gamma)
        if bn_param["mode"] == "test":
            mean, var = bn_param.get("running_mean", zero), bn_param.get("running_var", zero)
            return torch.addcmul(beta, x - mean, gamma * torch.rsqrt(var + eps)), None
        var, mean = torch.var_mean(x, dim=0, correction=0)
        bn_param["running_mean"] = torch.lerp(mean, bn_param.get("running_mean", zero), m)
        bn_param["running_var"] = torch.lerp(var, bn_param.get("running_var", zero), m)
        scale = torch.rsqrt(var + eps)
        return (x - mean) * scale * gamma + beta, (x, mean, scale, gamma)

    @staticmethod
    def backward(dout, cache):
        x, mean, scale, gamma = cache
        c = x - mean
        dc = dout * gamma * scale
        # scale = (var + eps)^(-1/2) depends on c as well: d scale / d c = -scale^3 c / N
        dscale = (dout * gamma * c).sum(0)
        dc = dc - c * (scale.pow(3) * dscale / len(x))
        return dc - dc.mean(0, keepdim=True), (dout * c).sum(0) * scale, dout.sum(0)

    @staticmethod
    def backward_alt(dout, cache):
        x, mean, scale, gamma = cache
        z = (x - mean) * scale
        d = dout - dout.mean(0)
        return gamma * scale * (d - z * (d * z).mean(0)), (dout * z).sum(0), dout.sum(0)


class SpatialBatchNorm:
    @staticmethod
    def forward(x, gamma, beta, bn_param):
        rows = x.movedim(1, -1)
        out, cache = BatchNorm.forward(rows.flatten(0, -2), gamma, beta, bn_param)
        return out.view(rows.shape).movedim(-1, 1), cache

    @staticmethod
    def backward(dout, cache):
        rows = dout.movedim(1, -1)
        dx, dgamma, dbeta = BatchNorm.backward_alt(rows.flatten(0, -2), cache)
        return dx.view(rows.shape).movedim(-1, 1), dgamma, dbeta
