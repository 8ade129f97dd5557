"""Notebook of a4, rnn_lstm_attention_captioning. See docs/authoring.md for the marks."""

# %% [markdown]
# ## Pictures and what they are called
#
# One or two handwritten digits on a canvas, and a sentence for each picture. Words are numbers; sentences begin with
# <START>, end with <END> and are filled up with <NULL>. By the end of this notebook your network writes the sentences itself.

# %%
from digits_network import VOCABULARY, WORD_TO_IDX, captioned_digits


def show(panel, picture, title=""):
    panel.imshow(((picture + 2) / 4).clamp(0, 1).permute(1, 2, 0))
    panel.set_title(title, fontsize=9)
    panel.axis("off")


def said(caption):
    """A caption's words, without those that only mark its ends."""
    words = [VOCABULARY[number] for number in caption.tolist()]
    return " ".join(words[: words.index("<END>")] if "<END>" in words else words).replace("<START> ", "")


pictures, captions = captioned_digits("../data/digits.npz", 6, seed=3)
figure, panels = plt.subplots(1, 6, figsize=(14, 2.6))
for panel, picture, caption in zip(panels, pictures, captions, strict=True):
    show(panel, picture, f"{said(caption)}\n{caption.tolist()}")
plt.show()

# %% [handout] rnn_lstm_attention_captioning.py / A recurrent network by hand

# %% [checks] rnn_step_forward rnn_step_backward rnn_forward rnn_backward

# %% [markdown]
# ## How far back a gradient reaches
#
# A loss on the last of forty states alone, and your backward pass: how much of the gradient is left, step by step? On each
# step it is multiplied by Wh and by 1 - tanh². With a small Wh it fades: what the first words should have been is then hardly
# learned. With a large one it grows on its way.

# %%
torch.manual_seed(0)
N, T, D, H = 16, 40, 4, 32
x, h0 = 0.3 * torch.randn(N, T, D, dtype=torch.double), torch.zeros(N, H, dtype=torch.double)
Wx, b = torch.randn(D, H, dtype=torch.double) / D**0.5, torch.zeros(H, dtype=torch.double)
direction = torch.randn(H, H, dtype=torch.double) / H**0.5
for scale in (0.5, 0.8, 1.0, 1.3):
    h, cache = rnn_lstm_attention_captioning.rnn_forward(x, h0, Wx, scale * direction, b)
    dh = torch.zeros_like(h)
    dh[:, -1] = 1
    dx, *_ = rnn_lstm_attention_captioning.rnn_backward(dh, cache)
    plt.semilogy(range(1, T + 1), dx.norm(dim=(0, 2)), label=f"Wh times {scale}")
plt.xlabel("step; the loss is at step 40")
plt.ylabel("norm of dx")
plt.legend()
plt.show()

# %% [handout] rnn_lstm_attention_captioning.py / Words

# %% [checks] WordEmbedding.forward temporal_softmax_loss

# %% [handout] rnn_lstm_attention_captioning.py / LSTM

# %% [checks] lstm_step_forward lstm_forward

# %% [markdown]
# ## The same question to an LSTM
#
# The cell state is multiplied by sigmoid(f) and nothing else. With a bias of 3 at the gate f, 95 % of it stays on each step,
# and the gradient reaches the beginning. With 0, half of it is lost on every step. That is why many libraries begin with a
# bias of 1 there.

# %%
torch.manual_seed(0)
x.requires_grad_()
Wx4, Wh4 = (0.5 * torch.randn(rows, 4 * H, dtype=torch.double) / rows**0.5 for rows in (D, H))
for bias in (0.0, 1.0, 3.0):
    b4 = torch.zeros(4 * H, dtype=torch.double)
    b4[H : 2 * H] = bias
    h = rnn_lstm_attention_captioning.lstm_forward(x, h0, Wx4, Wh4, b4)
    (dx,) = torch.autograd.grad(h[:, -1].sum(), x)
    plt.semilogy(range(1, T + 1), dx.norm(dim=(0, 2)), label=f"bias of gate f: {bias:g}")
plt.xlabel("step; the loss is at step 40")
plt.ylabel("norm of dx")
plt.legend()
plt.show()

# %% [handout] rnn_lstm_attention_captioning.py / Attention

# %% [checks] dot_product_attention attention_forward

# %% [markdown]
# ## Why the root of H
#
# Attention weights over 16 places for random states and features, without and with the division. With H = 512 and no division
# nearly all of the weight lies on one place, whatever it holds, and the softmax passes hardly any gradient.

