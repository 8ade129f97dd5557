"""Hidden cases of network_visualization, the mistakes that they catch, and independent ways to the same answers."""

from checks import (
    a_digit_to_change,
    class_visualization_step,
    compute_saliency_maps,
    digits_network,
    make_adversarial_attack,
    noise_to_change,
    on_canvases,
)

from grader.ask import torch


def by_hand(network, X, weights):
    """The gradient of `weights` (N, 10) times scores with respect to X, without autograd: layer by layer, backwards."""
    functional = torch.nn.functional
    inputs, x = [], X
    for layer in network.features:
        inputs.append(x)
        x = layer(x)
    gradient = (weights @ network.head.weight)[:, :, None, None].expand_as(x) / x[0, 0].numel()
    for layer, x in zip(reversed(network.features), reversed(inputs), strict=True):
        if isinstance(layer, torch.nn.ReLU):
            gradient = gradient * (x > 0)
        else:
            size, step = x.shape, layer.stride[0]
            gradient = functional.grad.conv2d_input(size, layer.weight, gradient, stride=step, padding=1)
    return gradient


# -- compute_saliency_maps --------------------------------------------------------------------------------------------


@compute_saliency_maps.case
def other_classes_than_the_right_ones(draw):
    images, labels = draw.digits(6, shift=0)
    return dict(X=on_canvases(draw, images), y=(labels + draw.integers(1, 10, 6)) % 10)


@compute_saliency_maps.case
def six_digits(draw):
    images, labels = draw.digits(6, shift=0)
    return dict(X=on_canvases(draw, images), y=labels)


@compute_saliency_maps.case(worth=0.2)
def one_digit(draw):
    images, labels = draw.digits(1, shift=0)
    return dict(X=on_canvases(draw, images), y=labels)


@compute_saliency_maps.case(worth=0.2)
def pictures_that_are_not_square(draw):
    return dict(X=draw.normal(3, 3, 12, 20), y=draw.labels(3, 10))


@compute_saliency_maps.case(worth=0.1)
def strided_pictures(draw):
    images, labels = draw.digits(2, shift=0)
    return dict(X=draw.strided(on_canvases(draw, images)), y=labels)


@compute_saliency_maps.oracle
def saliency_by_hand(ref, X, y):
    gradient = by_hand(digits_network(X), X, torch.nn.functional.one_hot(y, 10).to(X.dtype))
    maps = gradient.abs().amax(dim=1)
    return {"saliency": maps / maps.max()}


def gradient_of(objective, X, model):
    pictures = X.detach().clone().requires_grad_()
    return torch.autograd.grad(objective(model(pictures)), pictures)[0]


def right_scores(y):
    return lambda scores: scores[torch.arange(len(y)), y].sum()


@compute_saliency_maps.alternative
def saliency_picture_by_picture(ref, X, y, model):
    maps = []
    for picture, label in zip(X, y, strict=True):
        gradient = gradient_of(lambda scores, label=label: scores[0, label], picture[None], model)
        maps.append(gradient[0].abs().max(dim=0).values)
    return torch.stack(maps)


@compute_saliency_maps.alternative
def saliency_by_backward(ref, X, y, model):
    X = X.detach().requires_grad_()
    scores = model(X)
    scores.gather(1, y[:, None]).squeeze(1).backward(torch.ones(len(y), dtype=X.dtype))
    return X.grad.abs().max(dim=1)[0]


@compute_saliency_maps.misconception("The absolute value is missing: the largest derivative with its sign is taken.")
def signed_saliency(ref, X, y, model):
    return gradient_of(right_scores(y), X, model).amax(dim=1)


@compute_saliency_maps.misconception("The absolute value comes too late, after the largest of the channels is taken.")
def absolute_too_late(ref, X, y, model):
    return gradient_of(right_scores(y), X, model).amax(dim=1).abs()


@compute_saliency_maps.misconception("The gradient is that of the cross-entropy loss, not that of the score.")
def saliency_of_the_loss(ref, X, y, model):
    def loss(scores):
        return torch.nn.functional.cross_entropy(scores, y)

    return gradient_of(loss, X, model).abs().amax(dim=1)


@compute_saliency_maps.misconception("The gradient is that of the class's probability, not that of its score.")
def saliency_of_the_probability(ref, X, y, model):
    return gradient_of(lambda s: right_scores(y)(s.softmax(dim=1)), X, model).abs().amax(dim=1)


@compute_saliency_maps.misconception(
    "The gradient is that of all scores together, not that of the right class's score."
)
def saliency_of_all_scores(ref, X, y, model):
    return gradient_of(lambda scores: scores.sum(), X, model).abs().amax(dim=1)


@compute_saliency_maps.misconception("The score is the largest one, whatever class y says.")
def saliency_of_the_largest_score(ref, X, y, model):
    return gradient_of(lambda scores: scores.amax(dim=1).sum(), X, model).abs().amax(dim=1)


