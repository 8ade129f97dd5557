"""Hidden cases of linear_classifier, the mistakes that they catch, and independent ways to the same answers."""

import math

import numpy as np
from checks import (
    SOFTMAX,
    SVM,
    a_grid,
    a_grid_to_try,
    classification,
    descent,
    digits_to_read,
    linear_digits,
    measured,
    predict_linear_classifier,
    sample_batch,
    softmax_get_search_params,
    softmax_loss_vectorized,
    svm_get_search_params,
    svm_loss_naive,
    svm_loss_vectorized,
    test_one_param_set,
    train_linear_classifier,
)
from hidden import one_hot

from grader.ask import torch

# == linear_classifier: the two losses ================================================================================

# Each exercise on a loss, and the reference's fast function for it.
LOSSES = [(exercise, "svm_loss_vectorized") for exercise in SVM] + [
    (exercise, "softmax_loss_vectorized") for exercise in SOFTMAX
]


def assembled(losses, dscores, W, X, reg):
    """Loss and gradient from the losses (N,) of the examples and the gradient (N, C) of each with respect to scores."""
    return losses.mean() + reg * (W * W).sum(), X.T @ dscores / len(X) + 2 * reg * W


# -- cases ------------------------------------------------------------------------------------------------------------

for exercise, _ in LOSSES:

    @exercise.case
    def more_classes_than_features(draw):
        return classification(draw, 30, 4, 9, reg=draw.number(0.1, 1.0))

    @exercise.case
    def strong_regularisation(draw):
        return classification(draw, 15, 6, 3, reg=draw.number(2.0, 4.0), weights=0.5)

    @exercise.case
    def large_weights(draw):
        return classification(draw, 25, 10, 6, reg=draw.number(0.01, 0.1), weights=4.0)

    @exercise.case(worth=0.15)
    def no_regularisation(draw):
        return classification(draw, 10, 5, 4, reg=0.0)

    @exercise.case(worth=0.15)
    def one_example(draw):
        return classification(draw, 1, 6, 5, reg=0.2)

    @exercise.case(worth=0.1)
    def one_feature(draw):
        return classification(draw, 12, 1, 4, reg=0.1)

    @exercise.case(worth=0.1)
    def one_class(draw):
        """C = 1: every prediction is right"""
        return classification(draw, 8, 4, 1, reg=0.5)

    @exercise.case(worth=0.1)
    def two_classes(draw):
        return classification(draw, 14, 5, 2, reg=0.3)

    @exercise.case(worth=0.15)
    def the_same_label_everywhere(draw):
        """All examples are of one class"""
        return classification(draw, 9, 5, 4, reg=0.1) | dict(y=np.full(9, 2))

    @exercise.case(worth=0.15)
    def examples_that_occur_twice(draw):
        """A batch that holds some examples more than once"""
        inputs = classification(draw, 18, 5, 4, reg=0.1)
        chosen = draw.integers(0, 6, 18)
        return inputs | dict(X=inputs["X"][chosen], y=inputs["y"][chosen])

    @exercise.case(worth=0.1)
    def weights_that_are_zero(draw):
        return classification(draw, 10, 5, 4, reg=0.3) | dict(W=draw.full(5, 4))

    @exercise.case(worth=0.15)
    def not_contiguous(draw):
        inputs = classification(draw, 16, 6, 5, reg=0.2)
        return inputs | dict(W=draw.strided(inputs["W"]), X=draw.strided(inputs["X"]))

    @exercise.case(worth=0.2)
    def scores_of_ten_thousand(draw):
        """Scores up to about 10,000 either way"""
        return classification(draw, 20, 8, 5, reg=1e-6, weights=3e3)


def at_levels(draw, *levels, N=18, D=6, C=5):
    """The inputs of a loss where all scores of an example lie a few units around one of these levels."""
    inputs = classification(draw, N, D, C, reg=0.1, weights=0.7)
    inputs["X"][:, 0] = draw.shuffled(np.resize(levels, N))
    inputs["W"][0] = 1.0 + 1e-3 * inputs["W"][0]
    return inputs


for exercise in SOFTMAX:

    @exercise.case(worth=0.2)
    def all_scores_near_a_thousand(draw):
        """All scores are high, and close to each other"""
        return at_levels(draw, 1000.0)

    @exercise.case(worth=0.2)
    def examples_at_different_levels(draw):
        """The scores of one example are all far above those of another"""
        return at_levels(draw, -500.0, 500.0)


# -- the same answers in other ways -----------------------------------------------------------------------------------


def by_autograd(data_loss, W, X, y, reg):
    """The outputs of a loss; `data_loss(scores, y)` is a library's."""
    W = W.clone().requires_grad_()
    loss = data_loss(X @ W, y) + reg * W.pow(2).sum()
    loss.backward()
    return {"loss": loss.detach(), "dW": W.grad}


for exercise in SVM:

    @exercise.oracle
    def multi_margin_loss(ref, W, X, y, reg):
        return by_autograd(
            lambda scores, y: torch.nn.functional.multi_margin_loss(scores, y) * scores.shape[1], W, X, y, reg
        )

    @exercise.alternative
    def with_one_hot_rows(ref, W, X, y, reg):
        scores = torch.einsum("nd,dc->nc", X, W)
        right = one_hot(y, scores)
        margins = torch.relu(scores - (scores * right).sum(1, keepdim=True) + 1) * (1 - right)
        dscores = margins.sign()
        return assembled(margins.sum(1), dscores - right * dscores.sum(1, keepdim=True), W, X, reg)

    @exercise.alternative
    def a_matrix_for_each_example(ref, W, X, y, reg):
        loss, dW = reg * W.norm() ** 2, 2 * reg * W
        for x, label in zip(X, y, strict=True):
            scores = W.T @ x
            violated = (scores + 1 > scores[label]).to(W)
            violated[label] = 0
            loss = loss + (violated * (scores + 1 - scores[label])).sum() / len(X)
            violated[label] = -violated.sum()
            dW = dW + torch.outer(x, violated) / len(X)
        return loss, dW


