"""Assignment a1."""

from __future__ import annotations

from tests.coursework import Coursework

TIES = "Equally common labels are decided by distance; the smallest label wins."


class TestA1(Coursework):
    name = "a1"
    points = {"pytorch101": 30, "knn": 70}
    editions = {("styles_3", "knn"): "squared"}
    # Squaring keeps the order of distances: labels, accuracies and k stay the same.
    differs = {
        "knn#squared": {
            "compute_distances_two_loops",
            "compute_distances_one_loop",
            "compute_distances_no_loops",
        }
    }
    half = {
        "pytorch101.multiples_of_ten": "the_end_left_out",
        "pytorch101.slice_indexing_practice": "the_column_without_its_dimension",
        "pytorch101.reverse_rows": "swapped_through_slices",
        "pytorch101.reshape_practice": "view_after_transpose",
        "pytorch101.zero_row_min": "a_slice_for_a_copy",
        "pytorch101.normalize_columns": "population_deviation",
        "pytorch101.challenge_get_uniques": "the_last_occurrence",
        "knn.compute_distances_one_loop": "root_missing",
        "knn.compute_distances_no_loops": "negative_under_the_root",
        "knn.predict_labels": "ties_by_distance",
        "knn.knn_cross_validate": "trained_on_a_single_fold",
        "knn.knn_get_best_k": "the_best_single_fold",
    }
    unwritten = frozenset({"pytorch101.challenge_mean_tensors"})
    told = {"knn.KnnClassifier.predict": (TIES,)}  # as what it needs does; it fails an edge, and so is not blocked
    blocked = {"digits": "knn_cross_validate, knn_get_best_k"}
