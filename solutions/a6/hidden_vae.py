"""Hidden cases of vae, the mistakes that they catch, and independent ways to the same answers."""

from checks import (
    HIDDEN,
    PIXELS,
    QUIET,
    SIDE,
    autoencoder,
    conditional,
    decoded,
    latents,
    loss_function,
    pictures_to_encode,
    pictures_with_classes,
    reparametrize,
    tiled,
)

from grader.ask import projection, torch

# -- reparametrize ----------------------------------------------------------------------------------------------------


@reparametrize.case
def more_latent_vectors(draw):
    return latents(draw, 300, draw.integer(14, 20))


@reparametrize.case(worth=0.2)
def small_variances(draw):
    return latents(draw, 200, 8, low=-12, high=-6)


@reparametrize.case(worth=0.1)
def one_latent_vector(draw):
    return latents(draw, 1, 15)


@reparametrize.oracle
def drawn_by_numpy(ref, mu, logvar):
    import numpy as np

    generator = np.random.default_rng(int(torch.randint(1 << 30, ())))
    first, second = (torch.tensor(generator.standard_normal(mu.shape)) for _ in range(2))
    deviation = torch.sqrt(torch.exp(logvar))
    weights = projection(tuple(mu.shape), mu)
    z, again = mu + deviation * first, mu + deviation * second
    return {"z": z, "again": again, "dmu": weights, "dlogvar": weights * first * deviation / 2}


@reparametrize.alternative
def by_a_distribution(ref, mu, logvar):
    return torch.distributions.Normal(mu, logvar.mul(0.5).exp()).rsample()


@reparametrize.alternative
def by_the_root_of_the_variance(ref, mu, logvar):
    noise = torch.normal(0.0, 1.0, size=logvar.shape)
    return noise * logvar.exp().sqrt() + mu


@reparametrize.alternative
def by_the_mean_and_a_product(ref, mu, logvar):
    return torch.addcmul(mu, torch.empty_like(mu).normal_(), torch.exp(0.5 * logvar))


def declare_draws(name, sentence, draw):
    """A wrong way to draw: `draw(mu, logvar, noise)`, the noise standard normal."""

    def drawn(ref, mu, logvar):
        return draw(mu, logvar, torch.randn_like(mu))

    drawn.__name__ = name
    reparametrize.misconception(sentence)(drawn)


declare_draws(
    "variance_for_deviation",
    "exp(logvar) is taken for the standard deviation; it is the variance, and its root is missing.",
    lambda mu, logvar, noise: mu + logvar.exp() * noise,
)
declare_draws(
    "logvar_for_deviation",
    "logvar is taken for the standard deviation; it is the logarithm of the variance.",
    lambda mu, logvar, noise: mu + logvar * noise,
)
declare_draws(
    "minus_logvar",
    "The standard deviation has the wrong sign in its exponent: it is exp(logvar / 2), not exp(-logvar / 2).",
    lambda mu, logvar, noise: mu + (-logvar / 2).exp() * noise,
)
declare_draws("not_scaled", "The noise is not scaled: logvar is not used.", lambda mu, logvar, noise: mu + noise)
declare_draws("mean_forgotten", "mu is not added: the mean is 0.", lambda mu, logvar, noise: (logvar / 2).exp() * noise)
declare_draws("no_noise", "There is no noise: z is mu.", lambda mu, logvar, noise: mu + 0 * noise)
declare_draws(
    "uniform_noise",
    "The noise is uniform on (0, 1), not normal.",
    lambda mu, logvar, noise: mu + (logvar / 2).exp() * torch.rand_like(noise),
)
declare_draws(
    "one_noise_for_all",
    "One noise vector is drawn, and every example gets it.",
    lambda mu, logvar, noise: mu + (logvar / 2).exp() * noise[:1],
)
declare_draws(
    "one_number_for_each",
    "One number is drawn for each example, and all entries of its latent vector get it.",
    lambda mu, logvar, noise: mu + (logvar / 2).exp() * noise[:, :1],
)
declare_draws(
    "no_gradient",
    "z is drawn in a way that no gradient passes through, neither to mu nor to logvar.",
    lambda mu, logvar, noise: (mu + (logvar / 2).exp() * noise).detach(),
)
declare_draws(
    "no_gradient_to_mu",
    "mu is detached: no gradient reaches it.",
    lambda mu, logvar, noise: mu.detach() + (logvar / 2).exp() * noise,
)
declare_draws(
    "no_gradient_to_logvar",
    "logvar is detached: no gradient reaches it.",
    lambda mu, logvar, noise: mu + (logvar / 2).exp().detach() * noise,
)


