"""Notebook of a4, pytorch_autograd_and_nn. See docs/authoring.md for the marks."""

# %% [markdown]
# ## What autograd keeps
#
# In assignment 3 you wrote every backward pass. Here each operation on a tensor that requires gradients leaves a node
# behind, which knows the nodes that it came from. `backward()` walks along them in the opposite direction. Below: the nodes
# of one convolution, one ReLU and one sum, and a gradient against a difference quotient.

# %%
torch.manual_seed(0)
x = torch.randn(1, 1, 5, 5, dtype=torch.double)
w = torch.randn(1, 1, 3, 3, dtype=torch.double, requires_grad=True)
loss = torch.nn.functional.conv2d(x, w).relu().sum()
node = loss.grad_fn
while node is not None:
    print(node.name())
    node = node.next_functions[1 if "Convolution" in node.name() else 0][0] if node.next_functions else None
loss.backward()
step = torch.zeros_like(w)
step[0, 0, 1, 1] = 1e-6
with torch.no_grad():
    after = torch.nn.functional.conv2d(x, w + step).relu().sum()
print(f"by autograd {w.grad[0, 0, 1, 1]:.6f}, by a difference quotient {(after - loss) / 1e-6:.6f}")

# %% [handout] pytorch_autograd_and_nn.py / The same network three times

# %% [checks] three_layer_convnet initialize_three_layer_conv_part2 ThreeLayerConvNet.__init__ ThreeLayerConvNet.forward initialize_three_layer_conv_part3 initialize_three_layer_conv_part4

# %% [markdown]
# ## Two optimizers, one network
#
# Handwritten digits, enlarged to 32 x 32 and in colours, for your networks of the third and the fourth part: the same
# layers, once with plain gradient descent, once with Nesterov momentum and a larger rate. Half a minute.

# %%
from digit_scenes import boxed_scenes

train_x, train_boxes = boxed_scenes("../data/digits.npz", 1500, side=32, most=1, sizes=(24, 32))
test_x, test_boxes = boxed_scenes("../data/digits.npz", 300, seed=1, part="test", side=32, most=1, sizes=(24, 32))
train_y, test_y = train_boxes[:, 0, 4].long(), test_boxes[:, 0, 4].long()


def train(model, optimizer, steps, batch=64):
    """The loss of every step."""
    losses = []
    for _ in range(steps):
        chosen = torch.randint(len(train_x), (batch,))
        loss = torch.nn.functional.cross_entropy(model(train_x[chosen]), train_y[chosen])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def accuracy(model):
    """On digits that were not trained on."""
    model.eval()
    with torch.no_grad():
        return float((model(test_x).argmax(dim=1) == test_y).double().mean())


def smooth(losses, width=10):
    """The mean of the last `width` losses, step by step."""
    return [sum(losses[max(0, i - width + 1) : i + 1]) / min(width, i + 1) for i in range(len(losses))]


torch.manual_seed(0)
parts = {
    "part 3: gradient descent": pytorch_autograd_and_nn.initialize_three_layer_conv_part3(),
    "part 4: Nesterov momentum": pytorch_autograd_and_nn.initialize_three_layer_conv_part4(),
}
figure, panels = plt.subplots(1, 2, figsize=(13, 3.5), width_ratios=[2, 1])
for name, (model, optimizer) in parts.items():
    losses = train(model, optimizer, 100)
    panels[0].semilogy(smooth(losses), label=f"{name}, {accuracy(model):.0%} right")
panels[0].set_xlabel("step")
panels[0].set_ylabel("loss")
panels[0].legend()
model = parts["part 4: Nesterov momentum"][0]
with torch.no_grad():
    told = model(test_x[:12]).argmax(dim=1)
tiles = ((test_x[:12] + 2) / 4).clamp(0, 1).unflatten(0, (3, 4)).permute(0, 3, 1, 4, 2).reshape(96, 128, 3)
panels[1].imshow(tiles)
for i, digit in enumerate(told.tolist()):
    colour = "lime" if digit == test_y[i] else "red"
    panels[1].text(32 * (i % 4) + 1, 32 * (i // 4) + 8, digit, color=colour, weight="bold")
panels[1].set_title("what part 4 says")
panels[1].axis("off")
plt.show()

# %% [handout] pytorch_autograd_and_nn.py / Residual networks

# %% [checks] PlainBlock ResidualBlock ResidualBottleneckBlock ResNet

# %% [markdown]
# ## What a shortcut is for
#
# Two networks of forty blocks before any training: your plain blocks in a row, and your residual ones. How large is the
# gradient that reaches each block, coming from the end? Without shortcuts every block changes it a little, again and again:
# here it grows by a factor of ten thousand and more. With them it stays within one power of ten.

# %%
torch.manual_seed(0)
x = torch.randn(16, 8, 8, 8)
for name in ("PlainBlock", "ResidualBlock"):
    blocks = [getattr(pytorch_autograd_and_nn, name)(8, 8) for _ in range(40)]
    states = [x.clone().requires_grad_()]
    for block in blocks:
        states.append(block(states[-1]))
    gradients = torch.autograd.grad((states[-1] * torch.randn_like(states[-1])).sum(), states[:-1])
    plt.semilogy(range(1, 41), [float(g.norm()) for g in gradients], ".-", label=name)
plt.xlabel("block, the loss is on the right")
plt.ylabel("norm of the gradient")
plt.legend()
plt.show()

# %% [markdown]
# And trained: two networks of 34 convolutions on the digits, in 8 x 8 pixels, which differ in nothing but the shortcuts.

# %%
train_x, test_x = (torch.nn.functional.avg_pool2d(pictures, 4) for pictures in (train_x, test_x))
stages = [(8, 8, 8, False), (8, 16, 8, True)]
for name in ("PlainBlock", "ResidualBlock"):
    torch.manual_seed(0)
    model = pytorch_autograd_and_nn.ResNet(stages, block=getattr(pytorch_autograd_and_nn, name))
    losses = train(model, torch.optim.SGD(model.parameters(), lr=0.03, momentum=0.9), 150, batch=32)
    plt.plot(smooth(losses), label=f"{name}, {accuracy(model):.0%} right")
plt.xlabel("step")
plt.ylabel("loss")
plt.legend()
plt.show()

# %% [checks]
