"""How your code for a1 is called, and on what. The grader puts the same questions to its own solution and compares."""

import numpy as np

from grader.ask import given, torch
from grader.spec import (
    Checks,
    at_most_loops,
    exactly_loops,
    memory_at_most,
    no_calls,
    no_loops,
    operations_do_not_grow,
)

checks = Checks("a1", title="Tensors and k-nearest neighbours")

pytorch101 = checks.module("pytorch101", also={"count_negative_entries": "num_negative"})
knn = checks.module("knn")

squared = knn.edition(
    "squared", "Your distances are squared Euclidean distances, without the root, in all three functions."
)

# -- pytorch101: making tensors, reading and writing entries ----------------------------------------------------------


@pytorch101.exercise("create_sample_tensor", points=1, any_dtype=True)
def create_sample_tensor(sub):
    """A small tensor with two entries that are not zero."""
    return {"x": sub.create_sample_tensor()}


@create_sample_tensor.case
def the_tensor(draw):
    return {}


@pytorch101.exercise("mutate_tensor", points=1)
def mutate_tensor(sub, x, indices, values):
    """Write numbers into a tensor, in place."""
    changed = x.clone()  # a copy that the function may change
    returned = sub.mutate_tensor(changed, [(row, column) for row, column in indices], values)
    return {"returned": returned, "x": changed}


@mutate_tensor.case
def two_entries(draw):
    return dict(x=draw.normal(3, 2), indices=[(0, 0), (1, 1)], values=[4.0, -5.0])


@mutate_tensor.case
def above_the_diagonal(draw):
    return dict(x=draw.normal(4, 5), indices=[(0, 4), (1, 2), (0, 3)], values=[1.0, 2.0, 3.0])


@pytorch101.exercise("count_tensor_elements", points=1, rules=[no_calls("torch.numel", ".numel", ".nelement")])
def count_tensor_elements(sub, x):
    """How many numbers a tensor holds, counted from its shape."""
    return {"count": sub.count_tensor_elements(x)}


@count_tensor_elements.case
def a_matrix(draw):
    return dict(x=draw.normal(4, 3))


@count_tensor_elements.case
def three_dimensions(draw):
    return dict(x=draw.normal(2, 3, 5))


@pytorch101.exercise("create_tensor_of_pi", points=1, any_dtype=True, tolerance=1e-6)
def create_tensor_of_pi(sub, M, N):
    """A matrix with 3.14 in every entry."""
    return {"x": sub.create_tensor_of_pi(M, N)}


@create_tensor_of_pi.case
def four_by_five(draw):
    return dict(M=4, N=5)


@pytorch101.exercise("multiples_of_ten", points=2, exact_dtype=True)
def multiples_of_ten(sub, start, stop):
    """The multiples of ten in a range, both ends included, as float64."""
    return {"x": sub.multiples_of_ten(start, stop)}


@multiples_of_ten.case
def from_5_to_25(draw):
    return dict(start=5, stop=25)


@multiples_of_ten.case(worth=0.2)
def none_from_5_to_7(draw):
    return dict(start=5, stop=7)


# -- pytorch101: slicing and integer indexing -------------------------------------------------------------------------

# Where x is among the outputs, it is there as the function left it: a changed x is told apart by what was written.


@pytorch101.exercise("slice_indexing_practice", points=2, keep_inputs=True)
def slice_indexing_practice(sub, x):
    """Four pieces of a matrix: a row, a column that stays a matrix, a corner, every other row and column."""
    last_row, third_col, first_two_rows_three_cols, even_rows_odd_cols = sub.slice_indexing_practice(x)
    return {
        "last_row": last_row,
        "third_col": third_col,
        "first_two_rows_three_cols": first_two_rows_three_cols,
        "even_rows_odd_cols": even_rows_odd_cols,
    }


@slice_indexing_practice.case
def three_by_five(draw):
    return dict(x=draw.normal(3, 5))


@slice_indexing_practice.case
def five_by_eight(draw):
    return dict(x=draw.normal(5, 8))


@pytorch101.exercise("slice_assignment_practice", points=2)
def slice_assignment_practice(sub, x):
    """Overwrite a block of a matrix, in place."""
    changed = x.clone()  # a copy that the function may change
    returned = sub.slice_assignment_practice(changed)
    return {"returned": returned, "x": changed}


