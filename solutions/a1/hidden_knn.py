"""Hidden cases of knn, the mistakes that they catch, and independent ways to the same answers."""

from collections import Counter

import numpy as np
from checks import (
    a_classifier,
    compute_distances_no_loops,
    compute_distances_one_loop,
    compute_distances_two_loops,
    digits,
    digits_to_read,
    folds,
    knn_classifier,
    knn_cross_validate,
    knn_get_best_k,
    predict_labels,
    squared,
    without_ties,
)

from grader.ask import torch

# == knn ==============================================================================================================

# -- the edition: squared distances -----------------------------------------------------------------------------------


@squared.replaces("compute_distances_two_loops")
def squared_two_loops(ref, x_train, x_test):
    return ref.compute_distances_two_loops(x_train, x_test).square()


@squared.replaces("compute_distances_one_loop")
def squared_one_loop(ref, x_train, x_test):
    return ref.compute_distances_one_loop(x_train, x_test).square()


@squared.replaces("compute_distances_no_loops")
def squared_no_loops(ref, x_train, x_test):
    return ref.compute_distances_no_loops(x_train, x_test).square()


# -- distances: cases and mistakes that all three functions share -----------------------------------------------------


def by_cdist(ref, x_train, x_test):
    """The distances from the library, computed without the expanded square."""
    return {
        "dists": torch.cdist(
            x_train.reshape(len(x_train), -1),
            x_test.reshape(len(x_test), -1),
            compute_mode="donot_use_mm_for_euclid_dist",
        )
    }


def declare_for_distances(distances):
    """Cases and misconceptions of one of the three functions; `distances` is its exercise."""
    name = distances.name

    @distances.case
    def odd_sizes(draw):
        return dict(x_train=draw.normal(7, 13), x_test=draw.normal(5, 13))

    @distances.case
    def more_to_test_than_to_train(draw):
        return dict(x_train=draw.normal(4, 3, 5), x_test=draw.normal(9, 3, 5))

    @distances.case
    def as_many_images_as_tests(draw):
        return dict(x_train=draw.uniform(6, 2, 3, 5), x_test=draw.uniform(6, 2, 3, 5))

    @distances.case(worth=0.2)
    def sixty_equal_points(draw):
        """Every test example is a training example as well"""
        points = draw.normal(60, 30)
        return dict(x_train=points, x_test=points[draw.permutation(60)].copy())

    @distances.case(worth=0.15)
    def one_training_example(draw):
        return dict(x_train=draw.normal(1, 4), x_test=draw.normal(5, 4))

    @distances.case(worth=0.15)
    def one_test_example(draw):
        return dict(x_train=draw.normal(6, 4), x_test=draw.normal(1, 4))

    @distances.case(worth=0.15)
    def one_feature(draw):
        return dict(x_train=draw.spread(5, 1, gap=0.1), x_test=draw.spread(4, 1, gap=0.1) + 0.33)

    @distances.case(worth=0.15)
    def large_magnitudes(draw):
        return dict(x_train=draw.normal(5, 6, scale=1e5), x_test=draw.normal(4, 6, scale=1e5))

    @distances.case(worth=0.15)
    def tiny_magnitudes(draw):
        return dict(x_train=draw.normal(5, 6, scale=1e-4), x_test=draw.normal(4, 6, scale=1e-4))

    @distances.case(worth=0.15)
    def far_from_the_origin(draw):
        return dict(x_train=draw.normal(5, 8, mean=1000.0), x_test=draw.normal(4, 8, mean=1000.0))

    @distances.case(worth=0.1)
    def not_contiguous(draw):
        return dict(x_train=draw.strided(draw.normal(5, 3, 4)), x_test=draw.strided(draw.normal(3, 3, 4)))

    distances.oracle(by_cdist)

    @distances.misconception(
        "The result is transposed: a row belongs to a training example, a column to a test example."
    )
    def transposed(ref, x_train, x_test):
        return getattr(ref, name)(x_test, x_train)

    @distances.misconception(
        "The root is missing: these are squared distances, but the module's other functions take the root."
    )
    def root_missing(ref, x_train, x_test):
        return getattr(ref, name)(x_train, x_test).square()

    @distances.misconception("Differences are summed by magnitude instead of squared.")
    def sum_of_magnitudes(ref, x_train, x_test):
        train, test = x_train.reshape(len(x_train), -1), x_test.reshape(len(x_test), -1)
        return (train[:, None] - test).abs().sum(dim=2)

    @distances.misconception("Squares are averaged over the features; their sum is asked for.")
    def mean_of_squares(ref, x_train, x_test):
        return getattr(ref, name)(x_train, x_test) / x_train[0].numel() ** 0.5

    @distances.misconception("The distances are float32 (torch's default) for float64 examples.")
    def distances_in_float32(ref, x_train, x_test):
        return getattr(ref, name)(x_train, x_test).float()


