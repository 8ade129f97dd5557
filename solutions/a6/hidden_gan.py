"""Hidden cases of gan, the mistakes that they catch, and independent ways to the same answers."""

from itertools import pairwise

from checks import (
    PIXELS,
    SIDE,
    dc_classifier,
    dc_generator,
    digits_to_learn,
    discriminator,
    discriminator_loss,
    for_a_generator,
    for_a_network,
    generator,
    generator_loss,
    get_optimizer,
    ls_discriminator_loss,
    ls_generator_loss,
    sample_noise,
    small_model,
    tiled,
    training,
)

from grader.ask import projection, stacked_by_shape, torch

# -- sample_noise -----------------------------------------------------------------------------------------------------


@sample_noise.case
def more_vectors(draw):
    return dict(batch_size=200, noise_dim=draw.integer(30, 40), double=False)


@sample_noise.case(worth=0.2)
def in_double_precision(draw):
    return dict(batch_size=150, noise_dim=32, double=True)


@sample_noise.case(worth=0.1)
def one_vector(draw):
    return dict(batch_size=1, noise_dim=96, double=False)


@sample_noise.oracle
def by_numpy(ref, batch_size, noise_dim, double):
    import numpy as np

    generator = np.random.default_rng(int(torch.randint(1 << 30, ())))
    dtype = torch.float64 if double else torch.float32
    return {
        name: torch.tensor(generator.uniform(-1, 1, (batch_size, noise_dim)), dtype=dtype)
        for name in ("noise", "again")
    }


@sample_noise.alternative
def uniform_in_place(ref, batch_size, dim, dtype=None, device="cpu"):
    return torch.empty(batch_size, dim, dtype=dtype, device=device).uniform_(-1, 1)


def uniform(low, high, *shape, dtype=None):
    return low + (high - low) * torch.rand(*shape, dtype=dtype)


@sample_noise.misconception("The noise is uniform on (0, 1).")
def from_zero_to_one(ref, batch_size, noise_dim, dtype=None, device="cpu"):
    return uniform(0, 1, batch_size, noise_dim, dtype=dtype)


@sample_noise.misconception("The noise is uniform on (-0.5, 0.5).")
def half_as_wide(ref, batch_size, noise_dim, dtype=None, device="cpu"):
    return uniform(-0.5, 0.5, batch_size, noise_dim, dtype=dtype)


@sample_noise.misconception("The noise is normal, not uniform.")
def normal_noise(ref, batch_size, noise_dim, dtype=None, device="cpu"):
    return torch.randn(batch_size, noise_dim, dtype=dtype)


@sample_noise.misconception("One vector is drawn, and every example gets it.")
def one_for_all(ref, batch_size, noise_dim, dtype=None, device="cpu"):
    return uniform(-1, 1, 1, noise_dim, dtype=dtype).repeat(batch_size, 1)


@sample_noise.misconception("The same numbers are drawn at every call: a seed is set inside.")
def always_the_same(ref, batch_size, noise_dim, dtype=None, device="cpu"):
    torch.manual_seed(0)
    return uniform(-1, 1, batch_size, noise_dim, dtype=dtype)


@sample_noise.misconception("The axes are swapped: the shape is (noise_dim, batch_size).")
def swapped_axes(ref, batch_size, noise_dim, dtype=None, device="cpu"):
    return uniform(-1, 1, noise_dim, batch_size, dtype=dtype)


@sample_noise.misconception("The dtype that is asked for is not used.")
def dtype_not_used(ref, batch_size, noise_dim, dtype=None, device="cpu"):
    return uniform(-1, 1, batch_size, noise_dim)


# -- the networks of linear layers ------------------------------------------------------------------------------------

LEAK = 0.01


def linear(*widths, between, last=None, bias=True, norm=False, **after):
    """Linear layers of these widths with something after each but the last, and perhaps something after that. `after`:
    what follows one of them ("layer_1", "layer_2") instead."""
    layers = [torch.nn.Flatten()]
    for number, (entering, leaving) in enumerate(pairwise(widths), 1):
        layers.append(torch.nn.Linear(entering, leaving, bias=bias))
        layers += [after.get(f"layer_{number}", between)()] + [torch.nn.BatchNorm1d(leaving)] * norm
    layers = layers[: len(layers) - 1 - norm]
    return torch.nn.Sequential(*layers, *([last()] if last else []))


def layer(name, *args):
    """What makes a layer of the library's, looked up when it is made: the judge, which reads this, imports no torch."""
    return lambda: getattr(torch.nn, name)(*args)


RELU, LEAKY, TANH, SIGMOID, NOTHING = map(layer, ("ReLU", "LeakyReLU", "Tanh", "Sigmoid", "Identity"))
TOO_LEAKY, TEN_TIMES_LEAKY = layer("LeakyReLU", 0.2), layer("LeakyReLU", 0.1)


JUDGE = (PIXELS, 256, 256, 1)


@discriminator.case
def a_batch_of_pictures(draw):
    """Logits of both signs"""
    return for_a_network(draw, 64, PIXELS)


@discriminator.case(worth=0.1)
def one_picture(draw):
    return for_a_network(draw, 1, PIXELS)


@discriminator.case(worth=0.1)
def every_layer_counts(draw):
    return for_a_network(draw, 2, PIXELS, every=True)


