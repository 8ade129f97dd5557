"""
Half of it right. Each mistake is one that is often made.
"""
import torch
import random
import torchvision
import cv2
from eecs598 import Solver
from a3_helper import svm_loss, softmax_loss
from fully_connected_networks import *


def hello_convolutional_networks():
  print('convolutional_networks is here')


class Conv(object):

  @staticmethod
  def forward(x, w, b, conv_param):
    out = None
    stride, pad = conv_param['stride'], conv_param['pad']
    N, C, H, W = x.shape
    F, _, HH, WW = w.shape
    Ho = 1 + (H + 2 * pad - HH) // stride
    Wo = 1 + (W + 2 * pad - WW) // stride
    xp = torch.nn.functional.pad(x, (pad, pad, pad, pad))
    out = torch.zeros(N, F, Ho, Wo, dtype=x.dtype, device=x.device)
    for n in range(N):
      for f in range(F):
        for i in range(Ho):
          for j in range(Wo):
            window = xp[n, :, i * stride:i * stride + HH, j * stride:j * stride + WW]
            out[n, f, i, j] = (window * w[f]).sum() + b[f]
    cache = (x, w, b, conv_param)
    return out, cache

  @staticmethod
  def backward(dout, cache):
    dx, dw, db = None, None, None
    x, w, b, conv_param = cache
    stride, pad = conv_param['stride'], conv_param['pad']
    N, C, H, W = x.shape
    F, _, HH, WW = w.shape
    Ho, Wo = dout.shape[2], dout.shape[3]
    xp = torch.nn.functional.pad(x, (pad, pad, pad, pad))
    dxp = torch.zeros_like(xp)
    dw = torch.zeros_like(w)
    db = dout.sum(dim=3).sum(dim=2).sum(dim=0)
    # (F, N * Ho * Wo): every filter's gradients in a row
    d = dout.permute(1, 0, 2, 3).reshape(F, -1)
    for r in range(HH):
      for c in range(WW):
        rows = slice(r, r + stride * (Ho - 1) + 1, stride)
        cols = slice(c, c + stride * (Wo - 1) + 1, stride)
        patch = xp[:, :, rows, cols].permute(1, 0, 2, 3).reshape(C, -1)
        dw[:, :, r, c] = torch.mm(d, patch.t())
        dxp[:, :, rows, cols] += torch.mm(w[:, :, r, c].t(), d).reshape(C, N, Ho, Wo).permute(1, 0, 2, 3)
    dx = dxp[:, :, pad:-pad, pad:-pad]
    return dx, dw, db


