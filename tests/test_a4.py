"""Assignment a4."""

from __future__ import annotations

import importlib

import pytest
import torch

from tests.coursework import ROOT, Coursework, make_importable


class TestA4(Coursework):
    name = "a4"
    points = {
        "pytorch_autograd_and_nn": 25,
        "rnn_lstm_attention_captioning": 45,
        "network_visualization": 15,
        "style_transfer": 15,
    }
    half = {
        "pytorch_autograd_and_nn.three_layer_convnet": "no_second_relu",
        "pytorch_autograd_and_nn.initialize_three_layer_conv_part2": "without_gain",
        "pytorch_autograd_and_nn.ResidualBlock": "relu_after_the_sum",
        "rnn_lstm_attention_captioning.rnn_step_backward": "tanh_twice",
        "rnn_lstm_attention_captioning.temporal_softmax_loss": "averaged_over_words",
        "rnn_lstm_attention_captioning.lstm_forward": "cell_from_h0",
        "rnn_lstm_attention_captioning.dot_product_attention": "no_root",
        "network_visualization.compute_saliency_maps": "absolute_too_late",
        "network_visualization.make_adversarial_attack": "without_stopping",
        "style_transfer.content_loss": "content_averaged",
        "style_transfer.gram_matrix": "gram_over_pixels",
        "style_transfer.tv_loss": "variation_across",
    }
    perhaps = ("pytorch_autograd_and_nn.initialize_three_layer_conv_part2",)
    blocked = {
        "ResNet": "ResidualBlock",
        "rnn_backward": "rnn_step_backward",
        "attention_forward": "dot_product_attention",
        "CaptioningRNN.forward": "lstm_forward, attention_forward, temporal_softmax_loss",
        "CaptioningRNN.sample": "lstm_forward, attention_forward",
        "style_loss": "gram_matrix",
    }


def test_a_captioner_learns_to_describe_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pictures that are given are real enough: after some seconds most words of new pictures are right."""
    make_importable("a4", monkeypatch)
    module = importlib.import_module("rnn_lstm_attention_captioning")
    digits_network = importlib.import_module("digits_network")
    torch.manual_seed(0)
    digits = ROOT / "assignments" / "data" / "digits.npz"
    pictures, captions = digits_network.captioned_digits(digits, 2000, seed=1)
    net = module.CaptioningRNN(digits_network.WORD_TO_IDX, 64, 64, 128, "attention", ignore_index=0)
    optimizer = torch.optim.Adam(net.parameters(), 3e-3)
    for _ in range(8):
        for chosen in torch.randperm(len(pictures)).reshape(-1, 100):
            optimizer.zero_grad()
            net(pictures[chosen], captions[chosen]).backward()
            optimizer.step()
    pictures, captions = digits_network.captioned_digits(digits, 300, seed=2)
    told, weights = net.sample(pictures, 5)
    words = captions[:, 1:] != 0
    assert float((told == captions[:, 1:])[words].double().mean()) > 0.75
    assert torch.allclose(weights.sum(dim=(2, 3)), torch.ones(300, 5))