for exercise in (compute_distances_two_loops, compute_distances_one_loop, compute_distances_no_loops):
    declare_for_distances(exercise)


@compute_distances_two_loops.alternative
def by_the_dot_product(ref, x_train, x_test):
    dists = torch.empty(len(x_train), len(x_test), dtype=x_train.dtype)
    for i, a in enumerate(x_train):
        for j, b in enumerate(x_test):
            difference = (a - b).flatten()
            dists[i, j] = torch.dot(difference, difference) ** 0.5
    return dists


@compute_distances_two_loops.misconception(
    "Both loops run over the training examples; the inner one is for test examples."
)
def both_loops_over_training_examples(ref, x_train, x_test):
    dists = x_train.new_zeros(len(x_train), len(x_test))
    for i in range(len(x_train)):
        for j in range(len(x_train)):
            dists[i, j] = (x_train[i] - x_test[j]).square().sum().sqrt()
    return dists


@compute_distances_two_loops.misconception("The sum runs over one dimension only; an example may have several.")
def one_dimension_summed_in_two_loops(ref, x_train, x_test):
    dists = x_train.new_zeros(len(x_train), len(x_test))
    for i in range(len(x_train)):
        for j in range(len(x_test)):
            dists[i, j] = (x_train[i] - x_test[j]).square().sum(dim=0).sqrt()
    return dists


@compute_distances_one_loop.alternative
def a_row_at_a_time(ref, x_train, x_test):
    rows = [((x_test - a) ** 2).reshape(len(x_test), -1).sum(-1) ** 0.5 for a in x_train]
    return torch.stack(rows)


@compute_distances_one_loop.misconception("The sum runs over one dimension only; an example may have several.")
def one_dimension_summed(ref, x_train, x_test):
    dists = x_train.new_zeros(len(x_train), len(x_test))
    for j in range(len(x_test)):
        dists[:, j] = (x_train - x_test[j]).square().sum(dim=1).sqrt()
    return dists


@compute_distances_one_loop.misconception("The sum runs over the training examples as well: each has its own distance.")
def everything_summed(ref, x_train, x_test):
    dists = x_train.new_zeros(len(x_train), len(x_test))
    for j in range(len(x_test)):
        dists[:, j] = (x_train - x_test[j]).square().sum().sqrt()
    return dists


@compute_distances_no_loops.alternative
def by_concatenated_factors(ref, x_train, x_test):
    """|a|^2 + |b|^2 - 2ab as a single product of (a, |a|^2, 1) and (-2b, 1, |b|^2)."""
    train, test = x_train.flatten(1), x_test.flatten(1)
    norm_train, norm_test = (train**2).sum(1, keepdim=True), (test**2).sum(1, keepdim=True)
    left = torch.cat([train, norm_train, torch.ones_like(norm_train)], dim=1)
    right = torch.cat([-2 * test, torch.ones_like(norm_test), norm_test], dim=1)
    return torch.sqrt(torch.relu(left @ right.T))


@compute_distances_no_loops.alternative
def by_adding_three_terms(ref, x_train, x_test):
    a, b = x_train.reshape(len(x_train), -1), x_test.reshape(len(x_test), -1)
    squares = torch.sum(a**2, dim=1).view(-1, 1) - 2 * torch.mm(a, b.t()) + torch.sum(b**2, dim=1).view(1, -1)
    return torch.max(squares, torch.zeros_like(squares)) ** 0.5


@compute_distances_no_loops.naive
def a_pair_at_a_time(ref, x_train, x_test):
    return ref.compute_distances_two_loops(x_train, x_test)


@compute_distances_no_loops.misconception(
    "The distance of equal points is not a number: rounding leaves a negative number under the root."
)
def negative_under_the_root(ref, x_train, x_test):
    train, test = x_train.reshape(len(x_train), -1), x_test.reshape(len(x_test), -1)
    return (train.square().sum(dim=1, keepdim=True) + test.square().sum(dim=1) - 2 * train @ test.T).sqrt()


@compute_distances_no_loops.misconception("The product of a and b is subtracted once; |a - b|^2 has it twice.")
def product_subtracted_once(ref, x_train, x_test):
    train, test = x_train.reshape(len(x_train), -1), x_test.reshape(len(x_test), -1)
    squares = train.square().sum(dim=1, keepdim=True) + test.square().sum(dim=1) - train @ test.T
    return squares.clamp(min=0).sqrt()