for exercise in SOFTMAX:

    @exercise.oracle
    def cross_entropy(ref, W, X, y, reg):
        return by_autograd(torch.nn.functional.cross_entropy, W, X, y, reg)

    @exercise.alternative
    def with_logsumexp(ref, W, X, y, reg):
        scores = X.matmul(W)
        losses = scores.logsumexp(1) - scores.gather(1, y.view(-1, 1)).view(-1)
        return assembled(losses, scores.softmax(1) - one_hot(y, scores), W, X, reg)

    @exercise.alternative
    def shifted_by_the_right_score_and_maximum(ref, W, X, y, reg):
        loss, dW = reg * torch.einsum("dc,dc->", W, W), 2 * reg * W
        for x, label in zip(X, y, strict=True):
            scores = x @ W
            weights = torch.exp(scores - scores.max())
            loss = loss + (torch.log(weights.sum()) + scores.max() - scores[label]) / len(X)
            p = weights / weights.sum()
            p[label] -= 1
            dW = dW + x.unsqueeze(1) * p / len(X)
        return loss, dW


@svm_loss_vectorized.naive
def svm_example_by_example(ref, W, X, y, reg):
    return ref.svm_loss_naive(W, X, y, reg)


@softmax_loss_vectorized.naive
def softmax_example_by_example(ref, W, X, y, reg):
    return ref.softmax_loss_naive(W, X, y, reg)


# -- mistakes in the mean and the regularisation ----------------------------------------------------------------------


def mistakes_of_both(exercise, name):
    """What goes wrong alike in the SVM and in the softmax loss; `name` is the reference's function."""

    def parts(ref, W, X, y):
        return getattr(ref, name)(W, X, y, 0.0)  # without regularisation

    @exercise.misconception("The gradient of the regularisation term is half of what it should be.")
    def half_the_regularisation_gradient(ref, W, X, y, reg):
        loss, dW = parts(ref, W, X, y)
        return loss + reg * (W * W).sum(), dW + reg * W

    @exercise.misconception("The regularisation term is in the loss, but not in the gradient.")
    def regularisation_without_gradient(ref, W, X, y, reg):
        loss, dW = parts(ref, W, X, y)
        return loss + reg * (W * W).sum(), dW

    @exercise.misconception("The regularisation term is in the gradient, but not in the loss.")
    def regularisation_in_the_gradient_only(ref, W, X, y, reg):
        loss, dW = parts(ref, W, X, y)
        return loss, dW + 2 * reg * W

    @exercise.misconception("There is no regularisation term, neither in the loss nor in the gradient.")
    def no_regularisation_at_all(ref, W, X, y, reg):
        return parts(ref, W, X, y)

    @exercise.misconception(
        "The regularisation term has a factor 1/2, in the loss and in the gradient; none is asked for."
    )
    def half_the_regularisation(ref, W, X, y, reg):
        loss, dW = parts(ref, W, X, y)
        return loss + reg / 2 * (W * W).sum(), dW + reg * W

    @exercise.misconception("The regularisation term has a factor 1/2 in the loss, but not in the gradient.")
    def half_the_regularisation_in_the_loss(ref, W, X, y, reg):
        loss, dW = parts(ref, W, X, y)
        return loss + reg / 2 * (W * W).sum(), dW + 2 * reg * W

    @exercise.misconception("The gradient of the regularisation term holds the squares of the weights.")
    def squares_in_the_gradient(ref, W, X, y, reg):
        loss, dW = parts(ref, W, X, y)
        return loss + reg * (W * W).sum(), dW + 2 * reg * W * W

    @exercise.misconception("The loss is regularised with the norm of W instead of its square.")
    def norm_not_squared(ref, W, X, y, reg):
        loss, dW = parts(ref, W, X, y)
        return loss + reg * (W * W).sum().sqrt(), dW + 2 * reg * W

    @exercise.misconception("The loss is regularised with the absolute values of the weights instead of their squares.")
    def absolute_values(ref, W, X, y, reg):
        loss, dW = parts(ref, W, X, y)
        return loss + reg * W.abs().sum(), dW + 2 * reg * W

    @exercise.misconception("The regularisation term is divided by the number of examples too.")
    def regularisation_divided(ref, W, X, y, reg):
        return getattr(ref, name)(W, X, y, reg / len(X))

    @exercise.misconception("The loss is the sum over the examples; its mean is asked for.")
    def loss_not_divided(ref, W, X, y, reg):
        loss, dW = parts(ref, W, X, y)
        return len(X) * loss + reg * (W * W).sum(), dW + 2 * reg * W

    @exercise.misconception("The gradient belongs to the sum over the examples, the loss to their mean.")
    def gradient_not_divided(ref, W, X, y, reg):
        loss, dW = parts(ref, W, X, y)
        return loss + reg * (W * W).sum(), len(X) * dW + 2 * reg * W

    @exercise.misconception("Loss and gradient are sums over the examples; the mean is asked for.")
    def nothing_divided(ref, W, X, y, reg):
        loss, dW = parts(ref, W, X, y)
        return len(X) * loss + reg * (W * W).sum(), len(X) * dW + 2 * reg * W

    @exercise.misconception(
        "The loss is divided by the number of scores, N times C, instead of the number of examples."
    )
    def loss_divided_by_the_classes_too(ref, W, X, y, reg):
        loss, dW = parts(ref, W, X, y)
        return loss / W.shape[1] + reg * (W * W).sum(), dW + 2 * reg * W

    @exercise.misconception("The data's part of the gradient has the wrong sign.")
    def gradient_reversed(ref, W, X, y, reg):
        loss, dW = parts(ref, W, X, y)
        return loss + reg * (W * W).sum(), 2 * reg * W - dW


