"""Notebook of a2, linear_classifier. See docs/authoring.md for the marks."""

# %% [handout] Notation

# %% [markdown]
# ## What a loss asks for
#
# One example, two classes: the loss by how far the right class's score is ahead of the wrong one's. The SVM is content
# from 1 on. Softmax never is, and for an example that is far on the wrong side the two are parallel: their slopes, which
# are all that the gradient sees, are the same there.

# %%
ahead = torch.linspace(-4, 4, 200)
plt.plot(ahead, (1 - ahead).clamp(min=0), label="SVM")
plt.plot(ahead, torch.log1p(torch.exp(-ahead)), label="softmax")
plt.plot(ahead, (ahead < 0).float(), ":", color="gray", label="is it wrong?")
plt.xlabel("score of the right class - score of the wrong class")
plt.ylabel("loss")
plt.legend()
plt.show()

# %% [handout] The SVM loss

# %% [checks] svm_loss_naive svm_loss_vectorized

# %% [handout] The softmax loss

# %% [checks] softmax_loss_naive softmax_loss_vectorized

# %% [handout] Training

# %% [checks] sample_batch train_linear_classifier predict_linear_classifier

# %% [markdown]
# ## Your classifiers at work
#
# Three classes in the plane, and a third feature that is always 1, so that borders need not pass through the middle. Left:
# the loss on each batch, which is noisy as every batch is another one. Right: where each class has the highest score.
# However you train, a border between two classes is a straight line.

# %%
torch.manual_seed(0)
centres = torch.tensor([[2.0, 0.0], [-1.0, 2.0], [-1.0, -2.0]])
y = torch.arange(300) % 3
X = torch.cat([centres[y] + 0.9 * torch.randn(300, 2), torch.ones(300, 1)], dim=1)
line = torch.linspace(-5, 5, 150)
plane = torch.cat([torch.cartesian_prod(line, line), torch.ones(150 * 150, 1)], dim=1)
figure, panels = plt.subplots(1, 3, figsize=(14, 4))
losses = {"SVM": linear_classifier.svm_loss_vectorized, "softmax": linear_classifier.softmax_loss_vectorized}
for axes, (name, loss) in zip(panels[1:], losses.items(), strict=True):
    W, history = linear_classifier.train_linear_classifier(
        loss, None, X, y, learning_rate=0.05, num_iters=300, batch_size=50
    )
    panels[0].plot([float(value) for value in history], label=name, alpha=0.7)
    regions = linear_classifier.predict_linear_classifier(W, plane).reshape(150, 150)
    axes.contourf(line, line, regions.T, levels=[-0.5, 0.5, 1.5, 2.5], alpha=0.3)
    axes.scatter(X[:, 0], X[:, 1], c=y, s=8)
    axes.set_title(name)
panels[0].set_xlabel("iteration")
panels[0].set_ylabel("loss")
panels[0].legend()
plt.show()

# %% [checks]
