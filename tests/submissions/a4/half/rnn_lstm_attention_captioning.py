"""
Half right: a folder of some years ago: the course's own feature extractor, which wants torchvision and the internet; loops, long-hand.
"""
import math
import torch
import torch.nn as nn
import torch.nn.functional as F
from a4_helper import *
from torch.nn.parameter import Parameter


def hello():
  print('Hello from rnn_lstm_attention_captioning.py!')


class FeatureExtractor(object):
  def __init__(self, pooling=False, verbose=False, device='cpu', dtype=torch.float32):
    from torchvision import transforms, models
    self.preprocess = transforms.Compose([transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])])
    self.mobilenet = models.mobilenet_v2(pretrained=True).to(device)

  def extract_mobilenet_feature(self, img, verbose=False):
    raise RuntimeError('no internet')


def rnn_step_forward(x, prev_h, Wx, Wh, b):
  next_h, cache = None, None
  a = x.mm(Wx) + prev_h.mm(Wh) + b
  next_h = torch.tanh(a)
  cache = (x, prev_h, Wx, Wh, b, a)
  return next_h, cache


def rnn_step_backward(dnext_h, cache):
  x, prev_h, Wx, Wh, b, a = cache
  da = dnext_h * (1 - torch.tanh(torch.tanh(a)) ** 2)
  dx = da.mm(Wx.t())
  dprev_h = da.mm(Wh.t())
  dWx = x.t().mm(da)
  dWh = prev_h.t().mm(da)
  db = torch.sum(da, dim=0)
  return dx, dprev_h, dWx, dWh, db


def rnn_forward(x, h0, Wx, Wh, b):
  N, T, D = x.shape
  H = h0.shape[1]
  h = torch.zeros((N, T, H), dtype=x.dtype, device=x.device)
  cache = []
  prev_h = h0
  for t in range(T):
    prev_h, cache_t = rnn_step_forward(x[:, t, :], prev_h, Wx, Wh, b)
    h[:, t, :] = prev_h
    cache.append(cache_t)
  return h, cache


def rnn_backward(dh, cache):
  N, T, H = dh.shape
  D = cache[0][0].shape[1]
  dx = torch.zeros((N, T, D), dtype=dh.dtype, device=dh.device)
  dWx = torch.zeros((D, H), dtype=dh.dtype, device=dh.device)
  dWh = torch.zeros((H, H), dtype=dh.dtype, device=dh.device)
  db = torch.zeros((H,), dtype=dh.dtype, device=dh.device)
  dprev_h = torch.zeros((N, H), dtype=dh.dtype, device=dh.device)
  for t in range(T - 1, -1, -1):
    dx_t, dprev_h, dWx_t, dWh_t, db_t = rnn_step_backward(dh[:, t, :] + dprev_h, cache[t])
    dx[:, t, :] = dx_t
    dWx += dWx_t
    dWh += dWh_t
    db += db_t
  return dx, dprev_h, dWx, dWh, db


class RNN(nn.Module):
  def __init__(self, input_size, hidden_size, device='cpu', dtype=torch.float32):
    super().__init__()
    self.Wx = Parameter(torch.randn(input_size, hidden_size, device=device, dtype=dtype).div(math.sqrt(input_size)))
    self.Wh = Parameter(torch.randn(hidden_size, hidden_size, device=device, dtype=dtype).div(math.sqrt(hidden_size)))
    self.b = Parameter(torch.zeros(hidden_size, device=device, dtype=dtype))

  def forward(self, x, h0):
    hn, _ = rnn_forward(x, h0, self.Wx, self.Wh, self.b)
    return hn

  def step_forward(self, x, prev_h):
    next_h, _ = rnn_step_forward(x, prev_h, self.Wx, self.Wh, self.b)
    return next_h


class WordEmbedding(nn.Module):
  def __init__(self, vocab_size, embed_size, device='cpu', dtype=torch.float32):
    super().__init__()
    self.W_embed = Parameter(torch.randn(vocab_size, embed_size, device=device, dtype=dtype).div(math.sqrt(vocab_size)))

  def forward(self, x):
    out = None
    out = self.W_embed[x]
    return out


