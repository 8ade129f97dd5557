"""
Half of it right. Each mistake is one that is often made.
"""
import torch
import random
import cv2
import matplotlib.pyplot as plt
from torchvision import transforms
import eecs598
from a3_helper import svm_loss, softmax_loss
from eecs598 import Solver, reset_seed


def hello_fully_connected_networks():
  print('fully_connected_networks is here')


class Linear(object):

  @staticmethod
  def forward(x, w, b):
    out = None
    N = x.shape[0]
    flat = x.reshape(N, -1)
    out = torch.mm(flat, w)
    out += b
    cache = (x, w, b)
    return out, cache

  @staticmethod
  def backward(dout, cache):
    x, w, b = cache
    dx, dw, db = None, None, None
    flat = x.reshape(x.shape[0], -1)
    db = dout.sum(dim=0)
    dw = flat.t().mm(dout)
    dx = dout.mm(w.t()).reshape(*x.shape)
    return dx, dw, db


class ReLU(object):

  @staticmethod
  def forward(x):
    out = x.clone()
    out[x < 0] = 0
    cache = x
    return out, cache

  @staticmethod
  def backward(dout, cache):
    dx, x = None, cache
    # the upstream gradient is not needed any more
    dout[x <= 0] = 0
    dx = dout
    return dx


class Linear_ReLU(object):

  @staticmethod
  def forward(x, w, b):
    a, fc_cache = Linear.forward(x, w, b)
    out, relu_cache = ReLU.forward(a)
    cache = (fc_cache, relu_cache)
    return out, cache

  @staticmethod
  def backward(dout, cache):
    fc_cache, relu_cache = cache
    da = ReLU.backward(dout, relu_cache)
    dx, dw, db = Linear.backward(da, fc_cache)
    return dx, dw, db


class TwoLayerNet(object):

  def __init__(self, input_dim=3*32*32, hidden_dim=100, num_classes=10,
               weight_scale=1e-3, reg=0.0,
               dtype=torch.float32, device='cpu'):
    self.params = {}
    self.reg = reg
    self.params['W1'] = torch.zeros(input_dim, hidden_dim, dtype=dtype, device=device)
    self.params['W1'] += weight_scale * torch.randn(input_dim, hidden_dim, dtype=dtype, device=device)
    self.params['W2'] = torch.zeros(hidden_dim, num_classes, dtype=dtype, device=device)
    self.params['W2'] += weight_scale * torch.randn(hidden_dim, num_classes, dtype=dtype, device=device)
    self.params['b1'] = torch.zeros(hidden_dim, dtype=dtype, device=device)
    self.params['b2'] = torch.zeros(num_classes, dtype=dtype, device=device)

  def loss(self, X, y=None):
    scores = None
    h, cache1 = Linear_ReLU.forward(X, self.params['W1'], self.params['b1'])
    scores, cache2 = Linear.forward(h, self.params['W2'], self.params['b2'])
    if y is None:
      return scores
    loss, grads = 0, {}
    loss, dscores = softmax_loss(scores, y)
    for W in (self.params['W1'], self.params['W2']):
      loss += self.reg * torch.sum(W * W)
    dh, grads['W2'], grads['b2'] = Linear.backward(dscores, cache2)
    dX, grads['W1'], grads['b1'] = Linear_ReLU.backward(dh, cache1)
    grads['W2'] += self.reg * self.params['W2']
    grads['W1'] += self.reg * self.params['W1']
    return loss, grads


class FullyConnectedNet(object):

  def __init__(self, hidden_dims, input_dim=3*32*32, num_classes=10,
               dropout=0.0, reg=0.0, weight_scale=1e-2, seed=None,
               dtype=torch.float, device='cpu'):
    self.use_dropout = dropout != 0
    self.reg = reg
    self.num_layers = 1 + len(hidden_dims)
    self.dtype = dtype
    self.params = {}
    dims = [input_dim] + hidden_dims + [num_classes]
    for i in range(self.num_layers):
      w = torch.zeros(dims[i], dims[i + 1], dtype=dtype, device=device)
      w.normal_(mean=0, std=weight_scale)
      self.params['W%d' % (i + 1)] = w
      self.params['b%d' % (i + 1)] = torch.zeros(dims[i + 1], dtype=dtype, device=device)
    self.dropout_param = {}
    if self.use_dropout:
      self.dropout_param = {'mode': 'train', 'p': dropout}
      if seed is not None:
        self.dropout_param['seed'] = seed

  def loss(self, X, y=None):
    X = X.to(self.dtype)
    mode = 'test' if y is None else 'train'
    if self.use_dropout:
      self.dropout_param['mode'] = mode
    scores = None
    L = self.num_layers
    caches, dropouts = {}, {}
    h = X
    for i in range(1, L):
      h, caches[i] = Linear_ReLU.forward(h, self.params['W%d' % i], self.params['b%d' % i])
      if self.use_dropout:
        h, dropouts[i] = Dropout.forward(h, self.dropout_param)
    scores, caches[L] = Linear.forward(h, self.params['W%d' % L], self.params['b%d' % L])
    if mode == 'test':
      return scores
    loss, grads = 0.0, {}
    data_loss, dscores = softmax_loss(scores, y)
    loss = data_loss.item()
    for i in range(1, L + 1):
      loss += self.reg * (self.params['W%d' % i] ** 2).sum().item()
    dh, grads['W%d' % L], grads['b%d' % L] = Linear.backward(dscores, caches[L])
    for i in reversed(range(1, L)):
      if self.use_dropout:
        dh = Dropout.backward(dh, dropouts[i])
      dh, grads['W%d' % i], grads['b%d' % i] = Linear_ReLU.backward(dh, caches[i])
    for i in range(1, L + 1):
      grads['W%d' % i] += 2 * self.reg * self.params['W%d' % i]
    return loss, grads


