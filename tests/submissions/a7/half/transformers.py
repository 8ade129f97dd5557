"""Half right: what is wrong in it is listed in tests/test_a7.py."""

import torch
from torch import nn


def generate_token_dict(vocab):
    return dict(zip(vocab, range(len(vocab))))


def prepocess_input_sequence(input_str, token_dict, spc_tokens):
    special = set(spc_tokens)
    return [token_dict[t] for w in input_str.split() for t in ((w,) if w in special else tuple(str(int(w))))]


def _softmax(scores, dim=-1):
    e = (scores - scores.max(dim=dim, keepdim=True).values).exp()
    return e / e.sum(dim=dim, keepdim=True)


def scaled_dot_product_two_loop_single(query, key, value):
    out = []
    for q in query:
        scores = []
        for k in key:
            scores.append(torch.dot(q, k))
        out.append(_softmax(torch.stack(scores)) @ value)
    return torch.stack(out)


def scaled_dot_product_two_loop_batch(query, key, value):
    rows = []
    for i in range(query.size(1)):
        row = []
        for j in range(key.size(1)):
            row.append(torch.einsum("nm,nm->n", query[:, i], key[:, j]))
        rows.append(torch.stack(row, dim=1))
    scores = torch.stack(rows, dim=1) * query.size(-1) ** -0.5
    return _softmax(scores) @ value


def scaled_dot_product_no_loop_batch(query, key, value, mask=None):
    scores = torch.einsum("nkm,ntm->nkt", query, key) * query.size(-1) ** -0.5
    if mask is not None:
        scores = scores * ~mask
    weights = _softmax(scores)
    return torch.einsum("nkt,ntd->nkd", weights, value), weights


def additive_attention_scores(query, key, W_q, W_k, v):
    q, k = torch.einsum("nkd,dh->nkh", query, W_q), torch.einsum("ntd,dh->nth", key, W_k)
    return torch.einsum("nkth,h->nkt", torch.sigmoid(q[:, :, None] + k[:, None]), v)


def attention_context(scores, value, mask=None):
    scores = scores if mask is None else torch.where(mask, torch.full_like(scores, -1e9), scores)
    weights = _softmax(scores)
    return weights @ value, weights


class SelfAttention(nn.Module):
    def __init__(self, dim_in, dim_q, dim_v):
        super().__init__()
        for name, width in dict(v=dim_v, k=dim_q, q=dim_q).items():
            layer = nn.Linear(dim_in, width)
            bound = 6 / (dim_in + width)
            nn.init.uniform_(layer.weight, -bound, bound)
            nn.init.zeros_(layer.bias)
            self.add_module(name, layer)

    def forward(self, query, key, value, mask=None):
        out, self.weights_softmax = scaled_dot_product_no_loop_batch(
            self.q(query), self.k(key), self.v(value), mask=mask
        )
        return out


class MultiHeadAttention(nn.Module):
    def __init__(self, num_heads, dim_in, dim_out):
        super().__init__()
        self.h, self.d = num_heads, dim_out
        self.qs, self.ks, self.vs = (nn.Linear(dim_in, num_heads * dim_out) for _ in range(3))
        self.out = nn.Linear(num_heads * dim_out, dim_in)

    def forward(self, query, key, value, mask=None):
        def split(x):
            return x.view(x.size(0), x.size(1), self.h, self.d).transpose(1, 2)

        q, k, v = split(self.qs(query)), split(self.ks(key)), split(self.vs(value))
        scores = q @ k.transpose(-1, -2) / self.d**0.5
        if mask is not None:
            scores = scores.masked_fill(mask.unsqueeze(1), -1e9)
        seen = scores.softmax(-1) @ v
        return self.out(seen.transpose(1, 2).contiguous().view(query.size(0), query.size(1), -1))


class LayerNormalization(nn.Module):
    def __init__(self, emb_dim, epsilon=1e-10):
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(emb_dim))
        self.beta = nn.Parameter(torch.zeros(emb_dim))
        self.eps = epsilon

    def forward(self, x):
        var, mean = torch.var_mean(x, dim=-1, unbiased=False, keepdim=True)
        return (x - mean) * torch.rsqrt(var + self.eps) * self.gamma + self.beta


class FeedForwardBlock(nn.Sequential):
    def __init__(self, inp_dim, hidden_dim_feedforward):
        super().__init__(
            nn.Linear(inp_dim, hidden_dim_feedforward),
            nn.ReLU(inplace=True),
            nn.Linear(hidden_dim_feedforward, inp_dim),
        )


