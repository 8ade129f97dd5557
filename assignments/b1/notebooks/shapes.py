"""Notebook of b1, shapes. See docs/authoring.md for the marks."""

# %% [markdown]
# ## Before and after
#
# A small experiment that shows the idea; `torch`, `plt` and the student's `shapes` are imported.

# %%
x = torch.randn(500, 2) * torch.tensor([3.0, 0.5]) + torch.tensor([4.0, -2.0])
plt.scatter(*x.T, s=4, label="before")
plt.scatter(*((x - x.mean(0)) / x.std(0)).T, s=4, label="after")
plt.axis("equal")
plt.legend()
plt.show()

# %% [handout] shapes.py

# %% [checks]
