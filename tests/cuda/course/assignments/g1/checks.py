"""A small assignment whose work is worth a GPU: little to send, much to compute."""

from grader.spec import Checks

checks = Checks("g1", title="On a GPU")
kernels = checks.module("kernels")


@kernels.exercise("sums", points=60, speed_points=40, dtype="float32", seconds=5)
def sums(sub, x, w):
    """The sum of (x / k) w over k = 1 ... 400."""
    return {"y": sub.sums(x, w)}


@sums.case
def small(draw):
    return dict(x=draw.normal(8, 16), w=draw.normal(16, 16))


@sums.timed(at_most=2.0)
def large(draw, n=1024):
    return dict(x=draw.normal(n, n), w=draw.normal(n, n, scale=n**-0.5))


@kernels.exercise("normed", points=40, dtype="float32", tolerance=2e-5)
def normed(sub, x, w, kernel):
    """A product and a convolution in float32: what tf32 would round to 10 bits."""
    product, images = sub.normed(x, w, kernel)
    return {"product": product, "images": images}


@normed.case
def whole(draw):
    return dict(x=draw.normal(128, 256), w=draw.normal(256, 128), kernel=draw.normal(16, 8, 3, 3))