class Sublayer(nn.Module):
    """Dropout before the sum, the norm after it."""

    def __init__(self, layer, emb_dim, dropout):
        super().__init__()
        self.layer, self.norm, self.drop = layer, LayerNormalization(emb_dim), nn.Dropout(dropout)

    def forward(self, x, *rest):
        return self.norm(x + self.drop(self.layer(x, *rest)))


class EncoderBlock(nn.Module):
    def __init__(self, num_heads, emb_dim, feedforward_dim, dropout):
        super().__init__()
        if emb_dim % num_heads:
            raise ValueError(emb_dim, num_heads)
        self.attend = Sublayer(MultiHeadAttention(num_heads, emb_dim, emb_dim // num_heads), emb_dim, dropout)
        self.feed = Sublayer(FeedForwardBlock(emb_dim, feedforward_dim), emb_dim, dropout)

    def forward(self, x):
        x = x + self.attend.drop(self.attend.norm(self.attend.layer(x, x, x)))
        return x + self.feed.drop(self.feed.norm(self.feed.layer(x)))


def get_subsequent_mask(seq):
    k = torch.arange(seq.size(1), device=seq.device)
    return (k[None, :] > k[:, None]).unsqueeze(0).expand(seq.size(0), -1, -1)


def get_padding_mask(seq, padding_index):
    return (seq == padding_index).unsqueeze(-1).expand(-1, -1, seq.size(-1))


class DecoderBlock(nn.Module):
    def __init__(self, num_heads, emb_dim, feedforward_dim, dropout):
        super().__init__()
        if emb_dim % num_heads:
            raise ValueError(emb_dim, num_heads)
        width = emb_dim // num_heads
        self.own = Sublayer(MultiHeadAttention(num_heads, emb_dim, width), emb_dim, dropout)
        self.cross = Sublayer(MultiHeadAttention(num_heads, emb_dim, width), emb_dim, dropout)
        self.feed = Sublayer(FeedForwardBlock(emb_dim, feedforward_dim), emb_dim, dropout)

    def forward(self, dec_inp, enc_inp, mask=None):
        x = self.own(dec_inp, dec_inp, dec_inp, mask)
        return self.feed(self.cross(x, x, x))


class Encoder(nn.Sequential):
    def __init__(self, num_heads, emb_dim, feedforward_dim, num_layers, dropout):
        super().__init__(*(EncoderBlock(num_heads, emb_dim, feedforward_dim, dropout) for _ in range(num_layers)))


class Decoder(nn.Module):
    def __init__(self, num_heads, emb_dim, feedforward_dim, num_layers, dropout, vocab_len):
        super().__init__()
        self.blocks = nn.ModuleList(
            DecoderBlock(num_heads, emb_dim, feedforward_dim, dropout) for _ in range(num_layers)
        )
        self.scores = nn.Linear(emb_dim, vocab_len)

    def forward(self, target_seq, enc_out, mask):
        for block in self.blocks:
            target_seq = block(target_seq, enc_out, mask)
        return self.scores(target_seq)


def position_encoding_simple(K, M):
    return torch.linspace(0, 1, K + 1)[:-1].reshape(1, K, 1).expand(1, K, M)


def position_encoding_sinusoid(K, M):
    pe = torch.zeros(1, K, M)
    w = 10000.0 ** (-torch.arange(0, M, 2) / M)
    angles = torch.arange(K).unsqueeze(1) * w
    pe[0, :, 0::2] = angles.cos()
    pe[0, :, 1::2] = angles.sin()[:, : M // 2]
    return pe


class Transformer(nn.Module):
    def __init__(self, num_heads, emb_dim, feedforward_dim, dropout, num_enc_layers, num_dec_layers, vocab_len):
        super().__init__()
        sizes = num_heads, emb_dim, feedforward_dim
        self.decoder = Decoder(*sizes, num_dec_layers, dropout, vocab_len)
        self.encoder = Encoder(*sizes, num_enc_layers, dropout)
        self.table = nn.Embedding(vocab_len, emb_dim)

    def forward(self, ques_b, ques_pos, ans_b, ans_pos):
        question, answer = self.table(ques_b) + ques_pos, (self.table(ans_b) + ans_pos)[:, :-1]
        scores = self.decoder(answer, self.encoder(question), get_subsequent_mask(ans_b[:, 1:]))
        return scores.view(-1, scores.size(-1))
