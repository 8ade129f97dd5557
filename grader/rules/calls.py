"""Whether a rule forbids a name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from grader.spec import NoCalls

# Other places in which libraries keep what torch offers, each with the place that rules name.
PLACES = {
    "torch.functional.": "torch.",
    "torch._C._VariableFunctions.": "torch.",
    "torch._VF.": "torch.",
    "torch._refs.": "torch.",
    "torch._prims.": "torch.",
    "torch._decomp.decompositions.": "torch.",
    "torch.Tensor.": "torch.",
    "torch._tensor.Tensor.": "torch.",
    "torch._C.TensorBase.": "torch.",
    "torch._C._TensorBase.": "torch.",
    "torch.ops.aten.": "torch.",
    "torch._ops.ops.aten.": "torch.",
    "torch._C._nn.": "torch.nn.functional.",
    "torch._refs.nn.functional.": "torch.nn.functional.",
    "torch._C._linalg.": "torch.",
    "torch._C._functorch.": "torch.func.",
    "torch._functorch.": "torch.func.",
    "functorch.": "torch.func.",
    "numpy.": "torch.",  # np.linalg.norm is as much of a library's distance as torch.linalg.norm
}
# Layers, and distances between points, that torch offers at its top too: "torch.nn.*" means them as well.
LAYER = re.compile(
    r"torch\.((?:native_|cudnn_|miopen_|mkldnn_|quantized_|thnn_|slow_|_)*"
    r"(?:(?:batch|group|instance|layer|rms)_norm|(?:conv(?:_transpose|_depthwise)?[123]d|conv_tbc|convolution(?:_transpose)?)"
    r"|(?:adaptive_)?(?:max|avg)_pool[123]d(?:_with_indices)?|(?:lstm|gru|rnn_tanh|rnn_relu)(?:_cell)?|rnn(?:_layer)?"
    r"|pairwise_distance|pdist|cosine_similarity|bilinear|embedding_bag|ctc_loss|kl_div"
    r"|(?:\w+_)?(?:embedding|ranking|margin|nll)_loss|binary_cross_entropy_with_logits))"
)


def forbidding(rule: NoCalls, name: str) -> str | None:
    """The entry of the rule that forbids this name, None if there is none. `name` is "torch.cdist", "map", or "?.norm"
    for the attribute of something unknown."""
    spellings = [*_spellings(name)]
    for entry in rule.names:
        excepted = entry.endswith(".*") and any(_fits(other, s) for other in rule.but for s in spellings)
        if not excepted and any(_fits(entry, spelling) for spelling in spellings):
            return entry
    return None


def _spellings(name: str) -> Iterator[str]:
    """A name, and what else libraries call the same."""
    yield name
    others = [f"{to}{name.removeprefix(place)}" for place, to in PLACES.items() if name.startswith(place)]
    others += [other.rpartition(".")[0] for other in others if name.startswith("torch.ops.aten.")]  # aten.mm.default
    yield from others
    for one in (name, *others):
        if found := LAYER.fullmatch(one):
            yield f"torch.nn.functional.{found[1]}"


def _fits(entry: str, name: str) -> bool:
    if entry.endswith(".*"):
        return name.startswith(entry[:-1])
    if entry.startswith("."):  # of anything
        return name.endswith(f".{entry.rpartition('.')[2]}")
    return name == entry
