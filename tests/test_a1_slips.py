"""Mistakes that students make in a1, made by hand in right submissions."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hand_made import Slip, check_that_mistakes_are_told, graded

MADE = [
    (
        "styles_1",
        [
            Slip("pytorch101.mutate_tensor", "x[i][j] = values[k]", "x[i] = values[k]"),
            Slip(
                "pytorch101.count_tensor_elements",
                "x.view(-1).shape[0] if x.is_contiguous() else x.reshape(-1).shape[0]",
                "len(x)",
            ),
            Slip("pytorch101.create_tensor_of_pi", "* 3.14", "* 3.1415"),
            Slip("pytorch101.multiples_of_ten", "range(start, stop + 1)", "range(start, stop)"),
            Slip("pytorch101.slice_indexing_practice", "x[:, [2]]", "x[:, 3:4]"),
            Slip("pytorch101.slice_assignment_practice", "    x[0:2, 0] = 0\n", ""),
            Slip("pytorch101.shuffle_cols", "dim=-1", "dim=0"),
            Slip("pytorch101.reverse_rows", "for i in range(1, x.shape[0] + 1)", "for i in range(x.shape[0])"),
            Slip("pytorch101.take_one_elem_per_col", "x[(1, 0, 3), (0, 1, 2)]", "x[(1, 0, 2), (0, 1, 2)]"),
            Slip("pytorch101.count_negative_entries", "x[x < 0]", "x[x > 0]"),
            Slip("pytorch101.make_one_hot", "1 + max(x)", "max(x)"),
            Slip("pytorch101.sum_positive_entries", ".sum().item()", ".mean().item()"),
            Slip("pytorch101.reshape_practice", "x[12:].reshape(3, 4)), 1)", "x[12:].reshape(3, 4)), 0).reshape(3, 8)"),
            Slip("pytorch101.zero_row_min", "y = x.clone()", "y = x"),
            Slip(
                "pytorch101.batched_matrix_multiply", "z = torch.matmul(x, y)", "z = torch.matmul(x, x.transpose(1, 2))"
            ),
            Slip("pytorch101.normalize_columns", "(M - 1)", "M"),
            Slip("pytorch101.challenge_mean_tensors", "padded.sum(0) / ls", "padded.mean(0)"),
            Slip(
                "pytorch101.challenge_get_uniques",
                "scatter_(0, inverse.flip(0), torch.arange(len(x) - 1, -1, -1))",
                "scatter_(0, inverse, torch.arange(len(x)))",
            ),
            Slip(
                "knn.compute_distances_two_loops",
                "torch.sum((x_train[i] - x_test[j]) ** 2).item() ** 0.5",
                "torch.sum(torch.abs(x_train[i] - x_test[j])).item()",
            ),
            Slip("knn.compute_distances_one_loop", "dim=1))", "dim=0))"),
            Slip("knn.compute_distances_no_loops", "aa + bb - 2 *", "aa + bb -"),
            Slip("knn.predict_labels", "largest=False", "largest=True"),
            Slip(
                "knn.knn_cross_validate",
                "for j, f in enumerate(x_train_folds) if j != i",
                "for j, f in enumerate(x_train_folds)",
            ),
            Slip("knn.knn_get_best_k", "statistics.mean(k_to_accuracies[k])", "max(k_to_accuracies[k])"),
        ],
    ),
    (
        "styles_2",
        [
            Slip("pytorch101.create_sample_tensor", "[[0, 1], [1, 0]]", "[[0, 1], [0, 1]]"),
            Slip("pytorch101.mutate_tensor", "i * x.shape[1] + j", "i * x.shape[0] + j"),
            Slip("pytorch101.count_tensor_elements", "reduce(mul, x.shape, 1)", "reduce(mul, x.shape[:2], 1)"),
            Slip("pytorch101.create_tensor_of_pi", ".expand(M, N)", ".expand(N, M)"),
            Slip("pytorch101.multiples_of_ten", "r.masked_select(r.remainder(10).eq(0))", "r[::10]"),
            Slip("pytorch101.slice_indexing_practice", "x.narrow(1, 2, 1)", "x.select(1, 2)"),
            Slip("pytorch101.slice_assignment_practice", "repeat_interleave(2, dim=0)", "repeat(2, 1)"),
            Slip("pytorch101.shuffle_cols", "[0, 0, 2, 1]", "[0, 0, 1, 2]"),
            Slip("pytorch101.take_one_elem_per_col", "x[[1, 0, 3], :3]", "x[[0, 1, 3], :3]"),
            Slip("pytorch101.count_negative_entries", "x < 0", "x <= 0"),
            Slip("pytorch101.make_one_hot", "max(x) + 1).float()", "len(x)).float()"),
            Slip("pytorch101.sum_positive_entries", "torch.where(x > 0, x, 0).sum()", "torch.where(x > 0, 1, 0).sum()"),
            Slip(
                "pytorch101.reshape_practice",
                "torch.hstack(x.reshape(2, 3, 4).unbind())",
                "torch.hstack(x.reshape(3, 2, 4).unbind(1))",
            ),
            Slip("pytorch101.zero_row_min", "x.min(dim=1, keepdim=True).values", "x.min()"),
            Slip("pytorch101.batched_matrix_multiply", '"bnm,bmp->bnp"', '"bnm,bmp->np"'),
            Slip("pytorch101.normalize_columns", "centred * variance.rsqrt()", "centred / variance"),
            Slip("pytorch101.challenge_mean_tensors", "torch.cat((ends[:1], ends.diff())) / ls", "ends / ls"),
            Slip(
                "pytorch101.challenge_get_uniques",
                "return x[indices], indices",
                "return x[indices], torch.bincount(x)[x[indices]]",
            ),
            Slip(
                "knn.compute_distances_two_loops",
                'row.append(torch.einsum("i,i->", d, d).sqrt())',
                'row.append(torch.einsum("i,i->", d, d))',
            ),
            Slip("knn.compute_distances_one_loop", "torch.stack(columns, dim=1).sqrt()", "torch.stack(columns).sqrt()"),
            Slip("knn.compute_distances_no_loops", "squares.relu().sqrt()", "squares.sqrt()"),
            Slip("knn.predict_labels", "labels[ballots.sum(dim=1).argmax(dim=1)]", "ballots.sum(dim=1).argmax(dim=1)"),
            Slip(
                "knn.KnnClassifier.predict",
                "predict_labels(compute_distances_no_loops(x, x_test), y, k=k)",
                "predict_labels(compute_distances_no_loops(x, x_test), y)",
            ),
            Slip(
                "knn.knn_cross_validate",
                "x_train[fold_of != f], y_train[fold_of != f]",
                "x_train[fold_of == f], y_train[fold_of == f]",
            ),
            Slip("knn.knn_get_best_k", "ks[int(means.argmax())]", "int(means.argmax())"),
        ],
    ),
]


@pytest.mark.parametrize(("style", "slips"), MADE, ids=[f"{style}-{number}" for number, (style, _) in enumerate(MADE)])
def test_mistakes_made_by_hand_are_told(style: str, slips: list[Slip], tmp_path: Path) -> None:
    check_that_mistakes_are_told("a1", style, slips, tmp_path / "a1")


def test_zeros_that_stood_there_already_cost_half_at_most(tmp_path: Path) -> None:
    slip = Slip("pytorch101.slice_assignment_practice", "    x[0:2, 0] = 0\n", "")
    (found,) = graded("a1", "styles_1", [slip], tmp_path / "a1").exercises
    assert found.out_of / 2 <= found.points < found.out_of