@compute_distances_no_loops.misconception(
    "The squared norms of training and test examples are added along each other's axis."
)
def norms_along_the_wrong_axis(ref, x_train, x_test):
    train, test = x_train.reshape(len(x_train), -1), x_test.reshape(len(x_test), -1)
    squares = train.square().sum(dim=1) + test.square().sum(dim=1, keepdim=True) - 2 * train @ test.T
    return squares.clamp(min=0).sqrt()


@compute_distances_no_loops.misconception("The examples are taken for vectors; they may have several dimensions.")
def examples_not_flattened(ref, x_train, x_test):
    squares = x_train.square().sum(dim=1, keepdim=True) + x_test.square().sum(dim=1) - 2 * x_train @ x_test.T
    return squares.clamp(min=0).sqrt()


@compute_distances_no_loops.misconception("The sign of a or of b is lost: this is the length of a + b.")
def sign_of_the_product(ref, x_train, x_test):
    return ref.compute_distances_no_loops(x_train, -x_test)


# -- predict_labels ---------------------------------------------------------------------------------------------------


def vote_by_counting(dists, y_train, k):
    """Votes counted one test example after the other; of equal counts the smallest label."""
    found = []
    for column in dists.T:
        votes = Counter(y_train[column.argsort()[:k]].tolist())
        found.append(min(votes, key=lambda label: (-votes[label], label)))
    return torch.tensor(found, dtype=torch.int64)


@predict_labels.case
def the_single_nearest(draw):
    return without_ties(draw, 12, 20, classes=5, k=1)


@predict_labels.case
def five_of_thirty(draw):
    return without_ties(draw, 30, 25, classes=3, k=5)


@predict_labels.case
def more_neighbours_than_classes(draw):
    return without_ties(draw, 40, 15, classes=4, k=9)


@predict_labels.case(worth=0.15)
def a_vote_each(draw):
    """Every label has one vote: the smallest wins"""
    return dict(dists=draw.spread(15, 30), y_train=draw.permutation(15), k=4)


@predict_labels.case(worth=0.1)
def two_against_two(draw):
    """Two labels have two votes each; the nearest example has another label still"""
    y_train = np.array([1, 3, 4, 3, 4, 7, 7])
    between = np.stack([draw.permutation(4) for _ in range(20)], axis=1) + 2.0  # the places of the two pairs
    dists = np.concatenate([np.full((1, 20), 1.0), between, np.full((1, 20), 6.0), np.full((1, 20), 7.0)])
    order = draw.permutation(7)
    return dict(dists=dists[order], y_train=y_train[order], k=5)


@predict_labels.case(worth=0.2)
def everybody_votes(draw):
    """k is the number of training examples"""
    y_train = draw.shuffled(np.array([0] * 3 + [1] * 6 + [2] * 2))
    return dict(dists=draw.spread(11, 6), y_train=y_train, k=11)


@predict_labels.case(worth=0.15)
def one_test_example_to_label(draw):
    return without_ties(draw, 9, 1, classes=3, k=3)


@predict_labels.case(worth=0.15)
def one_training_example_to_ask(draw):
    return dict(dists=draw.spread(1, 5), y_train=draw.integers(0, 7, 1), k=1)


@predict_labels.case(worth=0.15)
def labels_with_gaps(draw):
    inputs = without_ties(draw, 15, 12, classes=3, k=3)
    return {**inputs, "y_train": inputs["y_train"] * 40 + 7}


@predict_labels.case(worth=0.1)
def strided_distances(draw):
    inputs = without_ties(draw, 14, 9, classes=3, k=3)
    return {**inputs, "dists": draw.strided(inputs["dists"])}


@predict_labels.case(worth=0.1)
def as_many_neighbours_as_the_signature_says(draw):
    """k is left out"""
    return without_ties(draw, 14, 20, classes=5, k=1) | dict(k=None)


@predict_labels.oracle
def votes_counted_by_counter(ref, dists, y_train, k):
    return {"labels": vote_by_counting(dists, y_train, 1 if k is None else k)}


@predict_labels.alternative
def by_a_table_of_one_hot_votes(ref, dists, y_train, k=1):
    nearest = dists.argsort(dim=0)[:k]
    return torch.nn.functional.one_hot(y_train)[nearest].sum(dim=0).argmax(dim=1)


@predict_labels.alternative
def by_the_library_mode(ref, dists, y_train, k=1):
    return torch.mode(y_train[dists.topk(k, dim=0, largest=False).indices], dim=0).values


@predict_labels.naive
def a_test_example_at_a_time(ref, dists, y_train, k=1):
    return vote_by_counting(dists, y_train, k)


def nearest_labels(dists, y_train, k):
    """(k, num_test): the labels of the neighbours, nearest first."""
    return y_train[dists.topk(k, dim=0, largest=False).indices]


@predict_labels.misconception("The labels of the neighbours are averaged; the most common one is asked for.")
def mean_of_the_labels(ref, dists, y_train, k=1):
    return nearest_labels(dists, y_train, k).double().mean(dim=0).round().long()


