"""Notebook of a6, gan. See docs/authoring.md for the marks."""

# %% [markdown]
# ## What is to be made
#
# Handwritten digits, 28 x 28 pixels. Below them noise: every pixel drawn on its own, as bright as a pixel of the digits on
# average. All that is missing is how pixels hang together, and nobody will write that down. It is learned.

# %%
import time

import numpy as np
from a6_helper import enlarged, initialize_weights

with np.load("../data/digits.npz") as file:
    images = torch.tensor(file["images"] / 16.0, dtype=torch.float32)
digits = 2 * enlarged(images).flatten(1) - 1


def show(rows, titles, columns=16, size=0.75):
    """Pictures (N, 784), from -1 to 1, as one strip for each title."""
    figure, panels = plt.subplots(len(rows), 1, figsize=(size * columns, 1.35 * size * len(rows)), squeeze=False)
    for axes, pictures, title in zip(panels[:, 0], rows, titles, strict=True):
        strip = torch.cat([picture.reshape(28, 28) for picture in pictures[:columns]], dim=1)
        axes.imshow(strip, cmap="gray", vmin=-1, vmax=1)
        axes.set_title(title, loc="left", fontsize=10)
        axes.axis("off")
    plt.tight_layout()
    plt.show()


torch.manual_seed(0)
chosen = digits[torch.randperm(len(digits))[:16]]
noise = (digits.mean() + digits.std() * torch.randn(16, 784)).clamp(-1, 1)
show([chosen, noise], ["digits", "noise"])

# %% [handout] gan.py / Two networks

# %% [checks] sample_noise discriminator generator

# %% [handout] gan.py / The game

# %% [checks] discriminator_loss generator_loss get_optimizer generator.training

# %% [markdown]
# ## Why the generator does not minimise log(1 - D)
#
# Both losses of one picture, as functions of its logit. Far to the left the discriminator is sure that the picture is made, as
# it is of all pictures at first. There your loss is steep, and the other one is flat: nothing would be learned.

# %%
logits = torch.linspace(-6, 6, 200)
yours = torch.stack([gan.generator_loss(logit[None]) for logit in logits])
other = -torch.nn.functional.softplus(logits)
figure, panels = plt.subplots(1, 2, figsize=(10, 3), sharex=True)
for values, name in ((yours, "yours, -log D"), (other, "log(1 - D)")):
    panels[0].plot(logits, values, label=name)
    panels[1].plot(logits, torch.gradient(values, spacing=(logits,))[0], label=name)
panels[0].set_title("loss")
panels[1].set_title("its slope")
for axes in panels:
    axes.set_xlabel("logit of a made picture")
    axes.legend()
plt.show()

# %% [markdown]
# ## The game
#
# In each round the discriminator makes a step on real and made pictures, then the generator makes one. The same noise is shown each time, so
# that you see one and the same picture become another.


# %%
def play(judging, making, judge_loss, maker_loss, rounds, batch_size=64, shown=(), noise_dim=96):
    """Play, and return the pictures made of one fixed noise at the rounds that are to be shown, and the losses."""
    judge_steps, maker_steps = gan.get_optimizer(judging), gan.get_optimizer(making)
    fixed, strips, losses, begin = gan.sample_noise(64, noise_dim), {}, [], time.time()
    for number in range(rounds + 1):
        if number in shown:
            with torch.no_grad():
                strips[number] = making(fixed).reshape(64, 784)
        real = digits[torch.randint(len(digits), (batch_size,))]
        fake = making(gan.sample_noise(batch_size, noise_dim)).reshape(batch_size, 784)
        judge_steps.zero_grad()
        loss = judge_loss(judging(real), judging(fake.detach()))
        loss.backward()
        judge_steps.step()
        maker_steps.zero_grad()
        own = maker_loss(judging(fake))
        own.backward()
        maker_steps.step()
        losses.append((float(loss.detach()), float(own.detach())))
    print(f"{rounds} rounds in {time.time() - begin:.0f} seconds")
    return strips, losses


torch.manual_seed(0)
shown = (0, 50, 200, 500, 900)
strips, losses = play(
    gan.discriminator(), gan.generator(), gan.discriminator_loss, gan.generator_loss, rounds=900, shown=shown
)
show(strips.values(), [f"after {number} rounds" for number in strips])

# %% [markdown]
# Neither loss says how good the pictures are: each is measured against an opponent that learns as well. What can be measured is,
# for instance, how far the mean of the pictures is from that of the digits, and whether they differ from each other as much as
# digits do. A generator that always makes the same good picture ("mode collapse") has the first, and not the second.

# %%
figure, panels = plt.subplots(1, 2, figsize=(11, 3))
panels[0].plot(losses, label=["discriminator", "generator"])
panels[0].set_title("losses")
panels[0].set_xlabel("round")
panels[0].legend()
means = [float((strip.mean(dim=0) - digits.mean(dim=0)).abs().mean()) for strip in strips.values()]
spreads = [float(strip.std(dim=0).mean() / digits.std(dim=0).mean()) for strip in strips.values()]
panels[1].plot(list(strips), means, "o-", label="distance of the means")
panels[1].plot(list(strips), spreads, "o-", label="spread, of that of the digits")
panels[1].set_xlabel("round")
panels[1].set_ylim(0, None)
panels[1].legend()
plt.show()

# %% [handout] gan.py / Least squares

# %% [checks] ls_discriminator_loss ls_generator_loss

# %%
torch.manual_seed(1)
strips, losses = play(
    gan.discriminator(),
    gan.generator(),
    gan.ls_discriminator_loss,
    gan.ls_generator_loss,
    rounds=500,
    shown=(0, 50, 200, 500),
)
show(strips.values(), [f"least squares, after {number} rounds" for number in strips])

# %% [handout] gan.py / Convolutional networks

# %% [checks] build_dc_classifier build_dc_generator

# %% [markdown]
# ## The same game between convolutional networks
#
# Fewer rounds, each of which takes longer. Strokes come sooner, and without the speckles: a pixel is made from the same maps as its
# neighbours.

# %%
torch.manual_seed(0)
making = gan.build_dc_generator()
making.apply(initialize_weights)  # smaller than the library's: tanh begins where it is not flat
strips, losses = play(
    gan.build_dc_classifier(),
    making,
    gan.discriminator_loss,
    gan.generator_loss,
    rounds=200,
    batch_size=32,
    shown=(0, 25, 50, 100, 200),
)
show(strips.values(), [f"after {number} rounds" for number in strips])

# %% [markdown]
# ## From one noise to another
#
# The generator knows no digits, only noise. On a straight way from one noise vector to another its pictures change little by little, and what
# lies between is a picture too.

# %%
share = torch.linspace(0, 1, 16)[:, None]
with torch.no_grad():
    rows = [
        making((1 - share) * one + share * other).reshape(16, 784)
        for one, other in zip(gan.sample_noise(3, 96), gan.sample_noise(3, 96), strict=True)
    ]
show(rows, ["from left to right", "", ""])

# %% [checks]