@compute_saliency_maps.misconception("The derivatives are summed over the channels before the absolute value is taken.")
def channels_summed(ref, X, y, model):
    return gradient_of(right_scores(y), X, model).sum(dim=1).abs()


@compute_saliency_maps.misconception("The maximum over the channels is asked for, not their mean or their sum.")
def mean_of_channels(ref, X, y, model):
    return gradient_of(right_scores(y), X, model).abs().mean(dim=1)


@compute_saliency_maps.misconception("The first channel alone is taken.")
def first_channel(ref, X, y, model):
    return gradient_of(right_scores(y), X, model).abs()[:, 0]


@compute_saliency_maps.misconception("The maps keep the channels, or have another one in their place.")
def channels_kept(ref, X, y, model):
    return gradient_of(right_scores(y), X, model).abs()


@compute_saliency_maps.misconception("The gradient is multiplied by the picture.")
def gradient_times_picture(ref, X, y, model):
    return (gradient_of(right_scores(y), X, model) * X).abs().amax(dim=1)


# -- make_adversarial_attack ------------------------------------------------------------------------------------------


@make_adversarial_attack.case
def another_digit(draw):
    return a_digit_to_change(draw, draw.integer(2, 5))


@make_adversarial_attack.case
def yet_another_digit(draw):
    return a_digit_to_change(draw, draw.integer(5, 10))


@make_adversarial_attack.case(worth=0.2)
def what_it_is_already(draw):
    """A picture of target_y itself"""
    return a_digit_to_change(draw, 0, alike=True)


def climb(X, target_y, model, *, rate=1.0, steps=100, sign=1, objective=None, stop=True):
    """Gradient ascent as the mistakes below have it."""
    picture = X.detach().clone()
    for _ in range(steps):
        if stop and model(picture).argmax() == target_y:
            break
        gradient = gradient_of(objective or (lambda scores: scores[0, target_y]), picture, model)
        picture = picture + sign * rate * gradient / gradient.norm()
    return picture


@make_adversarial_attack.alternative
def climbing_in_place(ref, X, target_y, model, max_iter=100, verbose=True):
    picture = X.clone().requires_grad_(True)
    for _ in range(max_iter):
        scores = model(picture)
        if int(scores.max(dim=1)[1]) == target_y:
            break
        scores[0, target_y].backward()
        with torch.no_grad():
            picture += 1.0 * picture.grad / picture.grad.norm(2)
            picture.grad.zero_()
    return picture


@make_adversarial_attack.alternative
def climbing_by_small_steps(ref, X, target_y, model, max_iter=100, verbose=True):
    return climb(X, target_y, model, rate=0.25, steps=1000)


@make_adversarial_attack.misconception("The score of target_y goes down: the step is against its gradient.")
def descending(ref, X, target_y, model, max_iter=100, verbose=True):
    return climb(X, target_y, model, sign=-1)


@make_adversarial_attack.misconception("X itself is changed; the picture has to be a copy.")
def changed_in_place(ref, X, target_y, model, max_iter=100, verbose=True):
    with torch.no_grad():
        return X.copy_(climb(X, target_y, model))


@make_adversarial_attack.misconception("It goes on after the network is deceived, and changes the picture too much.")
def without_stopping(ref, X, target_y, model, max_iter=100, verbose=True):
    return climb(X, target_y, model, stop=False)


@make_adversarial_attack.misconception("Only a single step is made.")
def a_single_step(ref, X, target_y, model, max_iter=100, verbose=True):
    return climb(X, target_y, model, steps=1)


# -- class_visualization_step -----------------------------------------------------------------------------------------


@class_visualization_step.case
def another_step(draw):
    return noise_to_change(draw, l2_reg=0.03, learning_rate=draw.number(5, 30))


@class_visualization_step.case(worth=0.2)
def without_l2(draw):
    return noise_to_change(draw, l2_reg=0.0, learning_rate=draw.number(5, 30))


@class_visualization_step.case(worth=0.2)
def a_bright_picture(draw):
    return noise_to_change(draw, l2_reg=0.01, learning_rate=1.0, scale=5.0)


@class_visualization_step.case(worth=0.1)
def with_the_usual_settings(draw):
    return noise_to_change(draw, l2_reg=None, learning_rate=None, scale=5.0)


@class_visualization_step.oracle
def step_by_hand(ref, img, target_y, l2_reg, learning_rate):
    l2_reg = 1e-3 if l2_reg is None else l2_reg
    weights = torch.zeros(1, 10, dtype=img.dtype)
    weights[0, target_y] = 1
    gradient = by_hand(digits_network(img), img, weights) - 2 * l2_reg * img
    return {"direction": gradient / gradient.norm(), "growth": 2.0}


def ascent(img, target_y, model, *, l2_gradient, score=None, sign=1.0, rate=1.0):
    """A step along the gradient of the score plus that of the penalty, as the mistakes below have it."""
    objective = score or (lambda scores: scores[0, target_y])
    with torch.enable_grad():
        gradient = gradient_of(objective, img, model) + l2_gradient
    return img.detach() + sign * rate * gradient / gradient.norm()