@predict_labels.misconception("The middle one of the neighbours' labels is taken; the most common one is asked for.")
def median_of_the_labels(ref, dists, y_train, k=1):
    return nearest_labels(dists, y_train, k).median(dim=0).values


@predict_labels.misconception("Equally common labels are decided by distance; the smallest label wins.")
def ties_by_distance(ref, dists, y_train, k=1):
    # Counter keeps the order in which labels were met, nearest first.
    columns = nearest_labels(dists, y_train, k).T.tolist()
    return torch.tensor([Counter(column).most_common(1)[0][0] for column in columns])


@predict_labels.misconception("Of equally common labels the largest wins; the smallest should.")
def ties_to_the_largest(ref, dists, y_train, k=1):
    largest = int(y_train.max())
    return largest - ref.predict_labels(dists, largest - y_train, k=k)


@predict_labels.misconception("The farthest training examples vote instead of the nearest.")
def the_farthest_vote(ref, dists, y_train, k=1):
    return ref.predict_labels(-dists, y_train, k=k)


@predict_labels.misconception("Only the nearest training example is asked: k is not used.")
def k_not_used(ref, dists, y_train, k=1):
    return y_train[dists.argmin(dim=0)]


@predict_labels.misconception("These are indices of training examples, not their labels.")
def indices_instead_of_labels(ref, dists, y_train, k=1):
    return dists.argmin(dim=0)


@predict_labels.misconception("These are positions in the sorted list of different labels, not the labels themselves.")
def positions_among_the_labels(ref, dists, y_train, k=1):
    _, which = y_train.unique(return_inverse=True)
    return ref.predict_labels(dists, which, k=k)


@predict_labels.misconception("The label of the nearest example counts, whatever the others of the k say.")
def the_nearest_of_k(ref, dists, y_train, k=1):
    return nearest_labels(dists, y_train, k)[0]


@predict_labels.misconception("Neighbours are sought along the rows; the distances of a test example form a column.")
def along_the_rows(ref, dists, y_train, k=1):
    return ref.predict_labels(dists.T, y_train, k=k)


@predict_labels.misconception("Every training example votes, however far away it is.")
def all_examples_vote(ref, dists, y_train, k=1):
    return ref.predict_labels(dists, y_train, k=dists.shape[0])


@predict_labels.misconception("One neighbour too few votes: the end of a slice is not part of it.")
def one_neighbour_too_few(ref, dists, y_train, k=1):
    return ref.predict_labels(dists, y_train, k=max(k - 1, 1))


@predict_labels.misconception("Votes are weighted by distance; every neighbour has one vote.")
def votes_weighted_by_distance(ref, dists, y_train, k=1):
    near = (dists - dists.min() + 1.0).topk(k, dim=0, largest=False)
    labels = y_train[near.indices].T
    votes = dists.new_zeros(dists.shape[1], int(y_train.max()) + 1).scatter_add(1, labels, 1 / near.values.T)
    return votes.argmax(dim=1)


@predict_labels.misconception("Where k is left out, more than one neighbour votes.")
def another_default_of_k(ref, dists, y_train, k=5):
    return ref.predict_labels(dists, y_train, k=k)


@predict_labels.misconception("The labels are floats; integers are asked for.")
def labels_as_floats(ref, dists, y_train, k=1):
    return ref.predict_labels(dists, y_train, k=k).float()


predict_labels.equivalent(
    "votes = labels.new_ones(dists.shape[1], int(y_train.max()) + 1)", "one vote more for each label changes no winner"
)
predict_labels.equivalent(
    "votes = labels.new_zeros(dists.shape[1], int(y_train.max()) + 2)", "a label that nobody has gets no vote"
)


# -- KnnClassifier ----------------------------------------------------------------------------------------------------


@knn_classifier.case
def three_neighbours(draw):
    return a_classifier(draw, 30, 12, 5, k=3, spread=1.5)


@knn_classifier.case
def images_seven_neighbours(draw):
    return a_classifier(draw, 40, 15, 2, 3, 3, k=7, spread=1.5)


@knn_classifier.case(worth=0.2)
def an_even_number_of_neighbours(draw):
    return a_classifier(draw, 40, 40, 4, k=4, classes=4, spread=3.0)


@knn_classifier.case(worth=0.15)
def all_neighbours(draw):
    return a_classifier(draw, 11, 5, 3, k=11)


@knn_classifier.case(worth=0.15)
def one_example_to_classify(draw):
    return a_classifier(draw, 12, 1, 4, k=3)


@knn_classifier.case(worth=0.1)
def neighbours_as_the_signature_says(draw):
    """k is left out"""
    return a_classifier(draw, 30, 30, 4, k=None, classes=4, spread=2.0)


