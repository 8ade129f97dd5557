"""What asks may call, on functions as students write them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from grader.ask import differentiable, gradients_by_shape, gradients_of, loss_and_gradients, used_parameters

X = torch.tensor([0.3, -1.2, 0.7], dtype=torch.float64)

# Each is the sum of squares of x - 1; the second one of a pair works in what it is given.
IN_PLACE: dict[str, Callable[[Tensor], Tensor]] = {
    "subtracts": lambda x: x.sub_(1).square().sum(),
    "subtracts from a view": lambda x: x.view(3, 1).sub_(1).square().sum(),
    "overwrites an entry": lambda x: (x.index_fill_(0, torch.tensor([1]), -1.2) - 1).square().sum() + 0 * x[1],
    "clamps": lambda x: (x.clamp_(-9, 9) - 1).square().sum(),
}


@pytest.mark.parametrize("name", IN_PLACE)
def test_a_submission_may_work_in_what_it_is_given(name: str) -> None:
    given = X.clone()
    loss, (gradient,) = loss_and_gradients(IN_PLACE[name], given)
    right = 2 * (X - 1)
    if "entry" in name:
        right[1] = 0  # what is overwritten has no influence any more
    torch.testing.assert_close(loss, (X - 1).square().sum())
    torch.testing.assert_close(gradient, right)
    assert torch.equal(given, X)


def test_there_is_no_gradient_where_autograd_cannot_go_back() -> None:
    loss, (dx, dy) = loss_and_gradients(lambda x, y: x.detach().sum() + y.square().sum(), X, X)
    torch.testing.assert_close(loss, X.sum() + X.square().sum())
    assert torch.equal(dx, torch.zeros_like(X))
    torch.testing.assert_close(dy, 2 * X)
    loss, (dx,) = loss_and_gradients(lambda x: 2.0, X)
    assert float(loss) == 2.0 and torch.equal(dx, torch.zeros_like(X))


def test_what_is_handed_over_is_no_leaf_and_leads_back_to_one() -> None:
    leaves, (given,) = differentiable(X)
    assert not given.is_leaf
    (slope,) = gradients_of((given.mul_(3) * X).sum(), leaves)
    torch.testing.assert_close(slope, 3 * X)
    assert gradients_of(X.sum(), leaves)[0].equal(torch.zeros_like(X))


class Spare(nn.Module):
    """A linear layer that is used, one that is not, and one whose output a ReLU switches off."""

    def __init__(self) -> None:
        super().__init__()
        self.used, self.spare, self.off = nn.Linear(3, 2), nn.Linear(3, 2), nn.Linear(2, 4)
        nn.init.constant_(self.off.bias, -100)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.used(x)
        return out.sum() + self.off(out).relu().sum()


def test_a_layer_that_nothing_depends_on_does_not_count() -> None:
    net = Spare()
    out = net(torch.ones(5, 3))
    counted = used_parameters(net, out, torch.ones(()))
    assert [id(p) for p in counted] == [id(p) for p in (*net.used.parameters(), *net.off.parameters())]
    assert len(used_parameters(net, torch.ones(()))) == len(used_parameters(net)) == 6  # it cannot be told
    net.spare.bias.requires_grad_(False)
    assert len(used_parameters(net, out)) == 5  # nor of this one
    found = gradients_by_shape(net, out)
    assert {shape: len(gradients) for shape, gradients in found.items()} == {
        "(2, 3)": 1,
        "(2,)": 1,
        "(4, 2)": 1,
        "(4,)": 1,
    }
