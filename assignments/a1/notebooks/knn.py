"""Notebook of a1, knn. See docs/authoring.md for the marks."""

# %% [markdown]
# ## Who is near whom
#
# Two classes in the plane. Every point of the picture has the colour of the vote of its k nearest training examples. With
# k = 1 every training example rules over a little land of its own, wrong ones too; a large k smooths the border, and in the
# end only the larger class is left.

# %%
torch.manual_seed(0)
points = torch.cat([torch.randn(60, 2) + torch.tensor([1.0, 1.0]), torch.randn(40, 2) - torch.tensor([1.0, 1.0])])
labels = torch.cat([torch.zeros(60), torch.ones(40)])
line = torch.linspace(-5, 5, 120)
plane = torch.cartesian_prod(line, line)
figure, panels = plt.subplots(1, 3, figsize=(12, 4))
for axes, k in zip(panels, (1, 15, 85), strict=True):
    nearest = torch.cdist(plane, points).topk(k, largest=False).indices
    share = labels[nearest].mean(dim=1).reshape(120, 120)
    axes.contourf(line, line, (share > 0.5).T, levels=1, alpha=0.3, cmap="coolwarm")
    axes.scatter(*points.T, c=labels, cmap="coolwarm", s=12)
    axes.set_title(f"k = {k}")
plt.show()

# %% [handout] knn.py / Distances

# %% [checks] compute_distances_two_loops compute_distances_one_loop compute_distances_no_loops

# %% [markdown]
# ## Your distances, on digits
#
# A row for each test digit: the digit, then the seven training digits that your distances put nearest to it.

# %%
import numpy as np

with np.load("../data/digits.npz") as file:
    images, digits = torch.tensor(file["images"] / 16.0), torch.tensor(file["labels"]).long()
x_train, y_train, x_test, y_test = images[:1200], digits[:1200], images[1200:1600], digits[1200:1600]
dists = knn.compute_distances_no_loops(x_train, x_test)
figure, panels = plt.subplots(4, 8, figsize=(9, 5))
for test, row in enumerate(panels):
    nearest = dists[:, test].argsort()[:7]
    shown = [(x_test[test], "test")] + [(x_train[n], f"{dists[n, test]:.1f}") for n in nearest]
    for axes, (image, title) in zip(row, shown, strict=True):
        axes.imshow(image, cmap="gray_r")
        axes.set_title(title, fontsize=8)
        axes.axis("off")
plt.show()

# %% [handout] knn.py / Votes

# %% [checks] predict_labels KnnClassifier.predict

# %% [handout] knn.py / Choosing k

# %% [checks] knn_cross_validate knn_get_best_k

# %% [markdown]
# ## Which k?
#
# Dots are folds, the line is their mean, and the dashed line is the k that you choose. How far apart are the folds of one
# k, compared with the means of two?

# %%
accuracies = knn.knn_cross_validate(x_train[:600], y_train[:600], num_folds=5, k_choices=[1, 2, 3, 5, 8, 12, 20, 40])
for k, folds in accuracies.items():
    plt.scatter([k] * len(folds), folds, color="tab:blue", alpha=0.5, s=15)
plt.plot(list(accuracies), [sum(folds) / len(folds) for folds in accuracies.values()], color="tab:blue")
best = knn.knn_get_best_k(accuracies)
plt.axvline(best, color="gray", linestyle="--")
plt.xlabel("k")
plt.ylabel("accuracy in percent")
plt.show()
knn.KnnClassifier(x_train, y_train).check_accuracy(x_test, y_test, k=best)

# %% [checks]
