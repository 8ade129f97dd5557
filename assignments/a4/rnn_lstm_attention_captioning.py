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
    raise NotImplementedError("write this")


def rnn_step_backward(dnext_h: Tensor, cache: Cache) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Return the gradients dx (N, D), dprev_h (N, H), dWx (D, H), dWh (H, H), db (H,). dnext_h: (N, H)."""
    raise NotImplementedError("write this")


def rnn_forward(x: Tensor, h0: Tensor, Wx: Tensor, Wh: Tensor, b: Tensor) -> tuple[Tensor, Cache]:
    """Return the hidden states of all steps (N, T, H), and a cache. x: (N, T, D). h0: (N, H)."""
    raise NotImplementedError("write this")


def rnn_backward(dh: Tensor, cache: Cache) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Return the gradients dx (N, T, D), dh0 (N, H), dWx (D, H), dWh (H, H), db (H,).

    dh: (N, T, H), what each hidden state receives from its own step's loss, not by way of later steps.
    """
    raise NotImplementedError("write this")


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
        raise NotImplementedError("write this")


def temporal_softmax_loss(x: Tensor, y: Tensor, ignore_index: int | None = None) -> Tensor:
    """Return the softmax loss of a sentence, a scalar: summed over the steps, averaged over the N sentences.

    x: scores (N, T, V). y: the right words (N, T). Steps at which y is ignore_index do not count.
    """
    raise NotImplementedError("write this")


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
    raise NotImplementedError("write this")


def lstm_forward(x: Tensor, h0: Tensor, Wx: Tensor, Wh: Tensor, b: Tensor) -> Tensor:
    """Return the hidden states of all steps (N, T, H); the cell state begins at 0. x: (N, T, D). h0: (N, H)."""
    raise NotImplementedError("write this")


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
    raise NotImplementedError("write this")


def attention_forward(x: Tensor, A: Tensor, Wx: Tensor, Wh: Tensor, Wattn: Tensor, b: Tensor) -> Tensor:
    """Return the hidden states (N, T, H) of an LSTM that looks at A before each step.

    x: (N, T, D). A: (N, H, 4, 4). Hidden and cell state both begin at the mean of A over its places.
    """
    raise NotImplementedError("write this")


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
        raise NotImplementedError("write this")

    def forward(self, images: Tensor, captions: Tensor) -> Tensor:
        """Return the loss of the captions, a scalar. images: (N, 3, 16, 16). captions: (N, T), each begins with
        <START>.

        Given all words but the last one, the network is to say all words but the first one.
        """
        raise NotImplementedError("write this")

    def sample(self, images: Tensor, max_length: int = 15) -> Any:
        """Return captions (N, max_length), word numbers; with attention also the weights, (N, max_length, 4, 4).

        The first word that goes in is <START>; after that, each time the word with the largest score that came out, and
        it is also what is returned. Nothing stops at <END>.
        """
        raise NotImplementedError("write this")