def distances_from_the_library(x_train, x_test):
    return by_cdist(None, x_train, x_test)["dists"]


def percent_by_counting(x_train, y_train, x_test, y_test, k):
    right = vote_by_counting(distances_from_the_library(x_train, x_test), y_train, k) == y_test
    return 100.0 * int(right.sum()) / len(right)


@knn_classifier.oracle
def library_distances_and_counted_votes(ref, x_train, y_train, x_test, y_test, k):
    k = 1 if k is None else k
    return {
        "labels": vote_by_counting(distances_from_the_library(x_train, x_test), y_train, k),
        "accuracy": percent_by_counting(x_train, y_train, x_test, y_test, k),
    }


@knn_classifier.alternative
def with_one_loop(ref, self, x_test, k=1):
    return ref.predict_labels(ref.compute_distances_one_loop(self.x_train, x_test), self.y_train, k)


@knn_classifier.misconception("k is not handed on: only the nearest neighbour is asked.")
def always_one_neighbour(ref, self, x_test, k=1):
    return ref.KnnClassifier(self.x_train, self.y_train).predict(x_test)


@knn_classifier.misconception("Training and test examples are swapped in the call that computes the distances.")
def training_and_test_swapped(ref, self, x_test, k=1):
    return ref.predict_labels(ref.compute_distances_no_loops(x_test, self.x_train), self.y_train, k)


@knn_classifier.misconception("The classifier compares its training examples with each other: x_test is not used.")
def x_test_not_used(ref, self, x_test, k=1):
    return ref.KnnClassifier(self.x_train, self.y_train).predict(self.x_train[: len(x_test)], k=k)


@knn_classifier.misconception("Where k is left out, more than one neighbour votes.")
def another_default_of_k_in_the_classifier(ref, self, x_test, k=5):
    return ref.KnnClassifier(self.x_train, self.y_train).predict(x_test, k=k)


@knn_classifier.misconception("The distances are returned instead of the labels.")
def distances_returned(ref, self, x_test, k=1):
    return ref.compute_distances_no_loops(self.x_train, x_test)


@knn_classifier.misconception("Nothing is returned.")
def no_labels_returned(ref, self, x_test, k=1):
    ref.KnnClassifier(self.x_train, self.y_train).predict(x_test, k=k)


# -- knn_cross_validate -----------------------------------------------------------------------------------------------


@knn_cross_validate.case
def five_folds(draw):
    return folds(draw, 60, 5, num_folds=5, k_choices=[1, 3, 9])


@knn_cross_validate.case
def three_folds_of_images(draw):
    return folds(draw, 45, 2, 3, 2, num_folds=3, k_choices=[5, 1])


@knn_cross_validate.case(worth=0.2)
def in_order_of_class(draw):
    """The training set is sorted by label"""
    inputs = folds(draw, 40, 4, num_folds=4, k_choices=[1, 5])
    order = np.argsort(inputs["y_train"], kind="stable")
    return {**inputs, "x_train": inputs["x_train"][order], "y_train": inputs["y_train"][order]}


@knn_cross_validate.case(worth=0.2)
def one_example_per_fold(draw):
    return folds(draw, 11, 3, num_folds=11, k_choices=[1, 3])


@knn_cross_validate.case(worth=0.15)
def two_folds(draw):
    return folds(draw, 30, 4, num_folds=2, k_choices=[3])


@knn_cross_validate.case(worth=0.15)
def as_many_neighbours_as_examples(draw):
    return folds(draw, 20, 4, num_folds=4, k_choices=[1, 15])


K_CHOICES = [1, 3, 5, 8, 10, 12, 15, 20, 50, 100]  # where they are left out


@knn_cross_validate.case
def choices_as_the_signature_says(draw):
    """k_choices is left out"""
    # A third of each fold is of one class: near examples are of one class, all of them together of the other.
    centres, y_train = 5.0 * draw.normal(2, 4), np.tile([0, 1, 0], 50)
    x_train = centres[y_train] + 0.1 * draw.normal(150, 4)
    return dict(x_train=x_train, y_train=y_train, num_folds=5, k_choices=None, about_keys=False)


@knn_cross_validate.case(worth=0.1)
def folds_as_the_signature_says(draw):
    """num_folds is left out"""
    return folds(draw, 60, 4, num_folds=None, k_choices=[1, 5])


@knn_cross_validate.case(worth=0.1)
def keys_of_many_choices(draw):
    """The keys are integers"""
    return folds(draw, 30, 2, num_folds=3, k_choices=[7, 1, 11], about_keys=True)


