"""Mistakes that students make in a2, made by hand in right submissions."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hand_made import Slip, check_that_mistakes_are_told, graded

MADE = [
    (
        "styles_1",
        [
            Slip(
                "linear_classifier.svm_loss_naive",
                "scores[j] - correct_class_score + 1",
                "scores[j] - correct_class_score",
            ),
            Slip(
                "linear_classifier.svm_loss_vectorized",
                "torch.sum(margins) / num_train + reg * torch.sum(W * W)",
                "torch.sum(margins) / num_train + 0.5 * reg * torch.sum(W * W)",
            ),
            Slip("linear_classifier.softmax_loss_naive", "        scores -= torch.max(scores)\n", ""),
            Slip(
                "linear_classifier.softmax_loss_vectorized",
                "dW = torch.mm(X.t(), probs) / num_train + 2 * reg * W",
                "dW = torch.mm(X.t(), probs) + 2 * reg * W",
            ),
            Slip("linear_classifier.train_linear_classifier", "W -= learning_rate * grad", "W = W - grad"),
            Slip(
                "linear_classifier.sample_batch",
                "torch.randint(0, num_train, (batch_size,))",
                "torch.arange(batch_size)",
            ),
            Slip(
                "linear_classifier.test_one_param_set",
                "lr, reg, num_iters, batch_size=200",
                "reg, lr, num_iters, batch_size=200",
            ),
            Slip(
                "two_layer_net.nn_forward_backward",
                "grads['b1'] = torch.sum(dh, dim=0)",
                "grads['b1'] = torch.sum(dh, dim=0) * N",
            ),
            Slip(
                "two_layer_net.nn_train", "params['W1'] += -learning_rate * grads['W1']", "params['W1'] += -grads['W1']"
            ),
            Slip("two_layer_net.nn_predict", "torch.argmax(scores, dim=1)", "torch.argmax(scores, dim=0)"),
            Slip(
                "two_layer_net.find_best_net",
                "                for decay in decays:\n",
                "                for decay in decays[:1]:\n",
            ),
        ],
    ),
    (
        "styles_3",
        [
            Slip(
                "linear_classifier.svm_loss_naive",
                "dw[:, labels[i]] -= np.count_nonzero(margins) * x[i]",
                "dw[:, labels[i]] += np.count_nonzero(margins) * x[i]",
            ),
            Slip("linear_classifier.svm_loss_vectorized", "    steps[every, labels] = -violated.sum(axis=1)\n", ""),
            Slip("linear_classifier.softmax_loss_naive", "loss += log_sum", "loss -= log_sum"),
            Slip(
                "linear_classifier.softmax_loss_vectorized",
                "top = scores.max(axis=1, keepdims=True)",
                "top = scores.max()",
            ),
            Slip(
                "two_layer_net.nn_forward_pass",
                "_affine(hidden, params['W2'], params['b2']), hidden",
                "_affine(hidden, params['W2'], params['b2']), z",
            ),
            Slip("two_layer_net.nn_forward_backward", "dhidden * (hidden > 0)", "dhidden * (dhidden > 0)"),
            Slip(
                "two_layer_net.nn_train",
                "rate = learning_rate * learning_rate_decay ** ((iteration + every - 1) // every)",
                "rate = learning_rate * learning_rate_decay ** iteration",
            ),
            Slip(
                "two_layer_net.find_best_net",
                "for d in decays for c in regs for b in sizes for a in rates]",
                "for d in decays[:1] for c in regs[:1] for b in sizes[:1] for a in rates]",
            ),
        ],
    ),
]


@pytest.mark.parametrize(("style", "slips"), MADE, ids=[f"{style}-{number}" for number, (style, _) in enumerate(MADE)])
def test_mistakes_made_by_hand_are_told(style: str, slips: list[Slip], tmp_path: Path) -> None:
    check_that_mistakes_are_told("a2", style, slips, tmp_path / "a2")


def test_what_verbose_does_is_asked_and_decays_that_are_not_varied_cost_a_share(tmp_path: Path) -> None:
    told = "print('iteration %d / %d: loss %f' % (it, num_iters, {}))"
    slips = [
        Slip("linear_classifier.train_linear_classifier", told.format("loss"), told.format("loss.value")),
        Slip("two_layer_net.find_best_net", "learning_rate_decay=decay, reg=reg", "reg=reg"),
    ]
    verbose, decays = graded("a2", "styles_1", slips, tmp_path / "a2").exercises
    assert verbose.points == 0 and "linear_classifier.py" in (verbose.sentence or "")
    assert decays.out_of / 2 <= decays.points < decays.out_of