def temporal_softmax_loss(x, y, ignore_index=None):
  loss = None
  N, T, V = x.shape
  loss = F.cross_entropy(x.permute(0, 2, 1), y, ignore_index=ignore_index)
  return loss


def lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b, attn=None, Wattn=None):
  next_h, next_c = None, None
  N, H = prev_h.shape
  if attn is None:
    a = x.mm(Wx) + prev_h.mm(Wh) + b
  else:
    a = x.mm(Wx) + prev_h.mm(Wh) + b + attn.mm(Wattn)
  ai = a[:, 0:H]
  af = a[:, H:2 * H]
  ao = a[:, 2 * H:3 * H]
  ag = a[:, 3 * H:4 * H]
  i = torch.sigmoid(ai)
  f = torch.sigmoid(af)
  o = torch.sigmoid(ao)
  g = torch.tanh(ag)
  next_c = f * prev_c + i * g
  next_h = o * torch.tanh(next_c)
  return next_h, next_c


def lstm_forward(x, h0, Wx, Wh, b):
  c0 = h0
  N, T, D = x.shape
  H = h0.shape[1]
  h = torch.zeros((N, T, H), dtype=x.dtype, device=x.device)
  prev_h, prev_c = h0, c0
  for t in range(T):
    prev_h, prev_c = lstm_step_forward(x[:, t, :], prev_h, prev_c, Wx, Wh, b)
    h[:, t, :] = prev_h
  return h


class LSTM(nn.Module):
  def __init__(self, input_size, hidden_size, device='cpu', dtype=torch.float32):
    super().__init__()
    self.Wx = Parameter(torch.randn(input_size, hidden_size * 4, device=device, dtype=dtype).div(math.sqrt(input_size)))
    self.Wh = Parameter(torch.randn(hidden_size, hidden_size * 4, device=device, dtype=dtype).div(math.sqrt(hidden_size)))
    self.b = Parameter(torch.zeros(hidden_size * 4, device=device, dtype=dtype))

  def forward(self, x, h0):
    return lstm_forward(x, h0, self.Wx, self.Wh, self.b)

  def step_forward(self, x, prev_h, prev_c):
    return lstm_step_forward(x, prev_h, prev_c, self.Wx, self.Wh, self.b)


def dot_product_attention(prev_h, A):
  N, H, D_a, _ = A.shape
  attn, attn_weights = None, None
  A_flat = A.reshape(N, H, D_a * D_a)
  M = torch.bmm(prev_h.unsqueeze(1), A_flat).squeeze(1)
  attn_weights = F.softmax(M, dim=1)
  attn = torch.bmm(A_flat, attn_weights.unsqueeze(2)).squeeze(2)
  attn_weights = attn_weights.view(N, D_a, D_a)
  return attn, attn_weights


def attention_forward(x, A, Wx, Wh, Wattn, b):
  h0 = A.mean(dim=(2, 3))
  c0 = h0
  N, T, D = x.shape
  h = torch.zeros((N, T, h0.shape[1]), dtype=x.dtype, device=x.device)
  prev_h, prev_c = h0, c0
  for t in range(T):
    attn, _ = dot_product_attention(prev_h, A)
    prev_h, prev_c = lstm_step_forward(x[:, t, :], prev_h, prev_c, Wx, Wh, b, attn, Wattn)
    h[:, t, :] = prev_h
  return h


class AttentionLSTM(nn.Module):
  def __init__(self, input_size, hidden_size, device='cpu', dtype=torch.float32):
    super().__init__()
    self.Wx = Parameter(torch.randn(input_size, hidden_size * 4, device=device, dtype=dtype).div(math.sqrt(input_size)))
    self.Wh = Parameter(torch.randn(hidden_size, hidden_size * 4, device=device, dtype=dtype).div(math.sqrt(hidden_size)))
    self.Wattn = Parameter(torch.randn(hidden_size, hidden_size * 4, device=device, dtype=dtype).div(math.sqrt(hidden_size)))
    self.b = Parameter(torch.zeros(hidden_size * 4, device=device, dtype=dtype))

  def forward(self, x, A):
    return attention_forward(x, A, self.Wx, self.Wh, self.Wattn, self.b)

  def step_forward(self, x, prev_h, prev_c, attn):
    return lstm_step_forward(x, prev_h, prev_c, self.Wx, self.Wh, self.b, attn=attn, Wattn=self.Wattn)