@reparametrize.misconception("The same noise is drawn at every call: a seed is set inside.")
def always_the_same_noise(ref, mu, logvar):
    torch.manual_seed(0)
    return ref.reparametrize(mu, logvar)


reparametrize.equivalent(
    "return mu - (logvar / 2).exp() * torch.randn_like(mu)", "a normal number is as likely as its opposite"
)

# -- loss_function ----------------------------------------------------------------------------------------------------


@loss_function.case
def more_pictures_decoded(draw):
    return decoded(draw, 6, draw.integer(4, 12), contrast=2)


@loss_function.case(worth=0.2)
def black_and_white_pictures(draw):
    inputs = decoded(draw, 4, 10)
    return dict(inputs, x=inputs["x"].round())


@loss_function.case(worth=0.1)
def one_picture_decoded(draw):
    return decoded(draw, 1, 5)


@loss_function.case(worth=0.1)
def smaller_pictures(draw):
    return decoded(draw, 3, 2, side=12)


@loss_function.case(worth=0.1)
def far_from_standard(draw):
    return decoded(draw, 3, 8, scale=3)


@loss_function.oracle
def bound_by_hand(ref, x_hat, x, mu, logvar):
    """The divergence by the library's distributions, gradients by formulas."""
    N, normal = len(x), torch.distributions.Normal
    log_likelihood = torch.distributions.Bernoulli(x_hat, validate_args=False).log_prob(x).sum()
    standard = normal(torch.zeros_like(mu), torch.ones_like(mu))
    divergence = torch.distributions.kl_divergence(normal(mu, (logvar / 2).exp()), standard).sum()
    slopes = {"dmu": mu / N, "dlogvar": (logvar.exp() - 1) / (2 * N)}
    return {"loss": (divergence - log_likelihood) / N, "dx_hat": (x_hat - x) / (x_hat * (1 - x_hat) * N), **slopes}


@loss_function.alternative
def example_by_example(ref, x_hat, x, mu, logvar):
    pixels = -(x * x_hat.log() + (1 - x) * (1 - x_hat).log()).flatten(1).sum(dim=1)
    divergence = -0.5 * (1 + logvar - mu**2 - torch.exp(logvar)).sum(dim=1)
    return (pixels + divergence).mean()


@loss_function.alternative
def as_one_row_each(ref, x_hat, x, mu, logvar):
    N = x.shape[0]
    bce = torch.nn.BCELoss(reduction="sum")(x_hat.reshape(N, -1), x.reshape(N, -1))
    loss = bce - torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / 2
    loss /= N
    return loss


def pixels_of(x_hat, x):
    return torch.nn.functional.binary_cross_entropy(x_hat, x, reduction="sum")


def divergence_of(mu, logvar):
    return 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum()


def declare_bound(name, sentence, total=None, pixels=pixels_of, divergence=divergence_of):
    """A wrong loss: another term for the pixels or for the divergence, or another total (pixels, divergence, x, mu)."""

    def bound(ref, x_hat, x, mu, logvar):
        one, other = pixels(x_hat, x), divergence(mu, logvar)
        return total(one, other, x, mu) if total else (one + other) / len(x)

    bound.__name__ = name
    loss_function.misconception(sentence)(bound)


