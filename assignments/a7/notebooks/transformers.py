"""Notebook of a7, transformers. See docs/authoring.md for the marks."""

# %% [handout] transformers.py / Text to numbers

# %% [checks] generate_token_dict prepocess_input_sequence

# %% [markdown]
# ## Why the root
#
# Random queries and keys of M numbers, 20 keys for each query. How large is the largest weight? Without the root the
# softmax chooses one key as soon as M is some tens, whatever the key says; with the root it does not matter how large M is.

# %%
torch.manual_seed(0)
sizes = [2, 4, 8, 16, 32, 64, 128, 256]
largest = {"q · k": [], "q · k / sqrt(M)": []}
for M in sizes:
    scores = torch.randn(200, M) @ torch.randn(20, M).T
    largest["q · k"].append(scores.softmax(dim=1).amax(dim=1))
    largest["q · k / sqrt(M)"].append((scores / M**0.5).softmax(dim=1).amax(dim=1))
for name, weights in largest.items():
    found = torch.stack(weights)
    plt.plot(sizes, found.mean(dim=1), "o-", label=name)
    plt.fill_between(sizes, found.quantile(0.1, dim=1), found.quantile(0.9, dim=1), alpha=0.2)
plt.xscale("log", base=2)
plt.ylim(0, 1.02)
plt.xlabel("M")
plt.ylabel("largest of 20 weights")
plt.legend()
plt.show()

# %% [handout] transformers.py / Scaled dot products

# %% [checks] scaled_dot_product_two_loop_single scaled_dot_product_two_loop_batch scaled_dot_product_no_loop_batch

# %% [handout] transformers.py / Additive attention

# %% [checks] additive_attention_scores attention_context

# %% [handout] transformers.py / Layers

# %% [checks] SelfAttention.__init__ SelfAttention SelfAttention.weights_softmax SelfAttention.permutation MultiHeadAttention LayerNormalization FeedForwardBlock

# %% [markdown]
# ## Attention sees a set
#
# Six positions go through your SelfAttention, then the same six in another order. The output is permuted alike: the third
# picture is the first one with its rows in the other order. (The last picture shows the difference: white is 0.)

# %%
torch.manual_seed(1)
layer = transformers.SelfAttention(8, 4, 12)
x, order = torch.randn(1, 6, 8), torch.tensor([3, 0, 5, 1, 4, 2])
with torch.no_grad():
    out, out_of_permuted = layer(x, x, x)[0], layer(x[:, order], x[:, order], x[:, order])[0]
pictures = {
    "output": out,
    "its rows permuted": out[order],
    "output of the permuted input": out_of_permuted,
    "difference of the two": out_of_permuted - out[order],
}
limit = float(out.abs().max())
figure, panels = plt.subplots(1, 4, figsize=(14, 2.4))
for axes, (title, picture), rows in zip(panels, pictures.items(), [range(6), order, order, order], strict=True):
    axes.imshow(picture, cmap="RdBu", vmin=-limit, vmax=limit)
    axes.set_title(title, fontsize=10)
    axes.set_xticks([])
    axes.set_yticks(range(6), [int(row) for row in rows])
plt.show()

# %% [handout] transformers.py / Encoder

# %% [checks] EncoderBlock EncoderBlock.dropout

# %% [handout] transformers.py / Masks

# %% [checks] get_subsequent_mask get_padding_mask

# %% [markdown]
# ## What masks leave
#
# A sequence of five tokens and two of padding. Above: three masks, blocked is dark. Below: weights of random queries and
# keys under each. Every row still has the sum 1.

# %%
from a7_helper import show_attention

torch.manual_seed(0)
names = ["3", "1", "add", "4", "EOS", "-", "-"]
seq = torch.tensor([[3, 1, 12, 4, 15, 16, 16]])
masks = {
    "later positions": transformers.get_subsequent_mask(seq),
    "padding": transformers.get_padding_mask(seq, 16),
    "both": transformers.get_subsequent_mask(seq) | transformers.get_padding_mask(seq, 16),
}
query, key = torch.randn(2, 1, 7, 16)
figure, panels = plt.subplots(2, 3, figsize=(9, 6))
for (upper, lower), (name, mask) in zip(panels.T, masks.items(), strict=True):
    _, weights = transformers.scaled_dot_product_no_loop_batch(query, key, key, mask)
    upper.imshow(mask[0], cmap="Greys", vmin=0, vmax=1.5)
    upper.set_xticks(range(7), names)
    upper.set_yticks(range(7), names)
    upper.set_title(f"mask: {name}", fontsize=10)
    show_attention(lower, weights[0], names, names, "weights")
figure.tight_layout()
plt.show()

# %% [handout] transformers.py / Decoder

# %% [checks] DecoderBlock DecoderBlock.dropout

# %% [handout] transformers.py / Positions

# %% [checks] position_encoding_simple position_encoding_sinusoid

# %% [markdown]
# ## Two encodings
#
# Left: the encodings of 60 positions, a row each. Right: the scalar product of every two rows, relative to the largest. Of
# the simple encoding, large positions are "close" to everything; of the waves, every position is closest to itself, and
# what counts is how far two positions are apart.

