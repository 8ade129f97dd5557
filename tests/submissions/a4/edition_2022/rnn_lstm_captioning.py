"""A folder of the edition of 2022: another name of the file, layers with methods, no device and no dtype."""

import math
from typing import Optional, Tuple

import torch
from torch import nn
from torch.nn import functional as F
from torchvision import models
from torchvision.models import feature_extraction


def hello_rnn_lstm_captioning():
    print("Hello!")


class ImageEncoder(nn.Module):
    def __init__(self, pretrained: bool = True, verbose: bool = True):
        super().__init__()
        self.cnn = models.regnet_x_400mf(pretrained=pretrained)
        self.backbone = feature_extraction.create_feature_extractor(self.cnn, return_nodes={"trunk_output.block4": "c5"})

    def forward(self, images: torch.Tensor):
        return self.backbone(images)["c5"]


def rnn_step_forward(x, prev_h, Wx, Wh, b):
    next_h = torch.tanh(x.mm(Wx) + prev_h.mm(Wh) + b)
    return next_h, (x, prev_h, Wx, Wh, next_h)


def rnn_step_backward(dnext_h, cache):
    x, prev_h, Wx, Wh, next_h = cache
    da = dnext_h * (1 - next_h * next_h)
    return da.mm(Wx.t()), da.mm(Wh.t()), x.t().mm(da), prev_h.t().mm(da), da.sum(dim=0)


def rnn_forward(x, h0, Wx, Wh, b):
    N, T, D = x.shape
    h = torch.zeros((N, T, h0.shape[1]), device=x.device, dtype=x.dtype)
    cache, prev_h = [], h0
    for t in range(T):
        prev_h, one = rnn_step_forward(x[:, t, :], prev_h, Wx, Wh, b)
        h[:, t, :] = prev_h
        cache.append(one)
    return h, cache


def rnn_backward(dh, cache):
    N, T, H = dh.shape
    x, _, Wx, Wh, _ = cache[0]
    dx = torch.zeros((N, T, x.shape[1]), dtype=dh.dtype, device=dh.device)
    dWx, dWh, db = torch.zeros_like(Wx), torch.zeros_like(Wh), torch.zeros(H, dtype=dh.dtype, device=dh.device)
    dprev_h = torch.zeros((N, H), dtype=dh.dtype, device=dh.device)
    for t in range(T - 1, -1, -1):
        dx[:, t], dprev_h, one, two, three = rnn_step_backward(dh[:, t] + dprev_h, cache[t])
        dWx += one
        dWh += two
        db += three
    return dx, dprev_h, dWx, dWh, db


class RNN(nn.Module):
    def __init__(self, input_dim: int, hidden_dim: int):
        super().__init__()
        self.Wx = nn.Parameter(torch.randn(input_dim, hidden_dim).div(math.sqrt(input_dim)))
        self.Wh = nn.Parameter(torch.randn(hidden_dim, hidden_dim).div(math.sqrt(hidden_dim)))
        self.b = nn.Parameter(torch.zeros(hidden_dim))

    def forward(self, x, h0):
        hn, _ = rnn_forward(x, h0, self.Wx, self.Wh, self.b)
        return hn

    def step_forward(self, x, prev_h):
        next_h, _ = rnn_step_forward(x, prev_h, self.Wx, self.Wh, self.b)
        return next_h


class WordEmbedding(nn.Module):
    def __init__(self, vocab_size: int, embed_size: int):
        super().__init__()
        self.W_embed = nn.Parameter(torch.randn(vocab_size, embed_size).div(math.sqrt(vocab_size)))

    def forward(self, x):
        return self.W_embed[x]


def temporal_softmax_loss(x, y, ignore_index=None):
    N, T, V = x.shape
    return F.cross_entropy(x.reshape(N * T, V), y.reshape(N * T), ignore_index=ignore_index, reduction="sum") / N


class LSTM(nn.Module):
    def __init__(self, input_dim: int, hidden_dim: int):
        super().__init__()
        self.Wx = nn.Parameter(torch.randn(input_dim, hidden_dim * 4).div(math.sqrt(input_dim)))
        self.Wh = nn.Parameter(torch.randn(hidden_dim, hidden_dim * 4).div(math.sqrt(hidden_dim)))
        self.b = nn.Parameter(torch.zeros(hidden_dim * 4))

    def step_forward(
        self, x: torch.Tensor, prev_h: torch.Tensor, prev_c: torch.Tensor
    ) -> Tuple[torch.Tensor, torch.Tensor]:
        H = prev_h.shape[1]
        a = x.mm(self.Wx) + prev_h.mm(self.Wh) + self.b
        i, f, o = (torch.sigmoid(a[:, k * H : (k + 1) * H]) for k in range(3))
        next_c = f * prev_c + i * torch.tanh(a[:, 3 * H :])
        return o * torch.tanh(next_c), next_c

    def forward(self, x: torch.Tensor, h0: torch.Tensor) -> torch.Tensor:
        c, h, hn = torch.zeros_like(h0), h0, []
        for t in range(x.shape[1]):
            h, c = self.step_forward(x[:, t], h, c)
            hn.append(h)
        return torch.stack(hn, dim=1)


