"""Assignment a2."""

from __future__ import annotations

from tests.coursework import Coursework


class TestA2(Coursework):
    name = "a2"
    points = {"linear_classifier": 55, "two_layer_net": 45}
    half = {
        "linear_classifier.svm_loss_naive": "half_the_regularisation_gradient",
        "linear_classifier.svm_loss_vectorized": "repeated_labels_lost",
        "linear_classifier.softmax_loss_naive": "no_shift",
        "linear_classifier.softmax_loss_vectorized": "shift_by_the_global_maximum",
        "linear_classifier.sample_batch": "the_last_one_never",
        "linear_classifier.train_linear_classifier": "regularised_twice",
        "linear_classifier.test_one_param_set": "never_validated",
        "two_layer_net.nn_forward_backward": "bias_gradients_summed",
        "two_layer_net.nn_train": "no_bias_step",
        "two_layer_net.find_best_net": "history_of_the_last_network",
    }
    # Numbers that are chosen freely are told by the claims that they fail.
    told = {"linear_classifier.svm_get_search_params": ("Perhaps: There are too many pairs to try.",)}
