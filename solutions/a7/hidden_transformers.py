"""Hidden cases of transformers, the mistakes that they catch, and independent ways to the same answers."""

import math

import numpy as np
from checks import (
    DIGITS,
    SPECIAL,
    additive_scores,
    attention_context,
    course,
    course_by_column,
    decoder_block,
    decoder_dropout,
    encoder_block,
    encoder_dropout,
    expression,
    feed_forward,
    filled,
    for_a_decoder,
    for_an_encoder,
    forwards,
    forwards_and_back,
    generate_token_dict,
    heads,
    kept_weights,
    later,
    layer_normalization,
    multi_head_attention,
    no_loop_batch,
    one_head,
    padded,
    padding_mask,
    permutation,
    position_simple,
    position_sinusoid,
    positions,
    prepocess_input_sequence,
    questions_and_answers,
    scores_and_values,
    self_attention,
    self_attention_init,
    sequences,
    subsequent_mask,
    to_add,
    to_look_at,
    to_look_at_without_loops,
    to_permute,
    transformer,
    two_loop_batch,
    two_loop_single,
    vectors,
    without_dropout,
)
from hidden import attend, declare, library_decoder, library_encoder, linear, module, weigh

from grader.ask import torch

NO_ROOT = "The scores are not divided by the root of M, the length of a query."
BY_M = "The scores are divided by M; it is the root of M."
BY_ROOT_OF_K = "The scores are divided by the root of the number of positions; it is the length of a query that counts."
OVER_QUERIES = "The softmax goes over the queries; the weights of one query over all keys have the sum 1."
OVER_EXAMPLES = "The softmax goes over the examples; the weights of one query over all keys have the sum 1."
NO_SOFTMAX = "There is no softmax: the scores themselves are the weights."
SWAPPED = "Queries and keys have changed places."
TRANSPOSED = "The weights are transposed before they meet the values."
OTHER_WAY = "The mask is read the other way round: True means blocked."
AS_ZERO = "A blocked score becomes 0, which is a score like any other: the position is still seen."
AFTER = "The mask is applied after the softmax: the weights no longer have the sum 1."
IGNORED = "The mask is not used."
INFINITE = "A blocked score becomes minus infinity: for a query that may look at nothing the weights are NaN."
NO_BIAS = "The linear layers have no biases."

DEFAULT_EPSILON = 1e-10  # of LayerNormalization

# -- text to numbers --------------------------------------------------------------------------------------------------


@generate_token_dict.case
def in_another_order(draw):
    tokens = [*DIGITS, *SPECIAL, "zebra", "ant"]
    return dict(vocab=[tokens[i] for i in draw.permutation(len(tokens))])


@generate_token_dict.case(worth=0.2)
def one_token(draw):
    return dict(vocab=["alone"])


@generate_token_dict.oracle
def by_zip(ref, vocab):
    return {"numbers": dict(zip(vocab, range(len(vocab)), strict=True))}


@generate_token_dict.misconception("The numbers begin at 1, not at 0.")
def from_one(ref, vocab):
    return {token: number for number, token in enumerate(vocab, 1)}


@generate_token_dict.misconception("The tokens are sorted first; their numbers follow the order of the vocabulary.")
def in_alphabetical_order(ref, vocab):
    return {token: number for number, token in enumerate(sorted(vocab))}


@generate_token_dict.misconception("The dictionary leads from numbers to tokens, not from tokens to numbers.")
def from_numbers(ref, vocab):
    return dict(enumerate(vocab))


@prepocess_input_sequence.case
def a_difference_of_long_numbers(draw):
    return expression(draw, 7, add=False)


@prepocess_input_sequence.case
def single_digits(draw):
    return expression(draw, 1)


@prepocess_input_sequence.case(worth=0.25)
def other_words_and_numbers(draw):
    words = ["open", "times", "close"]
    vocab = [[*DIGITS, *words][i] for i in draw.permutation(13)]
    numbers = ["".join(str(d) for d in draw.integers(0, 10, n)) for n in (2, 3, 1)]
    text = f"open {numbers[0]} times {numbers[1]} times {numbers[2]} close"
    return dict(text=text, token_dict={t: n for n, t in enumerate(vocab)}, spc_tokens=words)


@prepocess_input_sequence.oracle
def character_by_character(ref, text, token_dict, spc_tokens):
    tokens, word = [], ""
    for character in f"{text} ":
        if character != " ":
            word += character
            continue
        tokens.extend([token_dict[word]] if word in spc_tokens else map(token_dict.get, word))
        word = ""
    return {"tokens": tokens}


def tokens_of(text, token_dict, spc_tokens, number):
    """The tokens' numbers; `number` makes tokens of a number."""
    words = [[word] if word in spc_tokens else number(word) for word in text.split(" ")]
    return [token_dict[token] for word in words for token in word]


@prepocess_input_sequence.misconception("A number is looked up as a whole; each of its digits is a token.")
def numbers_as_a_whole(ref, *args):
    return tokens_of(*args, number=lambda word: [word])


@prepocess_input_sequence.misconception("Zeros at the beginning of a number are lost.")
def leading_zeros_lost(ref, *args):
    return tokens_of(*args, number=lambda word: str(int(word)))


@prepocess_input_sequence.misconception("The digits of a number are in the wrong order.")
def digits_reversed(ref, *args):
    return tokens_of(*args, number=lambda word: word[::-1])


@prepocess_input_sequence.misconception("Only the first digit of a number is taken.")
def first_digit(ref, *args):
    return tokens_of(*args, number=lambda word: word[:1])


@prepocess_input_sequence.misconception("The special tokens are left out.")
def without_special_tokens(ref, text, token_dict, spc_tokens):
    words = [word for word in text.split() if word not in spc_tokens]
    return [token_dict[digit] for word in words for digit in word]


@prepocess_input_sequence.misconception("The value of a digit takes the place of its number in the dictionary.")
def values_of_digits(ref, text, token_dict, spc_tokens):
    words = text.split()
    return [n for w in words for n in ([token_dict[w]] if w in spc_tokens else map(int, w))]


# -- scaled dot products ----------------------------------------------------------------------------------------------


@two_loop_single.case
def more_positions(draw):
    return to_look_at(draw, 7, 3)


@two_loop_single.case(worth=0.2)
def one_position(draw):
    return to_look_at(draw, 1, 5)


@two_loop_single.case(worth=0.2)
def large_scores(draw):
    return to_look_at(draw, 5, 4, scale=10.0)


@two_loop_single.case(worth=0.1)
def one_not_contiguous(draw):
    return {name: draw.strided(value) for name, value in to_look_at(draw, 4, 3).items()}


@two_loop_batch.case
def more_examples(draw):
    return to_look_at(draw, 4, 6, 3)


@two_loop_batch.case(worth=0.2)
def a_batch_of_one(draw):
    return to_look_at(draw, 1, 3, 5)


@two_loop_batch.case(worth=0.2)
def large_scores_in_a_batch(draw):
    return to_look_at(draw, 2, 5, 4, scale=10.0)


@two_loop_batch.case(worth=0.1)
def a_batch_not_contiguous(draw):
    return {name: draw.strided(value) for name, value in to_look_at(draw, 2, 4, 3).items()}


@no_loop_batch.case
def as_many_keys_as_it_takes(draw):
    return to_look_at_without_loops(draw, 3, 4, 7, 5, 5)


@no_loop_batch.case
def further_ahead(draw):
    return to_look_at_without_loops(draw, 2, 6, 6, 4, 4, mask=later(2, 6))


@no_loop_batch.case(worth=0.1)
def a_mask_for_each_example(draw):
    mask = draw.uniform(4, 5, 7) < 0.4
    mask[:, :, 0] = False
    return to_look_at_without_loops(draw, 4, 5, 7, 3, 6, mask=mask)


@no_loop_batch.case(worth=0.1)
def one_query_one_key(draw):
    return to_look_at_without_loops(draw, 1, 1, 1, 4, 3)


@no_loop_batch.case(worth=0.1)
def large_scores_without_loops(draw):
    return to_look_at_without_loops(draw, 2, 5, 4, 6, 3, scale=10.0)


@no_loop_batch.case(worth=0.1)
def a_query_that_may_look_at_nothing(draw):
    mask = later(2, 4)
    mask[:, 2] = True
    return to_look_at_without_loops(draw, 2, 4, 4, 5, 3, mask=mask)


@no_loop_batch.case(worth=0.1)
def a_query_not_contiguous(draw):
    inputs = to_look_at_without_loops(draw, 2, 4, 3, 5, 6, mask=padded(draw, 2, 4, 3))
    return {name: value if name == "mask" else draw.strided(value) for name, value in inputs.items()}


def by_the_library(query, key, value, mask=None):
    """The library has no weights to show; with a unit matrix for values it shows them."""
    if mask is not None:
        mask = torch.zeros(mask.shape, dtype=query.dtype).masked_fill(mask, -1e9)
    unit = torch.eye(key.shape[-2], dtype=key.dtype).expand(*key.shape[:-1], -1)
    sdpa = torch.nn.functional.scaled_dot_product_attention
    return {"out": sdpa(query, key, value, mask), "weights": sdpa(query, key, unit, mask)}