def cross_validated(percent, split, x_train, y_train, num_folds, k_choices):
    """Accuracies per k and fold. `split(fold)` turns the mask of a fold into the masks of the examples that are trained
    on and of those that are tested; `percent` measures the accuracy of the ones on the others."""
    size = len(x_train) // num_folds
    found = {k: [] for k in k_choices}
    for fold in range(num_folds):
        mask = torch.zeros(len(x_train), dtype=torch.bool)
        mask[fold * size : (fold + 1) * size] = True
        trained, tested = split(mask)
        for k in k_choices:
            found[k].append(percent(x_train[trained], y_train[trained], x_train[tested], y_train[tested], k))
    return found


def percent_by_classifier(ref):
    def percent(x_train, y_train, x_test, y_test, k):
        return ref.KnnClassifier(x_train, y_train).check_accuracy(x_test, y_test, k=k, quiet=True)

    return percent


def fold_held_out(fold):
    return ~fold, fold


def fold_trained_on_and_tested(fold):
    return torch.ones_like(fold), fold


def fold_alone_trained_on(fold):
    return fold, ~fold


@knn_cross_validate.oracle
def folds_by_mask(ref, x_train, y_train, num_folds, k_choices, about_keys):
    if about_keys:
        return {"keys_are_integers": True}
    num_folds, k_choices = num_folds or 5, k_choices or K_CHOICES
    found = cross_validated(percent_by_counting, fold_held_out, x_train, y_train, num_folds, k_choices)
    return {"k_to_accuracies": {str(k): found[k] for k in sorted(found)}}


@knn_cross_validate.alternative
def k_in_the_outer_loop(ref, x_train, y_train, num_folds=5, k_choices=K_CHOICES):
    size = len(x_train) // num_folds
    result = {}
    for k in k_choices:
        result[k] = []
        for start in range(0, len(x_train), size):
            rest = torch.cat([torch.arange(0, start), torch.arange(start + size, len(x_train))])
            predicted = ref.KnnClassifier(x_train[rest], y_train[rest]).predict(x_train[start : start + size], k)
            result[k].append(float((predicted == y_train[start : start + size]).double().mean() * 100))
    return result


@knn_cross_validate.misconception(
    "The fold under test is left in the training set, so that it is tested on known examples."
)
def the_test_fold_is_trained_on(ref, x_train, y_train, num_folds=5, k_choices=K_CHOICES):
    return cross_validated(
        percent_by_classifier(ref), fold_trained_on_and_tested, x_train, y_train, num_folds, k_choices
    )


@knn_cross_validate.misconception("Trained on one fold and tested on all others: the other way round.")
def trained_on_a_single_fold(ref, x_train, y_train, num_folds=5, k_choices=K_CHOICES):
    return cross_validated(percent_by_classifier(ref), fold_alone_trained_on, x_train, y_train, num_folds, k_choices)


@knn_cross_validate.misconception("Each fold is both trained on and tested; the others are not used.")
def each_fold_by_itself(ref, x_train, y_train, num_folds=5, k_choices=K_CHOICES):
    def alone(fold):
        return fold, fold

    return cross_validated(percent_by_classifier(ref), alone, x_train, y_train, num_folds, k_choices)


@knn_cross_validate.misconception("The accuracies are shares between 0 and 1; percent are asked for.")
def shares_instead_of_percent(ref, x_train, y_train, num_folds=5, k_choices=K_CHOICES):
    found = ref.knn_cross_validate(x_train, y_train, num_folds=num_folds, k_choices=k_choices)
    return {k: [accuracy / 100 for accuracy in accuracies] for k, accuracies in found.items()}


@knn_cross_validate.misconception("Only the last fold's accuracy is kept; every fold gives one.")
def the_last_fold_only(ref, x_train, y_train, num_folds=5, k_choices=K_CHOICES):
    found = ref.knn_cross_validate(x_train, y_train, num_folds=num_folds, k_choices=k_choices)
    return {k: accuracies[-1:] for k, accuracies in found.items()}


@knn_cross_validate.misconception("k is not handed on to the classifier: all k have the same accuracies.")
def one_neighbour_for_every_k(ref, x_train, y_train, num_folds=5, k_choices=K_CHOICES):
    found = ref.knn_cross_validate(x_train, y_train, num_folds=num_folds, k_choices=[1])
    return {k: list(found[1]) for k in k_choices}


@knn_cross_validate.misconception("The first fold is held out every time; each fold has its turn.")
def the_first_fold_every_time(ref, x_train, y_train, num_folds=5, k_choices=K_CHOICES):
    found = ref.knn_cross_validate(x_train, y_train, num_folds=num_folds, k_choices=k_choices)
    return {k: accuracies[:1] * num_folds for k, accuracies in found.items()}


