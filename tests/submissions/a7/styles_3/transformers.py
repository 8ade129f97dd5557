"""As somebody in a hurry for speed writes it: one packed layer where it can be, work in place, little functions."""

import re

import torch
import torch.nn.functional as F
from torch import nn

MINUS = -1e9


def generate_token_dict(vocab):
    tokens = dict()
    for word in vocab:
        tokens.setdefault(word, len(tokens))
    return tokens


def prepocess_input_sequence(input_str, token_dict, spc_tokens):
    words = sorted(map(re.escape, spc_tokens), key=len, reverse=True)
    pattern = "|".join([*(f"(?:(?<=\\s)|^){word}(?=\\s|$)" for word in words), r"\d"])
    return [token_dict[found] for found in re.findall(pattern, input_str)]


def scaled_dot_product_two_loop_single(query, key, value):
    y = torch.zeros_like(query)
    for i in range(query.shape[0]):
        scores = query.new_zeros(key.shape[0])
        for j in range(key.shape[0]):
            scores[j] += query[i].dot(key[j])
        scores /= query.shape[1] ** 0.5
        y[i] = F.softmax(scores, dim=0) @ value
    return y


def scaled_dot_product_two_loop_batch(query, key, value):
    N, K, M = query.shape
    y = torch.empty_like(value)
    for i in range(K):
        scores = query.new_zeros(N, K)
        for j in range(K):
            torch.sum(query[:, i] * key[:, j], 1, out=scores[:, j])
        scores.div_(M**0.5)
        y[:, i] = (F.softmax(scores, 1).unsqueeze(2) * value).sum(1)
    return y


def scaled_dot_product_no_loop_batch(query, key, value, mask=None):
    N, K, M = query.shape
    scores = torch.baddbmm(query.new_zeros(1), query, key.transpose(1, 2), beta=0, alpha=M**-0.5)
    if mask is not None:
        scores.masked_fill_(mask, MINUS)
    weights = F.softmax(scores, dim=-1)
    return weights.bmm(value), weights


def additive_attention_scores(query, key, W_q, W_k, v):
    inner = (query @ W_q).unsqueeze(-2) + (key @ W_k).unsqueeze(-3)
    return F.linear(inner.tanh_(), v.unsqueeze(0)).squeeze(-1)


def attention_context(scores, value, mask=None):
    scores = scores.clone()
    if mask is not None:
        scores.masked_fill_(mask, MINUS)
    weights = F.softmax(scores, dim=-1)
    return weights.matmul(value), weights


class SelfAttention(nn.Module):
    def __init__(self, dim_in, dim_q, dim_v):
        super().__init__()
        self.q, self.k, self.v = nn.Linear(dim_in, dim_q), nn.Linear(dim_in, dim_q), nn.Linear(dim_in, dim_v)
        with torch.no_grad():
            for layer in self.children():
                bound = (6 / (layer.in_features + layer.out_features)) ** 0.5
                layer.weight.copy_((2 * torch.rand_like(layer.weight) - 1) * bound)
        self.weights_softmax = None

    def forward(self, query, key, value, mask=None):
        y, weights = scaled_dot_product_no_loop_batch(self.q(query), self.k(key), self.v(value), mask)
        self.weights_softmax = weights.detach()
        return y


class MultiHeadAttention(nn.Module):
    """One layer for the queries, one for keys and values each; heads as slices of them."""

    def __init__(self, num_heads, dim_in, dim_out):
        super().__init__()
        self.dim_out = dim_out
        self.to_q = nn.Linear(dim_in, num_heads * dim_out)
        self.to_k = nn.Linear(dim_in, num_heads * dim_out)
        self.to_v = nn.Linear(dim_in, num_heads * dim_out)
        self.back = nn.Linear(num_heads * dim_out, dim_in)

    def forward(self, query, key, value, mask=None):
        parts = [p.split(self.dim_out, dim=-1) for p in (self.to_q(query), self.to_k(key), self.to_v(value))]
        seen = [scaled_dot_product_no_loop_batch(q, k, v, mask)[0] for q, k, v in zip(*parts)]
        return self.back(torch.cat(seen, dim=-1))


class LayerNormalization(nn.Module):
    def __init__(self, emb_dim, epsilon=1e-10):
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(emb_dim))
        self.beta = nn.Parameter(torch.zeros(emb_dim))
        self.epsilon = epsilon
        self.calls = 0  # for debugging

    def forward(self, x):
        self.calls += 1
        x = x - x.mean(-1, True)
        scale = (x.pow(2).mean(-1, True) + self.epsilon).pow(-0.5)
        return torch.addcmul(self.beta, x * scale, self.gamma)


class FeedForwardBlock(nn.Module):
    def __init__(self, inp_dim, hidden_dim_feedforward):
        super().__init__()
        self.w2 = nn.Linear(hidden_dim_feedforward, inp_dim)
        self.w1 = nn.Linear(inp_dim, hidden_dim_feedforward)

    def forward(self, x):
        return self.w2(self.w1(x).relu_())