@two_loop_single.oracle
def single_by_the_library(ref, query, key, value):
    return {"out": by_the_library(query, key, value)["out"]}


@two_loop_batch.oracle
def batch_by_the_library(ref, query, key, value):
    return {"out": by_the_library(query, key, value)["out"]}


@no_loop_batch.oracle
def no_loop_by_the_library(ref, query, key, value, mask):
    return by_the_library(query, key, value, mask)


@two_loop_single.alternative
def rows_one_by_one(ref, query, key, value):
    rows = []
    for q in query:
        shifted = torch.stack([torch.dot(q, k) / query.shape[1] ** 0.5 for k in key])
        numbers = torch.exp(shifted - shifted.max())
        rows.append((numbers[:, None] * value).sum(dim=0) / numbers.sum())
    return torch.stack(rows)


@two_loop_batch.alternative
def batch_without_loops(ref, query, key, value):
    scores = torch.einsum("nkm,ntm->nkt", query, key) * query.shape[2] ** -0.5
    return torch.einsum("nkt,ntm->nkm", torch.nn.functional.softmax(scores, -1), value)


@no_loop_batch.alternative
def by_batched_products(ref, query, key, value, mask=None):
    scores = torch.bmm(query, key.transpose(1, 2)) / query.shape[-1] ** 0.5
    if mask is not None:
        scores[mask] = -1e9
    numbers = torch.exp(scores - scores.amax(-1, keepdim=True))
    weights = numbers / numbers.sum(-1, keepdim=True)
    return torch.bmm(weights, value), weights


@no_loop_batch.naive
def example_by_example(ref, query, key, value, mask=None):
    out, weights = [], []
    for n in range(len(query)):
        rows = []
        for k in range(query.shape[1]):
            scores = key[n] @ query[n, k] / math.sqrt(query.shape[2])
            if mask is not None:
                scores = scores.masked_fill(mask[n, k], -1e9)
            rows.append(scores.softmax(dim=0))
        weights.append(torch.stack(rows))
        out.append(weights[-1] @ value[n])
    return torch.stack(out), torch.stack(weights)


# The mistakes that scaled dot products share: name, sentence, what is changed.
PRODUCTS = [
    ("no_root", NO_ROOT, dict(divisor=1.0)),
    ("by_m", BY_M, dict(divisor="M")),
    ("by_root_of_k", BY_ROOT_OF_K, dict(divisor="K")),
    ("over_queries", OVER_QUERIES, dict(over=1)),
    ("without_softmax", NO_SOFTMAX, dict(over=None)),
    ("swapped", SWAPPED, dict(swapped=True)),
    ("transposed", TRANSPOSED, dict(transposed=True)),
]
MASKS = [
    ("other_way", OTHER_WAY, dict(masking="other way")),
    ("as_zero", AS_ZERO, dict(masking="zero")),
    ("after_the_softmax", AFTER, dict(masking="after")),
    ("mask_ignored", IGNORED, dict(masking="never")),
    ("infinite", INFINITE, dict(masking="infinite")),
]


def declare_wrong_products():
    def one(options):
        return lambda ref, query, key, value: attend(query[None], key[None], value[None], **options)[0][0]

    def batch(options):
        return lambda ref, query, key, value: attend(query, key, value, **options)[0]

    def masked(options):
        return lambda ref, query, key, value, mask=None: attend(query, key, value, mask, **options)

    for name, sentence, options in PRODUCTS:
        declare(two_loop_single, name, sentence, one(options))
        declare(two_loop_batch, name, sentence, batch(options))
    for name, sentence, options in [*PRODUCTS, *MASKS]:
        declare(no_loop_batch, name, sentence, masked(options))
    declare(two_loop_batch, "over_examples", OVER_EXAMPLES, batch(dict(over=0)))
    declare(no_loop_batch, "over_examples", OVER_EXAMPLES, masked(dict(over=0)))


declare_wrong_products()


@two_loop_batch.misconception("All positions of an example get the weights of its first query.")
def weights_of_the_first_query(ref, query, key, value):
    return attend(query[:, :1].expand_as(query), key, value)[0]


@no_loop_batch.misconception("The scores are returned in the place of the weights.")
def scores_for_weights(ref, query, key, value, mask=None):
    out, _ = attend(query, key, value, mask)
    scores = query @ key.mT / math.sqrt(query.shape[2])
    return out, scores if mask is None else scores.masked_fill(mask, -1e9)


two_loop_single.equivalent(
    "scores[i, j] = other @ one / math.sqrt(len(one))", "a scalar product does not mind the order"
)
two_loop_single.equivalent("scores = query.new_empty(len(key), len(query))", "here there are as many keys as queries")

# -- additive attention -----------------------------------------------------------------------------------------------


@additive_scores.case
def all_widths_differ(draw):
    return to_add(draw, 3, 2, 5, 4, 6, 7)


@additive_scores.case(worth=0.2)
def one_query_one_key_to_add(draw):
    return to_add(draw, 1, 1, 1, 3, 2, 4)


@additive_scores.case(worth=0.2)
def large_numbers_to_add(draw):
    return to_add(draw, 2, 3, 4, 5, 4, 3, scale=30.0)


@additive_scores.oracle
def pair_by_pair(ref, query, key, W_q, W_k, v):
    N, K, T = len(query), query.shape[1], key.shape[1]
    scores = torch.zeros(N, K, T, dtype=torch.float64)
    for n, k, t in np.ndindex(N, K, T):
        inner = query[n, k].double() @ W_q.double() + key[n, t].double() @ W_k.double()
        scores[n, k, t] = sum(float(a) * math.tanh(float(b)) for a, b in zip(v, inner, strict=True))
    return {"scores": scores.to(query.dtype)}


@additive_scores.alternative
def side_by_side(ref, query, key, W_q, W_k, v):
    K, T = query.shape[1], key.shape[1]
    pairs = [query.unsqueeze(2).expand(-1, -1, T, -1), key.unsqueeze(1).expand(-1, K, -1, -1)]
    return (torch.tanh(torch.cat(pairs, -1) @ torch.cat([W_q, W_k])) * v).sum(-1)


def added(query, key, W_q, W_k, v, function):
    return function((query @ W_q)[:, :, None] + (key @ W_k)[:, None]) @ v


@additive_scores.misconception("The tanh is missing: the score is linear in query and key.")
def without_tanh(ref, *args):
    return added(*args, function=lambda x: x)


@additive_scores.misconception("A ReLU takes the place of the tanh.")
def relu_for_tanh(ref, *args):
    return added(*args, function=torch.relu)


@additive_scores.misconception("A sigmoid takes the place of the tanh.")
def sigmoid_for_tanh(ref, *args):
    return added(*args, function=torch.sigmoid)


@additive_scores.misconception("The tanh is taken of query and key each, before they are added.")
def tanh_of_each(ref, query, key, W_q, W_k, v):
    return (torch.tanh(query @ W_q)[:, :, None] + torch.tanh(key @ W_k)[:, None]) @ v


@additive_scores.misconception("The hidden numbers are summed up, not weighted with v.")
def without_v(ref, query, key, W_q, W_k, v):
    return added(query, key, W_q, W_k, torch.ones_like(v), torch.tanh)


@additive_scores.misconception("The scores are divided by a root; additive attention needs none.")
def scaled_as_well(ref, query, key, W_q, W_k, v):
    return added(query, key, W_q, W_k, v, torch.tanh) / math.sqrt(len(v))


@additive_scores.misconception("The scores are transposed: queries come first, then keys.")
def keys_first(ref, *args):
    return added(*args, function=torch.tanh).mT


@additive_scores.misconception("A softmax is taken: these are weights, not scores.")
def weights_for_scores(ref, *args):
    return added(*args, function=torch.tanh).softmax(dim=2)


@additive_scores.misconception("Query and key are multiplied, not added.")
def multiplied(ref, query, key, W_q, W_k, v):
    return torch.tanh((query @ W_q)[:, :, None] * (key @ W_k)[:, None]) @ v


@attention_context.case
def more_keys_than_queries(draw):
    return scores_and_values(draw, 3, 2, 6, 4, mask=padded(draw, 3, 2, 6))


@attention_context.case
def a_random_mask(draw):
    mask = draw.uniform(3, 4, 4) < 0.4
    mask[:, :, 1] = False
    return scores_and_values(draw, 3, 4, 4, 2, mask=mask)


@attention_context.case(worth=0.15)
def one_key_to_see(draw):
    return scores_and_values(draw, 1, 1, 1, 3)


@attention_context.case(worth=0.15)
def large_scores_to_weigh(draw):
    return scores_and_values(draw, 2, 3, 4, 5, scale=300.0)


@attention_context.case(worth=0.15)
def nothing_to_see(draw):
    mask = padded(draw, 2, 3, 4)
    mask[:, 1] = True
    return scores_and_values(draw, 2, 3, 4, 5, mask=mask)


