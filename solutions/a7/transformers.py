"""Attention, from two loops to a transformer that adds and subtracts.

N examples, K positions (queries), T positions (keys), M numbers in a vector, V tokens. In a mask True means blocked.
Names of attributes are yours to choose but for those that a docstring gives. Replace every `raise NotImplementedError`.
"""

import math

import torch
from torch import Tensor, nn

BLOCKED = -1e9  # what takes the place of a score that is blocked

# -- text to numbers --------------------------------------------------------------------------------------------------


def generate_token_dict(vocab: list[str]) -> dict[str, int]:
    """Return the number of each token: 0 for the first one in `vocab`, 1 for the second one, and so on."""
    # BEGIN SOLUTION
    return {token: number for number, token in enumerate(vocab)}
    # END SOLUTION


def prepocess_input_sequence(input_str: str, token_dict: dict[str, int], spc_tokens: list[str]) -> list[int]:
    """Return the numbers of the tokens in a text whose words are separated by spaces.

    A word that is among `spc_tokens` is one token. Any other word is a number, each digit of which is a token:
    "BOS POSITIVE 0333 EOS" are the tokens BOS, POSITIVE, 0, 3, 3, 3, EOS. token_dict: token -> its number.
    """
    # BEGIN SOLUTION
    tokens: list[str] = []
    for word in input_str.split():
        tokens += [word] if word in spc_tokens else word
    return [token_dict[token] for token in tokens]
    # END SOLUTION


# -- scaled dot products ----------------------------------------------------------------------------------------------