# %%
figure, panels = plt.subplots(1, 4, figsize=(15, 3.5))
encodings = {
    "simple": transformers.position_encoding_simple(60, 32)[0],
    "sinusoid": transformers.position_encoding_sinusoid(60, 32)[0],
}
for i, (name, encoding) in enumerate(encodings.items()):
    products = encoding @ encoding.T
    panels[2 * i].imshow(encoding, cmap="RdBu", vmin=-1, vmax=1, aspect="auto")
    panels[2 * i].set_title(f"{name}: position by column")
    panels[2 * i + 1].imshow(products / products.max(), cmap="viridis")
    panels[2 * i + 1].set_title(f"{name}: products of positions")
plt.show()

# %% [handout] transformers.py / Transformer

# %% [checks] Transformer

# %% [markdown]
# ## Learning to add and subtract
#
# The task: numbers of one digit with a sign, added or subtracted, written token by token. There are 722 such expressions;
# 100 of them are kept back. Nobody tells the network what a digit is worth.

# %%
import time

from a7_helper import SPECIAL_TOKENS, VOCABULARY, expressions, show_attention

questions, answers = expressions(20_000, digits=1, seed=0)
pairs = sorted(set(zip(questions, answers, strict=True)))
tokens = transformers.generate_token_dict(VOCABULARY)
words = {number: token for token, number in tokens.items()}


def numbers_of(texts):
    return torch.tensor([transformers.prepocess_input_sequence(text, tokens, SPECIAL_TOKENS) for text in texts])


torch.manual_seed(0)
order = torch.randperm(len(pairs)).tolist()
held_out, known = [pairs[i] for i in order[:100]], [pairs[i] for i in order[100:]]
x, y = (numbers_of(texts) for texts in zip(*known, strict=True))
x_test, y_test = (numbers_of(texts) for texts in zip(*held_out, strict=True))
print(len(known), "expressions to learn from, for example:")
print(*(f"  {question}   ->   {answer}" for question, answer in known[:3]), sep="\n")

# %% [markdown]
# Training, as in assignment 4: the decoder reads the right answer up to a token, and is to tell the next one. At the end it
# is on its own (`tell`): it begins with BOS, and reads what it has told itself.

# %%
M, epochs, size = 64, 80, 64
model = transformers.Transformer(4, M, 128, 0.0, 1, 1, len(VOCABULARY))
places = transformers.position_encoding_sinusoid(x.shape[1], M), transformers.position_encoding_sinusoid(y.shape[1], M)


def scores_of(x, y):
    return model(x, places[0].expand(len(x), -1, -1), y, places[1][:, : y.shape[1]].expand(len(y), -1, -1))


@torch.no_grad()
def tell(x):
    """Answers token by token. The last position of what is read is not looked at, so that anything may stand there."""
    model.eval()
    told = torch.full((len(x), 1), tokens["BOS"])
    for _ in range(y.shape[1] - 1):
        scores = scores_of(x, torch.cat([told, told[:, -1:]], dim=1))
        told = torch.cat([told, scores.reshape(len(x), -1, len(VOCABULARY))[:, -1:].argmax(dim=2)], dim=1)
    return told


def share_right(x, y):
    return float((tell(x) == y).all(dim=1).float().mean())


begin, history = time.time(), []
optimizer = torch.optim.Adam(model.parameters())
batches = epochs * -(-len(x) // size)
schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=batches, pct_start=0.2)
for epoch in range(epochs):
    for chosen in torch.randperm(len(x)).split(size):
        model.train()
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(scores_of(x[chosen], y[chosen]), y[chosen][:, 1:].flatten())
        loss.backward()
        optimizer.step()
        schedule.step()
    if epoch % 8 == 7:
        history.append((epoch + 1, share_right(x, y), share_right(x_test, y_test)))
print(f"{time.time() - begin:.0f} seconds")
plt.plot(*zip(*[(e, known) for e, known, _ in history], strict=True), "o-", label="known expressions")
plt.plot(*zip(*[(e, new) for e, _, new in history], strict=True), "o-", label="new expressions")
plt.ylim(0, 1.02)
plt.xlabel("epoch")
plt.ylabel("share of answers that are right as a whole")
plt.legend()
plt.show()

# %%
told = tell(x_test)
for question, right, answer in list(zip(x_test, y_test, told, strict=True))[:8]:
    text = [" ".join(words[int(token)] for token in row[1:-1]) for row in (question, answer)]
    print(f"{text[0]:38} = {text[1]:16} {'' if bool((right == answer).all()) else 'wrong'}")
print(f"\n{share_right(x_test, y_test):.0%} of new expressions are right")

# %% [markdown]
# ## Where it looks
#
# Attention of the decoder to the question, head by head, while it tells an answer that it has never seen: a row for each
# token that is read, when the next one is told. BOS is read when the sign is told: what does that need to know?

# %%
model.eval()
with torch.no_grad():
    scores_of(x_test[:1], y_test[:1])
maps = [part for part in model.modules() if isinstance(part, transformers.SelfAttention)]
maps = [part.weights_softmax[0] for part in maps if part.weights_softmax is not None]
maps = [weights for weights in maps if weights.shape == (y.shape[1] - 1, x.shape[1])]  # those of cross-attention
columns, rows = ([words[int(token)] for token in row] for row in (x_test[0], y_test[0][:-1]))
if maps:
    figure, panels = plt.subplots(1, len(maps), figsize=(3.5 * len(maps), 3.2))
    for number, (axes, weights) in enumerate(zip(panels, maps, strict=True)):
        show_attention(axes, weights, rows, columns, f"head {number + 1}")
    figure.tight_layout()
    plt.show()
else:
    print("Your heads are no SelfAttention layers: there are no weights to show.")

# %% [checks]