@attention_context.oracle
def in_double_precision(ref, scores, value, mask):
    scores, wide = scores.double(), value.double()
    if mask is not None:
        scores = torch.where(mask, torch.full_like(scores, -1e9), scores)
    numbers = torch.exp(scores - torch.logsumexp(scores, dim=2, keepdim=True))
    out = torch.einsum("nkt,ntd->nkd", numbers, wide)
    return {"out": out.to(value.dtype), "weights": numbers.to(value.dtype)}


@attention_context.alternative
def context_in_place(ref, scores, value, mask=None):
    scores = scores.clone()
    if mask is not None:
        scores[mask] = -1e9
    weights = torch.nn.functional.softmax(scores, -1)
    return torch.bmm(weights, value), weights


def declare_wrong_contexts():
    def version(options):
        def context(ref, scores, value, mask=None):
            weights = weigh(scores, mask, **options)
            return weights @ value, weights

        return context

    for name, sentence, options in MASKS:
        declare(attention_context, name, sentence, version(options))
    declare(attention_context, "over_queries", OVER_QUERIES, version(dict(over=1)))
    declare(attention_context, "without_softmax", NO_SOFTMAX, version(dict(over=None)))


declare_wrong_contexts()


@attention_context.misconception("The values are averaged, whatever the weights are.")
def averaged(ref, scores, value, mask=None):
    weights = weigh(scores, mask)
    return value.mean(dim=1, keepdim=True).expand(-1, scores.shape[1], -1), weights


# -- SelfAttention ----------------------------------------------------------------------------------------------------


@self_attention_init.case
def more_out_than_in(draw):
    return dict(dim_in=24, dim_q=60, dim_v=36)


def declare_wrong_weights():
    def version(change):
        def __init__(ref, self, dim_in, dim_q, dim_v):
            torch.nn.Module.__init__(self)
            self.q, self.k, self.v = linear(dim_in, dim_q), linear(dim_in, dim_q), linear(dim_in, dim_v)
            with torch.no_grad():
                for parameter in self.parameters():
                    if parameter.dim() > 1:
                        change(parameter)

        return __init__

    def uniform(bound_of):
        return version(lambda w: w.uniform_(-bound_of(w), bound_of(w)))

    def wrong(name, sentence, function):
        declare(self_attention_init, name, sentence, function)

    own = "The layers are left with the library's own initial weights."
    wrong("as_the_library_has_it", own, uniform(lambda w: w.shape[1] ** -0.5))
    wrong("bound_without_root", "The root is missing: c = sqrt(6 / ...).", uniform(lambda w: 6 / sum(w.shape)))
    wrong("only_in", "Only the numbers in are in the bound.", uniform(lambda w: math.sqrt(6 / w.shape[1])))
    wrong("three", "c = sqrt(3 / ...); it is sqrt(6 / ...).", uniform(lambda w: math.sqrt(3 / sum(w.shape))))
    positive = version(lambda w: w.uniform_(0, math.sqrt(6 / sum(w.shape))))
    wrong("positive", "The weights are between 0 and c, none of them negative.", positive)
    normal = version(lambda w: w.normal_(0, math.sqrt(2 / sum(w.shape))))
    wrong("normal", "The weights are normal; they are uniform.", normal)


declare_wrong_weights()


for exercise in (self_attention, kept_weights):

    @exercise.case
    def other_lengths(draw):
        return one_head(draw, 3, 2, 5, 4, 6, 3)

    @exercise.case
    def further_ahead_with_one_head(draw):
        return one_head(draw, 3, 5, 5, 6, 2, 4, mask=later(3, 5))

    @exercise.case(worth=0.1)
    def padding_for_one_head(draw):
        return one_head(draw, 3, 4, 5, 6, 2, 4, mask=padded(draw, 3, 4, 5))

    @exercise.case(worth=0.2)
    def one_position_alone(draw):
        return one_head(draw, 1, 1, 1, 3, 2, 4)


@self_attention.case
def numbers_of_one_width(draw):
    return one_head(draw, 2, 3, 3, 4, 4, 4)


def one_head_of(dim_in, dim_q, dim_v, *, bias=True, masked=True, of_keys=None, of_values=None, layers="qkv", **options):
    """SelfAttention, right or wrong in one way. `layers`: which layer takes queries, keys and values."""

    def forward(self, query, key, value, mask=None):
        parts = [getattr(self, layer) for layer in layers]
        key, value = {"query": query}.get(of_keys, key), {"key": key, "query": query}.get(of_values, value)
        inputs = [part(x) for part, x in zip(parts, (query, key, value), strict=True)]
        y, self.weights_softmax = attend(*inputs, mask if masked else None, **options)
        return y

    q, k, v = linear(dim_in, dim_q, bias), linear(dim_in, dim_q, bias), linear(dim_in, dim_v, bias)
    return module(forward, q=q, k=k, v=v)


def head_by_the_library(query, key, value, mask, numbers, dim_q, dim_v):
    """Three linear layers, and the library between them."""

    def forward(self, query, key, value, mask=None):
        found = by_the_library(self.q(query), self.k(key), self.v(value), mask)
        self.weights_softmax = found["weights"]
        return found["out"]

    dim_in = query.shape[2]
    parts = dict(q=linear(dim_in, dim_q), k=linear(dim_in, dim_q), v=linear(dim_in, dim_v))
    return filled(module(forward, **parts), numbers)


@self_attention.oracle
def one_head_by_the_library(ref, query, key, value, mask, **rest):
    net = head_by_the_library(query, key, value, mask, **rest)
    return forwards_and_back(net, (query, key, value), mask)


@kept_weights.oracle
def weights_by_the_library(ref, query, key, value, mask, **rest):
    net = head_by_the_library(query, key, value, mask, **rest)
    net(query, key, value, mask)
    return {"weights": net.weights_softmax.detach()}


@self_attention.alternative
def with_other_names(ref, dim_in, dim_q, dim_v):
    return one_head_of(dim_in, dim_q, dim_v)


def declare_wrong_heads():
    def version(options):
        return lambda ref, dim_in, dim_q, dim_v: one_head_of(dim_in, dim_q, dim_v, **options)

    def wrong(name, sentence, **options):
        declare(self_attention, name, sentence, version(options), of="SelfAttention")

    wrong("without_biases", NO_BIAS, bias=False)
    wrong("mask_not_handed_on", "The mask is not handed on.", masked=False)
    wrong("one_layer_for_both", "Keys go through the layer of the queries.", layers="qqv")
    wrong("values_from_keys", "The values are made from `key`, not from `value`.", of_values="key")
    wrong("keys_from_queries", "The keys are made from `query`, not from `key`.", of_keys="query")
    wrong("head_not_scaled", NO_ROOT, divisor=1.0)


declare_wrong_heads()


@self_attention.misconception(
    "The weights count as constants: no gradient goes through them to queries and keys.", of="SelfAttention"
)
def weights_without_gradient(ref, dim_in, dim_q, dim_v):
    def forward(self, query, key, value, mask=None):
        y, weights = attend(self.q(query), self.k(key), self.v(value), mask)
        return weights.detach() @ self.v(value) + 0 * y

    return module(forward, q=linear(dim_in, dim_q), k=linear(dim_in, dim_q), v=linear(dim_in, dim_v))


@self_attention.misconception("The scores are divided by the root of dim_in; it is that of dim_q.", of="SelfAttention")
def by_root_of_dim_in(ref, dim_in, dim_q, dim_v):
    return one_head_of(dim_in, dim_q, dim_v, divisor=math.sqrt(dim_in))


def declare_wrong_kept_weights():
    def version(change):
        def forward(ref, self, query, key, value, mask=None):
            y = ref.SelfAttention.forward(self, query, key, value, mask)
            self.weights_softmax = change(self, y, query, key, mask)
            return y

        return forward

    def scores(self, y, query, key, mask):
        found = self.q(query) @ self.k(key).mT / math.sqrt(self.q.out_features)
        return found if mask is None else found.masked_fill(mask, -1e9)

    def wrong(name, sentence, change):
        declare(kept_weights, name, sentence, version(change), of="SelfAttention.forward")

    wrong("kept_scores", "What is kept are the scores before the softmax.", scores)
    wrong("kept_output", "What is kept is the output, not the weights.", lambda self, y, *_: y)
    wrong("kept_transposed", "The weights are kept transposed.", lambda self, *_: self.weights_softmax.mT)
    wrong(
        "kept_mean",
        "The weights are averaged over the examples.",
        lambda self, *_: self.weights_softmax.mean(0, keepdim=True).expand_as(self.weights_softmax),
    )


declare_wrong_kept_weights()


@permutation.case
def seven_positions(draw):
    return to_permute(draw, 3, 7, 5, 6, 2)


@permutation.case(worth=0.2)
def two_positions(draw):
    return to_permute(draw, 2, 2, 4, 4, 4)


@permutation.alternative
def permuted_with_other_names(ref, self, query, key, value, mask=None):
    return ref.SelfAttention.forward(self, query, key, value)


