"""Hidden part of the toy."""

from checks import coin, count, doubled, energy, scale


@scale.case(worth=0.25)
def empty(draw):
    return dict(x=draw.normal(0, 4), factor=2.0)


@scale.case
def negative(draw):
    return dict(x=draw.normal(6, 2), factor=-1.7)


@scale.misconception("The factor is added instead of multiplied.")
def added(ref, x, factor):
    return x + factor


@scale.misconception("The factor is squared.")
def squared(ref, x, factor):
    return ref.scale(ref.scale(x, factor), factor)


@energy.case
def single(draw):
    return dict(x=draw.normal(1, 1, away=0.1))


@energy.misconception("The gradient of x * x is taken for x.")
def no_two(ref, x):
    value, gradient = ref.energy(x)
    return value, gradient / 2


@energy.naive
def slow(ref, x):
    return sum(float(v) ** 2 for v in x.reshape(-1)), 2 * x


@energy.oracle
def autograd(ref, x):
    x = x.clone().requires_grad_()
    value = (x**2).sum()
    value.backward()
    return {"value": value.detach(), "gradient": x.grad}


@doubled.replaces("energy")
def doubled_energy(ref, x):
    value, gradient = ref.energy(x)
    return 2 * value, 2 * gradient


@count.case
def none(draw):
    return dict(x=draw.normal(4), above=100.0)


@count.misconception("The comparison includes what it should exclude.", of="Counter.count")
def below(ref, self, x):
    return int((x < self.above).sum())


@coin.case(worth=0.5)
def never(draw):
    return dict(n=1000, p=0.0)
