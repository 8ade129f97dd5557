"""How your code for a6 is called, and on what. The grader puts the same questions to its own solution and compares."""

import math

from grader.ask import (
    differentiable,
    gradients_of,
    loss_and_gradients,
    projection,
    stacked_by_shape,
    torch,
    used_parameters,
)
from grader.property import binomial, certain, close, follows
from grader.spec import Checks

checks = Checks("a6", title="Generative models")

gan = checks.module("gan")
vae = checks.module("vae")

CERTAIN = 1e-9  # evidence below is as good as none
SIDE, PIXELS = 28, 784
ALIKE = 0.2  # the correlation with the mean digit that a game reaches at some time, at least
EVERY = 5  # rounds: how often that is looked at
SHOWN = 50  # pictures of a generator that are looked at


def tiled(numbers, *shape, offset=0):
    """A tensor of this shape with the numbers (K,), again and again, from one on that depends on the shape."""
    count = math.prod(shape)
    begin = 1009 * len(shape) + 17 * count + offset  # else a bias would be its layer's first weights
    return numbers.roll(-begin).repeat(-(-count // len(numbers)))[:count].reshape(shape)


def independence(numbers, again):
    """Whether numbers (N, D), drawn twice, look as if each were drawn on its own, and the claims that say so: any two
    of them have one sign as often as not. No claims where they lie to one side of 0, which is another mistake."""

    def agreements(centre):
        one, other = numbers > centre, again > centre
        pairs = {
            "of different examples": (one[0 : len(one) // 2 * 2 : 2, 0], one[1::2, 0]),
            "of one example": (one[:, 0], one[:, 1]),
            "of two calls": (one[:, 0], other[:, 0]),
        }
        return [(binomial(a == b, 0.5), f"numbers {where} are independent") for where, (a, b) in pairs.items()]

    independent = all(evidence.p >= CERTAIN for evidence, _ in agreements(numbers.median()))
    centred = binomial(numbers[:, 0] > 0, 0.5).p >= CERTAIN
    return independent, agreements(0) if centred or not independent else []


def same_kind(*tensors, shape, dtype):
    return all(isinstance(x, torch.Tensor) and tuple(x.shape) == tuple(shape) and x.dtype == dtype for x in tensors)


# == gan: noise =======================================================================================================


@gan.exercise("sample_noise", points=4, exact_dtype=True)
def sample_noise(sub, batch_size, noise_dim, double):
    """Uniform noise, drawn twice."""
    options = {"dtype": torch.float64} if double else {}
    return {name: sub.sample_noise(batch_size, noise_dim, **options) for name in ("noise", "again")}


@sample_noise.case
def three_hundred_vectors(draw):
    return dict(batch_size=300, noise_dim=20, double=False)


@sample_noise.property(false_alarm=1e-7)
def uniform_between_minus_one_and_one(ref, answer, batch_size, noise_dim, double):
    # Bonferroni over the four statistical claims below, each with a bound that is never too small: 4 * 1e-7 / 4.
    noise, again = answer.get("noise"), answer.get("again")
    dtype = torch.float64 if double else torch.float32
    usable = same_kind(noise, again, shape=(batch_size, noise_dim), dtype=dtype)
    yield certain(usable), "the noise has the shape (batch_size, noise_dim) and the dtype that is asked for"
    if not usable:
        return
    yield certain((noise >= -1).all() and (noise <= 1).all()), "all numbers lie between -1 and 1"
    independent, claims = independence(noise, again)
    yield from claims
    if not independent:
        return  # and the distribution of so few different numbers is anything
    uniform = follows(noise, lambda x: (x.clamp(-1, 1) + 1) / 2)
    yield uniform, "the numbers are uniform on (-1, 1)"
    if uniform.p < CERTAIN:
        yield certain((noise < 0).any()), "there are negative numbers, too"
        yield certain((noise.abs() > 0.5).any()), "there are numbers beyond 1/2, too"


# == gan: networks ====================================================================================================


def filled(net, numbers):
    """The network, every parameter filled with numbers (K,) of order 1, by its shape alone."""
    with torch.no_grad():
        for parameter in net.parameters():
            values = tiled(numbers, *parameter.shape)
            if parameter.dim() < 2:
                values = 0.3 + 0.5 * values
            elif parameter.dim() == 2:
                values = values * (2 / parameter.shape[1]) ** 0.5
            else:  # whichever of the first two axes is the one that comes in
                entering, leaving = parameter[0].numel(), parameter[:, 0].numel()
                values = values * (2 / (entering * leaving) ** 0.5) ** 0.5
            parameter.copy_(values)
    return net


def output_for(net, x):
    """The network's output as (N, ...). Where rows of pixels do not suit it, it gets pictures (N, 1, 28, 28), as in an
    earlier edition of the course."""
    forms = [x]
    if x.shape[1] == PIXELS:
        forms.append(x.reshape(len(x), 1, SIDE, SIDE))
        layers = (layer for layer in net.modules() if not any(True for _ in layer.children()))
        if isinstance(next(layers, None), torch.nn.Conv2d):
            forms.reverse()
    try:
        return net(forms[0]).reshape(len(x), -1)
    except Exception:
        for form in forms[1:]:
            try:
                return net(form).reshape(len(x), -1)
            except Exception:
                break
        raise


def both_modes(net, x, x_test, numbers, every):
    """What a network computes in training, the gradient of its input, what it computes in evaluation after that (where
    there is something to evaluate), and its parameters' shapes: of those that count for the output, or of every one.
    """
    net = filled(net.to(x), numbers)
    leaves, given = differentiable(x)
    out = output_for(net.train(), *given)
    parameters = net.parameters() if every else used_parameters(net, out)
    (dx,) = gradients_of((out * projection(tuple(out.shape), out)).sum(), leaves)
    found = {"out": out.detach(), "dx": dx}
    if x_test is not None:
        with torch.no_grad():
            found["out_test"] = output_for(net.eval(), x_test)
    shapes = [str(tuple(parameter.shape)) for parameter in parameters]
    return {**found, "parameters": {shape: shapes.count(shape) for shape in sorted(set(shapes))}}


@gan.exercise("discriminator", points=6)
def discriminator(sub, x, x_test, numbers, every):
    """The discriminator of linear layers, under given parameters."""
    return both_modes(sub.discriminator(), x, x_test, numbers, every)


@gan.exercise("generator", points=6)
def generator(sub, x, x_test, numbers, every, by_default):
    """The generator of linear layers, under given parameters."""
    net = sub.generator() if by_default else sub.generator(x.shape[1])
    return both_modes(net, x, x_test, numbers, every)


def for_a_network(draw, n, width, *, evaluated=True, every=False):
    """The inputs of a network: `n` examples of `width` numbers, others for evaluation, and numbers for parameters.
    `every`: layers that are made and not used count, too."""
    x, x_test = (draw.uniform(rows, width, low=-1, high=1) for rows in (n, 2))
    numbers = draw.normal(10_007)  # a prime: no two rows of weights are the same
    return dict(x=x, x_test=x_test if evaluated else None, numbers=numbers, every=every)


def for_a_generator(draw, n, noise_dim, *, by_default=False, **options):
    """The inputs of a generator. `by_default`: it is not told how many numbers its noise has."""
    return dict(for_a_network(draw, n, noise_dim, **options), by_default=by_default)


@discriminator.case
def three_pictures(draw):
    return for_a_network(draw, 3, PIXELS)


@generator.case
def noise_of_four_numbers(draw):
    return for_a_generator(draw, 3, 4)


# == gan: losses ======================================================================================================

# In float32: labels made by torch.ones(N) are, and with float64 logits their loss would be no more exact than that.


@gan.exercise("discriminator_loss", points=7, dtype="float32")
def discriminator_loss(sub, logits_real, logits_fake):
    """The discriminator's loss and its gradients."""
    return of_both(sub.discriminator_loss, logits_real, logits_fake)


def of_both(loss_function, real, fake):
    loss, (dreal, dfake) = loss_and_gradients(loss_function, real, fake)
    return {"loss": loss, "dreal": dreal, "dfake": dfake}


@gan.exercise("generator_loss", points=5, dtype="float32")
def generator_loss(sub, logits_fake):
    """The generator's loss and its gradient."""
    loss, (dfake,) = loss_and_gradients(sub.generator_loss, logits_fake)
    return {"loss": loss, "dfake": dfake}


@discriminator_loss.case
def logits_of_six(draw):
    return dict(logits_real=draw.normal(6, scale=2), logits_fake=draw.normal(6, scale=2))


@generator_loss.case
def logits_of_six_made(draw):
    return dict(logits_fake=draw.normal(6, scale=2))


# == gan: training ====================================================================================================


@gan.exercise("get_optimizer", points=4, seconds=30)
def get_optimizer(sub, batches, w1, b1, w2, b2):
    """What the optimizer makes of a small network, step by step."""
    model = torch.nn.Sequential(
        torch.nn.Linear(*reversed(w1.shape)), torch.nn.Tanh(), torch.nn.Linear(*reversed(w2.shape))
    ).to(w1)
    begin = [w1, b1, w2, b2]
    with torch.no_grad():
        for parameter, value in zip(model.parameters(), begin, strict=True):
            parameter.copy_(value)
    optimizer, changes = sub.get_optimizer(model), []
    for x in batches:
        optimizer.zero_grad()
        out = model(x)
        (out * projection(tuple(out.shape), out)).sum().backward()
        optimizer.step()
        changes.append(stacked_by_shape(p - value for p, value in zip(model.parameters(), begin, strict=True)))
    return {"changes": changes}


def small_model(draw, steps, N, D, H, C):
    """The inputs of get_optimizer. No two shapes are the same."""
    return dict(
        batches=[draw.normal(N, D) for _ in range(steps)],
        w1=draw.normal(H, D, scale=D**-0.5),
        b1=draw.normal(H),
        w2=draw.normal(C, H, scale=H**-0.5),
        b2=draw.normal(C),
    )


@get_optimizer.case
def three_steps(draw):
    return small_model(draw, 3, 4, 5, 6, 3)


PARTS = ["sample_noise", "generator", "discriminator_loss", "generator_loss", "get_optimizer"]


@gan.exercise("generator.training", points=4, dtype="float32", seconds=60, needs=PARTS)
def training(sub, digits, order, noise_dim, steps, batch_size):
    """A short game on handwritten digits: what the generator makes before and after."""
    pictures = shuffled(digits, order)
    judging, making = judging_layers().to(pictures.device), sub.generator(noise_dim).to(pictures.device)
    judge_steps, maker_steps = sub.get_optimizer(judging), sub.get_optimizer(making)

    def noise(n):
        return sub.sample_noise(n, noise_dim).to(pictures.device)

    answer, means = {"before": made(making, noise)}, []
    for i in range(steps):
        real = pictures[torch.randint(len(pictures), (batch_size,))]
        fake = output_for(making, noise(batch_size))
        judge_steps.zero_grad()
        sub.discriminator_loss(judged(judging, real), judged(judging, fake.detach())).backward()
        judge_steps.step()
        maker_steps.zero_grad()
        sub.generator_loss(judged(judging, fake)).backward()
        maker_steps.step()
        if i % EVERY == EVERY - 1:
            means.append(made(making, noise).flatten(1).mean(dim=0))
    answer["after"], answer["means"] = made(making, noise), torch.stack(means)
    return answer


def judging_layers():
    """The layers of the grader's own judge. A discriminator of yours would be shown the pictures, and could tell them
    to a generator that then had nothing to learn."""
    return torch.nn.Sequential(torch.nn.Linear(PIXELS, 256), torch.nn.Linear(256, 1))


def judged(layers, x):
    """The logits (N, 1) of pictures (N, 784); computed here, so that whoever gets the layers to train them does not
    see what they are shown."""
    first, second = layers
    hidden = torch.nn.functional.leaky_relu(x @ first.weight.T + first.bias)
    return hidden @ second.weight.T + second.bias


def shuffled(digits, order):
    """Digits (N, 8, 8) as rows of 784 numbers from -1 to 1, their pixels in this order. To linear layers one order is
    like another, and what was learned in one is worth nothing in the next."""
    from a6_helper import enlarged

    return 2 * enlarged(digits).flatten(1)[:, order] - 1


def made(making, noise):
    with torch.no_grad():
        return output_for(making, noise(SHOWN))


def digits_to_learn(draw, *, noise_dim):
    """Digits to play with, and others to compare with, which are kept back."""
    images, _ = draw.digits(800, shift=0, noise=0.0)
    inputs = dict(digits=images[:500], order=draw.permutation(PIXELS), noise_dim=noise_dim, steps=60, batch_size=16)
    return inputs, dict(others=images[500:])


@training.case
def five_hundred_digits(draw):
    return digits_to_learn(draw, noise_dim=8)


def similarity(mean, others):
    """The correlation, over the pixels, of a mean picture with the mean of others."""
    return float(torch.corrcoef(torch.stack([mean, others.mean(dim=0)]))[0, 1])


def best_similarity(means, others):
    """The largest one on the way: what a game has found it may lose again, and find once more."""
    return max(similarity(mean, others) for mean in means)


@training.property()
def nearer_to_the_digits(ref, answer, digits, order, noise_dim, steps, batch_size, others):
    # Not statistical in the sense of a bound: tests/test_a6_long.py measures how far the reference stays from ALIKE.
    before, after, means = answer.get("before"), answer.get("after"), answer.get("means")
    usable = same_kind(before, after, shape=(SHOWN, PIXELS), dtype=torch.float32)
    usable = usable and same_kind(means, shape=(steps // EVERY, PIXELS), dtype=torch.float32)
    usable = usable and all(bool(x.isfinite().all()) for x in (before, after, means))
    yield certain(usable), "the generator makes pictures, finite numbers, before and after"
    if not usable:
        return
    moved = float((after.mean(dim=0) - before.mean(dim=0)).abs().mean())
    others = shuffled(others, order)
    reached = best_similarity(means, others)
    yield certain(moved > 0.05), "what the generator makes changes"
    opposite = reached <= ALIKE and min(similarity(mean, others) for mean in means) < -ALIKE
    yield certain(not opposite), "the mean of its pictures does not become the opposite of that of the digits"
    yield (
        certain(reached > ALIKE),
        "the mean of its pictures becomes like that of the digits: dark and bright in one place",
    )


# == gan: least squares, and convolutional networks ===================================================================


@gan.exercise("ls_discriminator_loss", points=5, dtype="float32")
def ls_discriminator_loss(sub, scores_real, scores_fake):
    """The discriminator's least-squares loss and its gradients."""
    return of_both(sub.ls_discriminator_loss, scores_real, scores_fake)


@gan.exercise("ls_generator_loss", points=4, dtype="float32")
def ls_generator_loss(sub, scores_fake):
    """The generator's least-squares loss and its gradient."""
    loss, (dfake,) = loss_and_gradients(sub.ls_generator_loss, scores_fake)
    return {"loss": loss, "dfake": dfake}


@ls_discriminator_loss.case
def scores_of_six(draw):
    return dict(scores_real=draw.normal(6, scale=2), scores_fake=draw.normal(6, scale=2))


@ls_generator_loss.case
def scores_of_six_made(draw):
    return dict(scores_fake=draw.normal(6, scale=2))


@gan.exercise("build_dc_classifier", points=7)
def dc_classifier(sub, x, x_test, numbers, every):
    """The convolutional discriminator, under given parameters."""
    return both_modes(sub.build_dc_classifier(), x, x_test, numbers, every)


@gan.exercise("build_dc_generator", points=8, seconds=20)
def dc_generator(sub, x, x_test, numbers, every, by_default):
    """The convolutional generator, under given parameters, in training and in evaluation."""
    net = sub.build_dc_generator() if by_default else sub.build_dc_generator(x.shape[1])
    return both_modes(net, x, x_test, numbers, every)


@dc_classifier.case
def three_pictures_to_convolve(draw):
    return for_a_network(draw, 3, PIXELS)


@dc_generator.case
def noise_of_four_numbers_to_convolve(draw):
    return for_a_generator(draw, 3, 4, evaluated=False)


# == vae ==============================================================================================================

HIDDEN = 32  # units of a hidden layer that count, however many there are
QUIET = 60  # what is taken from logvar, so that the latent vector is mu but for 1e-13


@vae.exercise("reparametrize", points=9)
def reparametrize(sub, mu, logvar):
    """Latent vectors, drawn twice, and the gradients of the first ones."""
    leaves, given = differentiable(mu, logvar)
    z = sub.reparametrize(*given)
    dmu, dlogvar = gradients_of((z * projection(tuple(z.shape), z)).sum(), leaves)
    again = sub.reparametrize(*differentiable(mu, logvar)[1])
    return {"z": z.detach(), "again": again.detach(), "dmu": dmu, "dlogvar": dlogvar}


def latents(draw, N, Z, *, low=-1.0, high=3.0):
    """The inputs of reparametrize."""
    return dict(mu=draw.normal(N, Z, mean=1.0, scale=2.0), logvar=draw.uniform(N, Z, low=low, high=high))


@reparametrize.case
def four_hundred_vectors(draw):
    return latents(draw, 400, 12)


def normal(x):
    """The standard normal distribution function."""
    return torch.special.ndtr(x)


@reparametrize.property(false_alarm=1e-7)
def normal_with_that_mean_and_variance(ref, answer, mu, logvar):
    # Bonferroni over the four statistical claims below, each with a bound that is never too small: 4 * 1e-7 / 4.
    z, again, dmu, dlogvar = (answer.get(name) for name in ("z", "again", "dmu", "dlogvar"))
    usable = same_kind(z, again, dmu, dlogvar, shape=mu.shape, dtype=mu.dtype)
    yield certain(usable), "z has the shape and the dtype of mu"
    if not usable:
        return
    noise, deviation = z - mu, (logvar / 2).exp()
    yield certain((noise != 0).any()), "z is not mu itself"
    # By the deviation: else where it is large both calls lie far out, if the noise lies to one side of 0.
    independent, claims = independence(noise / deviation, (again - mu) / deviation)
    yield from claims
    if independent:
        right = follows(noise / deviation, normal)
        yield right, "(z - mu) / exp(logvar / 2) is standard normal"
        if right.p < CERTAIN:
            for sentence, other in (
                ("the variance is exp(logvar): exp(logvar) is not the deviation", noise / logvar.exp()),
                ("the deviation is not logvar itself", noise / logvar),
                ("the deviation is exp(logvar / 2), not exp(-logvar / 2)", noise * deviation),
                ("the deviation is not 1 everywhere", noise),
                ("the mean is mu, not 0", z / deviation),
            ):
                yield certain(follows(other, normal).p < CERTAIN), sentence
            yield certain(follows(noise / deviation, lambda x: x.clamp(0, 1)).p < CERTAIN), "the noise is not uniform"
    weights = projection(tuple(z.shape), z)
    yield close(dmu, weights), "the gradient of z with respect to mu is 1"
    yield close(dlogvar, weights * noise / 2), "the gradient of z with respect to logvar is (z - mu) / 2"


@vae.exercise("loss_function", points=11)
def loss_function(sub, x_hat, x, mu, logvar):
    """The loss and its gradients."""
    loss, (dx_hat, dmu, dlogvar) = loss_and_gradients(
        lambda x_hat, mu, logvar: sub.loss_function(x_hat, x, mu, logvar), x_hat, mu, logvar
    )
    return {"loss": loss, "dx_hat": dx_hat, "dmu": dmu, "dlogvar": dlogvar}


def decoded(draw, N, Z, *, side=SIDE, scale=1.0, contrast=1.0):
    """The inputs of loss_function. The larger the contrast, the more pixels are black or white: half of them at 2."""
    return dict(
        x_hat=draw.uniform(N, 1, side, side, low=0.02, high=0.98),
        x=(0.5 + contrast * (draw.uniform(N, 1, side, side) - 0.5)).clip(0, 1),
        mu=draw.normal(N, Z, scale=scale * 4),
        logvar=draw.normal(N, Z, scale=scale),
    )


@loss_function.case
def three_pictures_decoded(draw):
    return decoded(draw, 3, 15)


@vae.exercise("VAE", points=11, needs=["reparametrize"], compared=["x_hat", "mu", "logvar", "dx", "layers"])
def autoencoder(sub, x, numbers, latent_size, by_default):
    """The autoencoder under given parameters: almost without noise, and with noise."""
    net = sub.VAE(PIXELS) if by_default else sub.VAE(PIXELS, latent_size=latent_size)
    return encoded_and_decoded(net, (x,), numbers, {PIXELS, latent_size})


@vae.exercise("CVAE", points=9, needs=["reparametrize"], compared=["x_hat", "mu", "logvar", "dx", "layers"])
def conditional(sub, x, c, numbers, latent_size, by_default):
    """The conditional autoencoder under given parameters: almost without noise, and with noise."""
    classes = c.shape[1]
    net = sub.CVAE(PIXELS) if by_default else sub.CVAE(PIXELS, num_classes=classes, latent_size=latent_size)
    sizes = {PIXELS, PIXELS + classes, latent_size, latent_size + classes}
    return encoded_and_decoded(net, (x, c), numbers, sizes)


def encoded_and_decoded(net, inputs, numbers, sizes):
    """What an autoencoder computes when only the first units of each hidden layer count: so their number is free.
    `sizes` are those that are not a hidden layer's."""
    net = net.to(numbers)
    fill(net, inputs, numbers, sizes, QUIET)
    torch.manual_seed(0)  # whatever was drawn for the initial values, the same noise
    leaves, given = differentiable(inputs[0])
    x_hat, mu, logvar = net(*given, *inputs[1:])
    used = used_parameters(net, x_hat, mu, logvar)
    total = sum((out * projection(tuple(out.shape), out)).sum() for out in (x_hat, mu, logvar))
    (dx,) = gradients_of(total, leaves)
    shapes = [tuple("hidden" if n not in sizes else n for n in p.shape) for p in used]
    layers = {str(shape).replace("'", ""): shapes.count(shape) for shape in sorted(set(shapes), key=str)}
    fill(net, inputs, numbers, sizes, 0)
    with torch.no_grad():
        _, mu, logvar = net(*inputs)
        noisy, *_ = net(*(value[[0, 0, 0, 0]] for value in inputs))
    return {"x_hat": x_hat.detach(), "dx": dx, "mu": mu, "logvar": logvar, "layers": layers, "noisy": noisy}


def fill(net, inputs, numbers, sizes, quiet):
    """Fill the parameters with numbers (K,), by their shapes and by what depends on them: mu, logvar, both or neither;
    and by which of their columns belong to the class."""
    of_mu, of_logvar, of_class = roles(net, inputs, sizes)
    with torch.no_grad():
        for number, parameter in enumerate(net.parameters()):
            offset = 3000 * ((number in of_logvar) - (number in of_mu))
            ends = [n if n in sizes else min(n, HIDDEN) for n in parameter.shape]
            values = tiled(numbers, *ends, offset=offset)
            if parameter.dim() < 2:
                values = 0.3 + 0.5 * values - quiet * (number in of_logvar - of_mu)
            else:
                values = values * (2 / ends[-1]) ** 0.5
                if number in of_class:
                    columns = torch.arange(ends[-1], device=values.device)
                    last = of_class[number]
                    values = values[:, torch.cat([columns[~last], columns[last]]).argsort()]
            parameter.zero_()
            parameter[tuple(map(slice, ends))] = values


def roles(net, inputs, sizes):
    """The numbers of the parameters that mu depends on, and of those that logvar does; and for each that has a class
    beside other inputs, which of its columns are the class's: those that get no gradient when the class is 0."""
    parameters = list(net.parameters())
    x_hat, mu, logvar = net(*inputs)
    found = []
    for out in (mu, logvar):
        slopes = [None] * len(parameters)
        if out.requires_grad:
            slopes = torch.autograd.grad(out.sum(), parameters, retain_graph=True, allow_unused=True)
        found.append({number for number, slope in enumerate(slopes) if slope is not None})
    of_class = {}
    if len(inputs) > 1:
        x_hat, mu, logvar = net(torch.ones_like(inputs[0]), torch.zeros_like(inputs[1]))
        slopes = torch.autograd.grad(x_hat.sum() + mu.sum() + logvar.sum(), parameters, allow_unused=True)
        for number, slope in enumerate(slopes):
            if slope is not None and slope.dim() == 2 and slope.shape[1] in sizes:
                unused = (slope == 0).all(dim=0)
                if int(unused.sum()) == inputs[1].shape[1]:
                    of_class[number] = unused
    return *found, of_class


def pictures_to_encode(draw, N, latent_size, *, by_default=False):
    """The inputs of VAE. `by_default`: it is not told how many latent numbers there are."""
    x, numbers = draw.uniform(N, 1, SIDE, SIDE), draw.normal(10_007)
    return dict(x=x, numbers=numbers, latent_size=latent_size, by_default=by_default)


def pictures_with_classes(draw, N, latent_size, classes, *, by_default=False):
    """The inputs of CVAE. `by_default`: it is told neither the number of classes nor that of latent numbers."""
    c = draw.full(N, classes)
    c[range(N), draw.labels(N, classes)] = 1
    return dict(pictures_to_encode(draw, N, latent_size, by_default=by_default), c=c)


@autoencoder.case
def three_pictures_to_encode(draw):
    return pictures_to_encode(draw, 3, 15)


@conditional.case
def three_pictures_with_classes(draw):
    return pictures_with_classes(draw, 3, 15, 10)


def noisy_pictures(answer, dtype):
    """Claims on what comes out for one picture, four times."""
    noisy = answer.get("noisy")
    usable = same_kind(noisy, shape=(4, 1, SIDE, SIDE), dtype=dtype)
    yield certain(usable), "x_hat has the shape and the dtype of x"
    if usable:
        yield certain((noisy[0] != noisy[1:]).any()), "one picture, given several times, is not decoded alike"


@autoencoder.property()
def drawn_at_random(ref, answer, x, numbers, latent_size, by_default):
    yield from noisy_pictures(answer, x.dtype)


@conditional.property()
def drawn_at_random_with_a_class(ref, answer, x, c, numbers, latent_size, by_default):
    yield from noisy_pictures(answer, x.dtype)