def declare_wrong_permutations():
    def wrong(name, sentence):
        def declared(change):
            def forward(ref, self, query, key, value, mask=None):
                return change(lambda *inputs: ref.SelfAttention.forward(self, *inputs), query, key, value)

            declare(permutation, name, sentence, forward, of="SelfAttention.forward")
            return change

        return declared

    @wrong("with_places", "The output depends on the place of a position: something is added that counts positions.")
    def with_places(run, query, key, value):
        return run(query + torch.arange(query.shape[1], dtype=query.dtype)[:, None], key, value)

    @wrong("always_masked", "Positions look at earlier ones only, although there is no mask.")
    def always_masked(run, query, key, value):
        later = torch.ones(query.shape[1], query.shape[1], dtype=torch.bool).triu(1)
        return run(query, key, value, later.expand(len(query), -1, -1))

    @wrong("alone", "Every position sees itself only.")
    def alone(run, query, key, value):
        others = ~torch.eye(query.shape[1], dtype=torch.bool)
        return run(query, key, value, others.expand(len(query), -1, -1))


declare_wrong_permutations()


# -- MultiHeadAttention -----------------------------------------------------------------------------------------------


@multi_head_attention.case
def three_heads_and_other_lengths(draw):
    return heads(draw, 3, 2, 5, 3, 6, 2)


@multi_head_attention.case
def three_heads_without_looking_ahead(draw):
    return heads(draw, 3, 5, 5, 3, 6, 2, mask=later(3, 5))


@multi_head_attention.case(worth=0.1)
def padding_for_three_heads(draw):
    return heads(draw, 3, 2, 5, 3, 6, 2, mask=padded(draw, 3, 2, 5))


@multi_head_attention.case(worth=0.15)
def heads_that_are_not_a_part(draw):
    return heads(draw, 2, 3, 3, 2, 5, 4)


@multi_head_attention.case(worth=0.15)
def a_single_head(draw):
    return heads(draw, 2, 3, 4, 1, 4, 3)


@multi_head_attention.case(worth=0.15)
def one_position_and_two_heads(draw):
    return heads(draw, 1, 1, 1, 2, 4, 2)


def rows_of_heads(num_heads, dim_in, dim_out, *, change=None, bias=True, out_bias=True, divisor=None, masked=True):
    """MultiHeadAttention with one linear layer for all heads, right or wrong in one way. `change`: how the heads are
    cut, or put together.
    """

    def cut(x):  # (N, K, H * D) -> (N * H, K, D)
        if change == "not transposed":
            return x.reshape(len(x) * num_heads, -1, dim_out)
        return x.unflatten(2, (num_heads, dim_out)).transpose(1, 2).flatten(0, 1)

    def forward(self, query, key, value, mask=None):
        mask = None if mask is None or not masked else mask.repeat_interleave(num_heads, dim=0)
        seen, _ = attend(cut(self.q(query)), cut(self.k(key)), cut(self.v(value)), mask, divisor=divisor)
        if change == "not transposed":
            return self.linear(seen.reshape(len(query), query.shape[1], -1))
        seen = seen.unflatten(0, (-1, num_heads))  # (N, H, K, D)
        if change == "not put back":
            return self.linear(seen.reshape(len(query), query.shape[1], -1))
        if change == "interleaved":
            return self.linear(seen.permute(0, 2, 3, 1).flatten(2))
        if change == "mean":
            return self.linear(seen.mean(dim=1).repeat(1, 1, num_heads))
        if change == "first":
            return self.linear(seen[:, :1].transpose(1, 2).flatten(2).repeat(1, 1, num_heads))
        if change == "reversed":
            return self.linear(seen.flip(3).transpose(1, 2).flatten(2))
        return self.linear(seen.transpose(1, 2).flatten(2))

    wide = num_heads * dim_out
    layers = {name: linear(dim_in, wide, bias) for name in "qkv"}
    return module(forward, **layers, linear=linear(wide, dim_in, out_bias))


def heads_by_the_library(num_heads, dim_in, dim_out):
    """The library's own heads share dim_in; where there are others, one layer for all heads."""
    if num_heads * dim_out != dim_in:
        return rows_of_heads(num_heads, dim_in, dim_out)

    def forward(self, query, key, value, mask=None):
        mask = None if mask is None else mask.repeat_interleave(num_heads, dim=0)
        return self.heads(query, key, value, attn_mask=mask, need_weights=False)[0]

    return module(forward, heads=torch.nn.MultiheadAttention(dim_in, num_heads, batch_first=True))


@multi_head_attention.oracle
def several_heads_by_the_library(ref, query, key, value, mask, numbers, num_heads, dim_out):
    net = filled(heads_by_the_library(num_heads, query.shape[2], dim_out), numbers, dim_out)
    return forwards_and_back(net, (query, key, value), mask, width=dim_out)


@multi_head_attention.alternative
def all_heads_at_once(ref, num_heads, dim_in, dim_out):
    return rows_of_heads(num_heads, dim_in, dim_out)


@multi_head_attention.naive
def position_by_position(ref, num_heads, dim_in, dim_out):
    def forward(self, query, key, value, mask=None):
        rows = []
        for k in range(query.shape[1]):
            one = None if mask is None else mask[:, k : k + 1]
            rows.append(self.net(query[:, k : k + 1], key, value, one))
        return torch.cat(rows, dim=1)

    return module(forward, net=ref.MultiHeadAttention(num_heads, dim_in, dim_out))


def declare_wrong_multiple_heads():
    def version(options):
        def net(ref, num_heads, dim_in, dim_out):
            wide = num_heads * dim_out
            chosen = {name: value(dim_in, wide) if callable(value) else value for name, value in options.items()}
            return rows_of_heads(num_heads, dim_in, dim_out, **chosen)

        return net

    def wrong(name, sentence, **options):
        declare(multi_head_attention, name, sentence, version(options))

    wrong("heads_without_biases", "The linear layers of the heads have no biases.", bias=False)
    wrong("out_without_bias", "The last linear layer has no bias.", out_bias=False)
    wrong("heads_without_mask", "The mask is not handed to the heads.", masked=False)
    wrong("heads_not_scaled", "The scores are not divided by a root.", divisor=1.0)
    by_root = "The scores are divided by the root of dim_in; it is that of dim_out, a head's width."
    wrong("heads_by_root_of_dim_in", by_root, divisor=lambda dim_in, wide: math.sqrt(dim_in))
    by_all = "The scores are divided by the root of num_heads * dim_out, the width of all heads together."
    wrong("heads_by_root_of_all", by_all, divisor=lambda dim_in, wide: math.sqrt(wide))
    wrong("heads_by_width", "The scores are divided by dim_out; it is its root.", divisor=lambda *sizes: "M")
    mixed = "Positions and heads are mixed up: what is cut into heads has to be transposed, not only reshaped."
    wrong("not_transposed", mixed, change="not transposed")
    unsorted = "What the heads see is reshaped before the heads are back behind the positions."
    wrong("not_put_back", unsorted, change="not put back")
    wrong("interleaved", "The heads are put together number by number, not head after head.", change="interleaved")
    wrong("averaged_heads", "The heads are averaged.", change="mean")
    wrong("first_head", "Only the first head is used.", change="first")


declare_wrong_multiple_heads()


@multi_head_attention.misconception("The last linear layer is missing.")
def without_last_layer(ref, num_heads, dim_in, dim_out):
    def forward(self, *inputs):
        return torch.cat([head(*inputs) for head in self.heads], dim=2)

    return module(forward, heads=torch.nn.ModuleList(one_head_of(dim_in, dim_out, dim_out) for _ in range(num_heads)))


@multi_head_attention.misconception("All heads are one and the same layer: they share their parameters.")
def one_head_for_all(ref, num_heads, dim_in, dim_out):
    def forward(self, *inputs):
        return self.linear(torch.cat([self.head(*inputs)] * num_heads, dim=2))

    return module(forward, head=one_head_of(dim_in, dim_out, dim_out), linear=linear(num_heads * dim_out, dim_in))


@multi_head_attention.misconception("The heads are summed up, not put side by side.")
def summed_heads(ref, num_heads, dim_in, dim_out):
    def forward(self, *inputs):
        return self.linear(sum(head(*inputs) for head in self.heads))

    made = [one_head_of(dim_in, dim_out, dim_out) for _ in range(num_heads)]
    return module(forward, heads=torch.nn.ModuleList(made), linear=linear(dim_out, dim_in))


# -- LayerNormalization -----------------------------------------------------------------------------------------------


@layer_normalization.case
def ten_vectors(draw):
    return vectors(draw, 5, 2, 7)


@layer_normalization.case
def as_many_positions_as_numbers(draw):
    return vectors(draw, 4, 4, 4)


@layer_normalization.case(worth=0.2)
def an_epsilon_of_its_own(draw):
    return vectors(draw, 3, 4, 5, epsilon=0.5, by_default=False)


@layer_normalization.case(worth=0.1)
def vectors_of_zeros(draw):
    return vectors(draw, 2, 3, 4, epsilon=DEFAULT_EPSILON, mean=0.0, scale=0.0)


@layer_normalization.case(worth=0.1)
def vectors_as_small_as_the_default(draw):
    return vectors(draw, 3, 2, 6, epsilon=DEFAULT_EPSILON, mean=0.0, scale=DEFAULT_EPSILON**0.5)


@layer_normalization.case(worth=0.1)
def large_vectors(draw):
    return vectors(draw, 2, 3, 8, mean=0.0, scale=1e4)