for exercise, name in LOSSES:
    mistakes_of_both(exercise, name)

# -- mistakes in the SVM loss -----------------------------------------------------------------------------------------


def svm_parts(W, X, y, delta=1.0):
    """raw (N, C): scores minus the right class's score plus delta, 0 at the right class; `right` (N, C), one-hot."""
    scores = X @ W
    right = one_hot(y, scores)
    return (scores - scores.gather(1, y.unsqueeze(1)) + delta) * (1 - right), right


def svm_of(raw, right):
    """Losses (N,) and dscores (N, C) as they should be."""
    positive = (raw > 0).to(raw)
    return raw.clamp(min=0).sum(1), positive - right * positive.sum(1, keepdim=True)


for exercise in SVM:

    @exercise.misconception("The right class is counted in the loss with a margin of its own, 1 for every example.")
    def right_class_in_the_loss(ref, W, X, y, reg):
        loss, dW = ref.svm_loss_vectorized(W, X, y, reg)
        return loss + 1, dW

    @exercise.misconception("The right class is counted among the violated margins, in the loss and in the gradient.")
    def right_class_in_both(ref, W, X, y, reg):
        raw, right = svm_parts(W, X, y)
        losses, dscores = svm_of(raw, right)
        return assembled(losses + 1, dscores - right, W, X, reg)

    @exercise.misconception("In the gradient, the right class is counted among the classes whose margin is violated.")
    def right_class_in_the_gradient(ref, W, X, y, reg):
        raw, right = svm_parts(W, X, y)
        losses, dscores = svm_of(raw, right)
        return assembled(losses, dscores - right, W, X, reg)

    @exercise.misconception("The sign is wrong in the gradient's column of the right class.")
    def sign_of_the_right_column(ref, W, X, y, reg):
        raw, right = svm_parts(W, X, y)
        losses, dscores = svm_of(raw, right)
        return assembled(losses, dscores.abs(), W, X, reg)

    @exercise.misconception("The gradient's column of the right class gets nothing.")
    def right_column_forgotten(ref, W, X, y, reg):
        raw, right = svm_parts(W, X, y)
        losses, dscores = svm_of(raw, right)
        return assembled(losses, dscores * (1 - right), W, X, reg)

    @exercise.misconception("The gradient has nothing but the columns of the right classes.")
    def right_column_only(ref, W, X, y, reg):
        raw, right = svm_parts(W, X, y)
        losses, dscores = svm_of(raw, right)
        return assembled(losses, dscores * right, W, X, reg)

    @exercise.misconception(
        "The right class's column counts every other class, also those whose margin is met: that shows as soon as "
        "the weights are not tiny."
    )
    def right_column_counts_every_class(ref, W, X, y, reg):
        raw, right = svm_parts(W, X, y)
        losses, dscores = svm_of(raw, right)
        return assembled(losses, dscores * (1 - right) - right * (W.shape[1] - 1), W, X, reg)

    @exercise.misconception(
        "The right class's column counts an example once, however many of its margins are violated."
    )
    def right_column_counts_once(ref, W, X, y, reg):
        raw, right = svm_parts(W, X, y)
        losses, dscores = svm_of(raw, right)
        return assembled(losses, dscores.clamp(min=-1), W, X, reg)

    @exercise.misconception(
        "Of several examples of one class only one reaches the gradient's column of that class: subtracting at an "
        "index that occurs twice subtracts once."
    )
    def repeated_labels_lost(ref, W, X, y, reg):
        raw, right = svm_parts(W, X, y)
        losses, dscores = svm_of(raw, right)
        loss, _ = assembled(losses, dscores, W, X, reg)
        dW = X.T @ (dscores * (1 - right))
        dW[:, y] -= (X * (raw > 0).to(X).sum(1, keepdim=True)).T
        return loss, dW / len(X) + 2 * reg * W

    @exercise.misconception(
        "The right class's column counts every example once, whether or not one of its margins is violated."
    )
    def right_column_always_once(ref, W, X, y, reg):
        raw, right = svm_parts(W, X, y)
        losses, dscores = svm_of(raw, right)
        return assembled(losses, dscores * (1 - right) - right, W, X, reg)

    @exercise.misconception("The gradient takes the margins themselves where only their being positive counts.")
    def margins_in_the_gradient(ref, W, X, y, reg):
        raw, right = svm_parts(W, X, y)
        losses, _ = svm_of(raw, right)
        margins = raw.clamp(min=0)
        return assembled(losses, margins - right * margins.sum(1, keepdim=True), W, X, reg)

    @exercise.misconception("Margins that are met count with their negative values: the maximum with 0 is missing.")
    def no_maximum(ref, W, X, y, reg):
        raw, right = svm_parts(W, X, y)
        return assembled(raw.sum(1), 1 - right - right * (W.shape[1] - 1), W, X, reg)

    @exercise.misconception("The maximum with 0 is in the loss; the gradient takes every margin for violated.")
    def no_maximum_in_the_gradient(ref, W, X, y, reg):
        raw, right = svm_parts(W, X, y)
        losses, _ = svm_of(raw, right)
        return assembled(losses, 1 - right - right * (W.shape[1] - 1), W, X, reg)

    @exercise.misconception("The margin is 0 where 1 is asked for.")
    def margin_of_zero(ref, W, X, y, reg):
        return assembled(*svm_of(*svm_parts(W, X, y, delta=0.0)), W, X, reg)

    @exercise.misconception("The margin of 1 is subtracted instead of added.")
    def margin_of_minus_one(ref, W, X, y, reg):
        return assembled(*svm_of(*svm_parts(W, X, y, delta=-1.0)), W, X, reg)

    @exercise.misconception("The difference of the scores is the wrong way round: the right class is to be the higher.")
    def difference_reversed(ref, W, X, y, reg):
        loss, dW = assembled(*svm_of(*svm_parts(-W, X, y)), -W, X, reg)
        return loss, -dW

    @exercise.misconception("The violated margins are squared.")
    def squared_margins(ref, W, X, y, reg):
        raw, right = svm_parts(W, X, y)
        margins = raw.clamp(min=0)
        return assembled((margins**2).sum(1), 2 * (margins - right * margins.sum(1, keepdim=True)), W, X, reg)

    @exercise.misconception("Only the most violated margin of an example counts; their sum is asked for.")
    def largest_margin_only(ref, W, X, y, reg):
        raw, right = svm_parts(W, X, y)
        largest = (raw == raw.amax(1, keepdim=True)) & (raw > 0)
        return assembled(*svm_of(raw * largest, right), W, X, reg)