@knn_cross_validate.misconception("The accuracies of the folds are averaged; the list of them is asked for.")
def averaged_over_the_folds(ref, x_train, y_train, num_folds=5, k_choices=K_CHOICES):
    found = ref.knn_cross_validate(x_train, y_train, num_folds=num_folds, k_choices=k_choices)
    return {k: sum(accuracies) / len(accuracies) for k, accuracies in found.items()}


@knn_cross_validate.misconception("All k share one list, which collects the accuracies of all of them.")
def one_list_for_all(ref, x_train, y_train, num_folds=5, k_choices=K_CHOICES):
    found = ref.knn_cross_validate(x_train, y_train, num_folds=num_folds, k_choices=k_choices)
    shared = [found[k][fold] for fold in range(num_folds) for k in k_choices]
    return dict.fromkeys(k_choices, shared)


@knn_cross_validate.misconception("The keys are text; they are the k themselves, integers.")
def keys_of_text(ref, x_train, y_train, num_folds=5, k_choices=None):
    found = ref.knn_cross_validate(x_train, y_train, num_folds=num_folds, k_choices=k_choices)
    return {str(k): accuracies for k, accuracies in found.items()}


@knn_cross_validate.misconception("Where num_folds is left out, there are other than five folds.")
def another_number_of_folds(ref, x_train, y_train, num_folds=4, k_choices=None):
    return ref.knn_cross_validate(x_train, y_train, num_folds=num_folds, k_choices=k_choices)


@knn_cross_validate.misconception("Where k_choices is left out, other k are tried than the signature says.")
def other_choices(ref, x_train, y_train, num_folds=5, k_choices=(1, 3, 5, 7, 9)):
    return ref.knn_cross_validate(x_train, y_train, num_folds=num_folds, k_choices=k_choices)


knn_cross_validate.equivalent(
    "k_to_accuracies[k].append(classifier.check_accuracy(x_folds[fold], y_folds[fold], k=k, quiet=False))",
    "the same accuracies, printed as well",
)


# -- knn_get_best_k ---------------------------------------------------------------------------------------------------


def around(draw, means, num_folds=4):
    """Accuracies with exactly these means, multiples of a half: their sums are exact in any floating-point type."""
    steps = draw.integers(-10, 11, len(means), num_folds)
    return (np.array(means)[:, None] + 0.5 * (steps - np.roll(steps, 1, axis=1))).tolist()


@knn_get_best_k.case
def seven_choices(draw):
    means = 40.0 + 2.0 * draw.permutation(7)
    return dict(k_choices=[1, 3, 5, 8, 10, 12, 20], accuracies=around(draw, means))


@knn_get_best_k.case
def the_best_in_the_middle(draw):
    return dict(k_choices=[1, 3, 5, 7, 9], accuracies=around(draw, [50.0, 52.0, 61.0, 58.0, 40.0]))


@knn_get_best_k.case
def one_lucky_fold(draw):
    """The best single fold belongs to another k"""
    fair = around(draw, [60.0, 55.0], num_folds=3)
    return dict(k_choices=[2, 6, 4], accuracies=[fair[0], fair[1], [95.0, 30.0, 30.0]])


@knn_get_best_k.case
def one_unlucky_fold(draw):
    """The best mean belongs to a k that did badly on one fold"""
    luck = 0.5 * draw.integer(0, 10)
    return dict(k_choices=[1, 3, 5], accuracies=[[60.0, 62.0, 60.0], [90.0, 92.0 + luck, 20.0], [50.0, 55.0, 52.0]])


@knn_get_best_k.case(worth=0.2)
def equal_means_in_any_order(draw):
    """Several k have the highest mean, and the smallest of them does not stand first"""
    return dict(k_choices=[20, 5, 12, 3, 8], accuracies=around(draw, [70.0, 70.0, 50.0, 60.0, 70.0]))


@knn_get_best_k.case(worth=0.2)
def equal_means_in_ascending_order(draw):
    return dict(k_choices=[1, 3, 5], accuracies=around(draw, [62.0, 66.0, 66.0]))


@knn_get_best_k.case(worth=0.2)
def a_single_choice(draw):
    return dict(k_choices=[draw.integer(2, 9)], accuracies=around(draw, [50.0]))


@knn_get_best_k.oracle
def sorted_choices(ref, k_choices, accuracies):
    return {"k": sorted(zip((-np.mean(accuracies, axis=1)).tolist(), k_choices, strict=True))[0][1]}


@knn_get_best_k.alternative
def a_running_best(ref, k_to_accuracies):
    best_k, best = 0, -1.0
    for k in sorted(k_to_accuracies):
        mean = float(torch.tensor(k_to_accuracies[k]).mean())
        if mean > best:
            best_k, best = k, mean
    return best_k


def mean_accuracy(k_to_accuracies, k):
    return sum(k_to_accuracies[k]) / len(k_to_accuracies[k])