@slice_assignment_practice.case
def zeros_of_five_by_seven(draw):
    return dict(x=np.zeros((5, 7), dtype=np.int64))


# The course begins with zeros: that zeros have to be written as well is an edge.
@slice_assignment_practice.case(worth=0.25)
def four_by_six(draw):
    return dict(x=draw.full(4, 6, value=-1.0))


@pytorch101.exercise("shuffle_cols", points=1, keep_inputs=True)
def shuffle_cols(sub, x):
    """A matrix made of columns 0, 0, 2 and 1 of another."""
    return {"y": sub.shuffle_cols(x), "x": x}


@shuffle_cols.case
def three_columns(draw):
    return dict(x=draw.normal(2, 3))


@pytorch101.exercise(
    "reverse_rows",
    points=1,
    keep_inputs=True,
    rules=[no_calls("torch.flip", ".flip", "torch.flipud", ".flipud", "torch.fliplr", ".fliplr")],
)
def reverse_rows(sub, x):
    """The rows of a matrix from last to first."""
    return {"y": sub.reverse_rows(x), "x": x}


@reverse_rows.case
def three_rows(draw):
    return dict(x=draw.normal(3, 4))


@pytorch101.exercise("take_one_elem_per_col", points=1)
def take_one_elem_per_col(sub, x):
    """One entry of each of the first three columns."""
    return {"y": sub.take_one_elem_per_col(x)}


@take_one_elem_per_col.case
def four_by_three(draw):
    return dict(x=draw.normal(4, 3))


@pytorch101.exercise("count_negative_entries", points=1, rules=[no_loops()])
def count_negative_entries(sub, x):
    """How many entries are below zero."""
    return {"count": sub.count_negative_entries(x)}


@count_negative_entries.case
def a_few_integers(draw):
    return dict(x=draw.integers(-3, 4, 3, 4))


@count_negative_entries.case
def a_few_floats(draw):
    return dict(x=draw.normal(3, 5))


@pytorch101.exercise("make_one_hot", points=2, exact_dtype=True, rules=[no_loops()])
def make_one_hot(sub, x):
    """Integers as rows with a single 1, float32."""
    return {"one_hot": sub.make_one_hot(x)}


@make_one_hot.case
def four_numbers(draw):
    return dict(x=[1, 4, 3, 2])


@make_one_hot.case
def one_of_them_twice(draw):
    return dict(x=[1, 3, 1, 0])


@pytorch101.exercise("sum_positive_entries", points=1, rules=[no_loops()])
def sum_positive_entries(sub, x):
    """The sum of the entries above zero."""
    return {"sum": sub.sum_positive_entries(x)}


@sum_positive_entries.case
def integers_of_both_signs(draw):
    return dict(x=draw.integers(-9, 10, 4, 5))


# -- pytorch101: reshaping, reducing, multiplying ---------------------------------------------------------------------


@pytorch101.exercise("reshape_practice", points=2)
def reshape_practice(sub, x):
    """Twenty-four numbers as two blocks side by side."""
    return {"y": sub.reshape_practice(x)}


@reshape_practice.case
def zero_to_23(draw):
    return dict(x=np.arange(24))


@pytorch101.exercise("zero_row_min", points=2, keep_inputs=True)
def zero_row_min(sub, x):
    """A copy of a matrix with the smallest entry of every row set to zero."""
    return {"y": sub.zero_row_min(x), "x": x}


@zero_row_min.case
def two_by_four(draw):
    return dict(x=draw.spread(2, 4, gap=1.0))


@zero_row_min.case
def five_by_three(draw):
    return dict(x=draw.spread(5, 3, gap=1.0))


@pytorch101.exercise("batched_matrix_multiply", points=2, rules=[at_most_loops(1), operations_do_not_grow()])
def batched_matrix_multiply(sub, x, y, use_loop):
    """Products of pairs of matrices, with a loop over the batch and without."""
    return {"z": sub.batched_matrix_multiply(x, y, use_loop=use_loop)}


@batched_matrix_multiply.case
def with_a_loop(draw):
    return dict(x=draw.normal(2, 3, 4), y=draw.normal(2, 4, 5), use_loop=True)