class MaxPool(object):

  @staticmethod
  def forward(x, pool_param):
    out = None
    ph, pw, s = pool_param['pool_height'], pool_param['pool_width'], pool_param['stride']
    N, C, H, W = x.shape
    Ho, Wo = 1 + (H - ph) // s, 1 + (W - pw) // s
    out = torch.zeros(N, C, Ho, Wo, dtype=x.dtype, device=x.device)
    for i in range(Ho):
      for j in range(Wo):
        out[:, :, i, j] = x[:, :, i * s:i * s + ph, j * s:j * s + pw].reshape(N, C, -1).max(dim=2)[0]
    cache = (x, pool_param)
    return out, cache

  @staticmethod
  def backward(dout, cache):
    dx = None
    x, pool_param = cache
    ph, pw, s = pool_param['pool_height'], pool_param['pool_width'], pool_param['stride']
    dx = torch.zeros_like(x)
    for n in range(x.shape[0]):
      for c in range(x.shape[1]):
        for i in range(dout.shape[2]):
          for j in range(dout.shape[3]):
            k = torch.argmax(x[n, c, i * s:i * s + ph, j * s:j * s + pw]).item()
            dx[n, c, i * s + k // pw, j * s + k % pw] = dout[n, c, i, j]
    return dx


class ThreeLayerConvNet(object):

  def __init__(self, input_dims=(3, 32, 32), num_filters=32, filter_size=7,
               hidden_dim=100, num_classes=10, weight_scale=1e-3, reg=0.0,
               dtype=torch.float, device='cpu'):
    self.params = {}
    self.reg = reg
    self.dtype = dtype
    C, H, W = input_dims
    size = num_filters * (H // 2) * (W // 2)
    self.params['W1'] = weight_scale * torch.randn(num_filters, C, filter_size, filter_size, dtype=dtype, device=device)
    self.params['W2'] = weight_scale * torch.randn(size, hidden_dim, dtype=dtype, device=device)
    self.params['W3'] = weight_scale * torch.randn(hidden_dim, num_classes, dtype=dtype, device=device)
    self.params['b1'] = torch.zeros(num_filters, dtype=dtype, device=device)
    self.params['b2'] = torch.zeros(hidden_dim, dtype=dtype, device=device)
    self.params['b3'] = torch.zeros(num_classes, dtype=dtype, device=device)

  def loss(self, X, y=None):
    X = X.to(self.dtype)
    W1, b1 = self.params['W1'], self.params['b1']
    W2, b2 = self.params['W2'], self.params['b2']
    W3, b3 = self.params['W3'], self.params['b3']
    filter_size = W1.shape[2]
    conv_param = {'stride': 1, 'pad': (filter_size - 1) // 2}
    pool_param = {'pool_height': 2, 'pool_width': 2, 'stride': 2}
    a, conv_cache = Conv_ReLU_Pool.forward(X, W1, b1, conv_param, pool_param)
    h, hidden_cache = Linear.forward(a, W2, b2)
    scores, score_cache = Linear.forward(h, W3, b3)
    if y is None:
      return scores
    grads = {}
    loss, dscores = softmax_loss(scores, y)
    dh, grads['W3'], grads['b3'] = Linear.backward(dscores, score_cache)
    da, grads['W2'], grads['b2'] = Linear.backward(dh, hidden_cache)
    dX, grads['W1'], grads['b1'] = Conv_ReLU_Pool.backward(da, conv_cache)
    for i in '123':
      loss += self.reg * torch.sum(self.params['W' + i] ** 2)
      grads['W' + i] += 2 * self.reg * self.params['W' + i]
    return loss, grads


class DeepConvNet(object):

  def __init__(self, input_dims=(3, 32, 32), num_filters=[8, 8, 8, 8, 8],
               max_pools=[0, 1, 2, 3, 4], batchnorm=False, num_classes=10,
               weight_scale=1e-3, reg=0.0, weight_initializer=None,
               dtype=torch.float, device='cpu'):
    self.params = {}
    self.num_layers = len(num_filters) + 1
    self.max_pools = max_pools
    self.batchnorm = batchnorm
    self.reg = reg
    self.dtype = dtype
    if device == 'cuda':
      device = 'cuda:0'
    prev, H, W = input_dims
    for i, f in enumerate(num_filters):
      if weight_scale == 'kaiming':
        self.params['W%d' % (i + 1)] = kaiming_initializer(prev, f, K=3, relu=True, device=device, dtype=dtype)
      else:
        self.params['W%d' % (i + 1)] = weight_scale * torch.randn(f, prev, 3, 3, dtype=dtype, device=device)
      self.params['b%d' % (i + 1)] = torch.zeros(f, dtype=dtype, device=device)
      if batchnorm:
        self.params['gamma%d' % (i + 1)] = torch.ones(f, dtype=dtype, device=device)
        self.params['beta%d' % (i + 1)] = torch.zeros(f, dtype=dtype, device=device)
      if i in max_pools:
        H, W = H // 2, W // 2
      prev = f
    L = self.num_layers
    if weight_scale == 'kaiming':
      self.params['W%d' % L] = kaiming_initializer(prev * H * W, num_classes, relu=True, device=device, dtype=dtype)
    else:
      self.params['W%d' % L] = weight_scale * torch.randn(prev * H * W, num_classes, dtype=dtype, device=device)
    self.params['b%d' % L] = torch.zeros(num_classes, dtype=dtype, device=device)
    self.bn_params = []
    if self.batchnorm:
      self.bn_params = [{'mode': 'train'} for _ in range(len(num_filters))]
    assert len(self.params) == 2 * L + (2 * (L - 1) if batchnorm else 0)

  def loss(self, X, y=None):
    X = X.to(self.dtype)
    mode = 'test' if y is None else 'train'
    if self.batchnorm:
      for bn_param in self.bn_params:
        bn_param['mode'] = mode
    conv_param = {'stride': 1, 'pad': 1}
    pool_param = {'pool_height': 2, 'pool_width': 2, 'stride': 2}
    L = self.num_layers
    caches = []
    out = X
    for i in range(1, L):
      w, b = self.params['W%d' % i], self.params['b%d' % i]
      if self.batchnorm:
        gamma, beta = self.params['gamma%d' % i], self.params['beta%d' % i]
        if i - 1 in self.max_pools:
          out, cache = Conv_BatchNorm_ReLU_Pool.forward(out, w, b, gamma, beta, conv_param, self.bn_params[i - 1], pool_param)
        else:
          out, cache = Conv_BatchNorm_ReLU.forward(out, w, b, gamma, beta, conv_param, self.bn_params[i - 1])
      else:
        if i - 1 in self.max_pools:
          out, cache = Conv_ReLU_Pool.forward(out, w, b, conv_param, pool_param)
        else:
          out, cache = Conv_ReLU.forward(out, w, b, conv_param)
      caches.append(cache)
    scores, last_cache = Linear.forward(out, self.params['W%d' % L], self.params['b%d' % L])
    if y is None:
      return scores
    grads = {}
    loss, dout = softmax_loss(scores, y)
    loss = loss.item()
    dout, dw, grads['b%d' % L] = Linear.backward(dout, last_cache)
    grads['W%d' % L] = dw + 2 * self.reg * self.params['W%d' % L]
    loss += self.reg * (self.params['W%d' % L] ** 2).sum().item()
    for i in range(L - 1, 0, -1):
      cache = caches.pop()
      if self.batchnorm:
        layer = Conv_BatchNorm_ReLU_Pool if i - 1 in self.max_pools else Conv_BatchNorm_ReLU
        dout, dw, grads['b%d' % i], grads['gamma%d' % i], grads['beta%d' % i] = layer.backward(dout, cache)
      else:
        layer = Conv_ReLU_Pool if i - 1 in self.max_pools else Conv_ReLU
        dout, dw, grads['b%d' % i] = layer.backward(dout, cache)
      grads['W%d' % i] = dw + 2 * self.reg * self.params['W%d' % i]
      loss += self.reg * (self.params['W%d' % i] ** 2).sum().item()
    return torch.tensor(loss, dtype=scores.dtype), grads


def find_overfit_parameters():
  weight_scale = 1e-1
  learning_rate = 1e-3
  return weight_scale, learning_rate


def create_convolutional_solver_instance(data_dict, dtype, device):
  input_dims = data_dict['X_train'].shape[1:]
  model = DeepConvNet(input_dims=input_dims, num_classes=10,
                      num_filters=[16, 32], max_pools=[0, 1],
                      weight_scale='kaiming', reg=1e-5,
                      dtype=dtype, device=device)
  solver = Solver(model, data_dict, num_epochs=6, batch_size=32,
                  update_rule=adam,
                  optim_config={'learning_rate': 2e-3},
                  print_every=20, device=device)
  return solver


def kaiming_initializer(Din, Dout, K=None, relu=True, device='cpu', dtype=torch.float32):
  gain = 2. if relu else 1.
  weight = None
  if K is None:
    weight = torch.randn(Din, Dout, dtype=dtype, device=device) * (gain / Din) ** 0.5
  else:
    weight = torch.randn(Din, Dout, K, K, dtype=dtype, device=device) * (gain / (Din * K * K)) ** 0.5
  return weight


class BatchNorm(object):

  @staticmethod
  def forward(x, gamma, beta, bn_param):
    eps = bn_param.get('eps', 1e-5)
    m = bn_param.get('momentum', 0.9)
    N, D = x.shape
    old_mean = bn_param.get('running_mean', torch.zeros(D, dtype=x.dtype, device=x.device))
    old_var = bn_param.get('running_var', torch.zeros(D, dtype=x.dtype, device=x.device))
    out, cache = None, None
    if bn_param['mode'] == 'train':
      mean = torch.sum(x, dim=0) / N
      var = torch.sum((x - mean) ** 2, dim=0) / N
      std = torch.sqrt(var + eps)
      z = (x - mean) / std
      out = z * gamma
      out += beta
      bn_param['running_mean'] = m * old_mean + (1 - m) * mean
      bn_param['running_var'] = m * old_var + (1 - m) * var
      cache = {'x': x, 'mean': mean, 'std': std, 'gamma': gamma}
    else:
      out = (x - old_mean) / (torch.sqrt(old_var) + eps)
      out *= gamma
      out += beta
    return out, cache

  @staticmethod
  def backward(dout, cache):
    dx, dgamma, dbeta = None, None, None
    x, mean, std, gamma = cache['x'], cache['mean'], cache['std'], cache['gamma']
    N = dout.shape[0]
    centred = x - mean
    dbeta = torch.sum(dout, dim=0)
    dgamma = torch.sum(dout * centred / std, dim=0)
    # through z = centred / std, once directly and once through std
    dz = dout * gamma
    dstd = torch.sum(dz * centred, dim=0) / (-std * std)
    dvar = dstd / (2 * std)
    dx = dz / std
    dx += 2 / N * centred * dvar
    return dx, dgamma, dbeta

  @staticmethod
  def backward_alt(dout, cache):
    dx, dgamma, dbeta = None, None, None
    z = (cache['x'] - cache['mean']) / cache['std']
    dbeta = torch.sum(dout, dim=0)
    dgamma = torch.sum(dout * z, dim=0)
    z *= dgamma
    z += dbeta
    z /= -dout.shape[0]
    z += dout
    z *= cache['gamma'] / cache['std']
    dx = z
    return dx, dgamma, dbeta


class SpatialBatchNorm(object):

  @staticmethod
  def forward(x, gamma, beta, bn_param):
    N, C, H, W = x.shape
    flat = x.permute(0, 2, 3, 1).reshape(N * H * W, C)
    out, cache = BatchNorm.forward(flat, gamma, beta, bn_param)
    out = out.reshape(N, H, W, C).permute(0, 3, 1, 2)
    return out, cache

  @staticmethod
  def backward(dout, cache):
    N, C, H, W = dout.shape
    flat = dout.permute(0, 2, 3, 1).reshape(N * H * W, C)
    dx, dgamma, dbeta = BatchNorm.backward(flat, cache)
    dx = dx.reshape(N, H, W, C).permute(0, 3, 1, 2)
    return dx, dgamma, dbeta


# ---- the library's layers, through autograd ----

class FastConv(object):

  @staticmethod
  def forward(x, w, b, conv_param):
    with torch.enable_grad():
      inputs = [t.detach().requires_grad_() for t in (x, w, b)]
      out = torch.nn.functional.conv2d(*inputs, stride=conv_param['stride'], padding=conv_param['pad'])
    return out.detach(), (out, inputs)

  @staticmethod
  def backward(dout, cache):
    out, inputs = cache
    out.backward(dout)
    return tuple(t.grad for t in inputs)


class FastMaxPool(object):

  @staticmethod
  def forward(x, pool_param):
    pool = torch.nn.MaxPool2d((pool_param['pool_height'], pool_param['pool_width']), pool_param['stride'])
    with torch.enable_grad():
      x = x.detach().requires_grad_()
      out = pool(x)
    return out.detach(), (out, x)

  @staticmethod
  def backward(dout, cache):
    out, x = cache
    return torch.autograd.grad(out, x, dout)[0]


class Conv_ReLU(object):

  @staticmethod
  def forward(x, w, b, conv_param):
    a, conv_cache = FastConv.forward(x, w, b, conv_param)
    out, relu_cache = ReLU.forward(a)
    return out, (conv_cache, relu_cache)

  @staticmethod
  def backward(dout, cache):
    conv_cache, relu_cache = cache
    da = ReLU.backward(dout, relu_cache)
    return FastConv.backward(da, conv_cache)


class Conv_ReLU_Pool(object):

  @staticmethod
  def forward(x, w, b, conv_param, pool_param):
    a, conv_cache = FastConv.forward(x, w, b, conv_param)
    s, relu_cache = ReLU.forward(a)
    out, pool_cache = FastMaxPool.forward(s, pool_param)
    return out, (conv_cache, relu_cache, pool_cache)

  @staticmethod
  def backward(dout, cache):
    conv_cache, relu_cache, pool_cache = cache
    ds = FastMaxPool.backward(dout, pool_cache)
    da = ReLU.backward(ds, relu_cache)
    return FastConv.backward(da, conv_cache)


class Conv_BatchNorm_ReLU(object):

  @staticmethod
  def forward(x, w, b, gamma, beta, conv_param, bn_param):
    a, conv_cache = FastConv.forward(x, w, b, conv_param)
    an, bn_cache = SpatialBatchNorm.forward(a, gamma, beta, bn_param)
    out, relu_cache = ReLU.forward(an)
    return out, (conv_cache, bn_cache, relu_cache)

  @staticmethod
  def backward(dout, cache):
    conv_cache, bn_cache, relu_cache = cache
    dan = ReLU.backward(dout, relu_cache)
    da, dgamma, dbeta = SpatialBatchNorm.backward(dan, bn_cache)
    dx, dw, db = FastConv.backward(da, conv_cache)
    return dx, dw, db, dgamma, dbeta


class Conv_BatchNorm_ReLU_Pool(object):

  @staticmethod
  def forward(x, w, b, gamma, beta, conv_param, bn_param, pool_param):
    out, cache = Conv_BatchNorm_ReLU.forward(x, w, b, gamma, beta, conv_param, bn_param)
    out, pool_cache = FastMaxPool.forward(out, pool_param)
    return out, (cache, pool_cache)

  @staticmethod
  def backward(dout, cache):
    cache, pool_cache = cache
    dout = FastMaxPool.backward(dout, pool_cache)
    return Conv_BatchNorm_ReLU.backward(dout, cache)