svm_loss_naive.equivalent(
    "if c == y[i] or margin < 0:", "a margin of 0 adds nothing, and its gradient has two right values"
)


# -- mistakes in the softmax loss -------------------------------------------------------------------------------------


def softmax_parts(W, X, y):
    """Logarithms of the probabilities (N, C), and the right classes as one-hot rows (N, C)."""
    scores = X @ W
    return scores.log_softmax(1), one_hot(y, scores)


def cross_entropies(logarithms, right):
    return -(logarithms * right).sum(1)


for exercise in SOFTMAX:

    @exercise.misconception(
        "The exponential of a large score overflows, or all of them underflow: infinite or NaN where scores are large."
    )
    def no_shift(ref, W, X, y, reg):
        scores = X @ W
        right = one_hot(y, scores)
        p = scores.exp() / scores.exp().sum(1, keepdim=True)
        return assembled(-p[right > 0].log(), p - right, W, X, reg)

    @exercise.misconception(
        "The scores are shifted by the maximum of the whole batch, not of each example: where an example's scores all "
        "lie far below it, their exponentials underflow."
    )
    def shift_by_the_global_maximum(ref, W, X, y, reg):
        scores = X @ W
        right = one_hot(y, scores)
        weights = (scores - scores.max()).exp()
        p = weights / weights.sum(1, keepdim=True)
        return assembled(-p[right > 0].log(), p - right, W, X, reg)

    @exercise.misconception(
        "The scores go into the exponential as they are: of large ones it overflows, and the loss is infinite."
    )
    def no_shift_in_a_sum(ref, W, X, y, reg):
        scores = X @ W
        right, sums = one_hot(y, scores), scores.exp().sum(1)
        losses = sums.log() - scores[right > 0]
        return assembled(losses, scores.exp() / sums.unsqueeze(1) - right, W, X, reg)

    @exercise.misconception(
        "One maximum, that of the whole batch, is subtracted from all scores: the sum of exponentials of an example "
        "far below it is 0, and has no logarithm."
    )
    def one_shift_in_a_sum(ref, W, X, y, reg):
        scores = X @ W
        scores = scores - scores.max()
        right, sums = one_hot(y, scores), scores.exp().sum(1)
        losses = sums.log() - scores[right > 0]
        return assembled(losses, scores.exp() / sums.unsqueeze(1) - right, W, X, reg)

    @exercise.misconception(
        "The logarithm is taken of a probability that has underflowed to 0: the loss is infinite where the right class "
        "is far behind."
    )
    def log_of_an_underflow(ref, W, X, y, reg):
        logarithms, right = softmax_parts(W, X, y)
        p = logarithms.exp()
        return assembled(-p[right > 0].log(), p - right, W, X, reg)

    @exercise.misconception(
        "A small number is added inside the logarithm: that bounds the loss where it should go on growing."
    )
    def a_small_number_in_the_logarithm(ref, W, X, y, reg):
        logarithms, right = softmax_parts(W, X, y)
        p = logarithms.exp()
        return assembled(-(p[right > 0] + 1e-8).log(), p - right, W, X, reg)

    @exercise.misconception("The scores were shifted in one part of the loss and not in the other.")
    def shifted_in_one_part(ref, W, X, y, reg):
        loss, dW = ref.softmax_loss_vectorized(W, X, y, reg)
        return loss - (X @ W).amax(1).mean(), dW

    @exercise.misconception("The 1 is added, not subtracted, at the right class of the gradient.")
    def one_added(ref, W, X, y, reg):
        logarithms, right = softmax_parts(W, X, y)
        return assembled(cross_entropies(logarithms, right), logarithms.exp() + right, W, X, reg)

    @exercise.misconception("Nothing is subtracted at the right class: the gradient holds the probabilities alone.")
    def nothing_subtracted(ref, W, X, y, reg):
        logarithms, right = softmax_parts(W, X, y)
        return assembled(cross_entropies(logarithms, right), logarithms.exp(), W, X, reg)

    @exercise.misconception("The gradient has nothing but the columns of the right classes.")
    def right_column_only_of_softmax(ref, W, X, y, reg):
        logarithms, right = softmax_parts(W, X, y)
        return assembled(cross_entropies(logarithms, right), (logarithms.exp() - 1) * right, W, X, reg)

    @exercise.misconception(
        "The 1 is subtracted in the whole column of a class that occurs as a label, for every example instead of for "
        "those of that class."
    )
    def subtracted_in_whole_columns(ref, W, X, y, reg):
        logarithms, right = softmax_parts(W, X, y)
        p = logarithms.exp()
        p[:, y] -= 1
        return assembled(cross_entropies(logarithms, right), p, W, X, reg)

    @exercise.misconception(
        "Of several examples of one class only one reaches the gradient's column of that class: subtracting at an "
        "index that occurs twice subtracts once."
    )
    def repeated_labels_lost_of_softmax(ref, W, X, y, reg):
        logarithms, right = softmax_parts(W, X, y)
        loss, _ = assembled(cross_entropies(logarithms, right), right, W, X, reg)
        dW = X.T @ logarithms.exp()
        dW[:, y] -= X.T
        return loss, dW / len(X) + 2 * reg * W

    @exercise.misconception("The probabilities add up to 1 over the examples instead of over the classes.")
    def softmax_over_the_examples(ref, W, X, y, reg):
        logarithms, right = (X @ W).log_softmax(0), one_hot(y, X @ W)
        return assembled(cross_entropies(logarithms, right), logarithms.exp() - right, W, X, reg)

    @exercise.misconception("The logarithm has base 2.")
    def logarithm_of_base_two(ref, W, X, y, reg):
        logarithms, right = softmax_parts(W, X, y)
        return assembled(cross_entropies(logarithms, right) / math.log(2), logarithms.exp() - right, W, X, reg)

    @exercise.misconception("The logarithm has base 10.")
    def logarithm_of_base_ten(ref, W, X, y, reg):
        logarithms, right = softmax_parts(W, X, y)
        return assembled(cross_entropies(logarithms, right) / math.log(10), logarithms.exp() - right, W, X, reg)

    @exercise.misconception("The minus sign in front of the logarithm is missing.")
    def minus_sign_forgotten(ref, W, X, y, reg):
        logarithms, right = softmax_parts(W, X, y)
        return assembled(-cross_entropies(logarithms, right), logarithms.exp() - right, W, X, reg)

    @exercise.misconception("The loss is the negative probability of the right class, without the logarithm.")
    def logarithm_forgotten(ref, W, X, y, reg):
        logarithms, right = softmax_parts(W, X, y)
        return assembled(cross_entropies(logarithms.exp(), right), logarithms.exp() - right, W, X, reg)

    @exercise.misconception("The loss adds up the logarithms of all classes, not only of the right one.")
    def all_classes_in_the_loss(ref, W, X, y, reg):
        logarithms, right = softmax_parts(W, X, y)
        return assembled(-logarithms.sum(1), logarithms.exp() - right, W, X, reg)