@batched_matrix_multiply.case
def without_a_loop(draw):
    return dict(x=draw.normal(2, 3, 4), y=draw.normal(2, 4, 5), use_loop=False)


# No points for speed: the case is here to count tensor operations. Matrices of this size take longer to multiply than
# to hand over, so that there is something to time.
@batched_matrix_multiply.timed(at_most=10.0)
def many_products_without_a_loop(draw, n=64):
    return dict(x=draw.normal(n, 120, 140), y=draw.normal(n, 140, 120), use_loop=False)


@batched_matrix_multiply.yardstick("torch.bmm")
def library_product(x, y, use_loop):
    return torch.bmm(x, y)


@pytorch101.exercise(
    "normalize_columns",
    points=2,
    keep_inputs=True,
    rules=[
        no_calls(
            *("torch.mean", ".mean", "torch.nanmean", ".nanmean", "torch.std", ".std", "torch.var", ".var"),
            *("torch.std_mean", "torch.var_mean", "torch.nn.*"),
        )
    ],
)
def normalize_columns(sub, x):
    """Columns with mean 0 and sample standard deviation 1."""
    return {"y": sub.normalize_columns(x), "x": x}


@normalize_columns.case
def three_rows_two_columns(draw):
    return dict(x=draw.normal(3, 2, scale=10, mean=5))


@normalize_columns.case
def ten_rows_four_columns(draw):
    return dict(x=draw.normal(10, 4, scale=3))


@pytorch101.exercise("mm_on_gpu", points=1, needs_cuda=True)
def mm_on_gpu(sub, x, w):
    """A matrix product that is computed on the GPU and comes back to the CPU."""
    return {"y": sub.mm_on_gpu(x.cpu(), w.cpu())}


@mm_on_gpu.case
def two_small_matrices(draw):
    return dict(x=draw.normal(4, 5), w=draw.normal(5, 3))


# -- pytorch101: two challenges ---------------------------------------------------------------------------------------


@pytorch101.exercise("challenge_mean_tensors", points=2, rules=[no_loops()])
def challenge_mean_tensors(sub, xs, ls):
    """The mean of every tensor in a list of tensors of different lengths."""
    return {"means": sub.challenge_mean_tensors(xs, ls)}


def tensors_of_lengths(draw, lengths):
    """The inputs of challenge_mean_tensors for these lengths."""
    return dict(xs=[draw.normal(n, mean=1.0) for n in lengths.tolist()], ls=lengths)


@challenge_mean_tensors.case
def four_tensors(draw):
    return tensors_of_lengths(draw, draw.integers(1, 8, 4))


@pytorch101.exercise("challenge_get_uniques", points=2, rules=[no_loops()])
def challenge_get_uniques(sub, x):
    """The different values in a tensor, and where each of them occurs first."""
    uniques, indices = sub.challenge_get_uniques(x)
    order = torch.argsort(uniques)  # any order of the values is right
    return {"uniques": uniques[order], "indices": indices[order]}


@challenge_get_uniques.case
def eight_numbers(draw):
    return dict(x=draw.integers(0, 5, 8))


# -- knn: distances ---------------------------------------------------------------------------------------------------

# The distance itself from the library, under any of its names.
NO_LIBRARY_DISTANCE = no_calls(
    *("torch.cdist", ".cdist", "torch.dist", ".dist", "torch.pdist", "torch.norm", ".norm", "torch.linalg.norm"),
    *("torch.linalg.vector_norm", "torch.nn.*"),
    but=("torch.nn.functional.relu",),
)
# Between points that are equal, |a|^2 + |b|^2 - 2ab rounds to about 1e-14 and its root to about 1e-7.
DISTANCE = dict(tolerance=1e-6, keep_inputs=True)


@knn.exercise("compute_distances_two_loops", points=8, rules=[NO_LIBRARY_DISTANCE], **DISTANCE)
def compute_distances_two_loops(sub, x_train, x_test):
    """Distances between all training and all test examples, a pair at a time."""
    return {"dists": sub.compute_distances_two_loops(x_train, x_test)}


@knn.exercise("compute_distances_one_loop", points=8, rules=[exactly_loops(1), NO_LIBRARY_DISTANCE], **DISTANCE)
def compute_distances_one_loop(sub, x_train, x_test):
    """The same distances with one loop."""
    return {"dists": sub.compute_distances_one_loop(x_train, x_test)}