declare_bound(
    "divergence_subtracted",
    "The divergence has the wrong sign: it is subtracted.",
    lambda pixels, divergence, x, mu: (pixels - divergence) / len(x),
)
declare_bound(
    "divergence_not_halved", "The half before the divergence is missing.", divergence=lambda *a: 2 * divergence_of(*a)
)
declare_bound(
    "not_averaged",
    "The loss is summed over the examples; it is not divided by N.",
    lambda pixels, divergence, x, mu: pixels + divergence,
)
declare_bound(
    "pixels_not_averaged",
    "Only the divergence is divided by N.",
    lambda pixels, divergence, x, mu: pixels + divergence / len(x),
)
declare_bound(
    "divergence_not_averaged",
    "Only the cross-entropy is divided by N.",
    lambda pixels, divergence, x, mu: pixels / len(x) + divergence,
)
declare_bound(
    "mean_of_pixels",
    "The cross-entropy is averaged over the pixels; it is summed over them.",
    lambda pixels, divergence, x, mu: pixels / x.numel() + divergence / len(x),
)
declare_bound(
    "mean_of_everything",
    "The cross-entropy is averaged over the pixels, and the divergence over the latent numbers; both are summed.",
    lambda pixels, divergence, x, mu: pixels / x.numel() + divergence / mu.numel(),
)
declare_bound(
    "mean_of_latent_numbers",
    "The divergence is averaged over the latent numbers; it is summed over them.",
    lambda pixels, divergence, x, mu: pixels / len(x) + divergence / mu.numel(),
)
declare_bound("no_divergence", "The divergence is missing.", divergence=lambda mu, logvar: 0 * (mu + logvar).sum())
declare_bound("no_pixels", "The cross-entropy is missing.", pixels=lambda x_hat, x: 0 * x_hat.sum())
declare_bound(
    "squared_error",
    "The pixels are compared by their squared difference, not by the cross-entropy.",
    pixels=lambda x_hat, x: (x_hat - x).square().sum(),
)
declare_bound(
    "with_logits",
    "x_hat is taken for logits: it goes through a sigmoid once more.",
    pixels=lambda x_hat, x: torch.nn.functional.binary_cross_entropy_with_logits(x_hat, x, reduction="sum"),
)
declare_bound(
    "arguments_swapped",
    "x and x_hat are swapped in the cross-entropy.",
    pixels=lambda x_hat, x: (-x_hat * x.clamp(1e-9).log() - (1 - x_hat) * (1 - x).clamp(1e-9).log()).sum(),
)
declare_bound(
    "half_a_cross_entropy",
    "The term for dark pixels, (1 - x) log(1 - x_hat), is missing.",
    pixels=lambda x_hat, x: -(x * x_hat.log()).sum(),
)
declare_bound(
    "variance_not_exponentiated",
    "In the divergence logvar takes the place of the variance: the exponential is missing.",
    divergence=lambda mu, logvar: 0.5 * (mu.square() - 1).sum() + 0 * logvar.sum(),
)
declare_bound(
    "deviation_for_variance",
    "In the divergence exp(logvar / 2) takes the place of the variance, which is exp(logvar).",
    divergence=lambda mu, logvar: 0.5 * (mu.square() + (logvar / 2).exp() - 1 - logvar).sum(),
)
declare_bound(
    "logvar_for_deviation_in_the_loss",
    "logvar is taken for the logarithm of the deviation: the variance is exp(logvar), not exp(2 logvar).",
    divergence=lambda mu, logvar: 0.5 * (mu.square() + (2 * logvar).exp() - 1 - 2 * logvar).sum(),
)
declare_bound(
    "mean_not_squared",
    "In the divergence mu is not squared.",
    divergence=lambda mu, logvar: 0.5 * (mu + logvar.exp() - 1 - logvar).sum(),
)
declare_bound(
    "one_forgotten",
    "In the divergence the 1 is missing.",
    divergence=lambda mu, logvar: 0.5 * (mu.square() + logvar.exp() - logvar).sum(),
)
declare_bound(
    "one_added",
    "In the divergence the 1 is added; it is subtracted.",
    divergence=lambda mu, logvar: 0.5 * (mu.square() + logvar.exp() + 1 - logvar).sum(),
)
declare_bound(
    "one_for_all",
    "In the divergence the 1 is subtracted once for all, not for each latent number.",
    divergence=lambda mu, logvar: 0.5 * ((mu.square() + logvar.exp() - logvar).sum() - 1),
)
declare_bound(
    "one_for_each_example",
    "In the divergence the 1 is subtracted once for each example, not for each latent number.",
    divergence=lambda mu, logvar: 0.5 * ((mu.square() + logvar.exp() - logvar).sum() - len(mu)),
)
declare_bound(
    "logvar_added",
    "In the divergence logvar is added; it is subtracted.",
    divergence=lambda mu, logvar: 0.5 * (mu.square() + logvar.exp() - 1 + logvar).sum(),
)
declare_bound(
    "variance_squared",
    "In the divergence the variance, exp(logvar), is squared.",
    divergence=lambda mu, logvar: 0.5 * (mu.square() + (2 * logvar).exp() - 1 - logvar).sum(),
)
declare_bound(
    "no_logvar",
    "In the divergence logvar itself is missing.",
    divergence=lambda mu, logvar: 0.5 * (mu.square() + logvar.exp() - 1).sum(),
)
declare_bound(
    "divergence_other_way",
    "It is the divergence of the standard normal distribution from (mu, exp(logvar)): the two have changed places.",
    divergence=lambda mu, logvar: 0.5 * ((1 + mu.square()) * (-logvar).exp() - 1 + logvar).sum(),
)
declare_bound(
    "divergence_averaged_twice",
    "The divergence is divided by N twice.",
    divergence=lambda mu, logvar: divergence_of(mu, logvar) / len(mu),
)
declare_bound(
    "divergence_of_a_mean",
    "The divergence is averaged over the latent numbers, and divided by N once more.",
    divergence=lambda mu, logvar: divergence_of(mu, logvar) / mu.numel(),
)
declare_bound(
    "mean_of_pixels_over_n",
    "The cross-entropy is averaged over the pixels, and divided by N once more.",
    pixels=lambda x_hat, x: pixels_of(x_hat, x) / x.numel(),
)