# == linear_classifier: training ======================================================================================

# -- sample_batch -----------------------------------------------------------------------------------------------------


@sample_batch.case
def batches_of_many(draw):
    return dict(X=draw.normal(30, 4), y=draw.labels(30, classes=5), batch_size=12, times=150)


@sample_batch.case(worth=0.2)
def batches_of_one(draw):
    return dict(X=draw.normal(12, 2), y=draw.labels(12, classes=3), batch_size=1, times=600)


@sample_batch.case(worth=0.2)
def not_contiguous_examples(draw):
    return dict(X=draw.strided(draw.normal(16, 3)), y=draw.labels(16, classes=4), batch_size=4, times=200)


@sample_batch.alternative
def without_replacement(ref, X, y, num_train, batch_size):
    chosen = torch.randperm(num_train)[:batch_size]
    return X.index_select(0, chosen), y.index_select(0, chosen)


@sample_batch.alternative
def from_numpy(ref, X, y, num_train, batch_size):
    chosen = torch.from_numpy(np.random.choice(num_train, batch_size))
    return X[chosen, :], y[chosen]


@sample_batch.misconception("The first examples are taken every time; nothing is drawn.")
def the_first_examples(ref, X, y, num_train, batch_size):
    return X[:batch_size], y[:batch_size]


@sample_batch.misconception("The labels are drawn apart from the examples, and belong to others.")
def labels_drawn_apart(ref, X, y, num_train, batch_size):
    return X[torch.randint(num_train, (batch_size,))], y[torch.randint(num_train, (batch_size,))]


@sample_batch.misconception("The last example is never drawn.")
def the_last_one_never(ref, X, y, num_train, batch_size):
    return ref.sample_batch(X[:-1], y[:-1], num_train - 1, batch_size)


@sample_batch.misconception("The first example is never drawn.")
def the_first_one_never(ref, X, y, num_train, batch_size):
    return ref.sample_batch(X[1:], y[1:], num_train - 1, batch_size)


@sample_batch.misconception("The same batch is drawn every time: the generator is seeded in the function.")
def seeded_every_time(ref, X, y, num_train, batch_size):
    torch.manual_seed(0)
    return ref.sample_batch(X, y, num_train, batch_size)


@sample_batch.misconception("The whole training set is returned, in random order.")
def everything_shuffled(ref, X, y, num_train, batch_size):
    chosen = torch.randperm(num_train)
    return X[chosen], y[chosen]


@sample_batch.misconception("All examples are drawn from the first `batch_size` ones.")
def from_the_first_examples(ref, X, y, num_train, batch_size):
    chosen = torch.randint(batch_size, (batch_size,)) if batch_size > 1 else torch.zeros(1, dtype=torch.long)
    return X[chosen], y[chosen]


# -- train_linear_classifier ------------------------------------------------------------------------------------------


@train_linear_classifier.case
def fifty_steps(draw):
    return descent(draw, 14, 5, 4, learning_rate=0.03, reg=0.2, num_iters=50, batch_size=5)


@train_linear_classifier.case
def few_long_steps(draw):
    return descent(draw, 20, 3, 6, learning_rate=0.3, reg=1.5, num_iters=12, batch_size=10)


@train_linear_classifier.case(worth=0.2)
def two_steps_with_one_example(draw):
    return descent(draw, 40, 3, 4, learning_rate=0.1, reg=0.0, num_iters=2, batch_size=1)


@train_linear_classifier.case
def told_what_happens(draw):
    """verbose is True"""
    return descent(draw, 18, 4, 3, learning_rate=0.05, reg=0.1, num_iters=102, batch_size=6, verbose=True)


@train_linear_classifier.case(worth=0.2)
def as_the_signature_says(draw):
    """Nothing is given that has a default"""
    return descent(draw, 220, 3, 4)


