"""Columns by lists of indices; gradients added up by index_add_; everything that a net computes in plain lists."""
import torch
from fully_connected_networks import *


def pixel_indices(C, H, W, HH, WW, stride):
    """For every row of the columns and every window: which of the C H W pixels of an image stands there."""
    c = torch.arange(C).repeat_interleave(HH * WW)
    i = torch.arange(HH).repeat_interleave(WW).repeat(C)
    j = torch.arange(WW).repeat(C * HH)
    top = stride * torch.arange(1 + (H - HH) // stride)
    left = stride * torch.arange(1 + (W - WW) // stride)
    corners = (top[:, None] * W + left[None, :]).reshape(1, -1)
    return ((c * H + i) * W + j).reshape(-1, 1) + corners


class Conv:
    @staticmethod
    def forward(x, w, b, conv_param):
        stride, pad = conv_param["stride"], conv_param["pad"]
        N, C, H, W = x.shape
        F, _, HH, WW = w.shape
        xp = x.new_zeros(N, C, H + 2 * pad, W + 2 * pad)
        xp[:, :, pad : H + pad, pad : W + pad] = x
        indices = pixel_indices(C, H + 2 * pad, W + 2 * pad, HH, WW, stride).to(x.device)
        columns = xp.reshape(N, -1)[:, indices.reshape(-1)].reshape(N, *indices.shape)
        out = torch.baddbmm(b[None, :, None], w.reshape(1, F, -1).expand(N, -1, -1), columns)
        size = 1 + (H + 2 * pad - HH) // stride, 1 + (W + 2 * pad - WW) // stride
        return out.reshape(N, F, *size), [x.shape, w, columns, indices, pad]

    @staticmethod
    def backward(dout, cache):
        (N, C, H, W), w, columns, indices, pad = cache
        d = dout.reshape(N, w.shape[0], -1)
        db = d.sum(dim=-1).sum(dim=0)
        dw = torch.bmm(d, columns.transpose(1, 2)).sum(dim=0).reshape(w.shape)
        dcolumns = torch.bmm(w.reshape(1, w.shape[0], -1).transpose(1, 2).expand(N, -1, -1), d)
        dxp = dout.new_zeros(N, C * (H + 2 * pad) * (W + 2 * pad))
        dxp.index_add_(1, indices.reshape(-1), dcolumns.reshape(N, -1))
        dxp = dxp.reshape(N, C, H + 2 * pad, W + 2 * pad)
        return dxp.narrow(2, pad, H).narrow(3, pad, W), dw, db


class MaxPool:
    @staticmethod
    def forward(x, pool_param):
        N, C, H, W = x.shape
        size = (pool_param["pool_height"], pool_param["pool_width"])
        stride = pool_param["stride"]
        indices = pixel_indices(1, H, W, *size, stride).to(x.device)
        columns = x.reshape(N * C, H * W)[:, indices]
        best, tap = torch.max(columns, dim=1)
        where = indices.gather(0, tap)
        out = best.reshape(N, C, 1 + (H - size[0]) // stride, 1 + (W - size[1]) // stride)
        return out, (x.shape, where)

    @staticmethod
    def backward(dout, cache):
        (N, C, H, W), where = cache
        dx = dout.new_zeros(N * C, H * W)
        dx.scatter_add_(1, where, dout.reshape(N * C, -1))
        return dx.reshape(N, C, H, W)


def conv_layer(x, w, b, backs):
    out, cache = Conv.forward(x, w, b, {"stride": 1, "pad": (w.shape[-1] - 1) // 2})
    backs.append(lambda dout: Conv.backward(dout, cache))
    return out


def relu_layer(x, backs):
    out, cache = ReLU.forward(x)
    backs.append(lambda dout: (ReLU.backward(dout, cache),))
    return out


def pool_layer(x, backs):
    out, cache = MaxPool.forward(x, {"pool_height": 2, "pool_width": 2, "stride": 2})
    backs.append(lambda dout: (MaxPool.backward(dout, cache),))
    return out


def linear_layer(x, w, b, backs):
    out, cache = Linear.forward(x, w, b)
    backs.append(lambda dout: Linear.backward(dout, cache))
    return out


def norm_layer(x, gamma, beta, param, backs):
    out, cache = SpatialBatchNorm.forward(x, gamma, beta, param)
    backs.append(lambda dout: SpatialBatchNorm.backward(dout, cache))
    return out


def back_through(backs, names, dout):
    """The gradients of the named parameters."""
    grads = {}
    for back, mine in zip(reversed(backs), reversed(names)):
        dout, *found = back(dout)
        grads.update(zip(mine, found))
    return grads


def regularise(params, names, grads, reg):
    extra = 0
    for name in names:
        extra = extra + reg * torch.sum(torch.square(params[name]))
        grads[name] = grads[name] + (reg + reg) * params[name]
    return extra


class ThreeLayerConvNet:
    def __init__(self, input_dims=(3, 32, 32), num_filters=32, filter_size=7, hidden_dim=100, num_classes=10,
                 weight_scale=1e-3, reg=0.0, dtype=torch.float, device="cpu"):
        self.reg, self.dtype = reg, dtype
        kind = {"dtype": dtype, "device": device}
        C, H, W = input_dims
        sizes = num_filters * torch.empty(H, W)[::2, ::2][: H // 2, : W // 2].numel()
        self.params = {
            "b1": torch.zeros(num_filters, **kind),
            "b2": torch.zeros(hidden_dim, **kind),
            "b3": torch.zeros(num_classes, **kind),
            "W1": weight_scale * torch.randn(num_filters, C, filter_size, filter_size, **kind),
            "W2": weight_scale * torch.randn(sizes, hidden_dim, **kind),
            "W3": weight_scale * torch.randn(hidden_dim, num_classes, **kind),
        }

    def loss(self, X, y=None):
        P, backs = self.params, []
        out = conv_layer(X, P["W1"], P["b1"], backs)
        out = pool_layer(relu_layer(out, backs), backs)
        out = linear_layer(out, P["W2"], P["b2"], backs)
        out = linear_layer(relu_layer(out, backs), P["W3"], P["b3"], backs)
        if y is None:
            return out
        loss, dout = softmax_loss(out, y)
        grads = back_through(backs, [("W1", "b1"), (), (), ("W2", "b2"), (), ("W3", "b3")], dout)
        return loss + regularise(P, ("W1", "W2", "W3"), grads, self.reg), grads


class DeepConvNet:
    def __init__(self, input_dims=(3, 32, 32), num_filters=[8, 8, 8, 8, 8], max_pools=[0, 1, 2, 3, 4],
                 batchnorm=False, num_classes=10, weight_scale=1e-3, reg=0.0, weight_initializer=None,
                 dtype=torch.float, device="cpu"):
        self.reg, self.batchnorm, self.max_pools, self.params = reg, batchnorm, set(max_pools), {}
        self.depth = len(num_filters)
        self.running = [dict() for _ in num_filters]
        kind = {"dtype": dtype, "device": device}
        channels = [input_dims[0], *num_filters]
        H, W = input_dims[1], input_dims[2]
        for layer in range(self.depth):
            n_in, n_out = channels[layer : layer + 2]
            if weight_scale == "kaiming":
                self.params[("filters", layer)] = kaiming_initializer(n_in, n_out, 3, **kind)
            else:
                self.params[("filters", layer)] = torch.randn(n_out, n_in, 3, 3, **kind) * weight_scale
            self.params[("offset", layer)] = torch.zeros(n_out, **kind)
            if batchnorm:
                self.params[("scale", layer)] = torch.ones(n_out, **kind)
                self.params[("shift", layer)] = torch.zeros(n_out, **kind)
            if layer in self.max_pools:
                H, W = (H - 2) // 2 + 1, (W - 2) // 2 + 1
        features = channels[-1] * H * W
        if weight_scale == "kaiming":
            self.params["weights"] = kaiming_initializer(features, num_classes, relu=True, **kind)
        else:
            self.params["weights"] = torch.randn(features, num_classes, **kind) * weight_scale
        self.params["bias"] = torch.zeros(num_classes, **kind)

    def loss(self, X, y=None):
        P, backs, names, out = self.params, [], [], X
        for layer in range(self.depth):
            out = conv_layer(out, P["filters", layer], P["offset", layer], backs)
            names.append((("filters", layer), ("offset", layer)))
            if self.batchnorm:
                self.running[layer]["mode"] = "test" if y is None else "train"
                out = norm_layer(out, P["scale", layer], P["shift", layer], self.running[layer], backs)
                names.append((("scale", layer), ("shift", layer)))
            # pooling before the rectifier is the same, and cheaper
            if layer in self.max_pools:
                out = pool_layer(out, backs)
                names.append(())
            out = relu_layer(out, backs)
            names.append(())
        out = linear_layer(out, P["weights"], P["bias"], backs)
        names.append(("weights", "bias"))
        if y is None:
            return out
        loss, dout = softmax_loss(out, y)
        grads = back_through(backs, names, dout)
        regularised = ["weights"] + [("filters", layer) for layer in range(self.depth)]
        return loss + regularise(P, regularised, grads, self.reg), grads


def find_overfit_parameters():
    return 8e-2, 3e-3


def create_convolutional_solver_instance(data_dict, dtype, device):
    model = DeepConvNet(tuple(data_dict["X_train"].shape[1:]), num_filters=[8, 16], max_pools=[0, 1], batchnorm=True,
                        weight_scale="kaiming", dtype=dtype, device=device)
    return Solver(model, data_dict, update_rule=sgd_momentum, optim_config={"learning_rate": 1e-2}, num_epochs=6,
                  batch_size=35, print_every=5, device=device)


def kaiming_initializer(Din, Dout, K=None, relu=True, device="cpu", dtype=torch.float32):
    if K is None:
        deviation = (2.0 / Din) ** 0.5 if relu else Din ** -0.5
        return torch.randn(Din, Dout, device=device, dtype=dtype) * deviation
    deviation = (2.0 / (Din * K ** 2)) ** 0.5 if relu else (Din * K ** 2) ** -0.5
    return torch.randn(Dout, Din, K, K, device=device, dtype=dtype) * deviation


class BatchNorm:
    @staticmethod
    def forward(x, gamma, beta, bn_param):
        eps, momentum = bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
        for name in ("running_mean", "running_var"):
            bn_param.setdefault(name, torch.zeros_like(x[0]))
        if bn_param["mode"] == "train":
            mean = x.mean(dim=0)
            variance = ((x - mean) * (x - mean)).mean(dim=0)
            for name, now in (("running_mean", mean), ("running_var", variance)):
                bn_param[name] = bn_param[name] * momentum + now * (1 - momentum)
        else:
            mean, variance = bn_param["running_mean"], bn_param["running_var"]
        deviation = torch.sqrt(variance + eps)
        z = torch.div(torch.sub(x, mean), deviation)
        return torch.add(torch.mul(gamma, z), beta), (z, deviation, gamma)

    @staticmethod
    def backward(dout, cache):
        z, deviation, gamma = cache
        count = dout.shape[0]
        dz = dout * gamma
        # dx = J^T dz with J = (I - 1/N - z z^T / N) / deviation, a symmetric matrix for every feature
        along_ones = dz.sum(dim=0) / count
        along_z = (dz * z).sum(dim=0) / count
        return (dz - along_ones - z * along_z) / deviation, (dout * z).sum(dim=0), dout.sum(dim=0)

    @staticmethod
    def backward_alt(dout, cache):
        z, deviation, gamma = cache
        dgamma, dbeta = torch.stack([dout * z, dout]).sum(dim=1)
        dx = gamma / deviation * (dout - (dbeta + z * dgamma) / dout.shape[0])
        return dx, dgamma, dbeta


class SpatialBatchNorm:
    @staticmethod
    def forward(x, gamma, beta, bn_param):
        N, C, H, W = x.shape
        rows = torch.einsum("nchw->nhwc", x).reshape(-1, C)
        out, cache = BatchNorm.forward(rows, gamma, beta, bn_param)
        return torch.einsum("nhwc->nchw", out.reshape(N, H, W, C)), cache

    @staticmethod
    def backward(dout, cache):
        N, C, H, W = dout.shape
        rows = torch.einsum("nchw->nhwc", dout).reshape(-1, C)
        dx, dgamma, dbeta = BatchNorm.backward(rows, cache)
        return torch.einsum("nhwc->nchw", dx.reshape(N, H, W, C)), dgamma, dbeta