# -- VAE and CVAE -----------------------------------------------------------------------------------------------------


@autoencoder.case
def pictures_with_other_latents(draw):
    return pictures_to_encode(draw, 5, draw.integer(4, 13))


@autoencoder.case(worth=0.1)
def one_picture_to_encode(draw):
    return pictures_to_encode(draw, 1, 15)


@autoencoder.case(worth=0.1)
def latents_by_default(draw):
    return pictures_to_encode(draw, 2, 15, by_default=True)


@conditional.case
def pictures_with_other_classes(draw):
    return pictures_with_classes(draw, 6, draw.integer(4, 13), draw.integer(3, 8))


@conditional.case(worth=0.1)
def one_picture_with_a_class(draw):
    return pictures_with_classes(draw, 1, 15, 10)


@conditional.case(worth=0.1)
def classes_and_latents_by_default(draw):
    return pictures_with_classes(draw, 3, 15, 10, by_default=True)


def by_arithmetic(x, c, numbers, Z):
    """The first HIDDEN units of every layer, and no other: products, sums and rectifiers."""
    N, C = len(x), 0 if c is None else c.shape[1]

    def layer(value, leaving, offset=0, quiet=0):
        weights = tiled(numbers, leaving, value.shape[1], offset=offset) * (2 / value.shape[1]) ** 0.5
        return value @ weights.T + 0.3 + 0.5 * tiled(numbers, leaving, offset=offset) - quiet

    def beside(value):
        return value if c is None else torch.cat([value, c], dim=1)

    def rectified(value):
        for _ in range(3):
            value = layer(value, HIDDEN).clamp(min=0)
        return value

    def forward(x, quiet):
        hidden = rectified(beside(x.reshape(N, PIXELS)))
        mu, logvar = layer(hidden, Z, -3000), layer(hidden, Z, 3000, quiet)
        z = mu + torch.exp(0.5 * logvar) * torch.randn(N, Z, dtype=x.dtype)
        return (1 / (1 + torch.exp(-layer(rectified(beside(z)), PIXELS)))).reshape(N, 1, SIDE, SIDE), mu, logvar

    leaf = x.detach().requires_grad_()
    outputs = forward(leaf, QUIET)
    total = sum((out * projection(tuple(out.shape), out)).sum() for out in outputs)
    (dx,) = torch.autograd.grad(total, leaf)
    layers = {f"(hidden, {PIXELS + C})": 1, "(hidden, hidden)": 4, f"({Z}, hidden)": 2, f"(hidden, {Z + C})": 1}
    layers |= {f"({PIXELS}, hidden)": 1, "(hidden,)": 6, f"({Z},)": 2, f"({PIXELS},)": 1}
    _, mu, logvar = forward(x, 0)
    answer = {
        "x_hat": outputs[0].detach(),
        "dx": dx,
        "mu": mu,
        "logvar": logvar,
        "layers": dict(sorted(layers.items())),
    }
    return {**answer, "noisy": torch.cat([forward(x, 0)[0][:1] for _ in range(4)])}