@train_linear_classifier.oracle
def closed_form(ref, W, goal, X, y, learning_rate, reg, num_iters, batch_size, verbose):
    learning_rate, reg = learning_rate or 1e-3, 1e-5 if reg is None else reg
    num_iters = num_iters or 100
    # The gradient 1.5 (W - goal) + reg is 0 at goal - reg / 1.5; each step leaves the same share of the way there.
    end, left = goal - reg / 1.5, 1 - 1.5 * learning_rate
    path = [end + left**step * (W - end) for step in range(num_iters + 1)]
    return {
        "W": path.pop(),
        "loss_history": [(0.75 * (at - goal).pow(2).sum() + reg * at.sum()).item() for at in path],
    }


def trained(ref, loss_func, W, X, y, learning_rate, reg, num_iters, batch_size, *, batch=None, step=None, note=None):
    """Gradient descent that may go another way: `batch(iteration)`, `step(W, dW, iteration)`, `note(history, loss)`."""
    history = []
    for iteration in range(num_iters):
        X_batch, y_batch = batch(iteration) if batch else ref.sample_batch(X, y, len(X), batch_size)
        loss, dW = loss_func(W, X_batch, y_batch, reg)
        if note is None:
            history.append(loss.item())
        else:
            note(history, loss.item())
        W = step(W, dW, iteration) if step else W - learning_rate * dW
    return W, history


@train_linear_classifier.alternative
def changing_the_weights_in_place(
    ref, loss_func, W, X, y, learning_rate=1e-3, reg=1e-5, num_iters=100, batch_size=200, verbose=False
):
    losses = torch.zeros(num_iters, dtype=X.dtype)
    for step in range(num_iters):
        chosen = torch.randperm(len(X))[:batch_size]
        losses[step], dW = loss_func(W, X[chosen], y[chosen], reg)
        W.sub_(dW, alpha=learning_rate)
    return W, losses.tolist()


@train_linear_classifier.misconception("The steps go up the gradient, not down.")
def ascent(ref, loss_func, W, X, y, learning_rate=1e-3, reg=1e-5, num_iters=100, batch_size=200, verbose=False):
    up = lambda W, dW, iteration: W + learning_rate * dW  # noqa: E731
    return trained(ref, loss_func, W, X, y, learning_rate, reg, num_iters, batch_size, step=up)


@train_linear_classifier.misconception("The gradient is subtracted whole, without the learning rate.")
def learning_rate_forgotten(
    ref, loss_func, W, X, y, learning_rate=1e-3, reg=1e-5, num_iters=100, batch_size=200, verbose=False
):
    return trained(ref, loss_func, W, X, y, 1.0, reg, num_iters, batch_size)


@train_linear_classifier.misconception("The weights never change.")
def no_step(ref, loss_func, W, X, y, learning_rate=1e-3, reg=1e-5, num_iters=100, batch_size=200, verbose=False):
    return trained(ref, loss_func, W, X, y, 0.0, reg, num_iters, batch_size)


@train_linear_classifier.misconception("Every step starts again from the first weights.")
def always_from_the_start(
    ref, loss_func, W, X, y, learning_rate=1e-3, reg=1e-5, num_iters=100, batch_size=200, verbose=False
):
    again = lambda _, dW, iteration: W - learning_rate * dW  # noqa: E731
    return trained(ref, loss_func, W, X, y, learning_rate, reg, num_iters, batch_size, step=again)


@train_linear_classifier.misconception("The regularisation is added to the gradient that holds it already.")
def regularised_twice(
    ref, loss_func, W, X, y, learning_rate=1e-3, reg=1e-5, num_iters=100, batch_size=200, verbose=False
):
    twice = lambda W, dW, iteration: W - learning_rate * (dW + 2 * reg * W)  # noqa: E731
    return trained(ref, loss_func, W, X, y, learning_rate, reg, num_iters, batch_size, step=twice)


@train_linear_classifier.misconception("The regularisation strength is not handed to the loss.")
def not_regularised(
    ref, loss_func, W, X, y, learning_rate=1e-3, reg=1e-5, num_iters=100, batch_size=200, verbose=False
):
    return trained(ref, loss_func, W, X, y, learning_rate, 0.0, num_iters, batch_size)


@train_linear_classifier.misconception("There is one step less than asked for.")
def one_step_less(ref, loss_func, W, X, y, learning_rate=1e-3, reg=1e-5, num_iters=100, batch_size=200, verbose=False):
    return trained(ref, loss_func, W, X, y, learning_rate, reg, num_iters - 1, batch_size)


@train_linear_classifier.misconception("The gradient is divided by the batch size once more.")
def divided_by_the_batch_size(
    ref, loss_func, W, X, y, learning_rate=1e-3, reg=1e-5, num_iters=100, batch_size=200, verbose=False
):
    # For a batch of one that is no mistake.
    return trained(ref, loss_func, W, X, y, learning_rate / batch_size, reg, num_iters, batch_size)


@train_linear_classifier.misconception("The loss history is cumulative: each entry holds all losses before it.")
def losses_added_up(
    ref, loss_func, W, X, y, learning_rate=1e-3, reg=1e-5, num_iters=100, batch_size=200, verbose=False
):
    add = lambda history, loss: history.append(loss + (history[-1] if history else 0))  # noqa: E731
    return trained(ref, loss_func, W, X, y, learning_rate, reg, num_iters, batch_size, note=add)


@train_linear_classifier.misconception("The loss history holds the last loss only.")
def last_loss_only(ref, loss_func, W, X, y, learning_rate=1e-3, reg=1e-5, num_iters=100, batch_size=200, verbose=False):
    last = lambda history, loss: history.__setitem__(slice(None), [loss])  # noqa: E731
    return trained(ref, loss_func, W, X, y, learning_rate, reg, num_iters, batch_size, note=last)


