"""Rules that are kept by the tensor operations a submission dispatches. They are counted beside its code: a count may
lower a verdict, never raise one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from grader import wire
from grader.peer import printable
from grader.rules.breach import Breach
from grader.rules.calls import forbidding
from grader.spec import Exercise, NoCalls, OperationsDoNotGrow

GROWTH = 1.25  # a count that grows by less when the size doubles does not grow with the size

# Operations that betray a library function however it was reached, and all the names under which torch offers them.
ROUTES = {
    "aten::_cdist_forward": ("torch.cdist",),
    "aten::_euclidean_dist": ("torch.cdist",),
    "aten::dist": ("torch.dist", "?.dist"),
    "aten::_pdist_forward": ("torch.pdist", "torch.nn.functional.pdist"),
    "aten::norm": ("torch.norm", "?.norm"),
    "aten::linalg_vector_norm": ("torch.norm", "?.norm", "torch.linalg.norm", "torch.linalg.vector_norm"),
    "aten::flip": ("torch.flip", "?.flip", "torch.flipud", "torch.fliplr"),
    "aten::mean": ("torch.mean", "?.mean"),
    "aten::std": ("torch.std", "?.std"),
    "aten::var": ("torch.var", "?.var"),
    "aten::std_mean": ("torch.std_mean",),
    "aten::var_mean": ("torch.var_mean",),
    **dict.fromkeys(
        ("aten::convolution", "aten::_slow_conv2d_forward", "aten::thnn_conv2d", "aten::mkldnn_convolution"),
        ("torch.conv2d", "torch.nn.functional.conv2d"),
    ),
    **dict.fromkeys(
        ("aten::slow_conv3d_forward", "aten::slow_conv_dilated2d", "aten::slow_conv_dilated3d"),
        ("torch.conv2d", "torch.nn.functional.conv2d"),
    ),
    "aten::im2col": ("torch.nn.functional.unfold",),
    "aten::col2im": ("torch.nn.functional.fold",),
    **dict.fromkeys(
        ("aten::max_pool2d_with_indices", "aten::max_pool3d_with_indices", "aten::mkldnn_max_pool2d"),
        ("torch.max_pool2d", "torch.nn.functional.max_pool2d"),
    ),
    **dict.fromkeys(
        ("aten::adaptive_max_pool2d", "aten::adaptive_max_pool3d", "aten::fractional_max_pool2d"),
        ("torch.nn.functional.adaptive_max_pool2d",),
    ),
    **dict.fromkeys(
        ("aten::native_batch_norm", "aten::_native_batch_norm_legit", "aten::_batch_norm_with_update"),
        ("torch.batch_norm", "torch.nn.functional.batch_norm"),
    ),
    "aten::native_layer_norm": ("torch.layer_norm", "torch.nn.functional.layer_norm"),
    "aten::native_group_norm": ("torch.group_norm", "torch.nn.functional.group_norm"),
    "aten::_fused_rms_norm": ("torch.rms_norm", "torch.nn.functional.rms_norm"),
    **dict.fromkeys(
        (
            *("aten::_scaled_dot_product_flash_attention_for_cpu", "aten::_scaled_dot_product_flash_attention"),
            *("aten::_scaled_dot_product_efficient_attention", "aten::_scaled_dot_product_cudnn_attention"),
            *("aten::_scaled_dot_product_fused_attention_overrideable", "aten::_safe_softmax"),
        ),
        ("torch.nn.functional.scaled_dot_product_attention",),
    ),
    "aten::_native_multi_head_attention": ("torch.nn.MultiheadAttention",),
    "aten::_transformer_encoder_layer_fwd": ("torch.nn.TransformerEncoderLayer",),
    **dict.fromkeys(("aten::mkldnn_rnn_layer", "aten::_thnn_fused_lstm_cell"), ("torch.nn.LSTM", "torch.lstm")),
    "aten::_thnn_fused_gru_cell": ("torch.nn.GRU", "torch.gru"),
    "aten::_softmax": ("torch.softmax", "?.softmax", "torch.nn.functional.softmax"),
    "aten::_log_softmax": ("torch.log_softmax", "?.log_softmax", "torch.nn.functional.log_softmax"),
    "aten::nll_loss_forward": ("torch.nn.functional.nll_loss", "torch.nn.functional.cross_entropy"),
    "aten::mode": ("torch.mode", "?.mode"),
    "aten::bincount": ("torch.bincount", "?.bincount"),
    wire.AUTOGRAD: ("torch.autograd.backward", "torch.autograd.grad", "torch.func.grad", "?.backward"),
}


@dataclass(frozen=True)
class Counts:
    """The operations of one question at two sizes, the second twice the first, and the reference's."""

    sizes: tuple[int, int]
    got: tuple[wire.Counted, wire.Counted]
    reference: tuple[wire.Counted, wire.Counted]

    @property
    def grow(self) -> bool:
        """Whether the submission's count depends on the size."""
        small, large = self.got
        if not large.complete:
            return True
        return large.total > small.total * GROWTH + 2

    def words(self, got: int = 0) -> str:
        """ "60,013 tensor operations at n = 100 where the reference needs 9"."""
        counted, reference = self.got[got], self.reference[got]
        more = "" if counted.complete else "more than "
        total = counted.total if counted.complete else counted.total - 1
        needs = f" where the reference needs {reference.total:,}" if reference.complete else ""
        return f"{more}{total:,} tensor operations at n = {self.sizes[got]}{needs}"