class EncoderBlock(nn.Module):
    def __init__(self, num_heads, emb_dim, feedforward_dim, dropout):
        super().__init__()
        if emb_dim % num_heads != 0:
            raise ValueError(f"The value emb_dim = {emb_dim} is not divisible by num_heads = {num_heads}.")
        self.p = dropout
        self.mha = MultiHeadAttention(num_heads, emb_dim, emb_dim // num_heads)
        self.ff = FeedForwardBlock(emb_dim, feedforward_dim)
        self.norms = nn.ModuleDict({"a": LayerNormalization(emb_dim), "f": LayerNormalization(emb_dim)})

    def forward(self, x):
        x = F.dropout(self.norms["a"](self.mha(x, x, x).add_(x)), self.p, self.training)
        return F.dropout(self.norms["f"](self.ff(x).add_(x)), self.p, self.training)


def get_subsequent_mask(seq):
    n, k = seq.shape
    return torch.triu(torch.full((n, k, k), True, device=seq.device), diagonal=1)


def get_padding_mask(seq, padding_index):
    return torch.stack([seq.eq(padding_index)] * seq.shape[1], dim=1)


class DecoderBlock(nn.Module):
    def __init__(self, num_heads, emb_dim, feedforward_dim, dropout):
        super().__init__()
        if emb_dim % num_heads != 0:
            raise ValueError(f"The value emb_dim = {emb_dim} is not divisible by num_heads = {num_heads}.")
        self.attention_self = MultiHeadAttention(num_heads, emb_dim, emb_dim // num_heads)
        self.attention_cross = MultiHeadAttention(num_heads, emb_dim, emb_dim // num_heads)
        self.feed_forward = FeedForwardBlock(emb_dim, feedforward_dim)
        self.norm1, self.norm2, self.norm3 = (LayerNormalization(emb_dim) for _ in range(3))
        self.dropout = nn.Dropout(dropout, inplace=False)

    def forward(self, dec_inp, enc_inp, mask=None):
        x = dec_inp
        x = self.dropout(self.norm1(self.attention_self(x, x, x, mask=mask) + x))
        x = self.dropout(self.norm2(self.attention_cross(x, enc_inp, enc_inp) + x))
        return self.dropout(self.norm3(self.feed_forward(x) + x))


class Encoder(nn.Module):
    def __init__(self, num_heads, emb_dim, feedforward_dim, num_layers, dropout):
        super().__init__()
        self.layers = nn.ModuleList([])
        for _ in range(num_layers):
            self.layers.append(EncoderBlock(num_heads, emb_dim, feedforward_dim, dropout))

    def forward(self, src_seq):
        out = src_seq
        for block in self.layers:
            out = block(out)
        return out


class Decoder(nn.Module):
    def __init__(self, num_heads, emb_dim, feedforward_dim, num_layers, dropout, vocab_len):
        super().__init__()
        self.layers = nn.ModuleList([])
        for _ in range(num_layers):
            self.layers.append(DecoderBlock(num_heads, emb_dim, feedforward_dim, dropout))
        self.out = nn.Linear(emb_dim, vocab_len)

    def forward(self, target_seq, enc_out, mask=None):
        out = target_seq
        for block in self.layers:
            out = block(out, enc_out, mask)
        return self.out(out)


def position_encoding_simple(K, M):
    return torch.arange(K, dtype=torch.float64).div(K).view(1, -1, 1).repeat(1, 1, M)


def position_encoding_sinusoid(K, M):
    pair = torch.div(torch.arange(M), 2, rounding_mode="floor")
    angle = torch.outer(torch.arange(K).double(), 10000.0 ** (-2.0 * pair.double() / M))
    shift = torch.pi / 2 * (torch.arange(M) % 2)  # a cosine is a sine that comes earlier
    return torch.sin(angle + shift).unsqueeze(0)


class Transformer(nn.Module):
    def __init__(self, num_heads, emb_dim, feedforward_dim, dropout, num_enc_layers, num_dec_layers, vocab_len):
        super().__init__()
        self.emb_layer = nn.Embedding(vocab_len, emb_dim)
        self.encoder = Encoder(num_heads, emb_dim, feedforward_dim, num_enc_layers, dropout)
        self.decoder = Decoder(num_heads, emb_dim, feedforward_dim, num_dec_layers, dropout, vocab_len)
        self.register_buffer("version", torch.tensor(1))

    def forward(self, ques_b, ques_pos, ans_b, ans_pos):
        e = self.encoder(self.emb_layer(ques_b).add(ques_pos))
        n = ans_b.shape[1] - 1
        mask = get_subsequent_mask(ans_b)[:, :n, :n]
        d = self.decoder(self.emb_layer(ans_b[:, :n]).add(ans_pos[:, :n]), e, mask)
        return torch.cat(list(d), dim=0)
