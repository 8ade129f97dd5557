"""Step by step, with loops and plain attributes, as in a first reading of the docstrings."""

import math

import torch
import torch.nn as nn


def generate_token_dict(vocab):
    token_dict = {}
    count = 0
    for word in vocab:
        token_dict[word] = count
        count = count + 1
    return token_dict


def prepocess_input_sequence(input_str, token_dict, spc_tokens):
    out = []
    for part in input_str.split(" "):
        if part in spc_tokens:
            out.append(token_dict[part])
        else:
            for digit in part:
                out.append(token_dict[digit])
    return out


def scaled_dot_product_two_loop_single(query, key, value):
    K, M = query.shape
    weights = torch.zeros(K, K)
    for i in range(K):
        for j in range(K):
            weights[i, j] = (query[i] * key[j]).sum() / M**0.5
    weights = nn.functional.softmax(weights, dim=1).to(value.dtype)
    return torch.mm(weights, value)


def scaled_dot_product_two_loop_batch(query, key, value):
    N, K, M = query.shape
    weights = torch.zeros(N, K, K)
    for i in range(K):
        for j in range(K):
            weights[:, i, j] = torch.sum(query[:, i, :] * key[:, j, :], dim=-1)
    weights = torch.softmax(weights / math.sqrt(M), dim=-1).to(value.dtype)
    return torch.bmm(weights, value)


def scaled_dot_product_no_loop_batch(query, key, value, mask=None):
    _, _, M = query.shape
    scores = torch.bmm(query, key.permute(0, 2, 1)) / math.sqrt(M)
    if mask is not None:
        scores = scores.masked_fill(mask == True, -1e9)
    weights_softmax = torch.softmax(scores, dim=2)
    y = torch.bmm(weights_softmax, value)
    return y, weights_softmax


def additive_attention_scores(query, key, W_q, W_k, v):
    q = torch.matmul(query, W_q).unsqueeze(2)
    k = torch.matmul(key, W_k).unsqueeze(1)
    return torch.matmul(torch.tanh(q + k), v.unsqueeze(1)).squeeze(3)


def attention_context(scores, value, mask=None):
    if mask is not None:
        scores = scores.masked_fill(mask, -1e9)
    weights = torch.softmax(scores, dim=-1)
    return torch.bmm(weights, value), weights


class SelfAttention(nn.Module):
    def __init__(self, dim_in, dim_q, dim_v):
        super().__init__()
        self.q = nn.Linear(dim_in, dim_q)
        self.k = nn.Linear(dim_in, dim_q)
        self.v = nn.Linear(dim_in, dim_v)
        self.weights_softmax = None
        c1 = math.sqrt(6.0 / (dim_in + dim_q))
        c2 = math.sqrt(6.0 / (dim_in + dim_v))
        nn.init.uniform_(self.q.weight, a=-c1, b=c1)
        nn.init.uniform_(self.k.weight, a=-c1, b=c1)
        nn.init.uniform_(self.v.weight, a=-c2, b=c2)

    def forward(self, query, key, value, mask=None):
        q = self.q(query)
        k = self.k(key)
        v = self.v(value)
        y, self.weights_softmax = scaled_dot_product_no_loop_batch(q, k, v, mask)
        return y


class MultiHeadAttention(nn.Module):
    def __init__(self, num_heads, dim_in, dim_out):
        super().__init__()
        self.num_heads = num_heads
        self.attention = nn.ModuleList()
        for _ in range(num_heads):
            self.attention.append(SelfAttention(dim_in, dim_out, dim_out))
        self.proj = nn.Linear(dim_out * num_heads, dim_in)
        c = math.sqrt(6.0 / (dim_out * num_heads + dim_in))
        nn.init.uniform_(self.proj.weight, a=-c, b=c)

    def forward(self, query, key, value, mask=None):
        outs = []
        for head in self.attention:
            outs.append(head(query, key, value, mask))
        return self.proj(torch.cat(outs, dim=-1))


class LayerNormalization(nn.Module):
    def __init__(self, emb_dim, epsilon=1e-10):
        super().__init__()
        self.epsilon = epsilon
        self.gamma = nn.Parameter(torch.ones(emb_dim))
        self.beta = nn.Parameter(torch.zeros(emb_dim))

    def forward(self, x):
        mean = torch.sum(x, dim=-1, keepdim=True) / x.shape[-1]
        std = torch.sqrt(torch.sum((x - mean) ** 2, dim=-1, keepdim=True) / x.shape[-1])
        return self.gamma * ((x - mean) / (std + self.epsilon)) + self.beta


class FeedForwardBlock(nn.Module):
    def __init__(self, inp_dim, hidden_dim_feedforward):
        super().__init__()
        self.mlp1 = nn.Linear(inp_dim, hidden_dim_feedforward)
        self.relu = nn.ReLU()
        self.mlp2 = nn.Linear(hidden_dim_feedforward, inp_dim)

    def forward(self, x):
        return self.mlp2(self.relu(self.mlp1(x)))


