"""Hidden part. canary-hidden-5a90c4ee"""

from checks import center, clip, drop, momentum, pairwise

SENTENCE = "canary-sentence-e13b7d20"
NUMBER = 86753.09375


@pairwise.case
def canary_case_one_row(draw):
    return dict(x=draw.normal(1, 4), y=draw.normal(2, 4))


@pairwise.misconception("The differences are not squared.")
def absolute(ref, x, y):
    return (x[:, None, :] - y[None, :, :]).abs().sum(dim=2)


@center.case
def canary_case_constant(draw):
    return dict(x=draw.full(2, 2, value=3.0))


@clip.case(worth=0.5)
def canary_case_all_inside(draw):
    return dict(x=draw.normal(3, 3, scale=0.01), low=-100.0, high=100.0)


@momentum.case
def canary_case_no_decay(draw):
    return dict(w=draw.normal(3), gradients=[draw.normal(3) for _ in range(2)], rate=0.5, decay=0.0)


@drop.case(worth=0.5)
def canary_case_nothing_dropped(draw):
    return dict(x=draw.normal(5, 5, away=0.01), p=0.0), dict(watermark=f"canary-kept-0f9d6b37 {NUMBER}")