# %%
torch.manual_seed(0)
figure, panels = plt.subplots(1, 2, figsize=(10, 3), sharey=True)
for H in (8, 64, 512):
    h, A = torch.randn(500, H), torch.randn(500, H, 4, 4)
    _, divided = rnn_lstm_attention_captioning.dot_product_attention(h, A)
    _, whole = rnn_lstm_attention_captioning.dot_product_attention(h * H**0.5, A)
    for panel, weights in zip(panels, (whole, divided), strict=True):
        panel.plot(
            range(1, 17), weights.flatten(1).sort(dim=1, descending=True).values.mean(dim=0), "o-", label=f"H = {H}"
        )
for panel, title in zip(panels, ("not divided", "divided by the root of H"), strict=True):
    panel.set_title(title)
    panel.set_xlabel("place, the heaviest first")
panels[0].set_ylabel("weight")
panels[0].legend()
plt.show()

# %% [handout] rnn_lstm_attention_captioning.py / Captions

# %% [checks] CaptioningRNN.forward CaptioningRNN.sample

# %% [markdown]
# ## Your networks learn to describe
#
# 4000 pictures, three kinds of cells, some ten seconds each. The loss is that of a whole sentence: four words on average,
# <END> counted, and a guess among 17 words costs log 17 = 2.8, so it begins near 11.

# %%
train_x, train_y = captioned_digits("../data/digits.npz", 4000, seed=1)
test_x, test_y = captioned_digits("../data/digits.npz", 400, seed=2)
nets = {}
for cell_type in ("rnn", "lstm", "attention"):
    torch.manual_seed(0)
    net = rnn_lstm_attention_captioning.CaptioningRNN(
        WORD_TO_IDX, 64, 64, 128, cell_type, ignore_index=WORD_TO_IDX["<NULL>"]
    )
    optimizer = torch.optim.Adam([p for p in net.parameters() if p.requires_grad], 3e-3)
    losses = []
    for _ in range(8):
        for chosen in torch.randperm(len(train_x)).split(100):
            loss = net(train_x[chosen], train_y[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    with torch.no_grad():
        told = net.sample(test_x, 5)
    told = told[0] if cell_type == "attention" else told
    words = test_y[:, 1:] != WORD_TO_IDX["<NULL>"]
    right = ((told == test_y[:, 1:]) | ~words).all(dim=1)
    nets[cell_type] = net
    plt.plot(losses, linewidth=1, label=f"{cell_type}: {float(right.double().mean()):.0%} of new sentences all right")
plt.xlabel("step")
plt.ylabel("loss of a sentence")
plt.legend()
plt.show()

# %% [markdown]
# The plain cells see the mean over the whole picture: which digits there are, but hardly which of them is above. Attention
# sees the places.

# %%
with torch.no_grad():
    told, looked = nets["attention"].sample(test_x, 5)
    plain = nets["lstm"].sample(test_x, 5)
figure, panels = plt.subplots(2, 6, figsize=(14, 6.2))
for i, panel in enumerate(panels.flat):
    show(panel, test_x[i], f"is: {said(test_y[i])}\nattention: {said(told[i])}\nlstm: {said(plain[i])}")
figure.tight_layout()
plt.show()

# %% [markdown]
# ## Where it looked
#
# The weights of each step, yellow where they are large, with the word that was said; four sentences that it has right. Nobody
# told it where to look. In our run, of two digits side by side it looks at the one that it is about to name. Of two that
# stand one above another it looks at the lower one first: that and the mean, with which it begins, give the upper one away.

# %%
figure, panels = plt.subplots(4, 6, figsize=(13, 9))
right = ((told == test_y[:, 1:]) | ~words).all(dim=1)
above, left = ((right & (test_y[:, 2] == WORD_TO_IDX[word])).nonzero()[:2, 0].tolist() for word in ("above", "left"))
for row, i in zip(panels, above + left, strict=True):
    for panel in row:
        panel.axis("off")
    show(row[0], test_x[i], said(test_y[i]))
    for panel, word, weights in zip(row[1:], told[i], looked[i], strict=True):
        show(panel, test_x[i].mean(dim=0, keepdim=True).expand(3, -1, -1), VOCABULARY[int(word)])
        panel.imshow(weights, cmap="inferno", alpha=0.55, extent=(-0.5, 15.5, 15.5, -0.5), interpolation="bilinear")
        if VOCABULARY[int(word)] == "<END>":
            break
figure.tight_layout()
plt.show()

# %% [checks]