class EncoderBlock(nn.Module):
    def __init__(self, num_heads, emb_dim, feedforward_dim, dropout):
        super().__init__()
        if emb_dim % num_heads != 0:
            raise ValueError("not divisible")
        self.MultiHeadBlock = MultiHeadAttention(num_heads, emb_dim, int(emb_dim / num_heads))
        self.norm1 = LayerNormalization(emb_dim)
        self.norm2 = LayerNormalization(emb_dim)
        self.feed_forward = FeedForwardBlock(emb_dim, feedforward_dim)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x):
        out1 = self.MultiHeadBlock(x, x, x)
        out2 = self.dropout(self.norm1(out1 + x))
        out3 = self.feed_forward(out2)
        return self.dropout(self.norm2(out2 + out3))


def get_subsequent_mask(seq):
    N, K = seq.shape
    mask = torch.zeros(N, K, K, dtype=torch.bool)
    for i in range(K):
        mask[:, i, i + 1 :] = True
    return mask


def get_padding_mask(seq, padding_index):
    N, K = seq.shape
    mask = torch.zeros((N, K, K), dtype=torch.bool)
    for n in range(N):
        for t in range(K):
            if seq[n, t] == padding_index:
                mask[n, :, t] = True
    return mask


class DecoderBlock(nn.Module):
    def __init__(self, num_heads, emb_dim, feedforward_dim, dropout):
        super().__init__()
        if emb_dim % num_heads != 0:
            raise ValueError("not divisible")
        self.attention_self = MultiHeadAttention(num_heads, emb_dim, emb_dim // num_heads)
        self.attention_cross = MultiHeadAttention(num_heads, emb_dim, emb_dim // num_heads)
        self.norm1 = LayerNormalization(emb_dim)
        self.norm2 = LayerNormalization(emb_dim)
        self.norm3 = LayerNormalization(emb_dim)
        self.dropout = nn.Dropout(dropout)
        self.feed_forward = FeedForwardBlock(emb_dim, feedforward_dim)

    def forward(self, dec_inp, enc_inp, mask=None):
        out1 = self.attention_self(dec_inp, dec_inp, dec_inp, mask)
        out2 = self.dropout(self.norm1(out1 + dec_inp))
        out3 = self.attention_cross(out2, enc_inp, enc_inp)
        out4 = self.dropout(self.norm2(out3 + out2))
        out5 = self.feed_forward(out4)
        return self.dropout(self.norm3(out5 + out4))


class Encoder(nn.Module):
    def __init__(self, num_heads, emb_dim, feedforward_dim, num_layers, dropout):
        super().__init__()
        self.layers = nn.ModuleList(
            [EncoderBlock(num_heads, emb_dim, feedforward_dim, dropout) for _ in range(num_layers)]
        )

    def forward(self, src_seq):
        for layer in self.layers:
            src_seq = layer(src_seq)
        return src_seq


class Decoder(nn.Module):
    def __init__(self, num_heads, emb_dim, feedforward_dim, num_layers, dropout, vocab_len):
        super().__init__()
        self.layers = nn.ModuleList(
            [DecoderBlock(num_heads, emb_dim, feedforward_dim, dropout) for _ in range(num_layers)]
        )
        self.proj_to_vocab = nn.Linear(emb_dim, vocab_len)

    def forward(self, target_seq, enc_out, mask):
        out = target_seq.clone()
        for layer in self.layers:
            out = layer(out, enc_out, mask)
        return self.proj_to_vocab(out)


def position_encoding_simple(K, M):
    y = torch.zeros(1, K, M)
    for n in range(K):
        y[0, n, :] = n / K
    return y


def position_encoding_sinusoid(K, M):
    y = torch.zeros(1, K, M)
    for p in range(K):
        for i in range(M):
            angle = p / math.pow(10000, 2 * (i // 2) / M)
            y[0, p, i] = math.sin(angle) if i % 2 == 0 else math.cos(angle)
    return y


class Transformer(nn.Module):
    def __init__(self, num_heads, emb_dim, feedforward_dim, dropout, num_enc_layers, num_dec_layers, vocab_len):
        super().__init__()
        self.emb_layer = nn.Embedding(vocab_len, emb_dim)
        self.encoder = Encoder(num_heads, emb_dim, feedforward_dim, num_enc_layers, dropout)
        self.decoder = Decoder(num_heads, emb_dim, feedforward_dim, num_dec_layers, dropout, vocab_len)

    def forward(self, ques_b, ques_pos, ans_b, ans_pos):
        q_emb = self.emb_layer(ques_b)
        a_emb = self.emb_layer(ans_b)
        q_emb_inp = q_emb + ques_pos
        a_emb_inp = a_emb[:, :-1] + ans_pos[:, :-1]
        enc_out = self.encoder(q_emb_inp)
        mask = get_subsequent_mask(ans_b[:, :-1])
        dec_out = self.decoder(a_emb_inp, enc_out, mask)
        N, K, V = dec_out.shape
        return dec_out.reshape(N * K, V)