@knn.exercise(
    "compute_distances_no_loops",
    points=16,
    speed_points=5,
    rules=[no_loops(), NO_LIBRARY_DISTANCE, memory_at_most(150, n=800), operations_do_not_grow()],
    **DISTANCE,
)
def compute_distances_no_loops(sub, x_train, x_test):
    """The same distances without a loop, fast and in little memory."""
    return {"dists": sub.compute_distances_no_loops(x_train, x_test)}


for distances in (compute_distances_two_loops, compute_distances_one_loop, compute_distances_no_loops):

    @distances.case
    def four_points_and_three(draw):
        return dict(x_train=draw.normal(4, 6), x_test=draw.normal(3, 6))

    @distances.case
    def tiny_colour_images(draw):
        return dict(x_train=draw.uniform(5, 3, 4, 4), x_test=draw.uniform(2, 3, 4, 4))

    @distances.case(worth=0.2)
    def points_that_are_equal(draw):
        points = draw.normal(20, 5)
        return dict(x_train=points, x_test=points[:10].copy())


@compute_distances_no_loops.timed(at_most=3.0)
def colour_images(draw, n=800):
    return dict(x_train=draw.normal(n, 3, 16, 16), x_test=draw.normal(n // 2, 3, 16, 16))


@compute_distances_no_loops.yardstick("torch.cdist")
def library_distances(x_train, x_test):
    return torch.cdist(x_train.flatten(1), x_test.flatten(1))


# -- knn: votes -------------------------------------------------------------------------------------------------------


# A loop over the test examples is right: its time is told, and costs nothing.
@knn.exercise("predict_labels", points=14)
def predict_labels(sub, dists, y_train, k):
    """The most common label among the k nearest training examples."""
    return {"labels": sub.predict_labels(dists, y_train, **given(k=k))}


def without_ties(draw, num_train, num_test, classes, k):
    """The inputs of predict_labels where one label always has the most votes: ties have cases of their own."""
    y_train = draw.labels(num_train, classes)
    dists = draw.spread(num_train, 10 * num_test)
    votes = np.eye(classes, dtype=int)[y_train[dists.argsort(axis=0)[:k]]].sum(axis=0)
    clear = (votes == votes.max(axis=1, keepdims=True)).sum(axis=1) == 1
    return dict(dists=dists[:, clear][:, :num_test].copy(), y_train=y_train, k=k)


@predict_labels.case
def the_nearest_of_five(draw):
    return without_ties(draw, 5, 4, classes=3, k=1)


@predict_labels.case
def three_of_ten(draw):
    return without_ties(draw, 10, 8, classes=3, k=3)


@predict_labels.case(worth=0.15)
def one_vote_each(draw):
    """Every label has one vote: the smallest wins"""
    return dict(dists=draw.spread(6, 5), y_train=draw.permutation(6), k=3)


@predict_labels.timed(at_most=4.0, advice=True)  # the course's own solution has a loop
def many_test_examples(draw, n=10_000):
    # Two labels and an odd k: no ties.
    return dict(dists=draw.uniform(100, n), y_train=draw.labels(100, classes=2), k=7)


@predict_labels.yardstick("torch.sort")
def library_sort(dists, y_train, k):
    return torch.sort(dists, dim=0).indices[0]


# An accuracy may have been rounded to float32 on its way; the next possible one is far away.
ACCURACY = dict(tolerance=1e-5)


@knn.exercise("KnnClassifier.predict", points=6, needs=["compute_distances_no_loops", "predict_labels"], **ACCURACY)
def knn_classifier(sub, x_train, y_train, x_test, y_test, k):
    """A classifier that remembers its training set; and its accuracy in percent."""
    classifier = sub.KnnClassifier(x_train, y_train)
    return {
        "labels": classifier.predict(x_test, **given(k=k)),
        "accuracy": classifier.check_accuracy(x_test, y_test, **given(k=k), quiet=True),
    }


def clusters(draw, num_train, num_test, *shape, classes=2, spread=1.0):
    """Points scattered around one centre per class: (x_train, y_train), (x_test, y_test)."""
    centres = draw.normal(classes, *shape)
    y_train, y_test = draw.labels(num_train, classes), draw.labels(num_test, classes)
    x_train = centres[y_train] + draw.normal(num_train, *shape, scale=spread)
    x_test = centres[y_test] + draw.normal(num_test, *shape, scale=spread)
    return (x_train, y_train), (x_test, y_test)


def a_classifier(draw, num_train, num_test, *shape, k, classes=2, spread=1.0):
    """The inputs of KnnClassifier.predict."""
    (x_train, y_train), (x_test, y_test) = clusters(draw, num_train, num_test, *shape, classes=classes, spread=spread)
    return dict(x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test, k=k)


@knn_classifier.case
def three_clusters_one_neighbour(draw):
    return a_classifier(draw, 12, 8, 4, k=1, classes=3)


@knn_classifier.case
def two_clusters_five_neighbours(draw):
    return a_classifier(draw, 20, 10, 4, k=5)


# -- knn: choosing k --------------------------------------------------------------------------------------------------


@knn.exercise("knn_cross_validate", points=8, needs=["KnnClassifier.predict"], **ACCURACY)
def knn_cross_validate(sub, x_train, y_train, num_folds, k_choices, about_keys):
    """Accuracies of every k on every fold held out, in percent; or else whether the keys are whole numbers."""
    accuracies = sub.knn_cross_validate(x_train, y_train, **given(num_folds=num_folds, k_choices=k_choices))
    if about_keys:
        return {"keys_are_integers": all(hasattr(k, "__index__") for k in accuracies)}
    return {"k_to_accuracies": {str(k): [float(a) for a in accuracies[k]] for k in sorted(accuracies)}}


def folds(draw, num_train, *shape, num_folds, k_choices, classes=2, spread=1.5, about_keys=False):
    """The inputs of knn_cross_validate."""
    (x_train, y_train), _ = clusters(draw, num_train, 1, *shape, classes=classes, spread=spread)
    return dict(x_train=x_train, y_train=y_train, num_folds=num_folds, k_choices=k_choices, about_keys=about_keys)


@knn_cross_validate.case
def four_folds(draw):
    return folds(draw, 24, 4, num_folds=4, k_choices=[1, 3, 5])


@knn_cross_validate.case
def two_folds_of_images(draw):
    return folds(draw, 20, 3, 2, 2, num_folds=2, k_choices=[1, 7])


@knn_cross_validate.case(worth=0.1)
def keys_are_integers(draw):
    return folds(draw, 12, 4, num_folds=3, k_choices=[1, 3], about_keys=True)


@knn.exercise("knn_get_best_k", points=5)
def knn_get_best_k(sub, k_choices, accuracies):
    """The k with the highest mean accuracy; of equal ones the smallest."""
    return {"k": sub.knn_get_best_k(dict(zip(k_choices, accuracies, strict=True)))}


@knn_get_best_k.case
def the_steady_one(draw):
    return dict(k_choices=[1, 3, 5], accuracies=[[50.0, 52.0], [40.0, 58.0], [48.0, 49.0]])


@knn_get_best_k.case(worth=0.3)
def two_are_equal(draw):
    return dict(k_choices=[8, 2, 5], accuracies=[[60.0, 64.0], [63.0, 61.0], [50.0, 70.0]])


@knn.exercise("digits", points=5, needs=["KnnClassifier.predict", "knn_cross_validate", "knn_get_best_k"])
def digits(sub, x_train, y_train, x_test, k_choices):
    """Handwritten digits: choose k by cross-validation, then read digits that were never seen."""
    k = sub.knn_get_best_k(sub.knn_cross_validate(x_train, y_train, num_folds=5, k_choices=k_choices))
    return {"k": k, "labels": sub.KnnClassifier(x_train, y_train).predict(x_test, k=k)}


def digits_to_read(draw, num_train, num_test, **how):
    """The inputs of digits. The test labels are not among them."""
    images, labels = draw.digits(num_train + num_test, **how)
    # Five folds whose size divides 100, so that equal means are equal in any floating-point type; odd k only.
    return dict(
        x_train=images[:num_train], y_train=labels[:num_train], x_test=images[num_train:], k_choices=[1, 3, 5, 7, 9]
    )


@digits.case
def a_hundred_and_fifty(draw):
    return digits_to_read(draw, 100, 50)
