"""What the attacks are graded on: one exercise of each kind."""

from grader.property import binomial, certain, close
from grader.spec import Checks, memory_at_most, no_calls, no_loops, operations_do_not_grow

checks = Checks("x1", title="Targets")
kernels = checks.module("kernels", also={"slope": "old_slope"})
chance = checks.module("chance")


@kernels.exercise("pairwise", points=20)
def pairwise(sub, x, y):
    """Squared distances between the rows of x and the rows of y."""
    return {"distances": sub.pairwise(x, y)}


@pairwise.case
def few_rows(draw):
    return dict(x=draw.normal(3, 4), y=draw.normal(5, 4))


@kernels.exercise("center", points=10, keep_inputs=True)
def center(sub, x):
    """x without its mean; x itself stays as it is."""
    return {"out": sub.center(x)}


@center.case
def columns(draw):
    return dict(x=draw.normal(6, 3))


@kernels.exercise("row_norms", points=30, speed_points=10)
def row_norms(sub, x):
    """The Euclidean length of each row."""
    return {"norms": sub.row_norms(x)}


@row_norms.case
def a_few(draw):
    return dict(x=draw.normal(4, 3))


@row_norms.case
def long_rows(draw):
    return dict(x=draw.normal(3, 50_000))


@row_norms.timed(at_most=4.0)
def many(draw, n=20000):
    return dict(x=draw.normal(n, 40))


@kernels.exercise("clip", points=10, rules=[no_loops(), no_calls("torch.clamp", ".clamp", ".clip", "torch.clip")])
def clip(sub, x, low, high):
    """Every entry moved into [low, high], without a loop and without clamp."""
    return {"out": sub.clip(x, low, high)}


@clip.case
def wide(draw):
    return dict(x=draw.normal(4, 5, scale=3.0), low=-1.0, high=0.5)


@kernels.exercise(
    "gaps",
    points=10,
    rules=[no_loops(), no_calls("torch.cdist"), operations_do_not_grow(), memory_at_most(60, n=400)],
)
def gaps(sub, a, b):
    """Squared distances of the rows of a to the rows of b, without a tensor that is much larger than these."""
    return {"gaps": sub.gaps(a, b)}


@gaps.case
def a_few_gaps(draw):
    return dict(a=draw.normal(4, 3), b=draw.normal(2, 3))


@gaps.timed(at_most=100.0)
def many_gaps(draw, n=400):
    return dict(a=draw.normal(n, 100), b=draw.normal(n, 100))


@kernels.exercise("Momentum.step", points=10)
def momentum(sub, w, gradients, rate, decay):
    """Gradient descent with momentum: the weights after each of several steps."""
    optimizer, weights = sub.Momentum(rate, decay), []
    for gradient in gradients:
        w = optimizer.step(w, gradient)
        weights.append(w)
    return {"weights": weights}


@momentum.case
def three_steps(draw):
    return dict(w=draw.normal(4), gradients=[draw.normal(4) for _ in range(3)], rate=0.1, decay=0.9)


BY_HAND = no_calls("torch.nn.*", "torch.autograd.*", ".backward", "torch.func.*")


@kernels.exercise("slope", points=1, rules=[BY_HAND])
def slope(sub, x):
    """The gradient of the sum of cubes, by hand."""
    return {"dx": sub.slope(x)}


@slope.case
def some(draw):
    return dict(x=draw.normal(4, 3))


@kernels.exercise("means", points=1, rules=[no_loops()])
def means(sub, xs, ls):
    """The mean of every tensor in a list, without a loop."""
    return {"means": sub.means(xs, ls)}


@means.case
def of_different_lengths(draw):
    return dict(xs=[draw.normal(n) for n in (3, 1, 4)], ls=draw.full(3, value=1) * [3, 1, 4])


@kernels.exercise("lengths", points=1, rules=[no_calls(".norm", "torch.linalg.norm", "torch.linalg.vector_norm")])
def lengths(sub, x):
    """The Euclidean length of each row, by hand."""
    return {"lengths": sub.lengths(x)}


@kernels.exercise("standardize", points=1, rules=[no_calls("torch.nn.*", ".std", "torch.std", ".var", "torch.var")])
def standardize(sub, x):
    """Columns of mean 0 and variance 1, by hand."""
    return {"out": sub.standardize(x)}


for of_rows in (lengths, standardize):

    @of_rows.case
    def tall(draw):
        return dict(x=draw.normal(8, 4))


@kernels.exercise("attend", points=1, rules=[no_calls("torch.nn.functional.scaled_dot_product_attention")])
def attend(sub, q, k, v):
    """Attention, by hand."""
    return {"out": sub.attend(q, k, v)}


@attend.case
def one_head(draw):
    return dict(q=draw.normal(1, 1, 3, 4), k=draw.normal(1, 1, 5, 4), v=draw.normal(1, 1, 5, 4))


@kernels.exercise("convolve", points=1, rules=[no_calls("torch.nn.*", "torch.conv2d")])
def convolve(sub, x, w):
    """A convolution of squares of two by two, by hand."""
    return {"out": sub.convolve(x, w)}


@convolve.case
def an_image(draw):
    return dict(x=draw.normal(2, 3, 5, 4), w=draw.normal(2, 3, 2, 2))


@chance.exercise("drop", points=4)
def drop(sub, x, p):
    """Inverted dropout: zero with probability p, and scale what is kept."""
    return {"out": sub.drop(x, p)}


@drop.case
def a_third(draw):
    return dict(x=draw.normal(40, 30, away=0.01), p=0.3), dict(watermark="")


@drop.property(false_alarm=1e-9)
def zero_or_scaled(ref, answer, x, p, watermark):
    out = answer["out"]
    yield certain(tuple(out.shape) == tuple(x.shape)), "the shape stays"
    kept = out != 0
    yield binomial(kept, 1 - p), "a share p of the entries is dropped"
    yield close(out[kept], x[kept] / (1 - p)), "kept entries are divided by 1 - p"