@class_visualization_step.alternative
def stepped_in_place(ref, img, target_y, model, l2_reg=1e-3, learning_rate=25, **kwargs):
    objective = model(img)[0, target_y] - l2_reg * (img * img).sum()
    objective.backward()
    img.data += learning_rate * img.grad / torch.norm(img.grad)
    img.grad.zero_()
    return img


@class_visualization_step.alternative
def stepped_without_a_norm(ref, img, target_y, model, l2_reg=1e-3, learning_rate=25, **kwargs):
    objective = model(img)[0, target_y] - l2_reg * img.norm() ** 2
    return img.detach() + learning_rate * torch.autograd.grad(objective, img)[0]


@class_visualization_step.misconception("The step goes downhill: the gradient is subtracted.")
def downhill(ref, img, target_y, model, l2_reg=1e-3, learning_rate=25):
    return ascent(img, target_y, model, l2_gradient=-2 * l2_reg * img.detach(), sign=-1, rate=learning_rate)


@class_visualization_step.misconception("There is no L2 term: l2_reg is not used.")
def no_l2(ref, img, target_y, model, l2_reg=1e-3, learning_rate=25):
    return ascent(img, target_y, model, l2_gradient=0, rate=learning_rate)


@class_visualization_step.misconception("The L2 term is added to the score instead of subtracted from it.")
def l2_added(ref, img, target_y, model, l2_reg=1e-3, learning_rate=25):
    return ascent(img, target_y, model, l2_gradient=2 * l2_reg * img.detach(), rate=learning_rate)


@class_visualization_step.misconception("The L2 term is the norm, not the sum of the squares.")
def l2_rooted(ref, img, target_y, model, l2_reg=1e-3, learning_rate=25):
    return ascent(img, target_y, model, l2_gradient=-l2_reg * img.detach() / img.detach().norm(), rate=learning_rate)


@class_visualization_step.misconception("The gradient of the L2 term lacks its factor 2.")
def l2_halved(ref, img, target_y, model, l2_reg=1e-3, learning_rate=25):
    return ascent(img, target_y, model, l2_gradient=-l2_reg * img.detach(), rate=learning_rate)


@class_visualization_step.misconception("The gradient is that of the class's probability, not that of its score.")
def of_the_probability(ref, img, target_y, model, l2_reg=1e-3, learning_rate=25):
    def probability(scores):
        return scores.softmax(dim=1)[0, target_y]

    return ascent(img, target_y, model, l2_gradient=-2 * l2_reg * img.detach(), score=probability, rate=learning_rate)


@class_visualization_step.misconception("The learning rate is not used: steps are equally long whatever it is.")
def no_learning_rate(ref, img, target_y, model, l2_reg=1e-3, learning_rate=25):
    return ascent(img, target_y, model, l2_gradient=-2 * l2_reg * img.detach())


@class_visualization_step.misconception("The sign of the gradient is taken, pixel by pixel.")
def sign_of_the_gradient(ref, img, target_y, model, l2_reg=1e-3, learning_rate=25):
    step = ascent(img, target_y, model, l2_gradient=-2 * l2_reg * img.detach()) - img.detach()
    return img.detach() + learning_rate * step.sign()


@class_visualization_step.misconception("The gradient is that of all scores together, not that of target_y's score.")
def of_all_scores(ref, img, target_y, model, l2_reg=1e-3, learning_rate=25):
    penalty = -2 * l2_reg * img.detach()
    return ascent(img, target_y, model, l2_gradient=penalty, score=lambda scores: scores.sum(), rate=learning_rate)


FREE_LENGTH = "the length of a step is free: its direction is graded, and whether the change stays small"
NOT_IN_PLACE = "nothing is done in place, so that a copy and the tensor itself are the same"

compute_saliency_maps.equivalent("pictures = X.requires_grad_()", NOT_IN_PLACE)
compute_saliency_maps.equivalent(
    "gradient, = torch.autograd.grad(scores.mean(), pictures)", "maps are compared up to a factor, and this is one"
)
make_adversarial_attack.equivalent("fooling = X", NOT_IN_PLACE)
make_adversarial_attack.equivalent("fooling = fooling.detach() + gradient", FREE_LENGTH)
make_adversarial_attack.equivalent("fooling = fooling.detach() + gradient * gradient.norm()", FREE_LENGTH)
make_adversarial_attack.equivalent(
    "fooling = fooling + gradient / gradient.norm()",
    "the graph that autograd keeps is longer, the numbers are the same",
)
make_adversarial_attack.equivalent("return fooling", "whether a gradient could be taken of the answer is not asked")
class_visualization_step.equivalent("pixels = img.requires_grad_()", NOT_IN_PLACE)
class_visualization_step.equivalent("return img + learning_rate * gradient", FREE_LENGTH)
class_visualization_step.equivalent("return img + learning_rate * gradient * gradient.norm()", FREE_LENGTH)