@layer_normalization.case(worth=0.1)
def vectors_not_contiguous(draw):
    inputs = vectors(draw, 2, 3, 5)
    return dict(inputs, x=draw.strided(inputs["x"]))


@layer_normalization.oracle
def norm_by_the_library(ref, x, numbers, epsilon, by_default):
    if epsilon is not None:
        return {"with_epsilon": torch.nn.functional.layer_norm(x, x.shape[2:], eps=epsilon)}
    net = torch.nn.LayerNorm(x.shape[2], DEFAULT_EPSILON, dtype=x.dtype)
    return {"initial": net(x).detach(), **forwards_and_back(filled(net, numbers), (x,))}


def norm(emb_dim, epsilon=1e-10, *, formula, gamma=1.0, beta=0.0):
    """A LayerNormalization with a formula of its own: formula(net, x)."""
    made = module(formula)
    made.gamma = torch.nn.Parameter(torch.full((emb_dim,), gamma))
    made.beta = torch.nn.Parameter(torch.full((emb_dim,), beta))
    made.epsilon = epsilon
    return made


def standardised(x, epsilon, *, over=-1, correction=0, rooted=True, centred=True, outside=False):
    off = x - x.mean(dim=over, keepdim=True) if centred else x
    variance = x.var(dim=over, keepdim=True, correction=correction)
    if centred == "by all":
        off = x - x.mean()
    if centred is not True:
        variance = off.square().mean(dim=over, keepdim=True)
    if outside:
        return off / (variance.sqrt() + epsilon)
    return off / ((variance + epsilon).sqrt() if rooted else variance + epsilon)


@layer_normalization.alternative
def epsilon_under_the_root(ref, emb_dim, epsilon=1e-10):
    return norm(emb_dim, epsilon, formula=lambda net, x: net.gamma * standardised(x, epsilon) + net.beta)


@layer_normalization.alternative
def epsilon_beside_the_root(ref, emb_dim, epsilon=1e-10):
    return norm(emb_dim, epsilon, formula=lambda net, x: standardised(x, epsilon, outside=True) * net.gamma + net.beta)


def declare_wrong_norms():
    def version(options):
        def net(ref, emb_dim, epsilon=1e-10):
            eps = options.get("epsilon", lambda epsilon: epsilon)(epsilon)
            rest = {name: value for name, value in options.items() if name != "epsilon"}
            return norm(emb_dim, epsilon, formula=lambda net, x: net.gamma * standardised(x, eps, **rest) + net.beta)

        return net

    def wrong(name, sentence, **options):
        declare(layer_normalization, name, sentence, version(options))

    wrong("corrected", "The variance is divided by M - 1; here it is M.", correction=1)
    wrong("over_the_batch", "Mean and deviation are taken over the examples, not over each vector's numbers.", over=0)
    wrong("over_positions", "Mean and deviation are taken over the positions, not over each vector's numbers.", over=1)
    wrong("over_examples", "Mean and deviation are taken over all positions of an example together.", over=(1, 2))
    everything = "Mean and deviation are taken over all numbers there are, not over each vector's numbers."
    wrong("over_everything", everything, over=(0, 1, 2))
    mean = "The mean that is subtracted is that of all numbers there are, not that of each vector's numbers."
    wrong("one_mean", mean, centred="by all")
    wrong("variance_not_rooted", "It is divided by the variance; it is its root, the deviation.", rooted=False)
    wrong("not_centred", "The mean is not subtracted.", centred=False)
    wrong("without_epsilon", "There is no epsilon: a vector of equal numbers gives NaN.", epsilon=lambda _: 0.0)
    fixed = "epsilon is a number of its own; the one that is given is not used."
    wrong("fixed_epsilon", fixed, epsilon=lambda _: 1e-10)


declare_wrong_norms()


@layer_normalization.misconception("Where no epsilon is given it is another number than 1e-10.")
def epsilon_of_the_library(ref, emb_dim, epsilon=1e-5):
    return norm(emb_dim, epsilon, formula=lambda net, x: net.gamma * standardised(x, epsilon) + net.beta)


@layer_normalization.misconception("gamma and beta are missing.")
def without_gamma_and_beta(ref, emb_dim, epsilon=1e-10):
    return module(lambda self, x: standardised(x, epsilon) + 0 * self.unused, unused=torch.nn.Parameter(torch.zeros(1)))


@layer_normalization.misconception("beta is added before gamma multiplies.")
def beta_first(ref, emb_dim, epsilon=1e-10):
    return norm(emb_dim, epsilon, formula=lambda net, x: net.gamma * (standardised(x, epsilon) + net.beta))


@layer_normalization.misconception("gamma begins as zeros; it begins as ones.")
def gamma_from_zero(ref, emb_dim, epsilon=1e-10):
    return norm(emb_dim, epsilon, formula=lambda net, x: net.gamma * standardised(x, epsilon) + net.beta, gamma=0.0)


@layer_normalization.misconception("beta begins as ones; it begins as zeros.")
def beta_from_one(ref, emb_dim, epsilon=1e-10):
    return norm(emb_dim, epsilon, formula=lambda net, x: net.gamma * standardised(x, epsilon) + net.beta, beta=1.0)


@layer_normalization.misconception("Mean and deviation count as constants: no gradient goes through them.")
def constant_statistics(ref, emb_dim, epsilon=1e-10):
    def formula(net, x):
        fixed = x.detach()
        variance = fixed.var(dim=-1, keepdim=True, correction=0)
        return net.gamma * (x - fixed.mean(dim=-1, keepdim=True)) / (variance + epsilon).sqrt() + net.beta

    return norm(emb_dim, epsilon, formula=formula)


# -- FeedForwardBlock -------------------------------------------------------------------------------------------------


@feed_forward.case
def narrow_in_the_middle(draw):
    return positions(draw, 3, 4, 6, 2)


@feed_forward.case(worth=0.2)
def one_position_to_feed(draw):
    return positions(draw, 1, 1, 4, 9)


@feed_forward.case(worth=0.1)
def large_positions(draw):
    return positions(draw, 2, 3, 5, 4, scale=1e3)


def fed(inp_dim, hidden, *, between="relu", after=None, bias=True, residual=False):
    def forward(self, x):
        inner = self.first(x)
        if between:
            inner = getattr(torch.nn.functional, between)(inner)
        out = self.second(inner)
        out = out.relu() if after else out
        return out + x if residual else out

    return module(forward, first=linear(inp_dim, hidden, bias), second=linear(hidden, inp_dim, bias))


@feed_forward.oracle
def by_products(ref, x, numbers, hidden):
    def forward(self, x):
        inner = torch.einsum("nki,hi->nkh", x, self.first.weight) + self.first.bias
        return torch.einsum("nkh,ih->nki", inner.clamp(min=0), self.second.weight) + self.second.bias

    M = x.shape[2]
    net = filled(module(forward, second=linear(hidden, M), first=linear(M, hidden)), numbers)
    return forwards(net, (x,))


@feed_forward.alternative
def layers_and_a_function(ref, inp_dim, hidden_dim_feedforward):
    return fed(inp_dim, hidden_dim_feedforward)


def declare_wrong_feed_forwards():
    def wrong(name, sentence, **options):
        declare(feed_forward, name, sentence, lambda ref, inp_dim, hidden: fed(inp_dim, hidden, **options))

    wrong("fed_without_relu", "The ReLU between the two layers is missing.", between=None)
    wrong("fed_by_gelu", "A GELU takes the place of the ReLU.", between="gelu")
    wrong("relu_at_the_end", "A ReLU follows the second layer.", after=True)
    wrong("relu_at_the_end_only", "The ReLU follows the second layer, not the first one.", between=None, after=True)
    wrong("fed_without_biases", NO_BIAS, bias=False)
    wrong("fed_with_input", "The input is added here already; that is the encoder's business.", residual=True)


declare_wrong_feed_forwards()


# -- EncoderBlock -----------------------------------------------------------------------------------------------------


@encoder_block.case
def three_heads_in_an_encoder(draw):
    return for_an_encoder(draw, 3, 5, 3, 12, 5, dropout=0.3)


@encoder_block.case(worth=0.2)
def one_head_in_an_encoder(draw):
    return for_an_encoder(draw, 2, 3, 1, 4, 6)


@encoder_block.case(worth=0.2)
def one_position_in_an_encoder(draw):
    return for_an_encoder(draw, 1, 1, 2, 6, 5)


@encoder_block.oracle
def encoder_by_the_library(ref, x, numbers, num_heads, hidden, dropout):
    width = x.shape[2] // num_heads
    net = filled(library_encoder(x.shape[2], num_heads, hidden, dropout), numbers, width)
    return forwards(without_dropout(net, dropout), (x,))