@knn_get_best_k.misconception("The k with the best single fold is taken; the mean over the folds decides.")
def the_best_single_fold(ref, k_to_accuracies):
    return min(k_to_accuracies, key=lambda k: (-max(k_to_accuracies[k]), k))


@knn_get_best_k.misconception("Of equally good k the first one in the dictionary is taken; the smallest should be.")
def the_first_of_equals(ref, k_to_accuracies):
    return max(k_to_accuracies, key=lambda k: mean_accuracy(k_to_accuracies, k))


@knn_get_best_k.misconception(
    "Of equally good k the one that stands last in the dictionary is taken; the smallest should be."
)
def the_last_of_equals(ref, k_to_accuracies):
    return max(reversed(list(k_to_accuracies)), key=lambda k: mean_accuracy(k_to_accuracies, k))


@knn_get_best_k.misconception("Of equally good k the largest is taken; the smallest should be.")
def the_largest_of_equals(ref, k_to_accuracies):
    return max(k_to_accuracies, key=lambda k: (mean_accuracy(k_to_accuracies, k), k))


@knn_get_best_k.misconception("The k whose worst fold is the best is taken; the mean over the folds decides.")
def the_best_worst_fold(ref, k_to_accuracies):
    return min(k_to_accuracies, key=lambda k: (-min(k_to_accuracies[k]), k))


@knn_get_best_k.misconception("Only the last fold is looked at; the mean over the folds decides.")
def the_last_fold_decides(ref, k_to_accuracies):
    return min(k_to_accuracies, key=lambda k: (-k_to_accuracies[k][-1], k))


@knn_get_best_k.misconception("Lists are compared like words, by their first entry; the mean over the folds decides.")
def lists_compared_like_words(ref, k_to_accuracies):
    return max(k_to_accuracies, key=lambda k: k_to_accuracies[k])


@knn_get_best_k.misconception("The largest k is returned; the one with the highest mean accuracy is asked for.")
def the_largest_key(ref, k_to_accuracies):
    return max(k_to_accuracies)


@knn_get_best_k.misconception("The place of the best k among the sorted ones is returned; the k itself is asked for.")
def place_among_the_sorted(ref, k_to_accuracies):
    return sorted(k_to_accuracies).index(ref.knn_get_best_k(k_to_accuracies))


@knn_get_best_k.misconception("The place of the best k in the dictionary is returned; the k itself is asked for.")
def place_in_the_dictionary(ref, k_to_accuracies):
    means = [mean_accuracy(k_to_accuracies, k) for k in k_to_accuracies]
    return means.index(max(means))


@knn_get_best_k.misconception("The k with the lowest mean accuracy is returned.")
def the_lowest_mean(ref, k_to_accuracies):
    return min(k_to_accuracies, key=lambda k: (mean_accuracy(k_to_accuracies, k), k))


@knn_get_best_k.misconception("The highest mean accuracy itself is returned; the k that has it is asked for.")
def the_accuracy_itself(ref, k_to_accuracies):
    return max(mean_accuracy(k_to_accuracies, k) for k in k_to_accuracies)


for statement in (
    "means = {k: sum(accuracies) for k, accuracies in k_to_accuracies.items()}",
    "means = {k: sum(accuracies) * len(accuracies) for k, accuracies in k_to_accuracies.items()}",
):
    knn_get_best_k.equivalent(statement, "every k has as many folds, so that the sums have the order of the means")


# -- digits -----------------------------------------------------------------------------------------------------------


@digits.case
def noisy_digits(draw):
    """So much noise that several neighbours know more than one"""
    return digits_to_read(draw, 250, 100, shift=0, noise=0.3)


@digits.case
def many_noisy_digits(draw):
    return digits_to_read(draw, 500, 100, shift=0, noise=0.35)


@digits.case(worth=0.2)
def few_digits(draw):
    return digits_to_read(draw, 50, 30)


@digits.oracle
def digits_by_the_library(ref, x_train, y_train, x_test, k_choices):
    found = cross_validated(percent_by_counting, fold_held_out, x_train, y_train, 5, k_choices)
    k = min(k_choices, key=lambda k: (-sum(found[k]), k))
    return {"k": k, "labels": vote_by_counting(distances_from_the_library(x_train, x_test), y_train, k)}


@digits.misconception("The k with the lowest mean accuracy is used.", of="knn_get_best_k")
def the_worst_k(ref, k_to_accuracies):
    return min(k_to_accuracies, key=lambda k: mean_accuracy(k_to_accuracies, k))


@digits.misconception("The largest k is used, whatever the folds say.", of="knn_get_best_k")
def the_largest_k(ref, k_to_accuracies):
    return max(k_to_accuracies)
