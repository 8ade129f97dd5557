"""Hidden cases of a7, the mistakes that they catch, and independent ways to the same answers.

Here is what both modules share; each has a file of its own beside this one, hidden_<module>.py.
"""

import math

from grader.ask import torch


def module(forward, **parts):
    """A network of these parts; `forward` is given the network and the inputs."""

    class Made(torch.nn.Module):
        def __init__(self):
            super().__init__()
            for name, part in parts.items():
                setattr(self, name, part)

        def forward(self, *inputs):
            return forward(self, *inputs)

    return Made()


def linear(numbers_in, numbers_out, bias=True):
    return torch.nn.Linear(numbers_in, numbers_out, bias=bias)


def library_encoder(M, num_heads, hidden, dropout=0.0):
    """A block of an encoder as the library has it."""
    options = dict(batch_first=True, layer_norm_eps=1e-10)
    return torch.nn.TransformerEncoderLayer(M, num_heads, hidden, dropout, **options)


def library_decoder(M, num_heads, hidden, dropout=0.0):
    """A block of a decoder as the library has it; its mask has an axis of heads."""
    options = dict(batch_first=True, layer_norm_eps=1e-10)
    block = torch.nn.TransformerDecoderLayer(M, num_heads, hidden, dropout, **options)

    def forward(self, dec_inp, enc_inp, mask=None):
        mask = None if mask is None else mask.repeat_interleave(num_heads, dim=0)
        return self.block(dec_inp, enc_inp, tgt_mask=mask)

    return module(forward, block=block)


def attend(query, key, value, mask=None, *, divisor=None, over=2, swapped=False, transposed=False, masking="right"):
    """Scaled dot product attention, right or wrong in one way: what is seen, and the weights."""
    M = query.shape[2]
    divisor = {None: math.sqrt(M), "M": M, "K": math.sqrt(query.shape[1])}.get(divisor, divisor)
    scores = (key @ query.mT if swapped else query @ key.mT) / divisor
    weights = weigh(scores, mask, over=over, masking=masking)
    return (weights.mT if transposed else weights) @ value, weights


def weigh(scores, mask, *, over=2, masking="right"):
    """Weights from scores. `masking`: "right", "other way", "zero", "after", "never", "infinite"."""
    if mask is None or masking == "never":
        return softmax(scores, over)
    if masking == "after":
        return softmax(scores, over).masked_fill(mask, 0.0)
    value = {"zero": 0.0, "infinite": -math.inf}.get(masking, -1e9)
    return softmax(scores.masked_fill(~mask if masking == "other way" else mask, value), over)


def softmax(scores, over):
    return scores if over is None else scores.softmax(dim=over)


def declare(exercise, name, sentence, function, of=None):
    """A misconception whose function is made elsewhere."""

    def version(ref, *args, **kwargs):
        return function(ref, *args, **kwargs)

    version.__name__ = name
    exercise.misconception(sentence, of=of)(version)