def scaled_dot_product_two_loop_single(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Return what each query sees, (K, M), for one example: a loop over queries, and in it one over keys.

    query, key, value: (K, M). Scores are divided by sqrt(M); a softmax over the keys makes weights of them.
    """
    # BEGIN SOLUTION
    scores = query.new_empty(len(query), len(key))
    for i, one in enumerate(query):
        for j, other in enumerate(key):
            scores[i, j] = one @ other / math.sqrt(len(one))
    return scores.softmax(dim=1) @ value
    # END SOLUTION


def scaled_dot_product_two_loop_batch(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Return the same for N examples at once, (N, K, M): a loop over queries, in it one over keys, none over examples.

    query, key, value: (N, K, M).
    """
    # BEGIN SOLUTION
    N, K, M = query.shape
    scores = query.new_empty(N, K, key.shape[1])
    for i in range(K):
        for j in range(key.shape[1]):
            scores[:, i, j] = (query[:, i] * key[:, j]).sum(dim=1) / math.sqrt(M)
    return scores.softmax(dim=2) @ value
    # END SOLUTION


def scaled_dot_product_no_loop_batch(
    query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Return what each query sees, (N, K, D), and the weights (N, K, T), without a loop.

    query: (N, K, M). key: (N, T, M). value: (N, T, D). mask: bool (N, K, T), True where query k must not look at key t;
    the score there becomes BLOCKED.
    """
    # BEGIN SOLUTION
    scores = (query / math.sqrt(query.shape[2])) @ key.mT
    if mask is not None:
        scores = scores.masked_fill(mask, BLOCKED)
    weights = scores.softmax(dim=2)
    return weights @ value, weights
    # END SOLUTION


# -- additive attention -----------------------------------------------------------------------------------------------


def additive_attention_scores(query: Tensor, key: Tensor, W_q: Tensor, W_k: Tensor, v: Tensor) -> Tensor:
    """Return the scores (N, K, T) of additive attention, v · tanh(q W_q + k W_k) for each query q and key k.

    query: (N, K, D_q). key: (N, T, D_k). W_q: (D_q, H). W_k: (D_k, H). v: (H,).
    """
    # BEGIN SOLUTION
    hidden = torch.tanh((query @ W_q)[:, :, None] + (key @ W_k)[:, None])
    return hidden @ v
    # END SOLUTION


def attention_context(scores: Tensor, value: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Return what each query sees, (N, K, D), and the weights (N, K, T), from any scores.

    scores: (N, K, T). value: (N, T, D). mask: bool (N, K, T), True where a score becomes BLOCKED.
    """
    # BEGIN SOLUTION
    if mask is not None:
        scores = scores.masked_fill(mask, BLOCKED)
    weights = scores.softmax(dim=2)
    return weights @ value, weights
    # END SOLUTION


# -- layers -----------------------------------------------------------------------------------------------------------


class SelfAttention(nn.Module):
    """Attention between linear images of its inputs: from `dim_in` to `dim_q` numbers for queries and keys, to `dim_v`
    for values.

    Attributes: q, k and v, linear layers with a bias, whose weights begin uniform between -c and c, where
    c = sqrt(6 / (numbers in + numbers out)); weights_softmax, the weights (N, K, T) of the last call.
    """

    def __init__(self, dim_in: int, dim_q: int, dim_v: int) -> None:
        super().__init__()
        self.weights_softmax: Tensor | None = None
        # BEGIN SOLUTION
        self.q = nn.Linear(dim_in, dim_q)
        self.k = nn.Linear(dim_in, dim_q)
        self.v = nn.Linear(dim_in, dim_v)
        for layer in (self.q, self.k, self.v):
            bound = math.sqrt(6 / sum(layer.weight.shape))
            nn.init.uniform_(layer.weight, -bound, bound)
        # END SOLUTION

    def forward(self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None) -> Tensor:
        """query: (N, K, dim_in). key, value: (N, T, dim_in). mask: (N, K, T). Returns (N, K, dim_v)."""
        # BEGIN SOLUTION
        y, self.weights_softmax = scaled_dot_product_no_loop_batch(self.q(query), self.k(key), self.v(value), mask)
        return y
        # END SOLUTION


class MultiHeadAttention(nn.Module):
    """num_heads times SelfAttention with dim_q = dim_v = dim_out, on the same inputs; what the heads see is put side by
    side, head after head, and a linear layer takes the num_heads * dim_out numbers back to dim_in.
    """

    def __init__(self, num_heads: int, dim_in: int, dim_out: int) -> None:
        super().__init__()
        # BEGIN SOLUTION
        self.heads = nn.ModuleList(SelfAttention(dim_in, dim_out, dim_out) for _ in range(num_heads))
        self.linear = nn.Linear(num_heads * dim_out, dim_in)
        # END SOLUTION

    def forward(self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None) -> Tensor:
        """query: (N, K, dim_in). key, value: (N, T, dim_in). mask: (N, K, T). Returns (N, K, dim_in)."""
        # BEGIN SOLUTION
        seen = [head(query, key, value, mask) for head in self.heads]
        return self.linear(torch.cat(seen, dim=2))
        # END SOLUTION


class LayerNormalization(nn.Module):
    """Each vector of M numbers on its own: minus its mean, divided by its standard deviation, times gamma, plus beta.

    The variance is the mean of the squared distances from the mean (divided by M). epsilon keeps from dividing by 0: it
    is added to the standard deviation, or to the variance under the root; both are right. gamma begins as ones, beta as
    zeros, (M,).
    """

    def __init__(self, emb_dim: int, epsilon: float = 1e-10) -> None:
        super().__init__()
        self.epsilon = epsilon
        # BEGIN SOLUTION
        self.gamma = nn.Parameter(torch.ones(emb_dim))
        self.beta = nn.Parameter(torch.zeros(emb_dim))
        # END SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        """x: (N, K, M). Returns (N, K, M)."""
        # BEGIN SOLUTION
        off = x - x.mean(dim=2, keepdim=True)
        variance = (off * off).mean(dim=2, keepdim=True)
        return self.gamma * off / torch.sqrt(variance + self.epsilon) + self.beta
        # END SOLUTION


class FeedForwardBlock(nn.Module):
    """At each position on its own: a linear layer to `hidden_dim_feedforward` numbers, a ReLU, a linear layer back."""

    def __init__(self, inp_dim: int, hidden_dim_feedforward: int) -> None:
        super().__init__()
        # BEGIN SOLUTION
        self.net = nn.Sequential(
            nn.Linear(inp_dim, hidden_dim_feedforward), nn.ReLU(), nn.Linear(hidden_dim_feedforward, inp_dim)
        )
        # END SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        """x: (N, K, inp_dim). Returns (N, K, inp_dim)."""
        # BEGIN SOLUTION
        return self.net(x)
        # END SOLUTION


# -- encoder ----------------------------------------------------------------------------------------------------------


class EncoderBlock(nn.Module):
    """Attention of a sequence to itself, then a feed-forward block. Around each of the two: the input is added to what
    comes out, the sum is normalised, then there is dropout.

    Each of the num_heads heads has emb_dim / num_heads numbers. `dropout` is the probability to drop a number.
    """

    def __init__(self, num_heads: int, emb_dim: int, feedforward_dim: int, dropout: float) -> None:
        super().__init__()
        if emb_dim % num_heads != 0:
            raise ValueError(f"{emb_dim} numbers cannot be shared evenly by {num_heads} heads.")
        # BEGIN SOLUTION
        self.attention = MultiHeadAttention(num_heads, emb_dim, emb_dim // num_heads)
        self.norm1 = LayerNormalization(emb_dim)
        self.feed_forward = FeedForwardBlock(emb_dim, feedforward_dim)
        self.norm2 = LayerNormalization(emb_dim)
        self.dropout = nn.Dropout(dropout)
        # END SOLUTION

    def forward(self, x: Tensor) -> Tensor:
        """x: (N, K, emb_dim). Returns (N, K, emb_dim)."""
        # BEGIN SOLUTION
        x = self.dropout(self.norm1(x + self.attention(x, x, x)))
        return self.dropout(self.norm2(x + self.feed_forward(x)))
        # END SOLUTION


class Encoder(nn.Module):
    """num_layers encoder blocks in a row. Given."""

    def __init__(self, num_heads: int, emb_dim: int, feedforward_dim: int, num_layers: int, dropout: float) -> None:
        super().__init__()
        blocks = [EncoderBlock(num_heads, emb_dim, feedforward_dim, dropout) for _ in range(num_layers)]
        self.layers = nn.ModuleList(blocks)

    def forward(self, src_seq: Tensor) -> Tensor:
        """src_seq: (N, K, emb_dim). Returns (N, K, emb_dim)."""
        for block in self.layers:
            src_seq = block(src_seq)
        return src_seq


# -- masks ------------------------------------------------------------------------------------------------------------


def get_subsequent_mask(seq: Tensor) -> Tensor:
    """Return the mask (N, K, K), bool, that keeps each position from looking at later ones: True where t > k.

    seq: token numbers (N, K).
    """
    # BEGIN SOLUTION
    N, K = seq.shape
    later = torch.ones(K, K, dtype=torch.bool, device=seq.device).triu(diagonal=1)
    return later.repeat(N, 1, 1)
    # END SOLUTION


def get_padding_mask(seq: Tensor, padding_index: int) -> Tensor:
    """Return the mask (N, K, K), bool, that keeps positions from looking at padding: True where token t is padding.

    seq: token numbers (N, K); padding_index where a sequence is filled up.
    """
    # BEGIN SOLUTION
    return (seq == padding_index)[:, None].repeat(1, seq.shape[1], 1)
    # END SOLUTION


# -- decoder ----------------------------------------------------------------------------------------------------------


class DecoderBlock(nn.Module):
    """Attention of the output so far to itself, under a mask; attention to what the encoder made of the input; then a
    feed-forward block. Around each of the three: add the input, normalise, dropout, as in EncoderBlock.

    Attributes: attention_self, attention_cross, feed_forward, norm1, norm2, norm3, dropout.
    """

    def __init__(self, num_heads: int, emb_dim: int, feedforward_dim: int, dropout: float) -> None:
        super().__init__()
        if emb_dim % num_heads != 0:
            raise ValueError(f"{emb_dim} numbers cannot be shared evenly by {num_heads} heads.")
        # BEGIN SOLUTION
        self.attention_self = MultiHeadAttention(num_heads, emb_dim, emb_dim // num_heads)
        self.norm1 = LayerNormalization(emb_dim)
        self.attention_cross = MultiHeadAttention(num_heads, emb_dim, emb_dim // num_heads)
        self.norm2 = LayerNormalization(emb_dim)
        self.feed_forward = FeedForwardBlock(emb_dim, feedforward_dim)
        self.norm3 = LayerNormalization(emb_dim)
        self.dropout = nn.Dropout(dropout)
        # END SOLUTION

    def forward(self, dec_inp: Tensor, enc_inp: Tensor, mask: Tensor | None = None) -> Tensor:
        """dec_inp: (N, K, emb_dim). enc_inp: (N, T, emb_dim), from the encoder. mask: (N, K, K), of the attention of
        dec_inp to itself. Returns (N, K, emb_dim).
        """
        # BEGIN SOLUTION
        x = self.dropout(self.norm1(dec_inp + self.attention_self(dec_inp, dec_inp, dec_inp, mask)))
        x = self.dropout(self.norm2(x + self.attention_cross(x, enc_inp, enc_inp)))
        return self.dropout(self.norm3(x + self.feed_forward(x)))
        # END SOLUTION


class Decoder(nn.Module):
    """num_layers decoder blocks in a row, and a linear layer to scores of tokens. Given."""

    def __init__(
        self, num_heads: int, emb_dim: int, feedforward_dim: int, num_layers: int, dropout: float, vocab_len: int
    ) -> None:
        super().__init__()
        blocks = [DecoderBlock(num_heads, emb_dim, feedforward_dim, dropout) for _ in range(num_layers)]
        self.layers = nn.ModuleList(blocks)
        self.proj_to_vocab = nn.Linear(emb_dim, vocab_len)
        nn.init.xavier_uniform_(self.proj_to_vocab.weight)

    def forward(self, target_seq: Tensor, enc_out: Tensor, mask: Tensor | None) -> Tensor:
        """target_seq: (N, K, emb_dim). enc_out: (N, T, emb_dim). mask: (N, K, K). Returns scores (N, K, vocab_len)."""
        for block in self.layers:
            target_seq = block(target_seq, enc_out, mask)
        return self.proj_to_vocab(target_seq)


# -- positions --------------------------------------------------------------------------------------------------------


def position_encoding_simple(K: int, M: int) -> Tensor:
    """Return (1, K, M): position n has the vector whose M numbers are all n / K."""
    # BEGIN SOLUTION
    return (torch.arange(K) / K)[None, :, None].repeat(1, 1, M)
    # END SOLUTION


def position_encoding_sinusoid(K: int, M: int) -> Tensor:
    """Return (1, K, M): for position t, sin(t w_k) in column 2k and cos(t w_k) in column 2k + 1, where
    w_k = 10000^(-2k / M). M may be odd: then the last column is a sine.
    """
    # BEGIN SOLUTION
    columns = torch.arange(M)
    angles = torch.arange(K)[:, None] / 10000 ** (2 * (columns // 2) / M)
    return torch.where(columns % 2 == 0, torch.sin(angles), torch.cos(angles))[None]
    # END SOLUTION


# -- everything together ----------------------------------------------------------------------------------------------


class Transformer(nn.Module):
    """An encoder reads a question, a decoder writes the answer, token after token. Both share one table of vectors for
    tokens (nn.Embedding).
    """

    def __init__(
        self,
        num_heads: int,
        emb_dim: int,
        feedforward_dim: int,
        dropout: float,
        num_enc_layers: int,
        num_dec_layers: int,
        vocab_len: int,
    ) -> None:
        super().__init__()
        # BEGIN SOLUTION
        self.emb_layer = nn.Embedding(vocab_len, emb_dim)
        self.encoder = Encoder(num_heads, emb_dim, feedforward_dim, num_enc_layers, dropout)
        self.decoder = Decoder(num_heads, emb_dim, feedforward_dim, num_dec_layers, dropout, vocab_len)
        # END SOLUTION

    def forward(self, ques_b: Tensor, ques_pos: Tensor, ans_b: Tensor, ans_pos: Tensor) -> Tensor:
        """Return scores (N * (O - 1), V): for each position of an answer but the last one, the scores of the token that
        comes next, from the question and the answer up to that position.

        ques_b: token numbers (N, K). ques_pos: position encodings (N, K, emb_dim). ans_b: (N, O). ans_pos: (N, O,
        emb_dim). The encodings are added to the tokens' vectors.
        """
        # BEGIN SOLUTION
        encoded = self.encoder(self.emb_layer(ques_b) + ques_pos)
        told = ans_b[:, :-1]
        scores = self.decoder(self.emb_layer(told) + ans_pos[:, :-1], encoded, get_subsequent_mask(told))
        return scores.flatten(0, 1)
        # END SOLUTION
