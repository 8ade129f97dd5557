"""Notebook of a1, pytorch101. See docs/authoring.md for the marks."""

# %% [markdown]
# ## What an index picks
#
# A slice keeps its dimension and shares memory with the tensor that it is cut from. An integer removes its dimension. A
# list of integers makes a copy, and two lists of the same length pick pairs. Dark squares are what each index picks.

# %%
x = torch.arange(20).reshape(4, 5)
indices = {
    "x[1]": x[1],
    "x[:, 2:3]": x[:, 2:3],
    "x[:2, :3]": x[:2, :3],
    "x[::2, ::2]": x[::2, ::2],
    "x[[0, 2, 3], [4, 1, 0]]": x[[0, 2, 3], [4, 1, 0]],
    "x[x > 13]": x[x > 13],
}
figure, panels = plt.subplots(1, 6, figsize=(15, 2.6))
for axes, (index, picked) in zip(panels, indices.items(), strict=True):
    axes.imshow(torch.isin(x, picked.reshape(-1).contiguous()), cmap="Blues", vmin=-0.3, vmax=1.5)
    for (row, column), value in zip(
        torch.cartesian_prod(torch.arange(4), torch.arange(5)).tolist(), x.flatten().tolist(), strict=True
    ):
        axes.text(column, row, value, ha="center", va="center", fontsize=8)
    shares = picked.untyped_storage().data_ptr() == x.untyped_storage().data_ptr()
    axes.set_title(f"{index}\n{tuple(picked.shape)}, a {'view' if shares else 'copy'}", fontsize=9)
    axes.axis("off")
plt.show()

# %% [markdown]
# ## Broadcasting
#
# Shapes are compared from the right; a dimension of size 1, or one that is missing, is stretched to fit. A column (4, 1)
# and a row (5,) make a table (4, 5), without a loop and without a copy.

# %%
column, row = torch.arange(4).reshape(4, 1), torch.arange(5)
figure, panels = plt.subplots(1, 3, figsize=(9, 2.4))
for axes, (what, value) in zip(
    panels, {"column": column, "row": row, "column * row": column * row}.items(), strict=True
):
    axes.imshow(value.reshape(-1, 1) if what == "column" else value.reshape(-1, 5), cmap="viridis", vmin=0, vmax=12)
    axes.set_title(f"{what} {tuple(value.shape)}")
    axes.axis("off")
plt.show()

# %% [handout] pytorch101.py / Making tensors, reading and writing entries

# %% [checks] create_sample_tensor mutate_tensor count_tensor_elements create_tensor_of_pi multiples_of_ten

# %% [handout] pytorch101.py / Slicing and integer indexing

# %% [checks] slice_indexing_practice slice_assignment_practice shuffle_cols reverse_rows take_one_elem_per_col count_negative_entries make_one_hot sum_positive_entries

# %% [handout] pytorch101.py / Reshaping, reducing, multiplying

# %% [checks] reshape_practice zero_row_min batched_matrix_multiply normalize_columns mm_on_gpu

# %% [markdown]
# ## What a loop costs
#
# The same products with your loop and without it. Both lines grow with the batch; mind by how much they differ, and that
# the axes are logarithmic.

# %%
import time

sizes = [4, 16, 64, 256, 1024]
seconds = {"with a loop": [], "without": []}
for size in sizes:
    a, b = torch.randn(size, 16, 16), torch.randn(size, 16, 16)
    for name, times in seconds.items():
        begin = time.perf_counter()
        for _ in range(5):
            pytorch101.batched_matrix_multiply(a, b, use_loop=name == "with a loop")
        times.append((time.perf_counter() - begin) / 5)
for name, times in seconds.items():
    plt.loglog(sizes, times, "o-", label=name)
plt.xlabel("matrices in the batch")
plt.ylabel("seconds")
plt.legend()
plt.show()

# %% [handout] pytorch101.py / Two challenges, without loops

# %% [checks]