@autoencoder.oracle
def autoencoder_by_arithmetic(ref, x, numbers, latent_size, by_default):
    return by_arithmetic(x, None, numbers, latent_size)


@conditional.oracle
def conditional_by_arithmetic(ref, x, c, numbers, latent_size, by_default):
    return by_arithmetic(x, c, numbers, latent_size)


def layer(name, *args):
    """What makes a layer of the library's, looked up when it is made: the judge, which reads this, imports no torch."""
    return lambda: getattr(torch.nn, name)(*args)


RELU, TANH, SIGMOID, NOTHING = map(layer, ("ReLU", "Tanh", "Sigmoid", "Identity"))


def same(value):
    return value


def net(
    ref,
    D,
    Z,
    C=0,
    *,
    encoder=(400, 400, 400),
    decoder=(400, 400, 400),
    between=RELU,
    before_heads=RELU,
    before_pixels=RELU,
    last=SIGMOID,
    of_mu=same,
    of_logvar=same,
    draw=None,
    one_head=False,
    to_encoder=True,
    to_decoder=True,
    class_first=False,
    flat=False,
    returned=lambda x_hat, mu, logvar: (x_hat, mu, logvar),
):
    """A VAE, or with C classes a CVAE, as right or as wrong as is asked for."""
    nn = torch.nn

    def chain(entering, widths, end):
        layers = []
        for width in widths:
            layers += [nn.Linear(entering, width), between()]
            entering = width
        return nn.Sequential(*layers[:-1], end()), entering

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            back, width = chain(Z + C * to_decoder, decoder, before_pixels)
            self.back = nn.Sequential(back, nn.Linear(width, D), last())
            self.there, width = chain(D + C * to_encoder, encoder, before_heads)
            self.logvar = nn.Linear(width, Z)
            self.mu = self.logvar if one_head else nn.Linear(width, Z)

        def forward(self, x, c=None):
            def beside(value, wanted):
                if c is None or not wanted:
                    return value
                return torch.cat([c, value] if class_first else [value, c], dim=1)

            hidden = self.there(beside(x.flatten(1), to_encoder))
            mu, logvar = of_mu(self.mu(hidden)), of_logvar(self.logvar(hidden))
            z = draw(mu, logvar) if draw else ref.reparametrize(mu, logvar)
            x_hat = self.back(beside(z, to_decoder))
            return returned(x_hat if flat else x_hat.view(x.shape), mu, logvar)

    return Net()


def declare_nets(declare, name, **options):
    """For VAE and for CVAE, by `declare(exercise)`, a decorator: a net with these options."""

    def plain(ref, input_size, latent_size=15):
        return net(ref, input_size, latent_size, **options)

    def conditioned(ref, input_size, num_classes=10, latent_size=15):
        return net(ref, input_size, latent_size, num_classes, **options)

    for exercise, function in ((autoencoder, plain), (conditional, conditioned)):
        function.__name__ = name
        declare(exercise)(function)


def right(name, **options):
    declare_nets(lambda exercise: exercise.alternative, name, **options)


