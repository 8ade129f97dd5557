"""How your code for a7 is called, and on what. The grader puts the same questions to its own solution and compares."""

import math

import numpy as np

from grader.ask import differentiable, projection, torch
from grader.property import Evidence, binomial, certain, close, follows
from grader.spec import Checks, no_calls, no_loops, operations_do_not_grow

checks = Checks("a7", title="Attention, transformers and vision transformers")

attention = checks.module("transformers")
vit = checks.module("vit")

course = attention.edition(
    "course",
    "position_encoding_sinusoid has the exponent floor(2i/M), as the course in 2022, where 2i is the column: always 0",
)
course_by_column = attention.edition(
    "course_by_column",
    "position_encoding_sinusoid has the exponent floor(2i/M), as the course in 2022, where i is the column: 0 in the "
    "first half, 1 in the second",
)

NO_ATTENTION = no_calls(
    *("torch.nn.functional.scaled_dot_product_attention", "torch.nn.functional.multi_head_attention_forward"),
    *("torch.nn.MultiheadAttention", "torch.nn.Transformer", "torch.nn.TransformerEncoder"),
    *("torch.nn.TransformerEncoderLayer", "torch.nn.TransformerDecoder", "torch.nn.TransformerDecoderLayer"),
    "torch.nn.attention.*",
)
NO_NORM = no_calls(
    *("torch.nn.LayerNorm", "torch.nn.functional.layer_norm", "torch.layer_norm", "torch.native_layer_norm"),
    *("torch.nn.GroupNorm", "torch.nn.functional.group_norm", "torch.group_norm", "torch.native_group_norm"),
    *("torch.nn.InstanceNorm1d", "torch.nn.functional.instance_norm", "torch.instance_norm"),
    *("torch.batch_norm", "torch.nn.functional.batch_norm", "torch.native_batch_norm"),
    *("torch.nn.RMSNorm", "torch.nn.functional.rms_norm", "torch.rms_norm", "torch.nn.InstanceNorm2d"),
    *("torch.nn.InstanceNorm3d", "torch.nn.BatchNorm1d", "torch.nn.BatchNorm2d", "torch.nn.BatchNorm3d"),
)


# == how networks are compared ========================================================================================
#
# Not by the names of their attributes. Parameters are filled with drawn numbers by their shapes alone. The heads of an
# attention may be layers of their own or the rows of a large one: rows are filled alike in blocks of a head's width, so
# that both compute the same. A convolution whose stride is its width is a linear layer of patches.


def as_rows(tensor):
    """A parameter or its gradient without leading axes of 1; filters (F, C, P, P) as a linear layer (F, P * P * C)."""
    if tensor.dim() == 4:
        tensor = tensor.permute(0, 2, 3, 1).flatten(1)
    while tensor.dim() > 1 and len(tensor) == 1:
        tensor = tensor[0]
    return tensor


def height_of_block(tensor, width):
    """How many rows are filled before the numbers come again."""
    return width if width and len(tensor) % width == 0 else len(tensor)