def encoder_of(ref, num_heads, M, hidden, dropout, step=None, *, only=None, norms=2, drop=None):
    """An encoder block, right or wrong in one way: step(norm, x, layer) is what is around each layer, or around the
    one that `only` says, "attention" or "feed".
    """

    def around(name, norm, x, layer):
        return step(norm, x, layer) if step and only in (None, name) else norm(x + layer(x))

    def forward(self, x):
        seen = self.dropout(around("attention", self.norm1, x, lambda x: self.attention(x, x, x)))
        return self.dropout(around("feed", self.norm2 if norms == 2 else self.norm1, seen, self.feed_forward))

    parts = dict(
        feed_forward=ref.FeedForwardBlock(M, hidden),
        attention=ref.MultiHeadAttention(num_heads, M, M // num_heads),
        dropout=torch.nn.Dropout(dropout) if drop is None else drop(dropout),
    )
    for number in range(norms):
        parts[f"norm{number + 1}"] = ref.LayerNormalization(M)
    return module(forward, **parts)


NORM_FIRST = "The norm comes before each layer, not after the sum."
NORM_BEFORE_SUM = "The input is added after the norm; it is added first, and the sum is normalised."
NO_RESIDUAL = "The input is not added to what comes out of the layers."
ONE_NORM = "One norm is used everywhere; each has a gamma and a beta of its own."
NO_NORM = "There is no norm."
STEPS = [
    ("norm_first", NORM_FIRST, lambda norm, x, layer: x + layer(norm(x))),
    ("norm_before_sum", NORM_BEFORE_SUM, lambda norm, x, layer: x + norm(layer(x))),
    ("without_residual", NO_RESIDUAL, lambda norm, x, layer: norm(layer(x))),
    ("without_norm", NO_NORM, lambda norm, x, layer: x + layer(x)),
    ("residual_twice", "The input is added twice.", lambda norm, x, layer: norm(2 * x + layer(x))),
]

STEPS_OF_ONE = [
    ("no_residual", "What goes into the {layer} is not added to what comes out.", lambda norm, x, f: norm(f(x))),
    ("no_norm", "There is no norm after the {layer}.", lambda norm, x, f: x + f(x)),
]


@encoder_block.alternative
def dropout_before_the_sum(ref, num_heads, emb_dim, feedforward_dim, dropout):
    net = encoder_of(ref, num_heads, emb_dim, feedforward_dim, dropout)

    def forward(self, x):
        x = net.norm1(x + net.dropout(net.attention(x, x, x)))
        return net.norm2(net.dropout(net.feed_forward(x)) + x)

    return module(forward, net=net)


def declare_wrong_encoders():
    def wrong(name, sentence, step=None, exercise=encoder_block, **options):
        def net(ref, num_heads, emb_dim, feedforward_dim, dropout):
            return encoder_of(ref, num_heads, emb_dim, feedforward_dim, dropout, step, **options)

        declare(exercise, name, sentence, net, of="EncoderBlock")

    for name, sentence, step in STEPS:
        wrong(name, sentence, step)
    for name, sentence, step in STEPS_OF_ONE:
        for only, layer in (("attention", "attention"), ("feed", "feed-forward block")):
            wrong(f"{name}_of_{only}", sentence.format(layer=layer), step, only=only)
    wrong("one_norm", ONE_NORM, norms=1)
    keeping = "`dropout` is taken for the probability to keep a number; it is that to drop one."
    wrong("dropout_keeps", keeping, drop=lambda p: torch.nn.Dropout(1 - p))
    wrong("encoder_never_drops", NEVER, exercise=encoder_dropout, drop=lambda p: torch.nn.Identity())
    wrong("encoder_always_drops", ALWAYS, exercise=encoder_dropout, drop=always_dropping)


NEVER = "There is no dropout."
ALWAYS = "Dropout goes on in evaluation."


def always_dropping(p):
    return module(lambda self, x: torch.nn.functional.dropout(x, p, training=True))


declare_wrong_encoders()


@encoder_block.misconception("The feed-forward block is given the input of the block, not what attention made of it.")
def fed_with_the_input(ref, num_heads, emb_dim, feedforward_dim, dropout):
    net = encoder_of(ref, num_heads, emb_dim, feedforward_dim, dropout)

    def forward(self, x):
        seen = net.dropout(net.norm1(x + net.attention(x, x, x)))
        return net.dropout(net.norm2(seen + net.feed_forward(x)))

    return module(forward, net=net)


@encoder_block.misconception("What is added around the feed-forward block is the input of the whole block.")
def input_added_twice(ref, num_heads, emb_dim, feedforward_dim, dropout):
    net = encoder_of(ref, num_heads, emb_dim, feedforward_dim, dropout)

    def forward(self, x):
        seen = net.dropout(net.norm1(x + net.attention(x, x, x)))
        return net.dropout(net.norm2(x + net.feed_forward(seen)))

    return module(forward, net=net)


@encoder_block.misconception("Each head has emb_dim numbers; it is emb_dim / num_heads.")
def wide_heads(ref, num_heads, emb_dim, feedforward_dim, dropout):
    net = encoder_of(ref, num_heads, emb_dim, feedforward_dim, dropout)
    net.attention = ref.MultiHeadAttention(num_heads, emb_dim, emb_dim)
    return net


@encoder_block.misconception("The feed-forward block is missing.")
def encoder_without_feed_forward(ref, num_heads, emb_dim, feedforward_dim, dropout):
    net = encoder_of(ref, num_heads, emb_dim, feedforward_dim, dropout)
    return module(lambda self, x: net.dropout(net.norm1(x + net.attention(x, x, x))), net=net)


@encoder_dropout.case
def another_encoder_that_drops(draw):
    return for_an_encoder(draw, 3, 5, 3, 6, 5, dropout=0.4)


@decoder_dropout.case
def another_decoder_that_drops(draw):
    return for_a_decoder(draw, 3, 5, 4, 3, 6, 5, dropout=0.4)


# -- masks ------------------------------------------------------------------------------------------------------------


@subsequent_mask.case
def longer_sequences(draw):
    return dict(seq=draw.integers(0, 16, 3, 7))


@subsequent_mask.case(worth=0.2)
def one_token_alone(draw):
    return dict(seq=draw.integers(0, 16, 2, 1))


@subsequent_mask.oracle
def later_by_comparison(ref, seq):
    places = torch.arange(seq.shape[1])
    return {"mask": (places[None, :] > places[:, None]).expand(len(seq), -1, -1)}


@subsequent_mask.alternative
def upper_triangle(ref, seq):
    return torch.stack([torch.triu(torch.ones(len(row), len(row)), 1).bool() for row in seq])


def declare_wrong_later_masks():
    def wrong(name, sentence, change):
        declare(subsequent_mask, name, sentence, lambda ref, seq: change(ref.get_subsequent_mask(seq), seq))

    wrong("may_look", "True stands where a position may look; it stands where it must not.", lambda m, s: ~m)
    wrong("itself_too", "A position must not look at itself either: the diagonal is False.", lambda m, s: ~m.mT)
    wrong("earlier", "It is the earlier positions that are blocked.", lambda m, s: m.mT)
    wrong("one_for_all", "The axis of the examples is missing.", lambda m, s: m[0])
    wrong("all_blocked", "Everything is blocked.", lambda m, s: torch.ones_like(m))
    wrong(
        "two_ahead", "The next position may be looked at; only this one and earlier ones may.", lambda m, s: m.triu(2)
    )


declare_wrong_later_masks()


@padding_mask.case
def another_padding_index(draw):
    return sequences(draw, 4, 6, padding_index=5)


@padding_mask.case(worth=0.2)
def all_of_one_length(draw):
    return dict(seq=draw.integers(1, 9, 2, 3), padding_index=0)


@padding_mask.case(worth=0.2)
def one_token_and_padding(draw):
    return dict(seq=np.array([[3], [7]]), padding_index=7)


@padding_mask.oracle
def token_by_token(ref, seq, padding_index):
    N, K = seq.shape
    mask = [[[int(seq[n, t]) == padding_index for t in range(K)] for _ in range(K)] for n in range(N)]
    return {"mask": torch.tensor(mask)}


@padding_mask.alternative
def padding_expanded(ref, seq, padding_index):
    return seq.eq(padding_index).unsqueeze(1).expand(-1, seq.shape[1], -1)


def declare_wrong_padding_masks():
    def wrong(name, sentence, change):
        declare(padding_mask, name, sentence, lambda ref, seq, padding_index: change(seq == padding_index, seq))

    def square(padding):
        return padding[:, None].repeat(1, padding.shape[1], 1)

    wrong("may_be_seen", "True stands where a position may look; it stands where it must not.", lambda p, s: ~square(p))
    rows = "True stands in the rows of padding; it is padding that must not be looked at: columns."
    wrong("rows_of_padding", rows, lambda p, s: square(p).mT)
    both = "Rows of padding are blocked too; only columns are."
    wrong("rows_and_columns", both, lambda p, s: square(p) | square(p).mT)
    wrong("always_zero", "Padding is always 0 here; it is padding_index.", lambda p, s: square(s == 0))
    wrong("one_row", "The axis of the queries is missing.", lambda p, s: p)
    wrong("one_query", "There is one row for all queries; the mask is (N, K, K).", lambda p, s: p[:, None])


declare_wrong_padding_masks()


# -- DecoderBlock -----------------------------------------------------------------------------------------------------


@decoder_block.case
def three_heads_in_a_decoder(draw):
    return for_a_decoder(draw, 3, 4, 6, 3, 12, 5, dropout=0.3)


@decoder_block.case
def without_a_mask_in_a_decoder(draw):
    return for_a_decoder(draw, 2, 4, 4, 2, 6, 7, masked=False)


@decoder_block.case
def as_many_here_as_there(draw):
    return for_a_decoder(draw, 3, 4, 4, 2, 8, 7)


@decoder_block.case(worth=0.2)
def one_token_to_decode(draw):
    return for_a_decoder(draw, 1, 1, 3, 2, 6, 5)


@decoder_block.oracle
def decoder_by_the_library(ref, dec_inp, enc_inp, mask, numbers, num_heads, hidden, dropout):
    M = dec_inp.shape[2]
    net = filled(library_decoder(M, num_heads, hidden, dropout), numbers, M // num_heads)
    return forwards(without_dropout(net, dropout), (dec_inp, enc_inp), mask)


def decoder_of(
    ref,
    num_heads,
    M,
    hidden,
    dropout,
    step=None,
    *,
    only=None,
    order=None,
    cross=None,
    mask_of="self",
    fed=2,
    added=None,
    drop=None,
):
    """A decoder block, right or wrong in one way: step(norm, x, layer) is what is around each layer, or around the one
    that `only` says. `cross`: the inputs of cross-attention from (x, dec_inp, enc_inp). `added` around a layer, and
    `fed` to the feed-forward block: 0 the input, 1 what self-attention made of it, 2 what cross-attention did.
    """
    cross = cross or (lambda x, dec_inp, enc_inp: (x, enc_inp, enc_inp))
    order = order or ("self", "cross", "feed")

    def forward(self, dec_inp, enc_inp, mask=None):
        masks = {"self": (mask, None), "cross": (None, mask), "both": (mask, mask), "none": (None, None)}[mask_of]
        stages = [dec_inp]
        layers = {
            "self": lambda x: self.attention_self(x, x, x, masks[0]),
            "cross": lambda x: self.attention_cross(*cross(x, dec_inp, enc_inp), masks[1]),
            "feed": lambda x: self.feed_forward(stages[min(fed, len(stages) - 1)]),
        }
        for number, name in enumerate(order):
            x, norm = stages[-1], getattr(self, f"norm_{name}")
            if step and only in (None, name):
                x = step(norm, x, layers[name])
            else:
                x = norm(stages[(added or {}).get(name, number)] + layers[name](x))
            stages.append(self.dropout(x))
        return stages[-1]

    parts = dict(
        norm_feed=ref.LayerNormalization(M),
        norm_self=ref.LayerNormalization(M),
        norm_cross=ref.LayerNormalization(M),
        feed_forward=ref.FeedForwardBlock(M, hidden),
        attention_cross=ref.MultiHeadAttention(num_heads, M, M // num_heads),
        attention_self=ref.MultiHeadAttention(num_heads, M, M // num_heads),
        dropout=(drop or torch.nn.Dropout)(dropout),
    )
    return module(forward, **parts)


@decoder_block.alternative
def decoder_in_steps(ref, num_heads, emb_dim, feedforward_dim, dropout):
    return decoder_of(ref, num_heads, emb_dim, feedforward_dim, dropout)


def declare_wrong_decoders():
    def wrong(name, sentence, step=None, exercise=decoder_block, **options):
        def net(ref, num_heads, emb_dim, feedforward_dim, dropout):
            return decoder_of(ref, num_heads, emb_dim, feedforward_dim, dropout, step, **options)

        declare(exercise, name, sentence, net, of="DecoderBlock")

    for name, sentence, step in STEPS:
        wrong(name, sentence, step)
    for name, sentence, step in STEPS_OF_ONE:
        for only, layer in (("self", "self-attention"), ("cross", "cross-attention"), ("feed", "feed-forward block")):
            wrong(f"{name}_of_{only}", sentence.format(layer=layer), step, only=only)
    added = "What is added around {} is {}."
    after_self, after_cross = (
        "what self-attention made, not what cross-attention made of that",
        "the input of the block",
    )
    wrong("feed_added_to_self", added.format("the feed-forward block", after_self), added={"feed": 1})
    wrong("feed_added_to_input", added.format("the feed-forward block", after_cross), added={"feed": 0})
    wrong("cross_added_to_input", added.format("cross-attention", after_cross), added={"cross": 0})
    fed = "The feed-forward block is given what self-attention made, not what cross-attention made of that."
    wrong("fed_from_self", fed, fed=1)
    wrong("fed_from_input", "The feed-forward block is given the input of the block.", fed=0)
    wrong("mask_not_used", "The mask is not used.", mask_of="none")
    wrong(
        "mask_in_both", "The mask is used in cross-attention too; there all of the input may be seen.", mask_of="both"
    )
    wrong("mask_in_cross", "The mask is used in cross-attention in the place of self-attention.", mask_of="cross")
    keys = "In cross-attention the keys come from the decoder; keys and values come from the encoder."
    wrong("keys_from_the_decoder", keys, cross=lambda x, dec, enc: (x, x, enc))
    values = "In cross-attention the values come from the decoder; keys and values come from the encoder."
    wrong("values_from_the_decoder", values, cross=lambda x, dec, enc: (x, enc, x))
    itself = "In cross-attention the decoder looks at itself; keys and values come from the encoder."
    wrong("cross_is_self", itself, cross=lambda x, dec, enc: (x, x, x))
    queries = "In cross-attention the queries come from the encoder; they come from the decoder."
    wrong("queries_from_the_encoder", queries, cross=lambda x, dec, enc: (enc, x, x))
    before = "The queries of cross-attention are the input of the block, not what self-attention made of it."
    wrong("queries_from_before", before, cross=lambda x, dec, enc: (dec, enc, enc))
    wrong("cross_first", "Cross-attention comes before self-attention.", order=("cross", "self", "feed"))
    wrong("no_self", "Self-attention is missing.", order=("cross", "feed"))
    wrong("no_cross", "Cross-attention is missing.", order=("self", "feed"))
    wrong("no_feed", "The feed-forward block is missing.", order=("self", "cross"))
    keeping = "`dropout` is taken for the probability to keep a number; it is that to drop one."
    wrong("decoder_keeps", keeping, drop=lambda p: torch.nn.Dropout(1 - p))
    wrong("decoder_never_drops", NEVER, exercise=decoder_dropout, drop=lambda p: torch.nn.Identity())
    wrong("decoder_always_drops", ALWAYS, exercise=decoder_dropout, drop=always_dropping)


declare_wrong_decoders()


@decoder_block.misconception("One layer is used for self-attention and for cross-attention.")
def one_attention_for_both(ref, num_heads, emb_dim, feedforward_dim, dropout):
    net = decoder_of(ref, num_heads, emb_dim, feedforward_dim, dropout)
    net.attention_cross = net.attention_self
    return net


@decoder_block.misconception("One norm is used at two places; each has a gamma and a beta of its own.")
def one_norm_for_two(ref, num_heads, emb_dim, feedforward_dim, dropout):
    net = decoder_of(ref, num_heads, emb_dim, feedforward_dim, dropout)
    net.norm_feed = net.norm_cross
    return net


@decoder_block.misconception(ONE_NORM)
def one_norm_for_all(ref, num_heads, emb_dim, feedforward_dim, dropout):
    net = decoder_of(ref, num_heads, emb_dim, feedforward_dim, dropout)
    net.norm_cross = net.norm_feed = net.norm_self
    return net


# -- positions --------------------------------------------------------------------------------------------------------

for exercise in (position_simple, position_sinusoid):

    @exercise.case
    def more_positions_than_numbers(draw):
        return dict(K=draw.integer(20, 40), M=8)

    @exercise.case
    def more_numbers_than_positions(draw):
        return dict(K=3, M=draw.choice([10, 12, 14]))

    @exercise.case(worth=0.2)
    def an_odd_width(draw):
        return dict(K=4, M=7)

    @exercise.case(worth=0.1)
    def one_number_alone(draw):
        return dict(K=1, M=1)


@position_simple.oracle
def by_counting(ref, K, M):
    return {"encoding": torch.tensor([[[n / K] * M for n in range(K)]])}


@position_simple.alternative
def in_single_precision(ref, K, M):
    return torch.linspace(0, 1 - 1 / K, K).view(1, K, 1).expand(1, K, M)


def declare_wrong_simple_positions():
    def wrong(name, sentence, number):
        def encoding(ref, K, M):
            return torch.tensor([[[number(n, m, K, M) for m in range(M)] for n in range(K)]])

        declare(position_simple, name, sentence, encoding)

    wrong("up_to_one", "It is divided by K - 1; it is K.", lambda n, m, K, M: n / max(K - 1, 1))
    wrong("from_one", "Positions are counted from 1, not from 0.", lambda n, m, K, M: (n + 1) / K)
    wrong("not_divided", "The positions are not divided by K.", lambda n, m, K, M: float(n))
    wrong(
        "along_the_columns",
        "The numbers grow along the columns; they grow with the position.",
        lambda n, m, K, M: m / M,
    )
    wrong("divided_by_m", "It is divided by M; it is K, the number of positions.", lambda n, m, K, M: n / M)


declare_wrong_simple_positions()


def waves(K, M, angle, *, sine=lambda column: column % 2 == 0):
    """Sines and cosines, number by number; angle(position, column)."""
    rows = [[(math.sin if sine(c) else math.cos)(angle(t, c)) for c in range(M)] for t in range(K)]
    return torch.tensor([rows])


def rightly(M):
    return lambda t, c: t / 10000 ** (2 * (c // 2) / M)


@position_sinusoid.oracle
def number_by_number(ref, K, M):
    return {"encoding": waves(K, M, rightly(M))}


@position_sinusoid.alternative
def by_exponentials(ref, K, M):
    encoding = torch.zeros(K, M)
    frequencies = torch.exp(torch.arange(0, M, 2).float() * (-math.log(10000.0) / M))
    places = torch.arange(K).float().unsqueeze(1)
    encoding[:, 0::2] = torch.sin(places * frequencies)
    encoding[:, 1::2] = torch.cos(places * frequencies[: M // 2])
    return encoding.unsqueeze(0)


@course.replaces("position_encoding_sinusoid")
def with_one_frequency(ref, K, M):
    return waves(K, M, lambda t, c: t / 10000 ** ((2 * (c // 2)) // M)).float()


@course_by_column.replaces("position_encoding_sinusoid")
def with_two_frequencies(ref, K, M):
    return waves(K, M, lambda t, c: t / 10000 ** ((2 * c) // M)).float()


def declare_wrong_waves():
    def wrong(name, sentence, angle, **options):
        declare(position_sinusoid, name, sentence, lambda ref, K, M: waves(K, M, angle(K, M), **options))

    exponent = "Sine and cosine of a pair have different frequencies: the exponent goes with the column, not the pair."
    wrong("own_frequencies", exponent, lambda K, M: lambda t, c: t / 10000 ** (c / M))
    half = "The exponent is k / M for the pair k; it is 2k / M."
    wrong("half_the_exponent", half, lambda K, M: lambda t, c: t / 10000 ** (c // 2 / M))
    twice = "The exponent is doubled twice."
    wrong("twice_the_exponent", twice, lambda K, M: lambda t, c: t / 10000 ** (2 * (2 * (c // 2)) / M))
    wrong("cosine_first", "Sine and cosine have changed places.", lambda K, M: rightly(M), sine=lambda c: c % 2 == 1)
    wrong("sines_only", "There are sines only.", lambda K, M: rightly(M), sine=lambda c: True)
    wrong("waves_from_one", "Positions are counted from 1, not from 0.", lambda K, M: lambda t, c: rightly(M)(t + 1, c))
    wrong("another_base", "The base is 1000; it is 10000.", lambda K, M: lambda t, c: t / 1000 ** (2 * (c // 2) / M))
    rising = "The frequencies rise with the column: the sign of the exponent is wrong."
    wrong("rising", rising, lambda K, M: lambda t, c: t * 10000 ** (2 * (c // 2) / M))
    of_k = "The exponent is divided by K, the number of positions; it is M."
    wrong("divided_by_k", of_k, lambda K, M: lambda t, c: t / 10000 ** (2 * (c // 2) / K))


declare_wrong_waves()


@position_sinusoid.misconception("All sines come first, then all cosines; they take turns.")
def halves(ref, K, M):
    right = waves(K, M, rightly(M))
    return torch.cat([right[:, :, 0::2], right[:, :, 1::2]], dim=2)


for base in (9999, 10001):
    position_sinusoid.equivalent(
        f"angles = torch.arange(K)[:, None] / {base} ** (2 * (columns // 2) / M)",
        "a ten-thousandth of the base is less than what rounding is allowed",
    )

# -- Transformer ------------------------------------------------------------------------------------------------------


@transformer.case
def two_layers_each(draw):
    return questions_and_answers(draw, 3, 4, 6, 2, 8, 9, layers=(2, 1), tokens=13)


@transformer.case
def answers_longer_than_questions(draw):
    return questions_and_answers(draw, 2, 3, 7, 3, 9, 5, layers=(1, 2), tokens=7)


@transformer.case(worth=0.2)
def one_short_answer(draw):
    return questions_and_answers(draw, 1, 4, 2, 2, 6, 7, tokens=5)


@transformer.case(worth=0.2)
def question_and_answer_of_one_length(draw):
    return questions_and_answers(draw, 2, 4, 5, 2, 6, 7)


@transformer.oracle
def transformer_by_the_library(ref, ques_b, ques_pos, ans_b, ans_pos, numbers, num_heads, hidden, layers, tokens):
    M = ques_pos.shape[2]

    def forward(self, ques_b, ques_pos, ans_b, ans_pos):
        seen = torch.nn.functional.embedding(ques_b, self.table.weight) + ques_pos
        for block in self.encoders:
            seen = block(seen)
        out = (torch.nn.functional.embedding(ans_b, self.table.weight) + ans_pos)[:, :-1]
        mask = torch.ones(out.shape[1], out.shape[1]).triu(1).bool().expand(len(out), -1, -1)
        for block in self.decoders:
            out = block(out, seen, mask)
        return self.last(out).reshape(-1, tokens)

    net = module(
        forward,
        decoders=torch.nn.ModuleList(library_decoder(M, num_heads, hidden) for _ in range(layers[1])),
        encoders=torch.nn.ModuleList(library_encoder(M, num_heads, hidden) for _ in range(layers[0])),
        last=linear(M, tokens),
        table=torch.nn.Embedding(tokens, M),
    )
    return forwards(filled(net, numbers, M // num_heads).eval(), (ques_b, ques_pos, ans_b, ans_pos))


def put_together(ref, sizes, forward, *, tables=1):
    """A transformer with its own `forward`."""
    num_heads, emb_dim, feedforward_dim, dropout, num_enc_layers, num_dec_layers, vocab_len = sizes
    parts = {f"table_{number}": torch.nn.Embedding(vocab_len, emb_dim) for number in range(tables)}
    parts["decoder"] = ref.Decoder(num_heads, emb_dim, feedforward_dim, num_dec_layers, dropout, vocab_len)
    parts["encoder"] = ref.Encoder(num_heads, emb_dim, feedforward_dim, num_enc_layers, dropout)
    return module(forward, **parts)


def run(ref, net, ques_b, ques_pos, ans_b, ans_pos, **changed):
    """What a transformer computes, right or wrong in one way."""
    masked, shift, scale = changed.get("masked", True), changed.get("shift", "last left out"), changed.get("scale", 1.0)
    ans_table = net.table_1 if changed.get("tables") == 2 else net.table_0
    answer = scale * ans_table(ans_b) + (0 if changed.get("no_ans_pos") else ans_pos)
    question = scale * net.table_0(ques_b) + (0 if changed.get("no_ques_pos") else ques_pos)
    if shift == "last left out":
        answer = answer[:, :-1]
    elif shift == "first left out":
        answer = answer[:, 1:]
    elif shift == "places moved":
        answer = net.table_0(ans_b)[:, :-1] + ans_pos[:, 1:]
    mask = ref.get_subsequent_mask(answer[:, :, 0]) if masked else None
    encoded = question if changed.get("no_encoder") else net.encoder(question)
    scores = net.decoder(answer, encoded, mask)
    if changed.get("softmax"):
        scores = scores.softmax(dim=2)
    if changed.get("positions_first"):
        scores = scores.transpose(0, 1)
    return scores.reshape(-1, scores.shape[2])


@transformer.alternative
def step_by_step(ref, *sizes):
    return put_together(ref, sizes, lambda net, *inputs: run(ref, net, *inputs))


def declare_wrong_transformers():
    def wrong(name, sentence, **changed):
        def net(ref, *sizes):
            return put_together(
                ref, sizes, lambda net, *inputs: run(ref, net, *inputs, **changed), tables=changed.get("tables", 1)
            )

        declare(transformer, name, sentence, net)

    wrong("without_mask", "The decoder has no mask: it looks at the tokens that it is to tell.", masked=False)
    ahead = "The decoder is given the answer without its first token: the one that it is to tell."
    wrong("told_ahead", ahead, shift="first left out")
    whole = "The decoder is given the whole answer; its last token is only told."
    wrong("whole_answer", whole, shift="none")
    moved = "The encodings of the answer's positions are moved by one."
    wrong("places_moved", moved, shift="places moved")
    wrong("no_question_places", "The question's position encodings are not added.", no_ques_pos=True)
    wrong("no_answer_places", "The answer's position encodings are not added.", no_ans_pos=True)
    own = "Question and answer have a table of vectors each; they share one."
    wrong("two_tables", own, tables=2)
    wrong("told_probabilities", "A softmax follows: these are probabilities, not scores.", softmax=True)
    first = "Examples and positions have changed places: the scores of an answer stand together."
    wrong("positions_first", first, positions_first=True)
    wrong("no_encoder", "The encoder is left out: the decoder looks at the tokens' vectors.", no_encoder=True)
    wrong("scaled_vectors", "The tokens' vectors are multiplied by a number before the encodings are added.", scale=2.0)


declare_wrong_transformers()