def dot_product_attention(prev_h, A):
    N, H, D_a, _ = A.shape
    flat = A.reshape(N, H, D_a * D_a)
    attn_weights = F.softmax(torch.bmm(prev_h.unsqueeze(1), flat).div(math.sqrt(H)).squeeze(1), dim=1)
    attn = torch.bmm(flat, attn_weights.unsqueeze(2)).squeeze(2)
    return attn, attn_weights.view(N, D_a, D_a)


class AttentionLSTM(nn.Module):
    def __init__(self, input_dim: int, hidden_dim: int):
        super().__init__()
        self.Wx = nn.Parameter(torch.randn(input_dim, hidden_dim * 4).div(math.sqrt(input_dim)))
        self.Wh = nn.Parameter(torch.randn(hidden_dim, hidden_dim * 4).div(math.sqrt(hidden_dim)))
        self.Wattn = nn.Parameter(torch.randn(hidden_dim, hidden_dim * 4).div(math.sqrt(hidden_dim)))
        self.b = nn.Parameter(torch.zeros(hidden_dim * 4))

    def step_forward(self, x, prev_h, prev_c, attn):
        a = x @ self.Wx + prev_h @ self.Wh + attn @ self.Wattn + self.b
        i, f, o, g = torch.chunk(a, 4, dim=1)
        next_c = torch.sigmoid(f) * prev_c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(next_c), next_c

    def forward(self, x, A):
        h = c = A.mean(dim=(2, 3))
        hn = []
        for t in range(x.shape[1]):
            h, c = self.step_forward(x[:, t], h, c, dot_product_attention(h, A)[0])
            hn.append(h)
        return torch.stack(hn, dim=1)


class CaptioningRNN(nn.Module):
    def __init__(
        self,
        word_to_idx,
        input_dim: int = 512,
        wordvec_dim: int = 128,
        hidden_dim: int = 128,
        cell_type: str = "rnn",
        image_encoder_pretrained: bool = True,
        ignore_index: Optional[int] = None,
    ):
        super().__init__()
        if cell_type not in {"rnn", "lstm", "attn"}:
            raise ValueError('Invalid cell_type "%s"' % cell_type)
        self.cell_type = cell_type
        self._null = word_to_idx["<NULL>"]
        self._start = word_to_idx.get("<START>", None)
        self.ignore_index = ignore_index
        self.image_encoder = ImageEncoder(pretrained=image_encoder_pretrained)
        # A 1x1 convolution for the features, and a matrix that is the other way round for the scores.
        self.feature_proj = nn.Conv2d(input_dim, hidden_dim, kernel_size=1)
        self.word_embed = WordEmbedding(len(word_to_idx), wordvec_dim)
        self.net = {"rnn": RNN, "lstm": LSTM, "attn": AttentionLSTM}[cell_type](wordvec_dim, hidden_dim)
        self.W_vocab = nn.Parameter(torch.randn(hidden_dim, len(word_to_idx)) / math.sqrt(hidden_dim))
        self.b_vocab = nn.Parameter(torch.zeros(len(word_to_idx)))

    def begin(self, images):
        A = self.feature_proj(self.image_encoder(images))
        return A if self.cell_type == "attn" else A.mean(dim=(2, 3))

    def forward(self, images, captions):
        h = self.net(self.word_embed(captions[:, :-1]), self.begin(images))
        return temporal_softmax_loss(h @ self.W_vocab + self.b_vocab, captions[:, 1:], ignore_index=self.ignore_index)

    def sample(self, images, max_length=15):
        N = images.shape[0]
        captions = self._null * images.new(N, max_length).fill_(1).long()
        if self.cell_type == "attn":
            attn_weights_all = images.new(N, max_length, 4, 4).fill_(0).float()
        A = self.begin(images)
        h = A.mean(dim=(2, 3)) if self.cell_type == "attn" else A
        c = h if self.cell_type == "attn" else torch.zeros_like(h)
        word = images.new(N).fill_(self._start).long()
        for t in range(max_length):
            x = self.word_embed(word)
            if self.cell_type == "rnn":
                h = self.net.step_forward(x, h)
            elif self.cell_type == "lstm":
                h, c = self.net.step_forward(x, h, c)
            else:
                attn, attn_weights_all[:, t] = dot_product_attention(h, A)
                h, c = self.net.step_forward(x, h, c, attn)
            word = (h @ self.W_vocab + self.b_vocab).argmax(dim=1)
            captions[:, t] = word
        return (captions, attn_weights_all.cpu()) if self.cell_type == "attn" else captions