def growth(counts: Counts) -> str:
    """What the count does when the size doubles, and what that means; "" where it does not grow."""
    small, large = (counted.total for counted in counts.got)
    if not counts.grow:
        return ""
    if not counts.got[0].complete:  # whether there would be more of them nobody has seen
        return "there is a Python loop"
    if not (counts.got[1].complete and small):
        return "there is a Python loop over the input"
    factor = large / small
    if factor > 3:
        return f"{_times(factor)} as many when n doubles: there is a Python loop over pairs"
    return f"{_times(factor)} as many when n doubles: there is a Python loop over the input"


def growth_breach(exercise: Exercise, counts: Counts) -> Breach | None:
    """The rule that the count must not grow, where it does."""
    for rule in exercise.rules:
        if isinstance(rule, OperationsDoNotGrow) and counts.grow:
            return Breach(rule, f"it takes {counts.words()}, and {growth(counts)}; the rule is: {rule.sentence}")
    return None


def forbidden_breach(exercise: Exercise, counted: wire.Counted) -> Breach | None:
    """A function that may not be called and whose operation was dispatched nevertheless."""
    for rule in (rule for rule in exercise.rules if isinstance(rule, NoCalls)):
        for operation in counted.operations:
            routes = ROUTES.get(operation.name, ())
            if routes and all(forbidding(rule, route) for route in routes):
                where = f" in line {operation.line} of {printable(operation.file[:100])}" if operation.line else ""
                return Breach(rule, _without(operation.name, routes[0].removeprefix("?"), where))
    return None


def _without(operation: str, name: str, where: str) -> str:
    if operation == wire.AUTOGRAD:
        return f"it has autograd compute derivatives{where}, which it has to do without"
    seen = operation.removeprefix("aten::")
    return f"it uses `{name}`{where}, which it has to do without (seen as `{seen}` among its tensor operations)"


def may_be_seen(exercise: Exercise) -> bool:
    """Whether some operation would betray a broken rule of the exercise."""
    rules = [rule for rule in exercise.rules if isinstance(rule, NoCalls)]
    return any(all(forbidding(rule, route) for route in routes) for rule in rules for routes in ROUTES.values())


def _times(factor: float) -> str:
    words: Sequence[tuple[float, str]] = ((2, "twice"), (3, "three times"), (4, "four times"))
    return next((word for value, word in words if abs(factor - value) < 0.15), f"{factor:.1f} times")