def wrong(name, sentence, **options):
    declare_nets(lambda exercise: exercise.misconception(sentence), name, **options)


def rsample(mu, logvar):
    return torch.distributions.Normal(mu, logvar.exp().sqrt()).rsample()


right("other_width", encoder=(128, 128, 128), decoder=(512, 512, 512))
right("narrower_and_narrower", encoder=(512, 256, 64), decoder=(64, 256, 512))
right("drawn_in_place", class_first=True, draw=rsample)
wrong("without_sigmoid", "There is no sigmoid at the end.", last=NOTHING)
wrong("tanh_at_the_end", "A tanh stands at the end instead of a sigmoid: pixels may be negative.", last=TANH)
wrong("tanh_between", "Tanh takes the place of the ReLUs.", between=TANH, before_heads=TANH, before_pixels=TANH)
wrong("no_relus", "The ReLUs are missing.", between=NOTHING, before_heads=NOTHING, before_pixels=NOTHING)
wrong("no_relu_before_heads", "The last ReLU of the encoder is missing.", before_heads=NOTHING)
wrong("no_relu_before_pixels", "The last ReLU of the decoder is missing.", before_pixels=NOTHING)
wrong("short_encoder", "The encoder has two hidden layers; three are asked for.", encoder=(400, 400))
wrong("short_decoder", "The decoder has two hidden layers; three are asked for.", decoder=(400, 400))
wrong("long_encoder", "The encoder has four hidden layers; three are asked for.", encoder=(400, 400, 400, 400))
wrong("narrow", "The hidden layers are far too narrow: 20 units.", encoder=(20, 20, 20), decoder=(20, 20, 20))
wrong("relu_on_mu", "A ReLU follows the layer of mu: means cannot be negative.", of_mu=lambda mu: mu.relu())
wrong("relu_on_logvar", "A ReLU follows the layer of logvar: no variance is below 1.", of_logvar=lambda v: v.relu())
wrong("variance_returned", "The variance is what is returned, not its logarithm.", of_logvar=lambda v: v.exp())
wrong("one_head", "mu and logvar come from one and the same layer.", one_head=True)
wrong("drawn_without_noise", "There is no noise: mu itself is decoded.", draw=lambda mu, logvar: mu)
wrong(
    "drawn_the_other_way",
    "mu and logvar are handed to `reparametrize` in the wrong order.",
    draw=lambda mu, logvar: logvar + (mu / 2).exp() * torch.randn_like(mu),
)
wrong("rows_returned", "x_hat is left as rows (N, D); it has the shape of x.", flat=True)
wrong("heads_swapped", "mu and logvar are returned in the wrong order.", returned=lambda x, mu, logvar: (x, logvar, mu))
wrong(
    "z_detached",
    "z is detached: no gradient passes from the decoded picture to the encoder.",
    draw=lambda mu, logvar: rsample(mu, logvar).detach(),
)


DEFAULT_LATENTS = "Where no latent_size is given it is another number than 15."


@autoencoder.misconception(DEFAULT_LATENTS)
def other_latents_by_default(ref, input_size, latent_size=20):
    return net(ref, input_size, latent_size)


@conditional.misconception(DEFAULT_LATENTS)
def other_latents_with_a_class_by_default(ref, input_size, num_classes=10, latent_size=20):
    return net(ref, input_size, latent_size, num_classes)


@conditional.misconception("Where no num_classes is given it is another number than 10.")
def other_classes_by_default(ref, input_size, num_classes=5, latent_size=15):
    return net(ref, input_size, latent_size, num_classes)


def wrong_condition(name, sentence, **options):
    def conditioned(ref, input_size, num_classes=10, latent_size=15):
        return net(ref, input_size, latent_size, num_classes, **options)

    conditioned.__name__ = name
    conditional.misconception(sentence)(conditioned)


wrong_condition("encoder_not_told", "The encoder is not given the class.", to_encoder=False)
wrong_condition("decoder_not_told", "The decoder is not given the class.", to_decoder=False)
wrong_condition("nobody_told", "The class is given to nobody: this is a VAE.", to_encoder=False, to_decoder=False)