def filled(net, numbers, width=0):
    """Fill the parameters of `net` with `numbers`, (n,), of order 1: rows alike in blocks of `width`, where it divides
    the number of rows. Returns `net`, in the dtype of `numbers`.
    """
    net = net.to(numbers)
    with torch.no_grad():
        for parameter in net.parameters():
            rows = as_rows(parameter)
            height = height_of_block(rows, width)
            size = rows[:height].numel()
            enough = numbers.repeat(1 + size // len(numbers))  # for a parameter that is too large, too
            start = (len(enough) - size) // 2
            block = enough[start : start + size].reshape(rows[:height].shape)
            values = torch.cat([block] * (len(rows) // height))
            if values.dim() == 1:  # biases and the factors of norms: of both signs, and not near 0
                values = values.sign() * (0.5 + 0.3 * values.abs())
            else:
                values = values * values.shape[1] ** -0.5
            if parameter.dim() == 4:
                F, C, P, Q = parameter.shape
                values = values.reshape(F, P, Q, C).permute(0, 3, 1, 2)
            parameter.copy_(values.reshape(parameter.shape))
    return net


def learned(net, width=0):
    """What a backward pass has left in the parameters: for each shape of a block the sum of all gradients and the sum
    of their squares, which no order changes."""
    sums, squares = {}, {}
    for parameter in net.parameters():
        if parameter.grad is None:
            continue
        rows = as_rows(parameter.grad)
        height = height_of_block(rows, width)
        for block in rows.split(height):
            key = str(tuple(block.shape))
            sums[key] = sums.get(key, 0) + block
            squares[key] = squares.get(key, 0) + block * block
    order = sorted(sums)
    return {
        "gradients": {key: sums[key][None] for key in order},  # one scale for all rows of a layer
        "squared_gradients": {key: squares[key][None] for key in order},
    }


def counted(net):
    """How many numbers a network has in vectors, and how many rows of each length. What has got no gradient does not
    count.
    """
    counts = {}
    for parameter in net.parameters():
        if parameter.grad is not None:
            rows = as_rows(parameter)
            kind = "numbers in vectors" if rows.dim() == 1 else f"rows of {rows.shape[1]}"
            counts[kind] = counts.get(kind, 0) + len(rows)
    return dict(sorted(counts.items()))


def where_there_is_one(mask):
    """A mask as the last argument; where there is none, it is left to the default."""
    return () if mask is None else (mask,)


def forwards(net, inputs, mask=None):
    """What a network computes, and its size. Where there are ReLUs that is all: rounding may switch one."""
    out = net(*inputs, *where_there_is_one(mask))
    (out * projection(tuple(out.shape), out)).sum().backward()
    return {"out": out.detach(), "parameters": counted(net)}


def forwards_and_back(net, inputs, mask=None, *, width=0):
    """The same, and the gradients of a fixed projection of it: with respect to the inputs, and those in `learned`."""
    leaves, given = differentiable(*inputs)
    found = forwards(net, given, mask)
    back = [torch.zeros_like(x) if x.grad is None else x.grad for x in leaves]
    return {**found, "input_gradients": back, **learned(net, width)}


def numbers_for(draw, *shapes):
    """As many numbers as the largest of these shapes needs."""
    return draw.normal(max(math.prod(shape) for shape in shapes))


def later(N, K):
    """Keeps positions from looking at later ones."""
    return np.repeat(np.triu(np.ones((1, K, K), bool), 1), N, axis=0)


def padded(draw, N, K, T):
    """Keeps positions from looking beyond the end of a sequence of T positions, of which at least one is left."""
    lengths = draw.integers(1, T + 1, N)
    lengths[0] = min(lengths[0], max(T - 1, 1))  # there is padding somewhere
    return np.repeat(np.arange(T)[None, None] >= lengths[:, None, None], K, axis=1)


# == transformers: text to numbers ====================================================================================

DIGITS = [str(digit) for digit in range(10)]
SPECIAL = ["POSITIVE", "NEGATIVE", "add", "subtract", "BOS", "EOS"]


@attention.exercise("generate_token_dict", points=2)
def generate_token_dict(sub, vocab):
    """A number for each token."""
    return {"numbers": sub.generate_token_dict(list(vocab))}


@generate_token_dict.case
def digits_and_words(draw):
    return dict(vocab=[*DIGITS, *SPECIAL])


@attention.exercise("prepocess_input_sequence", points=3)
def prepocess_input_sequence(sub, text, token_dict, spc_tokens):
    """The numbers of the tokens in a text."""
    return {"tokens": sub.prepocess_input_sequence(text, dict(token_dict), list(spc_tokens))}


def expression(draw, digits, *, add=True):
    """The inputs of prepocess_input_sequence: a sum or difference of numbers of `digits` digits."""
    numbers = ["".join(str(d) for d in draw.integers(0, 10, digits)) for _ in range(2)]
    if digits > 1:
        numbers[0] = f"0{numbers[0][1:]}"
    words = ["BOS", "POSITIVE", numbers[0], "add" if add else "subtract", "NEGATIVE", numbers[1], "EOS"]
    vocab = [*DIGITS, *SPECIAL]
    return dict(text=" ".join(words), token_dict={t: n for n, t in enumerate(vocab)}, spc_tokens=list(SPECIAL))


@prepocess_input_sequence.case
def a_sum(draw):
    return expression(draw, 4)


# == transformers: scaled dot products ================================================================================


@attention.exercise("scaled_dot_product_two_loop_single", points=4, dtype="float32", rules=[NO_ATTENTION])
def two_loop_single(sub, query, key, value):
    """Scaled dot product attention of one example, with two loops."""
    return {"out": sub.scaled_dot_product_two_loop_single(query, key, value)}


@attention.exercise("scaled_dot_product_two_loop_batch", points=3, dtype="float32", rules=[NO_ATTENTION])
def two_loop_batch(sub, query, key, value):
    """Scaled dot product attention of a batch, with two loops."""
    return {"out": sub.scaled_dot_product_two_loop_batch(query, key, value)}


@attention.exercise(
    "scaled_dot_product_no_loop_batch",
    points=7,
    speed_points=2,
    dtype="float32",
    rules=[NO_ATTENTION, no_loops(), operations_do_not_grow()],
)
def no_loop_batch(sub, query, key, value, mask):
    """Scaled dot product attention of a batch, without loops and with masks."""
    out, weights = sub.scaled_dot_product_no_loop_batch(query, key, value, *where_there_is_one(mask))
    return {"out": out, "weights": weights}


def to_look_at(draw, *shape, scale=1.0):
    """The inputs of the functions with two loops."""
    return {name: draw.normal(*shape, scale=scale) for name in ("query", "key", "value")}


def to_look_at_without_loops(draw, N, K, T, M, D, *, mask=None, scale=1.0):
    """The inputs of scaled_dot_product_no_loop_batch."""
    query, key = draw.normal(N, K, M, scale=scale), draw.normal(N, T, M, scale=scale)
    return dict(query=query, key=key, value=draw.normal(N, T, D), mask=mask)


@two_loop_single.case
def one_example(draw):
    return to_look_at(draw, 4, 6)


@two_loop_batch.case
def three_examples(draw):
    return to_look_at(draw, 3, 4, 6)


@no_loop_batch.case
def without_a_mask(draw):
    return to_look_at_without_loops(draw, 3, 4, 4, 6, 6)


@no_loop_batch.case
def without_looking_ahead(draw):
    return to_look_at_without_loops(draw, 3, 4, 4, 6, 6, mask=later(3, 4))


@no_loop_batch.timed(at_most=4.0)
def long_sequences(draw, n=96):
    return to_look_at_without_loops(draw, n, 128, 128, 64, 64, mask=later(n, 128))


@no_loop_batch.yardstick("torch.nn.functional.scaled_dot_product_attention")
def library_attention(query, key, value, mask):
    return torch.nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=~mask)


# == transformers: additive attention =================================================================================


@attention.exercise("additive_attention_scores", points=3, dtype="float32", rules=[no_loops()])
def additive_scores(sub, query, key, W_q, W_k, v):
    """Scores of additive attention."""
    return {"scores": sub.additive_attention_scores(query, key, W_q, W_k, v)}


@attention.exercise("attention_context", points=3, dtype="float32", rules=[NO_ATTENTION, no_loops()])
def attention_context(sub, scores, value, mask):
    """What is seen, from any scores."""
    out, weights = sub.attention_context(scores, value, *where_there_is_one(mask))
    return {"out": out, "weights": weights}


def to_add(draw, N, K, T, D_q, D_k, H, *, scale=1.0):
    """The inputs of additive_attention_scores."""
    return dict(
        query=draw.normal(N, K, D_q, scale=scale),
        key=draw.normal(N, T, D_k, scale=scale),
        W_q=draw.normal(D_q, H, scale=D_q**-0.5),
        W_k=draw.normal(D_k, H, scale=D_k**-0.5),
        v=draw.normal(H),
    )


@additive_scores.case
def equal_widths(draw):
    return to_add(draw, 2, 3, 3, 4, 4, 4)


def scores_and_values(draw, N, K, T, D, *, mask=None, scale=1.0):
    """The inputs of attention_context."""
    return dict(scores=draw.normal(N, K, T, scale=scale), value=draw.normal(N, T, D), mask=mask)


@attention_context.case
def three_queries(draw):
    return scores_and_values(draw, 2, 3, 4, 5)


@attention_context.case
def beyond_the_end(draw):
    return scores_and_values(draw, 3, 3, 4, 5, mask=padded(draw, 3, 3, 4))


# == transformers: SelfAttention and MultiHeadAttention ===============================================================


@attention.exercise("SelfAttention.__init__", points=2)
def self_attention_init(sub, dim_in, dim_q, dim_v):
    """The initial weights of SelfAttention."""
    net = sub.SelfAttention(dim_in, dim_q, dim_v)
    weights = [parameter.detach() for parameter in net.parameters() if parameter.dim() > 1]
    return {"weights": sorted(weights, key=lambda w: tuple(w.shape))}


@self_attention_init.case
def forty_numbers(draw):
    return dict(dim_in=40, dim_q=24, dim_v=30)


# Nine statistical claims share the false alarm, so that a right solution fails with at most 1e-7: the bound behind
# `binomial` is never too small a probability, and n weights are all within a share a of c with the probability a^n.
@self_attention_init.property(false_alarm=1e-7)
def uniform_weights(ref, answer, dim_in, dim_q, dim_v):
    weights = answer.get("weights")
    usable = isinstance(weights, list) and all(isinstance(w, torch.Tensor) for w in weights)
    usable = usable and sorted(tuple(w.shape) for w in weights) == sorted([(dim_q, dim_in)] * 2 + [(dim_v, dim_in)])
    yield certain(usable), "there are weights of three linear layers: two from dim_in to dim_q, one to dim_v"
    if not usable:
        return
    for w in weights:
        bound = math.sqrt(6 / sum(w.shape))
        layer = f"({w.shape[0]}, {w.shape[1]})"
        largest = float(w.abs().max())
        within = certain(largest <= bound * (1 + 1e-6))
        spread = binomial(w.abs() > bound / 2, 0.5)
        yield within, f"no weight of the {layer} layer is above sqrt(6 / (numbers in + numbers out))"
        reached = Evidence(min(1.0, largest / bound) ** w.numel(), statistical=True)
        if within.p:
            yield reached, f"the weights of the {layer} layer reach sqrt(6 / (numbers in + numbers out))"
            yield spread, f"half of the {layer} layer's weights are above half of sqrt(6 / (numbers in + numbers out))"
        yield binomial(w > 0, 0.5), f"half of the {layer} layer's weights are positive"
        if within.p and min(reached.p, spread.p) > 1e-9:
            continue
        for sentence, other in (
            ("the bound is the root of 6 / (numbers in + numbers out)", 6 / sum(w.shape)),
            ("both numbers, in and out, are in the bound", math.sqrt(6 / dim_in)),
            ("the bound is not the library's own, 1 / sqrt(numbers in)", math.sqrt(1 / dim_in)),
            ("the bound holds 6, not 3", math.sqrt(3 / sum(w.shape))),
        ):
            alike = largest <= other * (1 + 1e-6) and binomial(w.abs() > other / 2, 0.5).p > 1e-9
            yield certain(not alike), f"{sentence}, in the {layer} layer"
        normal = largest > 1.5 * bound and follows(w * math.sqrt(3) / bound, torch.special.ndtr).p > 1e-9
        yield certain(not normal), f"the weights of the {layer} layer are uniform, not normal"


@attention.exercise(
    "SelfAttention",
    points=5,
    dtype="float32",
    tolerance=2e-4,
    needs=["scaled_dot_product_no_loop_batch"],
    rules=[NO_ATTENTION],
)
def self_attention(sub, query, key, value, mask, numbers, dim_q, dim_v):
    """Attention between linear images of its inputs, and its gradients."""
    net = filled(sub.SelfAttention(query.shape[2], dim_q, dim_v), numbers)
    return forwards_and_back(net, (query, key, value), mask)


@attention.exercise("SelfAttention.weights_softmax", points=1, dtype="float32", needs=["SelfAttention"])
def kept_weights(sub, query, key, value, mask, numbers, dim_q, dim_v):
    """The weights that SelfAttention keeps, to be looked at."""
    net = filled(sub.SelfAttention(query.shape[2], dim_q, dim_v), numbers)
    net(query, key, value, *where_there_is_one(mask))
    return {"weights": None if net.weights_softmax is None else net.weights_softmax.detach()}


@attention.exercise("SelfAttention.permutation", points=1, dtype="float32", needs=["SelfAttention"])
def permutation(sub, x, changed, order, numbers, dim_q, dim_v):
    """What SelfAttention sees when positions are permuted: the same, permuted; and when one position is changed."""
    net = filled(sub.SelfAttention(x.shape[2], dim_q, dim_v), numbers)
    seen = [net(one, one, one).detach() for one in (x, x[:, order], changed)]
    return dict(zip(("out", "out_of_permuted", "out_of_changed"), seen, strict=True))


def inputs_of_attention(draw, N, K, T, dim_in, *, mask=None, scale=1.0):
    """What SelfAttention and MultiHeadAttention have in common."""
    key, value = draw.normal(N, T, dim_in, scale=scale), draw.normal(N, T, dim_in, scale=scale)
    return dict(query=draw.normal(N, K, dim_in, scale=scale), key=key, value=value, mask=mask)


def one_head(draw, N, K, T, dim_in, dim_q, dim_v, *, mask=None, scale=1.0):
    """The inputs of SelfAttention."""
    numbers = numbers_for(draw, (dim_q, dim_in), (dim_v, dim_in))
    inputs = inputs_of_attention(draw, N, K, T, dim_in, mask=mask, scale=scale)
    return dict(inputs, numbers=numbers, dim_q=dim_q, dim_v=dim_v)


for exercise in (self_attention, kept_weights):

    @exercise.case
    def one_head_without_a_mask(draw):
        return one_head(draw, 2, 4, 4, 5, 3, 6)

    @exercise.case
    def one_head_without_looking_ahead(draw):
        return one_head(draw, 2, 4, 4, 5, 3, 6, mask=later(2, 4))


def to_permute(draw, N, K, dim_in, dim_q, dim_v):
    """The inputs of SelfAttention.permutation: an order that is not the usual one; the last position is changed."""
    x = draw.normal(N, K, dim_in, scale=0.3)  # small, so that no weight vanishes
    changed = x.copy()
    changed[:, -1] = draw.normal(N, dim_in, scale=0.3, away=0.3)
    order = np.roll(draw.permutation(K), draw.integer(0, K))
    order = np.roll(order, 1) if (order == np.arange(K)).all() else order
    numbers = numbers_for(draw, (dim_q, dim_in), (dim_v, dim_in))
    return dict(x=x, changed=changed, order=order, numbers=numbers, dim_q=dim_q, dim_v=dim_v)


@permutation.case
def five_positions(draw):
    return to_permute(draw, 2, 5, 4, 3, 6)


@permutation.property()
def permuted_alike(ref, answer, x, changed, order, numbers, dim_q, dim_v):
    seen = [answer.get(name) for name in ("out", "out_of_permuted", "out_of_changed")]
    shape = (*x.shape[:2], dim_v)
    usable = all(isinstance(one, torch.Tensor) and tuple(one.shape) == shape for one in seen)
    usable = usable and all(bool(one.isfinite().all()) for one in seen)
    yield certain(usable), "there are vectors of dim_v numbers for every position"
    if not usable:
        return
    out, of_permuted, of_changed = seen
    yield close(of_permuted, out[:, order], 1e-4), "permuted positions see what they saw before, permuted alike"
    apart = (of_changed - out)[:, :-1].abs().amax(dim=2)
    yield certain(float(apart.min()) > 1e-6), "every position sees that the last one has changed"
    # Of all positions some: of 400 draws of two positions the least difference was 7e-5, so that one in an example is
    # below 1e-6 once in 50,000 draws, and in both examples once in 10^9.
    differing = (out - out[:, :1]).abs().max()
    yield certain(float(differing) > 1e-6), "positions that ask for different things see different things"


@attention.exercise(
    "MultiHeadAttention",
    points=7,
    speed_points=2,
    dtype="float32",
    tolerance=2e-4,
    needs=["SelfAttention"],
    rules=[NO_ATTENTION, operations_do_not_grow()],
)
def multi_head_attention(sub, query, key, value, mask, numbers, num_heads, dim_out):
    """Several heads of attention, and their gradients."""
    net = filled(sub.MultiHeadAttention(num_heads, query.shape[2], dim_out), numbers, dim_out)
    return forwards_and_back(net, (query, key, value), mask, width=dim_out)


def heads(draw, N, K, T, num_heads, dim_in, dim_out, *, mask=None, scale=1.0):
    """The inputs of MultiHeadAttention."""
    numbers = numbers_for(draw, (num_heads * dim_out, dim_in))
    inputs = inputs_of_attention(draw, N, K, T, dim_in, mask=mask, scale=scale)
    return dict(inputs, numbers=numbers, num_heads=num_heads, dim_out=dim_out)


@multi_head_attention.case
def two_heads(draw):
    return heads(draw, 2, 4, 4, 2, 6, 3)


@multi_head_attention.case
def two_heads_without_looking_ahead(draw):
    return heads(draw, 2, 4, 4, 2, 6, 3, mask=later(2, 4))


@multi_head_attention.timed(at_most=4.0)
def four_heads(draw, n=24):
    return heads(draw, n, 64, 64, 4, 64, 16, mask=later(n, 64))


@multi_head_attention.yardstick("torch.nn.MultiheadAttention with autograd")
def library_heads(query, key, value, mask, numbers, num_heads, dim_out):
    net = torch.nn.MultiheadAttention(query.shape[2], num_heads, batch_first=True, dtype=query.dtype)
    inputs = [x.clone().requires_grad_() for x in (query, key, value)]
    out, _ = net(*inputs, attn_mask=mask.repeat_interleave(num_heads, dim=0), need_weights=False)
    out.sum().backward()
    return inputs[0].grad


# == transformers: the other layers ===================================================================================


@attention.exercise(
    "LayerNormalization",
    points=5,
    dtype="float32",
    rules=[NO_NORM],
    compared=["initial", "out", "input_gradients", "gradients", "squared_gradients", "parameters"],
)
def layer_normalization(sub, x, numbers, epsilon, by_default):
    """Layer normalisation, and its gradients; or else what an epsilon makes of small numbers."""
    net = (sub.LayerNormalization(x.shape[2]) if by_default else sub.LayerNormalization(x.shape[2], epsilon)).to(x)
    if epsilon is not None:
        return {"with_epsilon": net(x).detach()}
    initial = net(x.clone()).detach()
    return {"initial": initial, **forwards_and_back(filled(net, numbers), (x,))}


OTHER_EPSILONS = (1e-4, 1e-5, 1e-6, 1e-7, 1e-8)  # that are seen elsewhere


@layer_normalization.property()
def epsilon_is_added(ref, answer, x, numbers, epsilon, by_default):
    if epsilon is None:
        return
    got = answer.get("with_epsilon")
    yield certain(isinstance(got, torch.Tensor)), "there is an answer where epsilon matters"
    off = x - x.mean(dim=2, keepdim=True)
    variance = (off * off).mean(dim=2, keepdim=True)

    def is_added(number):
        """To the standard deviation, or to the variance under the root."""
        both = off / (variance.sqrt() + number), off / (variance + number).sqrt()
        return any(close(got, expected, 1e-4).p for expected in both)

    right = is_added(epsilon)
    for other in () if right else OTHER_EPSILONS:
        yield certain(not is_added(other)), f"epsilon is another number than {other:g}"
    yield certain(right), "epsilon is added to the standard deviation, or to the variance under the root"


def vectors(draw, N, K, M, *, epsilon=None, by_default=True, mean=0.7, scale=1.5):
    """The inputs of LayerNormalization. `epsilon`: what it is, where that matters; `by_default`: it is not told."""
    x = draw.normal(N, K, M, mean=mean, scale=scale)
    return dict(x=x, numbers=numbers_for(draw, (M,)), epsilon=epsilon, by_default=by_default)


@layer_normalization.case
def eight_vectors(draw):
    return vectors(draw, 2, 4, 6)


@attention.exercise("FeedForwardBlock", points=3, dtype="float32")
def feed_forward(sub, x, numbers, hidden):
    """Two linear layers at each position."""
    return forwards(filled(sub.FeedForwardBlock(x.shape[2], hidden), numbers), (x,))


def positions(draw, N, K, M, hidden, *, scale=1.0):
    """The inputs of FeedForwardBlock."""
    return dict(x=draw.normal(N, K, M, scale=scale), numbers=numbers_for(draw, (hidden, M)), hidden=hidden)


@feed_forward.case
def six_positions(draw):
    return positions(draw, 2, 3, 5, 7)


# == transformers: encoder, masks, decoder ============================================================================

BLOCKS = dict(dtype="float32", rules=[NO_ATTENTION, NO_NORM])
LAYERS = ["MultiHeadAttention", "LayerNormalization", "FeedForwardBlock"]


def without_dropout(net, dropout):
    """Dropout is off in evaluation, and in training where its probability is 0."""
    return net.eval() if dropout else net.train()


@attention.exercise("EncoderBlock", points=5, needs=LAYERS, **BLOCKS)
def encoder_block(sub, x, numbers, num_heads, hidden, dropout):
    """A block of an encoder, in training and in evaluation."""
    net = filled(sub.EncoderBlock(num_heads, x.shape[2], hidden, dropout), numbers, x.shape[2] // num_heads)
    return forwards(without_dropout(net, dropout), (x,))


def for_an_encoder(draw, N, K, num_heads, M, hidden, *, dropout=0.0):
    """The inputs of EncoderBlock; `hidden` is no multiple of a head's width."""
    return dict(
        x=draw.normal(N, K, M),
        numbers=numbers_for(draw, (M, M), (hidden, M)),
        num_heads=num_heads,
        hidden=hidden,
        dropout=dropout,
    )


@encoder_block.case
def an_encoder_in_training(draw):
    return for_an_encoder(draw, 2, 4, 2, 6, 7)


@encoder_block.case
def an_encoder_in_evaluation(draw):
    return for_an_encoder(draw, 2, 4, 2, 6, 7, dropout=0.4)


@attention.exercise("get_subsequent_mask", points=3, any_dtype=True)
def subsequent_mask(sub, seq):
    """The mask that keeps positions from looking at later ones."""
    return {"mask": sub.get_subsequent_mask(seq)}


@subsequent_mask.case
def two_sequences(draw):
    return dict(seq=draw.integers(0, 16, 2, 4))


@attention.exercise("get_padding_mask", points=2)
def padding_mask(sub, seq, padding_index):
    """The mask that keeps positions from looking at padding."""
    return {"mask": sub.get_padding_mask(seq, padding_index)}


def sequences(draw, N, K, *, padding_index=0, tokens=9):
    """The inputs of get_padding_mask: other tokens, then padding."""
    seq = draw.integers(0, tokens - 1, N, K)
    seq += seq >= padding_index
    lengths = draw.integers(1, K + 1, N)
    lengths[0] = min(lengths[0], K - 1)  # there is padding somewhere
    for row, length in zip(seq, lengths, strict=True):
        row[length:] = padding_index
    return dict(seq=seq, padding_index=padding_index)


@padding_mask.case
def three_sequences(draw):
    return sequences(draw, 3, 5)


@attention.exercise("DecoderBlock", points=4, needs=LAYERS, **BLOCKS)
def decoder_block(sub, dec_inp, enc_inp, mask, numbers, num_heads, hidden, dropout):
    """A block of a decoder, in training and in evaluation."""
    M = dec_inp.shape[2]
    net = filled(sub.DecoderBlock(num_heads, M, hidden, dropout), numbers, M // num_heads)
    return forwards(without_dropout(net, dropout), (dec_inp, enc_inp), mask)


def for_a_decoder(draw, N, K, T, num_heads, M, hidden, *, masked=True, dropout=0.0):
    """The inputs of DecoderBlock; `hidden` is no multiple of a head's width."""
    rest = for_an_encoder(draw, N, T, num_heads, M, hidden, dropout=dropout)
    return dict(dec_inp=draw.normal(N, K, M), enc_inp=rest.pop("x"), mask=later(N, K) if masked else None, **rest)


@decoder_block.case
def a_decoder_in_training(draw):
    return for_a_decoder(draw, 2, 3, 4, 2, 6, 7)


@decoder_block.case
def a_decoder_in_evaluation(draw):
    return for_a_decoder(draw, 2, 3, 4, 2, 6, 7, dropout=0.4)


ALMOST_ALL = 1 - 1e-12  # a probability to drop numbers at which none is kept, whether 0 or 1 is allowed or not


def several_times(make, dropout, *inputs):
    """Three times in training, three times in evaluation, three times where almost all numbers are dropped; what one
    pass does to its inputs, no other sees. `make(dropout)` is the network."""

    def passes(net):
        return torch.stack([net(*(x.clone() for x in inputs)) for _ in range(3)])

    with torch.no_grad():
        net = make(dropout)
        seen = {"in_training": passes(net.train()), "in_evaluation": passes(net.eval())}
        return {**seen, "almost_all": passes(make(ALMOST_ALL).train())}


@attention.exercise("EncoderBlock.dropout", points=1, dtype="float32", needs=["EncoderBlock"])
def encoder_dropout(sub, x, numbers, num_heads, hidden, dropout):
    """Dropout in a block of an encoder: in training only."""
    M = x.shape[2]

    def make(dropout):
        return filled(sub.EncoderBlock(num_heads, M, hidden, dropout), numbers, M // num_heads)

    return several_times(make, dropout, x)


@attention.exercise("DecoderBlock.dropout", points=1, dtype="float32", needs=["DecoderBlock"])
def decoder_dropout(sub, dec_inp, enc_inp, mask, numbers, num_heads, hidden, dropout):
    """Dropout in a block of a decoder: in training only."""
    M = dec_inp.shape[2]

    def make(dropout):
        return filled(sub.DecoderBlock(num_heads, M, hidden, dropout), numbers, M // num_heads)

    return several_times(make, dropout, dec_inp, enc_inp, mask)


def dropped_in_training_only(answer, shape, right):
    """Claims on passes (3, N, K, M) through a network with dropout, wherever it is; right() is what a right one has
    to compute in evaluation.
    """
    passes = [answer.get(name) for name in ("in_training", "in_evaluation", "almost_all")]
    usable = all(isinstance(one, torch.Tensor) and tuple(one.shape) == (3, *shape) for one in passes)
    usable = usable and all(bool(one.isfinite().all()) for one in passes)
    yield certain(usable), "there are vectors for every position"
    if usable:
        trained, tested, almost_all = passes
        yield certain(not bool((tested - tested[0]).any())), "in evaluation nothing is dropped: two passes are the same"
        differ = [bool((trained[i] - trained[j]).any()) for i, j in ((0, 1), (0, 2), (1, 2))]
        yield certain(all(differ)), "in training numbers are dropped: two passes differ"
        same = close(tested[0], right()["out"], 1e-4)
        yield same, "in evaluation it computes what the block without dropout computes"
        almost = "where the probability to drop a number is almost 1,"
        alike = not bool((almost_all - almost_all[0]).any())
        yield certain(alike), f"{almost} two passes in training are the same"
        yield certain(not close(almost_all[0], tested[0], 1e-4).p), f"{almost} training is not like evaluation"


# Two passes of a right solution are the same where all N * K * M numbers of one place share their fate: with
# N * K * M >= 40 and p = 0.5 that has the probability 2^-40, three pairs of passes 3e-12. Where almost all are dropped
# one of fewer than 1,000 numbers in a pass is kept with 1e-12 each, in three passes 3e-9.
@encoder_dropout.property(false_alarm=1e-8)
def encoder_drops(ref, answer, x, numbers, num_heads, hidden, dropout):
    inputs = (x, numbers, num_heads, hidden, dropout)
    yield from dropped_in_training_only(answer, tuple(x.shape), lambda: encoder_block.ask(ref, *inputs))


@decoder_dropout.property(false_alarm=1e-8)
def decoder_drops(ref, answer, dec_inp, enc_inp, mask, numbers, num_heads, hidden, dropout):
    inputs = (dec_inp, enc_inp, mask, numbers, num_heads, hidden, dropout)
    yield from dropped_in_training_only(answer, tuple(dec_inp.shape), lambda: decoder_block.ask(ref, *inputs))


@encoder_dropout.case
def an_encoder_that_drops(draw):
    return for_an_encoder(draw, 2, 4, 2, 6, 7, dropout=0.5)


@decoder_dropout.case
def a_decoder_that_drops(draw):
    return for_a_decoder(draw, 2, 4, 3, 2, 6, 7, dropout=0.5)


# == transformers: positions ==========================================================================================


@attention.exercise("position_encoding_simple", points=2, dtype="float32", any_dtype=True)
def position_simple(sub, K, M):
    """Positions as numbers from 0 to 1."""
    return {"encoding": sub.position_encoding_simple(K, M)}


@attention.exercise("position_encoding_sinusoid", points=4, dtype="float32", any_dtype=True)
def position_sinusoid(sub, K, M):
    """Positions as waves of different lengths."""
    return {"encoding": sub.position_encoding_sinusoid(K, M)}


for exercise in (position_simple, position_sinusoid):

    @exercise.case
    def five_by_six(draw):
        return dict(K=5, M=6)


# == transformers: the transformer ====================================================================================


@attention.exercise(
    "Transformer", points=4, needs=["EncoderBlock", "DecoderBlock", "get_subsequent_mask"], seconds=20, **BLOCKS
)
def transformer(sub, ques_b, ques_pos, ans_b, ans_pos, numbers, num_heads, hidden, layers, tokens):
    """The scores of the next token."""
    M = ques_pos.shape[2]
    net = sub.Transformer(num_heads, M, hidden, 0.1, *layers, tokens)
    return forwards(filled(net, numbers, M // num_heads).eval(), (ques_b, ques_pos, ans_b, ans_pos))


def questions_and_answers(draw, N, K, length, num_heads, M, hidden, *, layers=(1, 1), tokens=11, scale=0.5):
    """The inputs of Transformer; neither `hidden` nor `tokens` is a multiple of a head's width."""
    return dict(
        ques_b=draw.integers(0, tokens, N, K),
        ques_pos=draw.normal(N, K, M, scale=scale),
        ans_b=draw.integers(0, tokens, N, length),
        ans_pos=draw.normal(N, length, M, scale=scale),
        numbers=numbers_for(draw, (M, M), (hidden, M), (tokens, M)),
        num_heads=num_heads,
        hidden=hidden,
        layers=list(layers),
        tokens=tokens,
    )


@transformer.case
def two_questions(draw):
    return questions_and_answers(draw, 2, 5, 4, 2, 6, 7)


# == vit ==============================================================================================================


@vit.exercise("patchify", points=8, rules=[no_loops()])
def patchify(sub, images, patch):
    """Pictures cut into patches."""
    return {"patches": sub.patchify(images, patch)}


@patchify.case
def two_pictures(draw):
    return dict(images=draw.normal(2, 3, 4, 6), patch=2)


@vit.exercise("PatchEmbedding", points=8, dtype="float32", needs=["patchify"])
def patch_embedding(sub, images, patch, numbers, emb_dim):
    """Vectors for a picture: the class token's and each patch's, with their places; and their gradients."""
    net = filled(sub.PatchEmbedding(tuple(images.shape[2:]), patch, images.shape[1], emb_dim), numbers)
    return forwards_and_back(net, (images,))


def pictures(draw, image, patch, emb_dim, *, scale=1.0):
    """The inputs of PatchEmbedding: `image` is (N, C, H, W)."""
    _, C, H, W = image
    L = (H // patch) * (W // patch)
    numbers = numbers_for(draw, (emb_dim, patch * patch * C), (L + 1, emb_dim))
    return dict(images=draw.normal(*image, scale=scale), patch=patch, numbers=numbers, emb_dim=emb_dim)


@patch_embedding.case
def two_pictures_to_embed(draw):
    return pictures(draw, (2, 3, 4, 6), 2, 5)


@vit.exercise(
    "VisionTransformer",
    points=9,
    dtype="float32",
    needs=["PatchEmbedding", "transformers.EncoderBlock"],
    seconds=20,
)
def vision_transformer(sub, images, patch, numbers, classes, emb_dim, num_heads, hidden, layers):
    """Scores of pictures."""
    size, channels, width = tuple(images.shape[2:]), images.shape[1], emb_dim // num_heads
    net = sub.VisionTransformer(size, patch, channels, classes, emb_dim, num_heads, hidden, layers, 0.1)
    return forwards(filled(net, numbers, width).eval(), (images,))


def pictures_to_classify(draw, image, patch, *, classes, emb_dim, num_heads, hidden, layers=1):
    """The inputs of VisionTransformer; neither `classes`, `hidden` nor the number of places is a multiple of a head's
    width.
    """
    inputs = pictures(draw, image, patch, emb_dim)
    _, C, H, W = image
    L = (H // patch) * (W // patch)
    M = emb_dim
    numbers = numbers_for(draw, (M, patch * patch * C), (L + 1, M), (M, M), (hidden, M), (classes, M))
    return dict(inputs, numbers=numbers, classes=classes, num_heads=num_heads, hidden=hidden, layers=layers)


@vision_transformer.case
def two_pictures_to_classify(draw):
    return pictures_to_classify(draw, (2, 3, 4, 6), 2, classes=5, emb_dim=6, num_heads=2, hidden=8)
