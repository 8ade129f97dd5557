"""Assignment a3."""

from __future__ import annotations

from grader.judge import Judge
from tests.coursework import SUBMISSIONS, Coursework


class TestA3(Coursework):
    name = "a3"
    points = {"fully_connected_networks": 40, "convolutional_networks": 60}
    editions = {("styles_3", "fully_connected_networks"): "half_l2"}
    differs = {"fully_connected_networks#half_l2": {"FullyConnectedNet.loss"}}
    half = {
        "fully_connected_networks.TwoLayerNet.loss": "half_of_the_gradient",
        "fully_connected_networks.get_three_layer_network_params": "learning_rate_too_small",
        "fully_connected_networks.sgd_momentum": "velocity_without_learning_rate",
        "fully_connected_networks.adam": "adams_epsilon_under_the_root",
        "fully_connected_networks.Dropout.forward": "p_keeps",
        "convolutional_networks.Conv.backward": "empty_without_padding",
        "convolutional_networks.MaxPool.backward": "maxima_overwritten",
        "convolutional_networks.ThreeLayerConvNet.loss": "no_relu_in_the_middle",
        "convolutional_networks.kaiming_initializer": "filters_inputs_first",
        "convolutional_networks.BatchNorm.forward": "eps_outside_the_root_in_test_mode",
        "convolutional_networks.BatchNorm.backward": "no_term_through_the_mean",
    }
    perhaps = (
        "fully_connected_networks.get_three_layer_network_params",
        "fully_connected_networks.Dropout.forward",
        "convolutional_networks.kaiming_initializer",
    )
    blocked = {
        "FullyConnectedNet.dropout": "Dropout.forward, Dropout.backward",
        "Dropout.backward": "Dropout.forward",
        "DeepConvNet.__init__": "kaiming_initializer",
        "DeepConvNet.loss": "DeepConvNet.__init__, SpatialBatchNorm.forward, SpatialBatchNorm.backward",
        "create_convolutional_solver_instance": "DeepConvNet.__init__, DeepConvNet.loss, adam",
        "SpatialBatchNorm.forward": "BatchNorm.forward",
        "SpatialBatchNorm.backward": "SpatialBatchNorm.forward, BatchNorm.backward",
    }

    def test_what_is_built_on_a_wrong_layer_is_told_the_layers_mistake(self, untimed: Judge) -> None:
        result = self.graded(untimed, SUBMISSIONS / "a3" / "half")
        hints = {one.id.partition(".")[2]: one.hints for one in result.exercises}
        for way in ("forward", "backward"):
            assert hints[f"SpatialBatchNorm.{way}"] == hints[f"BatchNorm.{way}"]
