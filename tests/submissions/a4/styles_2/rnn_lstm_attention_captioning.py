"""Short: one cell for LSTM with and without attention; the later edition's spelling of the cell."""

import torch
import torch.nn.functional as F
from digits_network import FeatureExtractor
from torch import nn


def rnn_step_forward(x, prev_h, Wx, Wh, b):
    h = torch.addmm(b, x, Wx).addmm(prev_h, Wh).tanh()
    return h, (x, prev_h, Wx, Wh, h)


def rnn_step_backward(dnext_h, cache):
    x, prev_h, Wx, Wh, h = cache
    d = dnext_h - h * h * dnext_h
    return d @ Wx.mT, d @ Wh.mT, x.mT @ d, prev_h.mT @ d, d.sum(0)


def rnn_forward(x, h0, Wx, Wh, b):
    states = [h0]
    for t in range(x.size(1)):
        states.append(rnn_step_forward(x[:, t], states[-1], Wx, Wh, b)[0])
    states = torch.stack(states, 1)
    return states[:, 1:], (x, states, Wx, Wh)


def rnn_backward(dh, cache):
    x, states, Wx, Wh = cache
    before, after = states[:, :-1], states[:, 1:]
    carried, das = torch.zeros_like(dh[:, 0]), []
    for t in reversed(range(dh.size(1))):
        das.insert(0, (dh[:, t] + carried) * (1 - after[:, t] ** 2))
        carried = das[0] @ Wh.mT
    da = torch.stack(das, 1)
    dWx, dWh = torch.einsum("ntd,nth->dh", x, da), torch.einsum("ntk,nth->kh", before, da)
    return da @ Wx.mT, carried, dWx, dWh, da.sum((0, 1))


class WordEmbedding(nn.Module):
    def __init__(self, vocab_size, embed_size, device="cpu", dtype=torch.float32):
        super().__init__()
        self.table = nn.Embedding(vocab_size, embed_size, device=device, dtype=dtype)

    def forward(self, x):
        return self.table(x)


def temporal_softmax_loss(x, y, ignore_index=None):
    losses = F.cross_entropy(x.flatten(0, 1), y.flatten(), reduction="none").view_as(y)
    return losses[y != ignore_index].sum() / y.size(0)


def lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b, attn=None, Wattn=None):
    a = x @ Wx + prev_h @ Wh + b + (0 if attn is None else attn @ Wattn)
    (i, f, o), g = a[:, : 3 * prev_h.size(1)].sigmoid().chunk(3, 1), a[:, 3 * prev_h.size(1) :].tanh()
    c = torch.addcmul(i * g, f, prev_c)
    return o * c.tanh(), c


def lstm_forward(x, h0, Wx, Wh, b):
    h, c, states = h0, torch.zeros_like(h0), []
    for word in x.transpose(0, 1):
        h, c = lstm_step_forward(word, h, c, Wx, Wh, b)
        states += [h]
    return torch.stack(states, 1)


def dot_product_attention(prev_h, A):
    weights = torch.einsum("nh,nhij->nij", prev_h, A).div(A.size(1) ** 0.5)
    weights = weights.flatten(1).softmax(1).view_as(weights)
    return torch.einsum("nij,nhij->nh", weights, A), weights


def attention_forward(x, A, Wx, Wh, Wattn, b):
    h = c = A.mean((-1, -2))
    states = []
    for word in x.unbind(1):
        h, c = lstm_step_forward(word, h, c, Wx, Wh, b, dot_product_attention(h, A)[0], Wattn)
        states += [h]
    return torch.stack(states, 1)


class CaptioningRNN(nn.Module):
    def __init__(self, word_to_idx, input_dim=64, wordvec_dim=128, hidden_dim=128, cell_type="rnn", device="cpu", ignore_index=None, dtype=torch.float32):
        super().__init__()
        if cell_type not in ("rnn", "lstm", "attn"):
            raise ValueError(cell_type)
        gates = 1 if cell_type == "rnn" else 4
        self.kind, self.start, self.ignore_index = cell_type, word_to_idx["<START>"], ignore_index
        self.see = FeatureExtractor(cell_type != "attn", device=device, dtype=dtype).extract_mobilenet_feature
        shapes = [(wordvec_dim, gates * hidden_dim), (hidden_dim, gates * hidden_dim)]
        if cell_type == "attn":
            shapes.append(shapes[-1])
        self.weights = nn.ParameterList(nn.Parameter(torch.randn(s, dtype=dtype) * s[0] ** -0.5) for s in shapes)
        self.bias = nn.Parameter(torch.zeros(gates * hidden_dim, dtype=dtype))
        self.words = WordEmbedding(len(word_to_idx), wordvec_dim, dtype=dtype)
        self.enter, self.leave = nn.Linear(input_dim, hidden_dim, dtype=dtype), nn.Linear(hidden_dim, len(word_to_idx), dtype=dtype)

    def _begin(self, images):
        seen = self.see(images)
        if self.kind == "attn":
            A = self.enter(seen.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
            return A, A.mean((2, 3)), A.mean((2, 3))
        h = self.enter(seen)
        return None, h, torch.zeros_like(h)

    def _next(self, words, A, h, c):
        x, weights = self.words(words), None
        if self.kind == "rnn":
            return rnn_step_forward(x, h, *self.weights, self.bias)[0], c, None
        if A is None:
            return *lstm_step_forward(x, h, c, *self.weights, self.bias), None
        attn, weights = dot_product_attention(h, A)
        Wx, Wh, Wattn = self.weights
        return *lstm_step_forward(x, h, c, Wx, Wh, self.bias, attn, Wattn), weights

    def forward(self, images, captions):
        A, h, c = self._begin(images)
        scores = []
        for t in range(captions.size(1) - 1):
            h, c, _ = self._next(captions[:, t], A, h, c)
            scores.append(self.leave(h))
        return temporal_softmax_loss(torch.stack(scores, 1), captions[:, 1:], self.ignore_index)

    @torch.no_grad()
    def sample(self, images, max_length=15):
        A, h, c = self._begin(images)
        told, looked = [torch.full((images.size(0),), self.start)], []
        while len(told) <= max_length:
            h, c, weights = self._next(told[-1], A, h, c)
            told.append(self.leave(h).argmax(-1))
            looked.append(weights)
        told = torch.stack(told[1:], 1)
        return (told, torch.stack(looked, 1)) if self.kind == "attn" else told