@train_linear_classifier.misconception("The losses are noted after the steps instead of before.")
def losses_after_the_steps(
    ref, loss_func, W, X, y, learning_rate=1e-3, reg=1e-5, num_iters=100, batch_size=200, verbose=False
):
    end, history = trained(ref, loss_func, W, X, y, learning_rate, reg, num_iters, batch_size)
    return end, [*history[1:], loss_func(end, *ref.sample_batch(X, y, len(X), batch_size), reg)[0].item()]


@train_linear_classifier.misconception("Every step uses the whole training set; a random batch is asked for.")
def whole_training_set(
    ref, loss_func, W, X, y, learning_rate=1e-3, reg=1e-5, num_iters=100, batch_size=200, verbose=False
):
    return trained(ref, loss_func, W, X, y, learning_rate, reg, num_iters, batch_size, batch=lambda _: (X, y))


@train_linear_classifier.misconception("One batch is drawn, and used for every step.")
def one_batch_for_all(
    ref, loss_func, W, X, y, learning_rate=1e-3, reg=1e-5, num_iters=100, batch_size=200, verbose=False
):
    drawn = ref.sample_batch(X, y, len(X), batch_size)
    return trained(ref, loss_func, W, X, y, learning_rate, reg, num_iters, batch_size, batch=lambda _: drawn)


for what, wrong in (
    ("learning_rate", dict(learning_rate=1e-2)),
    ("reg", dict(reg=1e-2)),
    ("num_iters", dict(num_iters=200)),
    ("batch_size", dict(batch_size=100)),
):

    def other_default(ref, loss_func, W, X, y, *args, wrong=wrong, **kwargs):
        return ref.train_linear_classifier(loss_func, W, X, y, *args, **{**wrong, **kwargs})

    other_default.__name__ = f"another_default_of_{what}"
    train_linear_classifier.misconception(f"Where {what} is left out, it is not what the signature says.")(
        other_default
    )


train_linear_classifier.equivalent("loss_history.append(loss)", "a tensor of shape () is the same number")


# -- predict_linear_classifier ----------------------------------------------------------------------------------------


@predict_linear_classifier.case
def more_examples_than_classes(draw):
    return dict(W=draw.normal(6, 3), X=draw.normal(40, 6))


@predict_linear_classifier.case
def more_classes_than_examples(draw):
    return dict(W=draw.normal(4, 9, scale=100), X=draw.normal(5, 4))


@predict_linear_classifier.case(worth=0.2)
def a_single_example(draw):
    return dict(W=draw.normal(4, 3), X=draw.normal(1, 4))


@predict_linear_classifier.case(worth=0.2)
def all_scores_negative(draw):
    return dict(W=draw.normal(4, 5) - 20, X=draw.uniform(12, 4, low=0.5, high=1.0))


@predict_linear_classifier.oracle
def by_comparing_scores(ref, W, X):
    scores = (X @ W).tolist()
    return {"labels": torch.tensor([row.index(max(row)) for row in scores])}


@predict_linear_classifier.alternative
def through_max(ref, W, X):
    return torch.max(X.mm(W), dim=1)[1]


@predict_linear_classifier.misconception("The class with the lowest score is chosen.")
def the_lowest_score(ref, W, X):
    return (X @ W).argmin(dim=1)


@predict_linear_classifier.misconception("The maximum runs over the examples instead of the classes.")
def over_the_examples(ref, W, X):
    return (X @ W).argmax(dim=0)


@predict_linear_classifier.misconception("The highest scores are returned; their classes are asked for.")
def scores_not_classes(ref, W, X):
    return (X @ W).amax(dim=1)


@predict_linear_classifier.misconception("The class with the largest magnitude of its score is chosen.")
def largest_magnitude(ref, W, X):
    return (X @ W).abs().argmax(dim=1)


@predict_linear_classifier.misconception("One class is chosen for all examples together.")
def one_for_all(ref, W, X):
    return (X @ W).argmax()


@predict_linear_classifier.misconception("Classes are counted from 1 instead of 0.")
def counted_from_one(ref, W, X):
    return (X @ W).argmax(dim=1) + 1


@predict_linear_classifier.misconception("The labels are floating-point numbers.")
def labels_as_floats(ref, W, X):
    return (X @ W).argmax(dim=1).double()


# -- hyperparameters --------------------------------------------------------------------------------------------------


@svm_get_search_params.case
@softmax_get_search_params.case
def the_grid_once_more(draw):
    return a_grid(draw)


@svm_get_search_params.case(worth=0.25)
@softmax_get_search_params.case(worth=0.25)
def other_digits_to_try_on(draw):
    return a_grid_to_try(draw)


for search_params in (svm_get_search_params, softmax_get_search_params):

    @search_params.misconception("There are too many pairs to try.")
    def too_many_pairs(ref):
        return [10.0**-i for i in range(1, 6)], [10.0**-i for i in range(1, 6)]

    @search_params.misconception("A pair is tried twice.")
    def a_pair_twice(ref):
        return [0.1, 0.1], [1e-4]

    @search_params.misconception("There is nothing to try.")
    def nothing_to_try(ref):
        return [], []

    @search_params.misconception("A learning rate is 0, which trains nothing.")
    def a_learning_rate_of_zero(ref):
        return [0.0, 0.1], [1e-4]

    @search_params.misconception(
        "All steps are too long: learning rate times regularisation strength makes the weights grow without end."
    )
    def steps_too_long(ref):
        return [1e3, 1e4], [1.0, 10.0]

    @search_params.misconception(
        "The digits are not learned in 500 iterations: the steps are too short, or the regularisation is too strong."
    )
    def steps_too_short(ref):
        return [1e-12, 1e-11], [1e-4]


