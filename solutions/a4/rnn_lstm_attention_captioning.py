"""Recurrent networks that describe pictures: a plain one, with gradients by hand; LSTM and attention, with autograd.

N examples, T steps, D numbers in a word's vector, H in a hidden state, V words. Replace every `raise
NotImplementedError`.
"""

import math
from typing import Any

import torch
import torch.nn.functional as F
from digits_network import FeatureExtractor
from torch import Tensor, nn

Cache = Any  # whatever you want to remember

# -- a plain recurrent network, by hand -------------------------------------------------------------------------------


def rnn_step_forward(x: Tensor, prev_h: Tensor, Wx: Tensor, Wh: Tensor, b: Tensor) -> tuple[Tensor, Cache]:
    """Return the next hidden state (N, H), tanh(x Wx + prev_h Wh + b), and a cache.

    x: (N, D). prev_h: (N, H). Wx: (D, H). Wh: (H, H). b: (H,).
    """
    # BEGIN SOLUTION
    next_h = torch.tanh(x @ Wx + prev_h @ Wh + b)
    return next_h, (x, prev_h, Wx, Wh, next_h)
    # END SOLUTION


def rnn_step_backward(dnext_h: Tensor, cache: Cache) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Return the gradients dx (N, D), dprev_h (N, H), dWx (D, H), dWh (H, H), db (H,). dnext_h: (N, H)."""
    # BEGIN SOLUTION
    x, prev_h, Wx, Wh, next_h = cache
    da = dnext_h * (1 - next_h**2)
    return da @ Wx.T, da @ Wh.T, x.T @ da, prev_h.T @ da, da.sum(dim=0)
    # END SOLUTION


def rnn_forward(x: Tensor, h0: Tensor, Wx: Tensor, Wh: Tensor, b: Tensor) -> tuple[Tensor, Cache]:
    """Return the hidden states of all steps (N, T, H), and a cache. x: (N, T, D). h0: (N, H)."""
    # BEGIN SOLUTION
    h, states, caches = h0, [], []
    for step in x.unbind(dim=1):
        h, cache = rnn_step_forward(step, h, Wx, Wh, b)
        states.append(h)
        caches.append(cache)
    return torch.stack(states, dim=1), caches
    # END SOLUTION


def rnn_backward(dh: Tensor, cache: Cache) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Return the gradients dx (N, T, D), dh0 (N, H), dWx (D, H), dWh (H, H), db (H,).

    dh: (N, T, H), what each hidden state receives from its own step's loss, not by way of later steps.
    """
    # BEGIN SOLUTION
    dprev, dxs, weights = torch.zeros_like(dh[:, 0]), [], []
    for t in reversed(range(dh.shape[1])):
        dx, dprev, *dweights = rnn_step_backward(dh[:, t] + dprev, cache[t])
        dxs.append(dx)
        weights.append(dweights)
    dWx, dWh, db = (sum(step[k] for step in weights) for k in range(3))
    return torch.stack(dxs[::-1], dim=1), dprev, dWx, dWh, db
    # END SOLUTION


class RNN(nn.Module):
    """A recurrent layer whose parameters are learned. Given."""

    def __init__(
        self, input_size: int, hidden_size: int, device: str = "cpu", dtype: torch.dtype = torch.float32
    ) -> None:
        super().__init__()
        self.Wx = _weight(input_size, hidden_size, device, dtype)
        self.Wh = _weight(hidden_size, hidden_size, device, dtype)
        self.b = nn.Parameter(torch.zeros(hidden_size, device=device, dtype=dtype))

    def forward(self, x: Tensor, h0: Tensor) -> Tensor:
        """x: (N, T, D), h0: (N, H). Returns (N, T, H)."""
        return rnn_forward(x, h0, self.Wx, self.Wh, self.b)[0]

    def step_forward(self, x: Tensor, prev_h: Tensor) -> Tensor:
        """x: (N, D), prev_h: (N, H). Returns (N, H)."""
        return rnn_step_forward(x, prev_h, self.Wx, self.Wh, self.b)[0]


def _weight(rows: int, columns: int, device: str, dtype: torch.dtype) -> nn.Parameter:
    return nn.Parameter(torch.randn(rows, columns, device=device, dtype=dtype) / math.sqrt(rows))


# -- words ------------------------------------------------------------------------------------------------------------


class WordEmbedding(nn.Module):
    """A vector for each word, learned."""

    def __init__(
        self, vocab_size: int, embed_size: int, device: str = "cpu", dtype: torch.dtype = torch.float32
    ) -> None:
        super().__init__()
        self.W_embed = _weight(vocab_size, embed_size, device, dtype)

    def forward(self, x: Tensor) -> Tensor:
        """x: word numbers (N, T). Returns their vectors (N, T, D)."""
        # BEGIN SOLUTION
        return self.W_embed[x]
        # END SOLUTION


