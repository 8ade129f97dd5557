"""With a class for each cell, and the arithmetic written out."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

import digits_network
from digits_network import FeatureExtractor


def rnn_step_forward(x, prev_h, Wx, Wh, b):
    total = torch.cat([x, prev_h], 1) @ torch.cat([Wx, Wh], 0) + b.unsqueeze(0)
    grown = torch.tanh(total)
    return grown, {"x": x, "h": prev_h, "Wx": Wx, "Wh": Wh, "slope": 1 - grown.square()}


def rnn_step_backward(dnext_h, cache):
    inner = dnext_h * cache["slope"]
    joined = torch.cat([cache["x"], cache["h"]], 1).T @ inner
    size = cache["x"].shape[1]
    dinput = inner @ torch.cat([cache["Wx"], cache["Wh"]], 0).T
    return dinput[:, :size], dinput[:, size:], joined[:size], joined[size:], inner.sum(0)


def rnn_forward(x, h0, Wx, Wh, b):
    state, results = h0, []
    for t in range(x.shape[1]):
        results.append(rnn_step_forward(x[:, t], state, Wx, Wh, b))
        state = results[-1][0]
    return torch.stack([h for h, _ in results], 1), [cache for _, cache in results]


def rnn_backward(dh, cache):
    T = dh.shape[1]
    later = torch.zeros_like(dh[:, 0])
    dx = [None] * T
    sums = [0, 0, 0]
    for t in range(T)[::-1]:
        dx[t], later, *found = rnn_step_backward(dh[:, t] + later, cache[t])
        sums = [old + new for old, new in zip(sums, found)]
    return torch.stack(dx, 1), later, *sums


class WordEmbedding(nn.Module):
    def __init__(self, vocab_size, embed_size, device="cpu", dtype=torch.float32):
        super().__init__()
        self.W_embed = nn.Parameter(torch.empty(vocab_size, embed_size, device=device, dtype=dtype).normal_())

    def forward(self, x):
        return functional.embedding(x, self.W_embed)


def temporal_softmax_loss(x, y, ignore_index=None):
    scores = x - x.logsumexp(2, keepdim=True)
    picked = torch.take_along_dim(scores, y.unsqueeze(2), 2).squeeze(2)
    return -torch.where(y == ignore_index, torch.zeros_like(picked), picked).sum(1).mean()


def lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b, attn=None, Wattn=None):
    inputs, weights = [x, prev_h], [Wx, Wh]
    if attn is not None:
        inputs, weights = [*inputs, attn], [*weights, Wattn]
    sums = torch.cat(inputs, 1) @ torch.cat(weights, 0) + b
    i, f, o, g = sums.unflatten(1, (4, -1)).unbind(1)
    c = prev_c * torch.sigmoid(f) + torch.sigmoid(i) * torch.tanh(g)
    return torch.tanh(c) * torch.sigmoid(o), c


def lstm_forward(x, h0, Wx, Wh, b):
    h, c = h0, h0.new_zeros(h0.shape)
    prepared = torch.einsum("ntd,dk->tnk", x, Wx) + b
    out = []
    for one in prepared:
        i, f, o, g = (one + h @ Wh).split(h0.shape[1], dim=1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        h = o.sigmoid() * c.tanh()
        out.append(h)
    return torch.stack(out).transpose(0, 1)


def dot_product_attention(prev_h, A):
    places = A.flatten(2)
    scores = (places * prev_h.unsqueeze(2)).sum(1) / math.sqrt(A.shape[1])
    weights = torch.exp(scores - scores.logsumexp(1, keepdim=True))
    return (places * weights.unsqueeze(1)).sum(2), weights.unflatten(1, A.shape[2:])


def attention_forward(x, A, Wx, Wh, Wattn, b):
    h = A.flatten(2).mean(2)
    c = h.clone()
    out = []
    for t in range(x.shape[1]):
        attn, _ = dot_product_attention(h, A)
        h, c = lstm_step_forward(x[:, t], h, c, Wx, Wh, b, attn=attn, Wattn=Wattn)
        out.append(h)
    return torch.stack(out, dim=1)


class _Cell(nn.Module):
    gates, attends = 4, False

    def __init__(self, D: int, H: int, dtype) -> None:
        super().__init__()
        self.Wx = nn.Parameter(torch.randn(D, self.gates * H, dtype=dtype))
        self.Wh = nn.Parameter(torch.randn(H, self.gates * H, dtype=dtype))
        self.b = nn.Parameter(torch.zeros(self.gates * H, dtype=dtype))
        if self.attends:
            self.Wattn = nn.Parameter(torch.randn(H, self.gates * H, dtype=dtype))

    def start(self, seen: Tensor):
        return seen, torch.zeros_like(seen)


class _Plain(_Cell):
    gates = 1

    def forward(self, x, seen):
        return rnn_forward(x, seen, self.Wx, self.Wh, self.b)[0]

    def step(self, x, state, seen):
        return (rnn_step_forward(x, state[0], self.Wx, self.Wh, self.b)[0], state[1]), None


class _Long(_Cell):
    def forward(self, x, seen):
        return lstm_forward(x, seen, self.Wx, self.Wh, self.b)

    def step(self, x, state, seen):
        return lstm_step_forward(x, *state, self.Wx, self.Wh, self.b), None


class _Looking(_Cell):
    attends = True

    def start(self, seen):
        return seen.mean((2, 3)), seen.mean((2, 3))

    def forward(self, x, seen):
        return attention_forward(x, seen, self.Wx, self.Wh, self.Wattn, self.b)

    def step(self, x, state, seen):
        attn, weights = dot_product_attention(state[0], seen)
        return lstm_step_forward(x, *state, self.Wx, self.Wh, self.b, attn, self.Wattn), weights


class CaptioningRNN(nn.Module):
    def __init__(self, word_to_idx, input_dim=64, wordvec_dim=128, hidden_dim=128, cell_type="rnn", device="cpu", ignore_index=None, dtype=torch.float32):
        super().__init__()
        cells = {"rnn": _Plain, "lstm": _Long, "attention": _Looking}
        if cell_type not in cells:
            raise ValueError(f"no {cell_type}")
        self.extractor = digits_network.FeatureExtractor(pooling=not cells[cell_type].attends, device=device, dtype=dtype)
        self.first, self.ignore = word_to_idx["<START>"], ignore_index
        self.scores = nn.Linear(hidden_dim, len(word_to_idx), dtype=dtype)
        self.cell = cells[cell_type](wordvec_dim, hidden_dim, dtype)
        self.vectors = WordEmbedding(len(word_to_idx), wordvec_dim, dtype=dtype)
        self.project = nn.Linear(input_dim, hidden_dim, dtype=dtype)

    def look(self, images):
        features = self.extractor.extract_mobilenet_feature(images)
        if not self.cell.attends:
            return self.project(features)
        weight, bias = self.project.weight, self.project.bias
        return torch.einsum("hc,ncij->nhij", weight, features) + bias[:, None, None]

    def forward(self, images, captions):
        states = self.cell(self.vectors(captions[:, :-1]), self.look(images))
        return temporal_softmax_loss(self.scores(states), captions[:, 1:], self.ignore)

    def sample(self, images, max_length=15):
        seen = self.look(images)
        state = self.cell.start(seen)
        told = torch.empty(len(images), max_length, dtype=torch.long)
        weights = torch.empty(len(images), max_length, 4, 4, dtype=images.dtype)
        word = torch.tensor([self.first] * len(images))
        for t in range(max_length):
            state, looked = self.cell.step(self.vectors(word), state, seen)
            told[:, t] = word = self.scores(state[0]).max(1).indices
            if looked is not None:
                weights[:, t] = looked.detach()
        return (told, weights) if self.cell.attends else told