@discriminator.oracle
def judged_by_arithmetic(ref, x, x_test, numbers, every):
    """The products and slopes, forwards and backwards."""
    shapes = [(256, PIXELS), (256, 256), (1, 256)]
    weights = [tiled(numbers, *shape) * (2 / shape[1]) ** 0.5 for shape in shapes]
    biases = [0.3 + 0.5 * tiled(numbers, len(w)) for w in weights]

    def forward(x):
        hidden, signs = x, []
        for number, (w, b) in enumerate(zip(weights, biases, strict=True)):
            hidden = hidden @ w.T + b
            if number < 2:
                signs.append(LEAK + (1 - LEAK) * (hidden > 0).to(x.dtype))
                hidden = hidden * signs[-1]
        return hidden, signs

    out, signs = forward(x)
    slope = projection(tuple(out.shape), out)
    for w, sign in zip(reversed(weights), [*reversed(signs), 1.0], strict=True):
        slope = slope @ w * sign
    counts = {str(shape): 1 for shape in shapes} | {"(256,)": 2, "(1,)": 1}
    return {"out": out, "dx": slope, "out_test": forward(x_test)[0], "parameters": dict(sorted(counts.items()))}


@discriminator.alternative
def of_functions(ref):
    functional = torch.nn.functional

    class Judge(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.last, self.second, self.first = (
                torch.nn.Linear(*sizes) for sizes in ((256, 1), (256, 256), (PIXELS, 256))
            )

        def forward(self, x):
            hidden = functional.leaky_relu(self.first(x), 0.01)
            return self.last(functional.leaky_relu(self.second(hidden), 0.01)).squeeze(1)

    return Judge()


@discriminator.alternative
def of_pictures(ref):
    """As an earlier edition has it: pictures (N, 1, 28, 28) come in."""

    class Rows(torch.nn.Module):
        def forward(self, x):
            N, C, H, W = x.shape
            return x.view(N, C * H * W)

    return torch.nn.Sequential(Rows(), *linear(*JUDGE, between=LEAKY)[1:])


LEAK_MISSING = "A ReLU takes the place of the leaky ReLU."
SLOPE = "The slope of the leaky ReLU is 0.2, not 0.01."
TENFOLD = "The slope of the leaky ReLU is 0.1, not 0.01."
ORDINALS = {1: "first", 2: "second"}
PROBABILITY = "A sigmoid follows: what comes out are probabilities, not logits."
NO_BIASES = "The layers have no biases."


def declare_networks(exercise, build):
    def declare(name, sentence, *args, **options):
        def network(ref, *noise_dim):
            return build(*args, *noise_dim, **options)

        network.__name__ = name
        exercise.misconception(sentence)(network)

    return declare


wrong = declare_networks(
    discriminator, lambda widths=JUDGE, **options: linear(*widths, **{"between": LEAKY, **options})
)
wrong("judge_relu", LEAK_MISSING, between=RELU)
wrong("judge_too_leaky", SLOPE, between=TOO_LEAKY)
wrong("judge_ten_times_leaky", TENFOLD, between=TEN_TIMES_LEAKY)
for number, which in ORDINALS.items():
    missing = f"Nothing follows the {which} linear layer; a leaky ReLU does."
    wrong(f"judge_linear_after_{number}", missing, **{f"layer_{number}": NOTHING})
    wrong(f"judge_relu_after_{number}", f"A ReLU follows the {which} linear layer.", **{f"layer_{number}": RELU})
wrong("judge_linear", "There is nothing between the linear layers.", between=NOTHING)
wrong("judge_probability", PROBABILITY, last=SIGMOID)
wrong("judge_leaky_at_the_end", "A leaky ReLU follows the last layer too.", last=LEAKY)
wrong("judge_too_shallow", "There is one hidden layer; two are asked for.", (PIXELS, 256, 1))
wrong("judge_of_two", "The last layer has two outputs; one logit is asked for.", (PIXELS, 256, 256, 2))
wrong("judge_without_biases", NO_BIASES, bias=False)
wrong("judge_normalised", "There is batch normalisation, which is not asked for.", norm=True)


def maker(noise_dim=96, *, widths=(1024, 1024), between=RELU, last=TANH, **options):
    return linear(noise_dim, *widths, PIXELS, between=between, last=last, **options)


@generator.case
def noise_of_some_numbers(draw):
    return for_a_generator(draw, 5, draw.integer(8, 40))


@generator.case
def noise_as_it_is_by_default(draw):
    return for_a_generator(draw, 3, 96, by_default=True)


@generator.case(worth=0.1)
def noise_of_one_number(draw):
    return for_a_generator(draw, 1, 1)


@generator.case(worth=0.1)
def every_layer_of_the_generator_counts(draw):
    return for_a_generator(draw, 2, 5, every=True)


@generator.oracle
def made_by_arithmetic(ref, x, x_test, numbers, every, by_default):
    shapes = [(1024, x.shape[1]), (1024, 1024), (PIXELS, 1024)]
    weights = [tiled(numbers, *shape) * (2 / shape[1]) ** 0.5 for shape in shapes]
    biases = [0.3 + 0.5 * tiled(numbers, len(w)) for w in weights]

    def forward(x):
        hidden = [x]
        for w, b in zip(weights, biases, strict=True):
            hidden.append((hidden[-1] @ w.T + b).clamp(min=0 if len(hidden) < 3 else None, max=1e300))
        return [*hidden[:3], torch.tanh(hidden[3])]

    *hidden, out = forward(x)
    slope = projection(tuple(out.shape), out) * (1 - out * out)
    for w, before in zip(reversed(weights), reversed(hidden), strict=True):
        slope = slope @ w
        slope = slope * (before > 0) if before is not x else slope
    counts = {"(1024,)": 2, f"({PIXELS},)": 1} | {str(shape): 1 for shape in shapes}
    return {"out": out, "dx": slope, "out_test": forward(x_test)[-1], "parameters": dict(sorted(counts.items()))}


@generator.alternative
def of_maps(ref, noise_dim=96):
    """Pictures instead of rows, ReLUs in place."""
    layers = maker(noise_dim, between=lambda: torch.nn.ReLU(inplace=True))
    return torch.nn.Sequential(layers, torch.nn.Unflatten(1, (1, SIDE, SIDE)))


wrong = declare_networks(generator, maker)
wrong("made_without_tanh", "There is no tanh at the end.", last=None)
wrong(
    "made_by_sigmoid",
    "A sigmoid stands at the end instead of a tanh: pixels lie between 0 and 1.",
    last=SIGMOID,
)
wrong("made_leaky", "Leaky ReLUs take the place of the ReLUs.", between=LEAKY)
for number, which in ORDINALS.items():
    missing = f"Nothing follows the {which} linear layer; a ReLU does."
    wrong(f"made_linear_after_{number}", missing, **{f"layer_{number}": NOTHING})
wrong("made_linear", "There is nothing between the linear layers.", between=NOTHING)
wrong("made_by_tanh", "A tanh follows every layer; after the first two it is a ReLU.", between=TANH)
wrong("made_too_shallow", "There is one hidden layer; two are asked for.", widths=(1024,))
wrong(
    "made_too_narrow",
    "The hidden layers have 256 outputs, as the discriminator's; 1024 are asked for.",
    widths=(256, 256),
)
wrong("made_normalised", "There is batch normalisation, which is not asked for.", norm=True)


@generator.misconception("noise_dim is not used: the network always takes 96 numbers.")
def made_of_96(ref, noise_dim=96):
    return maker(96)


@generator.misconception("Where no noise_dim is given it is another number than 96.")
def made_of_other_noise_by_default(ref, noise_dim=100):
    return maker(noise_dim)


@generator.misconception("A ReLU stands between the last layer and the tanh: no pixel is dark.")
def made_with_relu_before_tanh(ref, noise_dim=96):
    return maker(noise_dim, last=lambda: torch.nn.Sequential(torch.nn.ReLU(), torch.nn.Tanh()))


# -- losses -----------------------------------------------------------------------------------------------------------


@discriminator_loss.case
def logits_in_a_column(draw):
    return dict(logits_real=draw.normal(9, 1, scale=3), logits_fake=draw.normal(9, 1, mean=-1))


@discriminator_loss.case(worth=0.25)
def huge_logits(draw):
    return dict(logits_real=draw.normal(5, scale=1e4), logits_fake=draw.normal(5, scale=1e4))


@discriminator_loss.case(worth=0.1)
def one_logit(draw):
    return dict(logits_real=draw.normal(1), logits_fake=draw.normal(1))


@discriminator_loss.case(worth=0.1)
def more_made_than_real(draw):
    return dict(logits_real=draw.normal(4, 1), logits_fake=draw.normal(7, 1))


def log_loss(logits, label):
    """-log of the probability of the label, entry by entry, and its derivative: softplus and sigmoid."""
    signed = logits if label else -logits
    return torch.logaddexp(torch.zeros_like(signed), -signed), torch.sigmoid(logits) - label


@discriminator_loss.oracle
def by_softplus(ref, logits_real, logits_fake):
    (real, dreal), (fake, dfake) = log_loss(logits_real, 1), log_loss(logits_fake, 0)
    return {"loss": real.mean() + fake.mean(), "dreal": dreal / len(dreal), "dfake": dfake / len(dfake)}


@discriminator_loss.alternative
def by_log_of_the_sigmoid(ref, logits_real, logits_fake):
    log_probability = torch.nn.functional.logsigmoid
    return -log_probability(logits_real).mean() - log_probability(-logits_fake).mean()


@discriminator_loss.alternative
def by_a_loss_object(ref, logits_real, logits_fake):
    bce = torch.nn.BCEWithLogitsLoss()
    labels = torch.ones(logits_real.shape), torch.zeros(logits_fake.shape)
    return bce(logits_real, labels[0]) + bce(logits_fake, labels[1])


@discriminator_loss.alternative
def by_the_shifted_exponential(ref, logits_real, logits_fake):
    def bce(x, label):
        return (x.clamp(min=0) - x * label + (1 + (-x.abs()).exp()).log()).mean()

    return bce(logits_real, 1) + bce(logits_fake, 0)


def bce(logits, label, reduction="mean"):
    labels = torch.full_like(logits, label)
    return torch.nn.functional.binary_cross_entropy_with_logits(logits, labels, reduction=reduction)


@discriminator_loss.misconception("The labels are swapped: real pictures have the label 1, made ones 0.")
def labels_swapped(ref, logits_real, logits_fake):
    return bce(logits_real, 0) + bce(logits_fake, 1)


@discriminator_loss.misconception("Both have the label 1: made pictures have the label 0.")
def both_real(ref, logits_real, logits_fake):
    return bce(logits_real, 1) + bce(logits_fake, 1)


@discriminator_loss.misconception("The labels of the made pictures have the shape of logits_real, not of logits_fake.")
def labels_of_one_shape(ref, logits_real, logits_fake):
    return bce(logits_real, 1) + torch.nn.functional.binary_cross_entropy_with_logits(
        logits_fake, torch.zeros_like(logits_real)
    )


@discriminator_loss.misconception("The two terms are averaged; they are added.")
def terms_averaged(ref, logits_real, logits_fake):
    return (bce(logits_real, 1) + bce(logits_fake, 0)) / 2


@discriminator_loss.misconception("The loss is summed over the examples instead of averaged.")
def summed(ref, logits_real, logits_fake):
    return bce(logits_real, 1, "sum") + bce(logits_fake, 0, "sum")


@discriminator_loss.misconception("The logits go through a sigmoid first, and a second time inside the loss.")
def sigmoid_twice(ref, logits_real, logits_fake):
    return bce(logits_real.sigmoid(), 1) + bce(logits_fake.sigmoid(), 0)


@discriminator_loss.misconception("The term of the made pictures is missing.")
def real_ones_only(ref, logits_real, logits_fake):
    return bce(logits_real, 1)


@discriminator_loss.misconception("The term of the real pictures is missing.")
def made_ones_only(ref, logits_real, logits_fake):
    return bce(logits_fake, 0)


@discriminator_loss.misconception("The sign is wrong: it is what is to be maximised.")
def to_be_maximised(ref, logits_real, logits_fake):
    return -bce(logits_real, 1) - bce(logits_fake, 0)


@discriminator_loss.misconception(
    "The logarithm is taken of a probability that has become exactly 0: logits far from 0 give an infinite loss."
)
def log_of_zero(ref, logits_real, logits_fake):
    return -logits_real.sigmoid().log().mean() - (1 - logits_fake.sigmoid()).log().mean()


@discriminator_loss.misconception("The logits of the made pictures are detached: no gradient reaches them.")
def made_ones_detached(ref, logits_real, logits_fake):
    return bce(logits_real, 1) + bce(logits_fake.detach(), 0)


@generator_loss.case
def made_logits_in_a_column(draw):
    return dict(logits_fake=draw.normal(9, 1, scale=3))


@generator_loss.case(worth=0.25)
def huge_made_logits(draw):
    return dict(logits_fake=draw.normal(5, scale=1e4))


@generator_loss.case(worth=0.1)
def one_made_logit(draw):
    return dict(logits_fake=draw.normal(1, 1))


@generator_loss.oracle
def made_by_softplus(ref, logits_fake):
    fake, dfake = log_loss(logits_fake, 1)
    return {"loss": fake.mean(), "dfake": dfake / len(dfake)}


@generator_loss.alternative
def made_by_log_of_the_sigmoid(ref, logits_fake):
    return -torch.nn.functional.logsigmoid(logits_fake).mean()


@generator_loss.alternative
def made_with_plain_ones(ref, logits_fake):
    return torch.nn.BCEWithLogitsLoss()(logits_fake, torch.ones(logits_fake.shape))


@generator_loss.misconception("log(1 - D) is minimised, which has hardly a gradient while the discriminator is right.")
def saturating(ref, logits_fake):
    return -bce(logits_fake, 0)


@generator_loss.misconception(
    "The label is 0: that is the discriminator's loss, and the generator learns to be found out."
)
def labelled_zero(ref, logits_fake):
    return bce(logits_fake, 0)


@generator_loss.misconception("The loss is summed over the examples instead of averaged.")
def made_summed(ref, logits_fake):
    return bce(logits_fake, 1, "sum")


@generator_loss.misconception("The logits go through a sigmoid first, and a second time inside the loss.")
def made_sigmoid_twice(ref, logits_fake):
    return bce(logits_fake.sigmoid(), 1)


@generator_loss.misconception("The sign is wrong: it is what is to be maximised.")
def made_to_be_maximised(ref, logits_fake):
    return -bce(logits_fake, 1)


@generator_loss.misconception("The logits themselves are averaged; that is another kind of game.")
def mean_logit(ref, logits_fake):
    return -logits_fake.mean()


@generator_loss.misconception(
    "The logarithm is taken of a probability that has become exactly 0: logits far below 0 give an infinite loss."
)
def made_log_of_zero(ref, logits_fake):
    return -logits_fake.sigmoid().log().mean()


@generator_loss.misconception("The logits are detached: no gradient reaches them, and nothing is learned.")
def made_detached(ref, logits_fake):
    return bce(logits_fake.detach(), 1)


# -- least squares ----------------------------------------------------------------------------------------------------


@ls_discriminator_loss.case
def scores_in_a_column(draw):
    return dict(scores_real=draw.normal(9, 1, mean=1), scores_fake=draw.normal(9, 1))


@ls_discriminator_loss.case(worth=0.2)
def large_scores(draw):
    return dict(scores_real=draw.normal(5, scale=1e4), scores_fake=draw.normal(5, scale=1e4))


@ls_discriminator_loss.case(worth=0.1)
def more_made_scores_than_real(draw):
    return dict(scores_real=draw.normal(3, 1), scores_fake=draw.normal(5, 1))


@ls_generator_loss.case
def made_scores_in_a_column(draw):
    return dict(scores_fake=draw.normal(9, 1))


@ls_generator_loss.case(worth=0.2)
def large_made_scores(draw):
    return dict(scores_fake=draw.normal(5, scale=1e4))


@ls_discriminator_loss.oracle
def squares_by_hand(ref, scores_real, scores_fake):
    real, fake = scores_real - 1, scores_fake
    loss = (real * real).sum() / (2 * len(real)) + (fake * fake).sum() / (2 * len(fake))
    slopes = {"dreal": real / len(real), "dfake": fake / len(fake)}
    return {"loss": loss, **slopes}


@ls_generator_loss.oracle
def made_squares_by_hand(ref, scores_fake):
    fake = scores_fake - 1
    return {"loss": (fake * fake).sum() / (2 * len(fake)), "dfake": fake / len(fake)}


@ls_discriminator_loss.alternative
def by_the_library(ref, scores_real, scores_fake):
    mse = torch.nn.functional.mse_loss
    real, fake = mse(scores_real, torch.ones_like(scores_real)), mse(scores_fake, torch.zeros_like(scores_fake))
    return (real + fake) / 2


@ls_generator_loss.alternative
def made_by_the_library(ref, scores_fake):
    return torch.nn.functional.mse_loss(scores_fake, torch.ones(scores_fake.shape)) / 2


def squares(scores, label):
    return (scores - label).square().mean()


def declare_squares(name, sentence, of_real, of_fake, both=False):
    """A mistake in both least-squares losses: `of_real` of scores that ought to be 1, `of_fake` of those to be 0."""

    def judging(ref, scores_real, scores_fake):
        return of_real(scores_real) + of_fake(scores_fake)

    judging.__name__ = name
    ls_discriminator_loss.misconception(sentence)(judging)
    if both:

        def making(ref, scores_fake):
            return of_real(scores_fake)

        making.__name__ = f"made_{name}"
        ls_generator_loss.misconception(sentence)(making)


def half(label):
    return lambda scores: squares(scores, label) / 2


declare_squares("no_half", "The half is missing.", lambda s: squares(s, 1), lambda s: squares(s, 0), both=True)
declare_squares("a_quarter", "It is halved twice.", lambda s: squares(s, 1) / 4, lambda s: squares(s, 0) / 4, both=True)
declare_squares("half_of_one_term", "Only one of the two terms is halved.", half(1), lambda s: squares(s, 0))
declare_squares("half_of_the_first", "Only the second term is halved.", lambda s: squares(s, 1), half(0))
declare_squares(
    "ls_labels_swapped", "The labels are swapped: real pictures ought to get 1, made ones 0.", half(0), half(1)
)
declare_squares(
    "ls_summed",
    "The loss is summed over the examples instead of averaged.",
    lambda s: (s - 1).square().sum() / 2,
    lambda s: s.square().sum() / 2,
    both=True,
)
declare_squares(
    "ls_of_probabilities",
    "The scores go through a sigmoid first; they are taken as they are.",
    lambda s: squares(s.sigmoid(), 1) / 2,
    lambda s: squares(s.sigmoid(), 0) / 2,
    both=True,
)
declare_squares(
    "absolute",
    "The differences are not squared: their absolute values are taken.",
    lambda s: (s - 1).abs().mean() / 2,
    lambda s: s.abs().mean() / 2,
    both=True,
)
declare_squares("minus_one", "The label of made pictures is -1; it is 0.", half(1), half(-1))
declare_squares("real_term_only", "The term of the made pictures is missing.", half(1), lambda s: 0 * s.sum())


@ls_generator_loss.misconception(
    "The label is 0: that is the discriminator's, and the generator learns to be found out."
)
def made_label_zero(ref, scores_fake):
    return squares(scores_fake, 0) / 2


@ls_generator_loss.misconception("The square is of the mean, not the mean of the squares.")
def square_of_the_mean(ref, scores_fake):
    return (scores_fake.mean() - 1).square() / 2


# -- get_optimizer ----------------------------------------------------------------------------------------------------


@get_optimizer.case
def six_steps(draw):
    return small_model(draw, 6, 3, 7, 4, 5)


@get_optimizer.oracle
def adam_by_hand(ref, batches, w1, b1, w2, b2):
    params, begin = [w1, b1, w2, b2], [w1, b1, w2, b2]
    first, second = [torch.zeros_like(p) for p in params], [torch.zeros_like(p) for p in params]
    changes = []
    for t, x in enumerate(batches, 1):
        w1, b1, w2, b2 = params
        hidden = torch.tanh(x @ w1.T + b1)
        dout = projection((len(x), len(b2)), x)
        da = dout @ w2 * (1 - hidden * hidden)
        for i, g in enumerate((da.T @ x, da.sum(dim=0), dout.T @ hidden, dout.sum(dim=0))):
            first[i] = 0.5 * first[i] + 0.5 * g
            second[i] = 0.999 * second[i] + 0.001 * g * g
            m, v = first[i] / (1 - 0.5**t), second[i] / (1 - 0.999**t)
            params[i] = params[i] - 1e-3 * m / (v.sqrt() + 1e-8)
        changes.append(stacked_by_shape(p - value for p, value in zip(params, begin, strict=True)))
    return {"changes": changes}


@get_optimizer.alternative
def in_groups(ref, model):
    groups = [{"params": [p], "betas": (0.5, 0.999)} for p in model.parameters()]
    return torch.optim.Adam(groups, lr=0.001)


@get_optimizer.alternative
def without_decay(ref, model):
    return torch.optim.AdamW(model.parameters(), 1e-3, (0.5, 0.999), weight_decay=0)


def declare_optimizer(name, sentence, make):
    def optimizer(ref, model):
        return make(model)

    optimizer.__name__ = name
    get_optimizer.misconception(sentence)(optimizer)


def adam(lr=1e-3, betas=(0.5, 0.999), **options):
    return lambda model: torch.optim.Adam(model.parameters(), lr, betas, **options)


declare_optimizer("usual_betas", "beta1 is 0.9, as it is by default, not 0.5.", adam(betas=(0.9, 0.999)))
declare_optimizer("betas_of_one_size", "Both betas are 0.5.", adam(betas=(0.5, 0.5)))
declare_optimizer("betas_swapped", "The betas are swapped.", adam(betas=(0.999, 0.5)))
declare_optimizer("smaller_rate", "The learning rate is 1e-4, not 1e-3.", adam(lr=1e-4))
declare_optimizer("other_rate", "The learning rate is 2e-4, not 1e-3.", adam(lr=2e-4))
declare_optimizer("larger_rate", "The learning rate is 1e-2, not 1e-3.", adam(lr=1e-2))
declare_optimizer(
    "with_decay",
    "There is weight decay, which is not asked for.",
    lambda model: torch.optim.AdamW(model.parameters(), 1e-3, (0.5, 0.999)),
)
declare_optimizer(
    "plain_descent",
    "It is plain gradient descent, not Adam.",
    lambda model: torch.optim.SGD(model.parameters(), 1e-3),
)
declare_optimizer("rmsprop", "It is RMSProp, not Adam.", lambda model: torch.optim.RMSprop(model.parameters(), 1e-3))
declare_optimizer(
    "weights_only",
    "Only the weights are learned, not the biases.",
    lambda model: torch.optim.Adam([p for p in model.parameters() if p.dim() > 1], 1e-3, (0.5, 0.999)),
)


# -- generator.training -----------------------------------------------------------------------------------------------


@training.case
def other_digits(draw):
    return digits_to_learn(draw, noise_dim=draw.integer(6, 12))


@training.misconception(
    "The optimizer hardly changes anything: its learning rate is far too small.", of="get_optimizer"
)
def crawling(ref, model):
    return torch.optim.Adam(model.parameters(), 1e-6, (0.5, 0.999))


@training.misconception(
    "The label is 0: that is the discriminator's loss, and the generator learns to be found out.", of="generator_loss"
)
def learning_to_be_found_out(ref, logits_fake):
    return bce(logits_fake, 0)


# -- the convolutional networks ---------------------------------------------------------------------------------------


def convolutional(
    *, between=LEAKY, after=None, pool="MaxPool2d", last=None, sizes=(5, 5), channels=(32, 64), bias=True
):
    """`after`: what follows the first, the second convolution or the hidden layer (1, 2, 3) instead of `between`."""
    layers, side, entering, after = [torch.nn.Unflatten(1, (1, SIDE, SIDE))], SIDE, 1, after or {}
    for number, (size, leaving) in enumerate(zip(sizes, channels, strict=True), 1):
        layers.append(torch.nn.Conv2d(entering, leaving, size, bias=bias))
        layers += [after.get(number, between)(), getattr(torch.nn, pool)(2)]
        side, entering = (side - size + 1) // 2, leaving
    layers += [torch.nn.Flatten(), torch.nn.Linear(entering * side * side, 1024, bias=bias), after.get(3, between)()]
    layers.append(torch.nn.Linear(1024, 1, bias=bias))
    return torch.nn.Sequential(*layers, *([last()] if last else []))


@dc_classifier.case
def more_pictures_to_convolve(draw):
    return for_a_network(draw, 9, PIXELS)


@dc_classifier.case(worth=0.1)
def one_picture_to_convolve(draw):
    return for_a_network(draw, 1, PIXELS)


@dc_classifier.case(worth=0.1)
def every_layer_that_convolves_counts(draw):
    return for_a_network(draw, 2, PIXELS, every=True)


@dc_classifier.oracle
def convolved_from_windows(ref, x, x_test, numbers, every):
    functional = torch.nn.functional
    shapes = [(32, 1, 5, 5), (64, 32, 5, 5), (1024, 1024), (1, 1024)]
    biases = [0.3 + 0.5 * tiled(numbers, shape[0]) for shape in shapes]
    weights = [tiled(numbers, *shape) for shape in shapes]
    weights = [
        w * (2 / (w[0].numel() * w[:, 0].numel()) ** 0.5) ** 0.5 if w.dim() == 4 else w * (2 / w.shape[1]) ** 0.5
        for w in weights
    ]

    def leak(value):
        return torch.where(value > 0, value, LEAK * value)

    def forward(x):
        maps = x.reshape(len(x), 1, SIDE, SIDE)
        for w, b in zip(weights[:2], biases[:2], strict=True):
            columns = functional.unfold(maps, 5)
            side = maps.shape[-1] - 4
            maps = leak(w.flatten(1) @ columns + b[:, None]).reshape(len(x), len(w), side // 2, 2, side // 2, 2)
            maps = maps.amax(dim=(3, 5))
        hidden = leak(maps.flatten(1) @ weights[2].T + biases[2])
        return hidden @ weights[3].T + biases[3]

    x = x.detach().requires_grad_()
    out = forward(x)
    (dx,) = torch.autograd.grad((out * projection(tuple(out.shape), out)).sum(), x)
    counts = {str(shape): 1 for shape in shapes} | {f"({shape[0]},)": 1 for shape in shapes}
    parameters = dict(sorted(counts.items()))
    return {"out": out.detach(), "dx": dx, "out_test": forward(x_test), "parameters": parameters}


@dc_classifier.alternative
def pooled_first(ref):
    """A leaky ReLU is monotonic: it may come after the pooling. And pictures come in, as in an earlier edition."""
    nn = torch.nn
    layers = [nn.Conv2d(1, 32, 5), nn.MaxPool2d(2, 2), nn.LeakyReLU(), nn.Conv2d(32, 64, 5), nn.MaxPool2d(2, 2)]
    head = [nn.LeakyReLU(), nn.Flatten(), nn.Linear(1024, 1024), nn.LeakyReLU(inplace=True), nn.Linear(1024, 1)]
    return nn.Sequential(*layers, *head)


wrong = declare_networks(dc_classifier, convolutional)
wrong("convolved_relu", LEAK_MISSING, between=RELU)
wrong("convolved_too_leaky", SLOPE, between=TOO_LEAKY)
wrong("convolved_ten_times_leaky", TENFOLD, between=TEN_TIMES_LEAKY)
for number, which in ORDINALS.items():
    missing = f"Nothing follows the {which} convolution but its pooling: a leaky ReLU is missing."
    wrong(f"convolved_linear_after_{number}", missing, after={number: NOTHING})
RELUS = "ReLUs follow the convolutions; only after the hidden linear layer is there a leaky one."
wrong("convolved_relus", RELUS, after={1: RELU, 2: RELU})
wrong("convolved_linear", "There is nothing between the layers.", between=NOTHING)
wrong("convolved_probability", PROBABILITY, last=SIGMOID)
wrong("convolved_average", "The pooling takes the mean, not the maximum.", pool="AvgPool2d")
wrong("convolved_small", "The filters are 3 x 3, not 5 x 5.", sizes=(3, 3))
wrong("convolved_swapped", "There are 64 filters first, then 32; it is the other way round.", channels=(64, 32))
wrong("convolved_without_biases", NO_BIASES, bias=False)


@dc_classifier.misconception("The convolutions are padded: maps keep their size until they are pooled.")
def convolved_padded(ref):
    layers = list(convolutional())
    layers[1], layers[4] = torch.nn.Conv2d(1, 32, 5, padding=2), torch.nn.Conv2d(32, 64, 5, padding=2)
    layers[8] = torch.nn.Linear(64 * 7 * 7, 1024)
    return torch.nn.Sequential(*layers)


@dc_classifier.misconception("The hidden linear layer is missing.")
def convolved_without_hidden_layer(ref):
    return torch.nn.Sequential(*convolutional()[:8], torch.nn.Linear(1024, 1))


wrong(
    "convolved_linear_head", "Nothing follows the hidden linear layer: its leaky ReLU is missing.", after={3: NOTHING}
)


def deconvolutional(
    noise_dim=96,
    *,
    order="rn",
    orders=None,
    between=RELU,
    last=TANH,
    norm=True,
    map_norm=True,
    width=1024,
    stride_bias=True,
    momentum=0.1,
):
    """`order`: what follows a hidden layer, r(elu) and n(orm); `orders`: what follows one of them (1, 2, 3) instead."""
    nn = torch.nn

    def after(layer, number):
        kinds = {"r": between(), "n": layer}
        return [kinds[kind] for kind in (orders or {}).get(number, order) if kind == "r" or norm]

    first = [nn.Linear(noise_dim, width), *after(nn.BatchNorm1d(width, momentum=momentum), 1)]
    second = [nn.Linear(width, 7 * 7 * 128), *after(nn.BatchNorm1d(7 * 7 * 128, momentum=momentum), 2)]
    maps = [nn.Unflatten(1, (128, 7, 7)), nn.ConvTranspose2d(128, 64, 4, stride=2, padding=1, bias=stride_bias)]
    norms = after(nn.BatchNorm2d(64, momentum=momentum), 3) if map_norm else [between()]
    end = [nn.ConvTranspose2d(64, 1, 4, stride=2, padding=1), *([last()] if last else []), nn.Flatten()]
    return nn.Sequential(*first, *second, *maps, *norms, *end)


@dc_generator.case
def noise_of_some_numbers_to_convolve(draw):
    return for_a_generator(draw, 4, draw.integer(8, 40), evaluated=False)


@dc_generator.case
def default_noise_to_convolve(draw):
    return for_a_generator(draw, 3, 96, by_default=True, evaluated=False)


@dc_generator.case(worth=0.2)
def in_evaluation_after_training(draw):
    return for_a_generator(draw, 4, 7)


@dc_generator.case(worth=0.1)
def every_layer_that_makes_pictures_counts(draw):
    return for_a_generator(draw, 3, 5, evaluated=False, every=True)


@dc_generator.oracle
def deconvolved_by_hand(ref, x, x_test, numbers, every, by_default):
    """Batch norm by arithmetic; a transposed convolution is a convolution of maps with zeros in between."""
    functional = torch.nn.functional
    shapes = [(1024, x.shape[1]), (6272, 1024), (128, 64, 4, 4), (64, 1, 4, 4)]
    weights = [tiled(numbers, *shape) for shape in shapes]
    weights = [
        w * (2 / (w[0].numel() * w[:, 0].numel()) ** 0.5) ** 0.5 if w.dim() == 4 else w * (2 / w.shape[1]) ** 0.5
        for w in weights
    ]
    statistics = []

    def vector(n):
        return 0.3 + 0.5 * tiled(numbers, n)

    def normalised(value, kept):
        axes = (0, *range(2, value.dim()))
        shape = [1, -1] + [1] * (value.dim() - 2)
        if kept is None:
            mean, var = value.mean(dim=axes), value.var(dim=axes, unbiased=False)
            count = value.numel() // value.shape[1]
            statistics.append((0.1 * mean.detach(), 0.9 + 0.1 * var.detach() * count / (count - 1)))
        else:
            mean, var = kept
        scaled = (value - mean.reshape(shape)) / (var.reshape(shape) + 1e-5).sqrt()
        n = value.shape[1]
        return scaled * vector(n).reshape(shape) + vector(n).reshape(shape)

    def transposed(maps, w, b):
        N, C, H, W = maps.shape
        apart = maps.new_zeros(N, C, 2 * H - 1, 2 * W - 1)
        apart[:, :, ::2, ::2] = maps
        return functional.conv2d(apart, w.transpose(0, 1).flip(2, 3), b, padding=2)

    def forward(x, kept):
        hidden = normalised((x @ weights[0].T + vector(1024)).clamp(min=0), kept and kept[0])
        hidden = normalised((hidden @ weights[1].T + vector(6272)).clamp(min=0), kept and kept[1])
        maps = transposed(hidden.reshape(len(x), 128, 7, 7), weights[2], vector(64)).clamp(min=0)
        return torch.tanh(transposed(normalised(maps, kept and kept[2]), weights[3], vector(1))).flatten(1)

    x = x.detach().requires_grad_()
    out = forward(x, None)
    (dx,) = torch.autograd.grad((out * projection(tuple(out.shape), out)).sum(), x)
    counts = {str(shape): 1 for shape in shapes} | {"(1024,)": 3, "(6272,)": 3, "(64,)": 3, "(1,)": 1}
    evaluated = {} if x_test is None else {"out_test": forward(x_test, statistics)}
    return {"out": out.detach(), "dx": dx, **evaluated, "parameters": dict(sorted(counts.items()))}


@dc_generator.alternative
def left_as_pictures(ref, noise_dim=96):
    class Maps(torch.nn.Module):
        def forward(self, x):
            return x.view(-1, 128, 7, 7)

    layers = list(deconvolutional(noise_dim, between=lambda: torch.nn.ReLU(True)))
    return torch.nn.Sequential(*layers[:6], Maps(), *layers[7:-1])


wrong = declare_networks(dc_generator, deconvolutional)
wrong("deconvolved_norm_first", "Batch norm comes before each ReLU; here it is ReLU, then batch norm.", order="nr")
LAYERS = {1: "first linear layer", 2: "second linear layer", 3: "first transposed convolution"}
for number, which in LAYERS.items():
    wrong(f"deconvolved_linear_after_{number}", f"The ReLU after the {which} is missing.", orders={number: "n"})
    swapped = f"Batch norm comes before the ReLU after the {which}; here it is ReLU, then batch norm."
    wrong(f"deconvolved_norm_first_after_{number}", swapped, orders={number: "nr"})
for number in (1, 2):
    bare = f"The batch norm after the {LAYERS[number]} is missing."
    wrong(f"deconvolved_no_norm_after_{number}", bare, orders={number: "r"})
wrong("deconvolved_without_norm", "There is no batch normalisation.", norm=False, map_norm=False)
wrong("deconvolved_one_norm_less", "The batch norm after the first transposed convolution is missing.", map_norm=False)
wrong("deconvolved_leaky", "Leaky ReLUs take the place of the ReLUs.", between=LEAKY)
wrong("deconvolved_linear", "The ReLUs are missing.", between=NOTHING)
wrong("deconvolved_without_tanh", "There is no tanh at the end.", last=None)
wrong(
    "deconvolved_sigmoid",
    "A sigmoid stands at the end instead of a tanh: pixels lie between 0 and 1.",
    last=SIGMOID,
)
wrong("deconvolved_without_bias", "The first transposed convolution has no bias.", stride_bias=False)
wrong(
    "deconvolved_momentum",
    "The momentum of the batch norm is 0.9, which is 0.1 as this library counts it.",
    momentum=0.9,
)


@dc_generator.misconception("The maps are laid out with the channels last: (7, 7, 128), not (128, 7, 7).")
def deconvolved_channels_last(ref, noise_dim=96):
    class Maps(torch.nn.Module):
        def forward(self, x):
            return x.reshape(-1, 7, 7, 128).permute(0, 3, 1, 2)

    layers = list(deconvolutional(noise_dim))
    return torch.nn.Sequential(*layers[:6], Maps(), *layers[7:])


@dc_generator.misconception("Where no noise_dim is given it is another number than 96.")
def deconvolved_of_other_noise_by_default(ref, noise_dim=100):
    return deconvolutional(noise_dim)


@dc_generator.misconception("noise_dim is not used: the network always takes 96 numbers.")
def deconvolved_of_96(ref, noise_dim=96):
    return deconvolutional(96)


@dc_generator.misconception("The transposed convolutions are not padded: the pictures are too large.")
def deconvolved_without_padding(ref, noise_dim=96):
    layers = list(deconvolutional(noise_dim))
    layers[7] = torch.nn.ConvTranspose2d(128, 64, 4, stride=2)
    layers[10] = torch.nn.ConvTranspose2d(64, 1, 4, stride=2)
    return torch.nn.Sequential(*layers)