def create_solver_instance(data_dict, dtype, device):
  model = TwoLayerNet(hidden_dim=200, weight_scale=1e-2, reg=1e-5, dtype=dtype, device=device)
  solver = Solver(model, data_dict,
                  update_rule=Solver.sgd,
                  optim_config={'learning_rate': 3e-1},
                  lr_decay=0.95,
                  num_epochs=10, batch_size=100,
                  print_every=100,
                  device=device)
  return solver


def get_three_layer_network_params():
  weight_scale = 1e-2
  learning_rate = 1e-6
  return weight_scale, learning_rate


def get_five_layer_network_params():
  learning_rate = 2e-1
  weight_scale = 1e-1
  return weight_scale, learning_rate


def sgd(w, dw, config=None):
  if config is None: config = {}
  config.setdefault('learning_rate', 1e-2)
  w -= config['learning_rate'] * dw
  return w, config


def sgd_momentum(w, dw, config=None):
  if config is None: config = {}
  config.setdefault('learning_rate', 1e-2)
  config.setdefault('momentum', 0.9)
  v = config.get('velocity', torch.zeros_like(w))
  next_w = None
  v = config['momentum'] * v + dw
  next_w = w - config['learning_rate'] * v
  config['velocity'] = v
  return next_w, config


def rmsprop(w, dw, config=None):
  if config is None: config = {}
  config.setdefault('learning_rate', 1e-2)
  config.setdefault('decay_rate', 0.99)
  config.setdefault('epsilon', 1e-8)
  config.setdefault('cache', torch.zeros_like(w))
  next_w = None
  config['cache'] *= config['decay_rate']
  config['cache'] += (1 - config['decay_rate']) * dw * dw
  next_w = w - config['learning_rate'] * dw / (torch.sqrt(config['cache']) + config['epsilon'])
  return next_w, config


def adam(w, dw, config=None):
  if config is None: config = {}
  config.setdefault('learning_rate', 1e-3)
  config.setdefault('beta1', 0.9)
  config.setdefault('beta2', 0.999)
  config.setdefault('epsilon', 1e-8)
  config.setdefault('m', torch.zeros_like(w))
  config.setdefault('v', torch.zeros_like(w))
  config.setdefault('t', 0)
  next_w = None
  config['t'] += 1
  t, b1, b2 = config['t'], config['beta1'], config['beta2']
  config['m'] = b1 * config['m'] + (1 - b1) * dw
  mt = config['m'] / (1 - b1 ** t)
  config['v'] = b2 * config['v'] + (1 - b2) * (dw * dw)
  vt = config['v'] / (1 - b2 ** t)
  next_w = w - config['learning_rate'] * mt / torch.sqrt(vt + config['epsilon'])
  return next_w, config


class Dropout(object):

  @staticmethod
  def forward(x, dropout_param):
    p, mode = dropout_param['p'], dropout_param['mode']
    if 'seed' in dropout_param:
      torch.manual_seed(dropout_param['seed'])
    mask = None
    out = None
    if mode == 'train':
      mask = torch.rand(*x.shape, dtype=x.dtype, device=x.device) < p
      out = x * mask / p
    elif mode == 'test':
      out = x
    cache = (dropout_param, mask)
    return out, cache

  @staticmethod
  def backward(dout, cache):
    dropout_param, mask = cache
    mode = dropout_param['mode']
    dx = None
    if mode == 'train':
      dx = dout * mask / dropout_param['p']
    elif mode == 'test':
      dx = dout
    return dx