class CaptioningRNN(nn.Module):
  def __init__(self, word_to_idx, input_dim=512, wordvec_dim=128, hidden_dim=128, cell_type='rnn', device='cpu',
               ignore_index=None, dtype=torch.float32):
    super().__init__()
    if cell_type not in {'rnn', 'lstm', 'attention'}:
      raise ValueError('Invalid cell_type "%s"' % cell_type)
    self.cell_type = cell_type
    self.word_to_idx = word_to_idx
    self.idx_to_word = {i: w for w, i in word_to_idx.items()}
    vocab_size = len(word_to_idx)
    self._null = word_to_idx['<NULL>']
    self._start = word_to_idx.get('<START>', None)
    self._end = word_to_idx.get('<END>', None)
    self.ignore_index = ignore_index
    self.word_embed = WordEmbedding(vocab_size, wordvec_dim, device=device, dtype=dtype)
    self.output = nn.Linear(hidden_dim, vocab_size).to(device=device, dtype=dtype)
    if cell_type == 'rnn':
      self.feat = FeatureExtractor(pooling=True, device=device, dtype=dtype)
      self.affine = nn.Linear(input_dim, hidden_dim).to(device=device, dtype=dtype)
      self.rnn = RNN(wordvec_dim, hidden_dim, device=device, dtype=dtype)
    elif cell_type == 'lstm':
      self.feat = FeatureExtractor(pooling=True, device=device, dtype=dtype)
      self.affine = nn.Linear(input_dim, hidden_dim).to(device=device, dtype=dtype)
      self.rnn = LSTM(wordvec_dim, hidden_dim, device=device, dtype=dtype)
    else:
      self.feat = FeatureExtractor(pooling=False, device=device, dtype=dtype)
      self.affine = nn.Conv2d(input_dim, hidden_dim, 1).to(device=device, dtype=dtype)
      self.rnn = AttentionLSTM(wordvec_dim, hidden_dim, device=device, dtype=dtype)

  def forward(self, images, captions):
    captions_in = captions[:, :-1]
    captions_out = captions[:, 1:]
    loss = 0.0
    feat = self.feat.extract_mobilenet_feature(images)
    h0 = self.affine(feat)
    words = self.word_embed(captions_in)
    h = self.rnn(words, h0)
    scores = self.output(h)
    loss = temporal_softmax_loss(scores, captions_out, ignore_index=self.ignore_index)
    return loss

  def sample(self, images, max_length=15):
    N = images.shape[0]
    captions = self._null * images.new(N, max_length).fill_(1).long()
    if self.cell_type == 'attention':
      attn_weights_all = images.new(N, max_length, 4, 4).fill_(0)
    feat = self.feat.extract_mobilenet_feature(images)
    A = self.affine(feat)
    if self.cell_type == 'attention':
      prev_h = A.mean(dim=(2, 3))
      prev_c = A.mean(dim=(2, 3))
    else:
      prev_h = A
      prev_c = torch.zeros_like(prev_h)
    words = self._start * images.new(N).fill_(1).long()
    for t in range(max_length):
      x = self.word_embed(words)
      if self.cell_type == 'rnn':
        prev_h = self.rnn.step_forward(x, prev_h)
      elif self.cell_type == 'lstm':
        prev_h, prev_c = self.rnn.step_forward(x, prev_h, prev_c)
      else:
        attn, attn_weights = dot_product_attention(prev_h, A)
        attn_weights_all[:, t] = attn_weights.detach()
        prev_h, prev_c = self.rnn.step_forward(x, prev_h, prev_c, attn)
      scores = self.output(prev_h)
      _, words = torch.max(scores, dim=1)
      captions[:, t] = words
    if self.cell_type == 'attention':
      return captions, attn_weights_all.cpu()
    else:
      return captions