for others in ("[0.02, 0.1], [0.0001, 0.01]", "[0.01, 0.2], [0.0001, 0.01]", "[0.01, 0.1], [0.0002, 0.01]"):
    svm_get_search_params.equivalent(f"return ({others})", "other numbers serve as well")
svm_get_search_params.equivalent("return ([0.01, 0.1], [0.0001, 0.02])", "other numbers serve as well")
for others in ("[0.2, 1.0], [1e-05, 0.001]", "[0.1, 2.0], [1e-05, 0.001]", "[0.1, 1.0], [2e-05, 0.001]"):
    softmax_get_search_params.equivalent(f"return ({others})", "other numbers serve as well")
softmax_get_search_params.equivalent("return ([0.1, 1.0], [1e-05, 0.002])", "other numbers serve as well")


@test_one_param_set.case
def better_on_the_validation_set(draw):
    return measured(draw, num_train=30, num_val=16, wrong_train=11, wrong_val=3)


@test_one_param_set.case
def as_many_to_validate_as_to_train(draw):
    return measured(draw, num_train=24, num_val=24, wrong_train=5, wrong_val=8)


@test_one_param_set.case(worth=0.15)
def iterations_as_the_signature_says(draw):
    """num_iters is left out"""
    return measured(draw, num_train=12, num_val=10, wrong_train=3, wrong_val=2) | dict(num_iters=None)


@test_one_param_set.oracle
def counted_from_the_scores(ref, data_dict, num_classes, lr, reg, num_iters):
    num_iters = num_iters or 2000

    def accuracy(name):
        scores, labels = data_dict[f"X_{name}"][:, :num_classes].tolist(), data_dict[f"y_{name}"].tolist()
        return sum(row.index(max(row)) == label for row, label in zip(scores, labels, strict=True)) / len(labels)

    trained = dict(X=data_dict["X_train"], y=data_dict["y_train"], learning_rate=lr, reg=reg, num_iters=num_iters)
    return {
        "the same object": True,
        "trained": [trained],
        "train_acc": accuracy("train"),
        "val_acc": accuracy("val"),
    }


def accuracy_of(classifier, data_dict, name):
    return (classifier.predict(data_dict[f"X_{name}"]) == data_dict[f"y_{name}"]).float().mean().item()


@test_one_param_set.alternative
def in_percent(ref, cls, data_dict, lr, reg, num_iters=2000):
    cls.train(data_dict["X_train"], data_dict["y_train"], lr, reg, num_iters, 100, False)
    return cls, 100.0 * accuracy_of(cls, data_dict, "train"), 100.0 * accuracy_of(cls, data_dict, "val")


@test_one_param_set.misconception("The learning rate and the regularisation strength are in each other's place.")
def rates_swapped(ref, cls, data_dict, lr, reg, num_iters=2000):
    return ref.test_one_param_set(cls, data_dict, reg, lr, num_iters)


@test_one_param_set.misconception("The regularisation strength is not handed on.")
def without_the_strength(ref, cls, data_dict, lr, reg, num_iters=2000):
    cls.train(data_dict["X_train"], data_dict["y_train"], lr, num_iters=num_iters)
    return cls, accuracy_of(cls, data_dict, "train"), accuracy_of(cls, data_dict, "val")


@test_one_param_set.misconception("The number of iterations is fixed; it has to follow `num_iters`.")
def iterations_fixed(ref, cls, data_dict, lr, reg, num_iters=2000):
    return ref.test_one_param_set(cls, data_dict, lr, reg)


@test_one_param_set.misconception("Where num_iters is left out, it is not what the signature says.")
def another_default_of_iterations(ref, cls, data_dict, lr, reg, num_iters=1000):
    return ref.test_one_param_set(cls, data_dict, lr, reg, num_iters)


@test_one_param_set.misconception("The classifier is trained on the validation set.")
def trained_on_the_validation_set(ref, cls, data_dict, lr, reg, num_iters=2000):
    cls.train(data_dict["X_val"], data_dict["y_val"], lr, reg, num_iters)
    return cls, accuracy_of(cls, data_dict, "train"), accuracy_of(cls, data_dict, "val")


@test_one_param_set.misconception("The accuracy on the validation set is measured on the training set.")
def never_validated(ref, cls, data_dict, lr, reg, num_iters=2000):
    cls, train_acc, _ = ref.test_one_param_set(cls, data_dict, lr, reg, num_iters)
    return cls, train_acc, train_acc


@test_one_param_set.misconception("The two accuracies are returned in each other's place.")
def accuracies_swapped(ref, cls, data_dict, lr, reg, num_iters=2000):
    cls, train_acc, val_acc = ref.test_one_param_set(cls, data_dict, lr, reg, num_iters)
    return cls, val_acc, train_acc


@test_one_param_set.misconception("The numbers of right predictions are returned; their shares are asked for.")
def counts_not_shares(ref, cls, data_dict, lr, reg, num_iters=2000):
    cls, train_acc, val_acc = ref.test_one_param_set(cls, data_dict, lr, reg, num_iters)
    return cls, train_acc * len(data_dict["y_train"]), val_acc * len(data_dict["y_val"])


@test_one_param_set.misconception("The shares of wrong predictions are returned instead of the right ones.")
def errors_not_accuracies(ref, cls, data_dict, lr, reg, num_iters=2000):
    cls, train_acc, val_acc = ref.test_one_param_set(cls, data_dict, lr, reg, num_iters)
    return cls, 1 - train_acc, 1 - val_acc


for name in ("train", "val"):
    test_one_param_set.equivalent(
        f"{name}_acc = (cls.predict(data_dict['X_{name}']) == data_dict['y_{name}']).double().mean()",
        "a tensor of shape () is the same number",
    )


# -- digits -----------------------------------------------------------------------------------------------------------


@linear_digits.case
def other_digits(draw):
    return digits_to_read(draw, 800, shift=0, noise=0.1)