def temporal_softmax_loss(x: Tensor, y: Tensor, ignore_index: int | None = None) -> Tensor:
    """Return the softmax loss of a sentence, a scalar: summed over the steps, averaged over the N sentences.

    x: scores (N, T, V). y: the right words (N, T). Steps at which y is ignore_index do not count.
    """
    # BEGIN SOLUTION
    losses = F.cross_entropy(x.mT, y, reduction="none")
    return (losses * (y != ignore_index)).sum() / len(x)
    # END SOLUTION


# -- LSTM and attention -----------------------------------------------------------------------------------------------


def lstm_step_forward(
    x: Tensor,
    prev_h: Tensor,
    prev_c: Tensor,
    Wx: Tensor,
    Wh: Tensor,
    b: Tensor,
    attn: Tensor | None = None,
    Wattn: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Return the next hidden state and the next cell state, both (N, H).

    x: (N, D). prev_h, prev_c: (N, H). Wx: (D, 4H), Wh: (H, 4H), b: (4H,): columns for the gates i, f, o, g, in this
    order. attn: (N, H), a further input with the weights Wattn (H, 4H), when it is given.
    """
    # BEGIN SOLUTION
    a = x @ Wx + prev_h @ Wh + b
    if attn is not None:
        a = a + attn @ Wattn
    i, f, o, g = a.chunk(4, dim=1)
    next_c = f.sigmoid() * prev_c + i.sigmoid() * g.tanh()
    return o.sigmoid() * next_c.tanh(), next_c
    # END SOLUTION


def lstm_forward(x: Tensor, h0: Tensor, Wx: Tensor, Wh: Tensor, b: Tensor) -> Tensor:
    """Return the hidden states of all steps (N, T, H); the cell state begins at 0. x: (N, T, D). h0: (N, H)."""
    # BEGIN SOLUTION
    h, c, states = h0, torch.zeros_like(h0), []
    for step in x.unbind(dim=1):
        h, c = lstm_step_forward(step, h, c, Wx, Wh, b)
        states.append(h)
    return torch.stack(states, dim=1)
    # END SOLUTION


class LSTM(nn.Module):
    """An LSTM layer whose parameters are learned. Given."""

    def __init__(
        self, input_size: int, hidden_size: int, device: str = "cpu", dtype: torch.dtype = torch.float32
    ) -> None:
        super().__init__()
        self.Wx = _weight(input_size, 4 * hidden_size, device, dtype)
        self.Wh = _weight(hidden_size, 4 * hidden_size, device, dtype)
        self.b = nn.Parameter(torch.zeros(4 * hidden_size, device=device, dtype=dtype))

    def forward(self, x: Tensor, h0: Tensor) -> Tensor:
        """x: (N, T, D), h0: (N, H). Returns (N, T, H)."""
        return lstm_forward(x, h0, self.Wx, self.Wh, self.b)

    def step_forward(self, x: Tensor, prev_h: Tensor, prev_c: Tensor) -> tuple[Tensor, Tensor]:
        """x: (N, D), prev_h and prev_c: (N, H). Returns the next two."""
        return lstm_step_forward(x, prev_h, prev_c, self.Wx, self.Wh, self.b)


def dot_product_attention(prev_h: Tensor, A: Tensor) -> tuple[Tensor, Tensor]:
    """Return attn (N, H), the mean of the H-vectors of A under the attention weights, and the weights (N, 4, 4).

    prev_h: (N, H). A: (N, H, 4, 4), a vector at each of 16 places. The weights of an example are the softmax, over its
    places, of the dot product of prev_h and the place's vector, divided by the root of H.
    """
    # BEGIN SOLUTION
    N, H, rows, columns = A.shape
    places = A.reshape(N, H, -1)
    weights = (prev_h[:, None] @ places / math.sqrt(H)).softmax(dim=2)
    return (places * weights).sum(dim=2), weights.reshape(N, rows, columns)
    # END SOLUTION


def attention_forward(x: Tensor, A: Tensor, Wx: Tensor, Wh: Tensor, Wattn: Tensor, b: Tensor) -> Tensor:
    """Return the hidden states (N, T, H) of an LSTM that looks at A before each step.

    x: (N, T, D). A: (N, H, 4, 4). Hidden and cell state both begin at the mean of A over its places.
    """
    # BEGIN SOLUTION
    h = c = A.mean(dim=(2, 3))
    states = []
    for step in x.unbind(dim=1):
        attn, _ = dot_product_attention(h, A)
        h, c = lstm_step_forward(step, h, c, Wx, Wh, b, attn, Wattn)
        states.append(h)
    return torch.stack(states, dim=1)
    # END SOLUTION


class AttentionLSTM(nn.Module):
    """An LSTM layer with attention whose parameters are learned. Given."""

    def __init__(
        self, input_size: int, hidden_size: int, device: str = "cpu", dtype: torch.dtype = torch.float32
    ) -> None:
        super().__init__()
        self.Wx = _weight(input_size, 4 * hidden_size, device, dtype)
        self.Wh = _weight(hidden_size, 4 * hidden_size, device, dtype)
        self.Wattn = _weight(hidden_size, 4 * hidden_size, device, dtype)
        self.b = nn.Parameter(torch.zeros(4 * hidden_size, device=device, dtype=dtype))

    def forward(self, x: Tensor, A: Tensor) -> Tensor:
        """x: (N, T, D), A: (N, H, 4, 4). Returns (N, T, H)."""
        return attention_forward(x, A, self.Wx, self.Wh, self.Wattn, self.b)

    def step_forward(self, x: Tensor, prev_h: Tensor, prev_c: Tensor, attn: Tensor) -> tuple[Tensor, Tensor]:
        """x: (N, D), prev_h, prev_c and attn: (N, H). Returns the next two states."""
        return lstm_step_forward(x, prev_h, prev_c, self.Wx, self.Wh, self.b, attn, self.Wattn)


# -- captions ---------------------------------------------------------------------------------------------------------


class CaptioningRNN(nn.Module):
    """Pictures in, sentences out."""

    def __init__(
        self,
        word_to_idx: dict[str, int],
        input_dim: int = 64,
        wordvec_dim: int = 128,
        hidden_dim: int = 128,
        cell_type: str = "rnn",
        device: str = "cpu",
        ignore_index: int | None = None,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        """Make the layers.

        word_to_idx: the vocabulary; <NULL>, <START> and <END> are in it. input_dim: the channels of a feature map.
        cell_type: "rnn", "lstm" or "attention". The feature extractor pools for the first two. A linear layer takes the
        features to hidden_dim (at each place on its own, for attention), another one takes a hidden state to scores.
        """
        super().__init__()
        if cell_type not in ("rnn", "lstm", "attention"):
            raise ValueError(f"cell_type is {cell_type!r}; it is rnn, lstm or attention")
        self.cell_type = cell_type
        self.ignore_index = ignore_index
        self._null, self._start, self._end = (word_to_idx[word] for word in ("<NULL>", "<START>", "<END>"))
        # BEGIN SOLUTION
        made = dict(device=device, dtype=dtype)
        cell = {"rnn": RNN, "lstm": LSTM, "attention": AttentionLSTM}[cell_type]
        self.extractor = FeatureExtractor(pooling=cell_type != "attention", **made)
        self.project = nn.Linear(input_dim, hidden_dim, **made)
        self.embed = WordEmbedding(len(word_to_idx), wordvec_dim, **made)
        self.cell = cell(wordvec_dim, hidden_dim, **made)
        self.score = nn.Linear(hidden_dim, len(word_to_idx), **made)
        # END SOLUTION

    def forward(self, images: Tensor, captions: Tensor) -> Tensor:
        """Return the loss of the captions, a scalar. images: (N, 3, 16, 16). captions: (N, T), each begins with
        <START>.

        Given all words but the last one, the network is to say all words but the first one.
        """
        # BEGIN SOLUTION
        features = self.extractor.extract_mobilenet_feature(images)
        seen = self.project(features.movedim(1, -1)).movedim(-1, 1)
        words = self.embed(captions[:, :-1])
        scores = self.score(self.cell(words, seen))
        return temporal_softmax_loss(scores, captions[:, 1:], self.ignore_index)
        # END SOLUTION

    def sample(self, images: Tensor, max_length: int = 15) -> Any:
        """Return captions (N, max_length), word numbers; with attention also the weights, (N, max_length, 4, 4).

        The first word that goes in is <START>; after that, each time the word with the largest score that came out, and
        it is also what is returned. Nothing stops at <END>.
        """
        # BEGIN SOLUTION
        features = self.extractor.extract_mobilenet_feature(images)
        seen = self.project(features.movedim(1, -1)).movedim(-1, 1)
        h = c = seen.mean(dim=(2, 3)) if self.cell_type == "attention" else seen
        if self.cell_type == "lstm":
            c = torch.zeros_like(h)
        word = torch.full((len(images),), self._start, device=images.device)
        captions, looked = [], []
        for _ in range(max_length):
            vector = self.embed(word)
            if self.cell_type == "rnn":
                h = self.cell.step_forward(vector, h)
            elif self.cell_type == "lstm":
                h, c = self.cell.step_forward(vector, h, c)
            else:
                attn, weights = dot_product_attention(h, seen)
                h, c = self.cell.step_forward(vector, h, c, attn)
                looked.append(weights)
            word = self.score(h).argmax(dim=1)
            captions.append(word)
        told = torch.stack(captions, dim=1)
        return (told, torch.stack(looked, dim=1)) if self.cell_type == "attention" else told
        # END SOLUTION
