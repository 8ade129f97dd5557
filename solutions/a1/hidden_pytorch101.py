"""Hidden cases of pytorch101, the mistakes that they catch, and independent ways to the same answers."""

import math

import numpy as np
from checks import (
    batched_matrix_multiply,
    challenge_get_uniques,
    challenge_mean_tensors,
    count_negative_entries,
    count_tensor_elements,
    create_sample_tensor,
    create_tensor_of_pi,
    make_one_hot,
    mm_on_gpu,
    multiples_of_ten,
    mutate_tensor,
    normalize_columns,
    reshape_practice,
    reverse_rows,
    shuffle_cols,
    slice_assignment_practice,
    slice_indexing_practice,
    sum_positive_entries,
    take_one_elem_per_col,
    tensors_of_lengths,
    zero_row_min,
)

from grader.ask import torch

# == pytorch101 =======================================================================================================

# -- create_sample_tensor ---------------------------------------------------------------------------------------------


@create_sample_tensor.case
def once_more(draw):
    """A second call gives the same tensor"""
    return {}


@create_sample_tensor.oracle
def the_entries_one_by_one(ref):
    return {"x": torch.tensor([[0.0, 10.0], [100.0, 0.0], [0.0, 0.0]])}


@create_sample_tensor.misconception("The two numbers are in each other's place: the row comes before the column.")
def row_and_column_swapped(ref):
    return torch.tensor([[0.0, 100.0], [10.0, 0.0], [0.0, 0.0]])


@create_sample_tensor.misconception("The shape is (2, 3): three rows and two columns are asked for.")
def two_rows_of_three(ref):
    return torch.tensor([[0.0, 10.0, 0.0], [100.0, 0.0, 0.0]])


# -- mutate_tensor ----------------------------------------------------------------------------------------------------


@mutate_tensor.case
def many_entries(draw):
    rows, columns = draw.integers(0, 6, 9), draw.integers(0, 8, 9)
    values = [draw.number(1, 9) for _ in range(9)]
    return dict(x=draw.normal(6, 8), indices=list(zip(rows.tolist(), columns.tolist(), strict=True)), values=values)


@mutate_tensor.case(worth=0.25)
def one_entry_twice(draw):
    """The same place is written twice"""
    return dict(x=draw.normal(5, 5), indices=[(1, 2), (3, 0), (1, 2)], values=[5.0, 6.0, -7.0])


@mutate_tensor.case(worth=0.25)
def nothing_to_write(draw):
    return dict(x=draw.normal(3, 4), indices=[], values=[])


@mutate_tensor.oracle
def in_numpy(ref, x, indices, values):
    entries = x.numpy().copy()
    for place, value in zip(indices, values, strict=True):
        entries[tuple(place)] = value
    return {"returned": torch.from_numpy(entries), "x": torch.from_numpy(entries)}


@mutate_tensor.alternative
def by_index_put(ref, x, indices, values):
    for index, value in enumerate(values):
        x.index_put_(tuple(torch.tensor([i]) for i in indices[index]), torch.tensor([value], dtype=x.dtype))
    return x


@mutate_tensor.misconception("A copy of x is changed and returned; x itself stays as it was.")
def a_copy_is_changed(ref, x, indices, values):
    return ref.mutate_tensor(x.clone(), indices, values)


@mutate_tensor.misconception("x is changed, but nothing is returned.")
def nothing_is_returned(ref, x, indices, values):
    ref.mutate_tensor(x, indices, values)


@mutate_tensor.misconception("Row and column of each index are swapped.")
def coordinates_swapped(ref, x, indices, values):
    return ref.mutate_tensor(x, [(column, row) for row, column in indices], values)


@mutate_tensor.misconception("Whole rows are written instead of single entries.")
def whole_rows_written(ref, x, indices, values):
    for (row, _), value in zip(indices, values, strict=True):
        x[row] = value
    return x


@mutate_tensor.misconception("The values are added to what is there instead of replacing it.")
def values_added(ref, x, indices, values):
    for (row, column), value in zip(indices, values, strict=True):
        x[row, column] += value
    return x


@mutate_tensor.misconception("Where a place occurs twice, its first value stays; the last one should.")
def the_first_value_stays(ref, x, indices, values):
    return ref.mutate_tensor(x, indices[::-1], values[::-1])


mutate_tensor.equivalent(
    "for (row, column), value in zip(indices, values, strict=False):", "there are as many values as indices"
)


# -- count_tensor_elements --------------------------------------------------------------------------------------------


@count_tensor_elements.case
def a_vector(draw):
    return dict(x=draw.normal(draw.integer(5, 12)))


@count_tensor_elements.case
def four_dimensions(draw):
    return dict(x=draw.normal(2, draw.integer(2, 5), 3, draw.integer(2, 5)))


@count_tensor_elements.case(worth=0.25)
def a_single_number(draw):
    """A tensor of shape ()"""
    return dict(x=np.array(draw.normal()))


@count_tensor_elements.case(worth=0.25)
def nothing_in_it(draw):
    """A tensor of shape (3, 0)"""
    return dict(x=draw.normal(3, 0))


@count_tensor_elements.oracle
def by_numel(ref, x):
    return {"count": x.numel()}


@count_tensor_elements.alternative
def by_flattening(ref, x):
    return x.reshape(-1).shape[0]


@count_tensor_elements.misconception("Only the first dimension is counted.")
def the_first_dimension_only(ref, x):
    return x.shape[0]


@count_tensor_elements.misconception("The length of a tensor is the size of its first dimension only.")
def the_length(ref, x):
    return len(x)


@count_tensor_elements.misconception("Dimensions after the second are not counted.")
def at_most_two_dimensions(ref, x):
    return math.prod(x.shape[:2])


@count_tensor_elements.misconception("Only the first two dimensions are counted.")
def two_dimensions_only(ref, x):
    return x.shape[0] * x.shape[1]


@count_tensor_elements.misconception("The sizes of the dimensions are added; the number of entries is their product.")
def sizes_added(ref, x):
    return sum(x.shape)


@count_tensor_elements.misconception("A tensor of shape () is forgotten: it has no dimension, and holds one number.")
def a_scalar_holds_nothing(ref, x):
    return ref.count_tensor_elements(x) if x.dim() else 0


# -- create_tensor_of_pi ----------------------------------------------------------------------------------------------


@create_tensor_of_pi.case
def some_other_shape(draw):
    return dict(M=draw.integer(6, 9), N=draw.integer(2, 5))


@create_tensor_of_pi.case(worth=0.25)
def one_row(draw):
    return dict(M=1, N=draw.integer(2, 6))


@create_tensor_of_pi.oracle
def repeated_rows(ref, M, N):
    return {"x": torch.tensor([[3.14] * N] * M)}


@create_tensor_of_pi.misconception("The entries are pi to full precision; 3.14 is asked for.")
def pi_itself(ref, M, N):
    return torch.full((M, N), math.pi)


for digits in (3.1415, 3.1416, 3.14159):

    def more_digits(ref, M, N, digits=digits):
        return torch.full((M, N), digits)

    more_digits.__name__ = f"with_{len(str(digits)) - 2}_digits_from_{str(digits)[-1]}"
    create_tensor_of_pi.misconception(f"The entries are {digits}; 3.14 is asked for.")(more_digits)


@create_tensor_of_pi.misconception("M and N are swapped: M is the number of rows.")
def columns_first(ref, M, N):
    return ref.create_tensor_of_pi(N, M)


@create_tensor_of_pi.misconception("The shape is fixed; it has to follow M and N.")
def four_by_five_always(ref, M, N):
    return ref.create_tensor_of_pi(4, 5)


@create_tensor_of_pi.misconception("The entries are integers, so that 3.14 became 3.")
def cut_to_an_integer(ref, M, N):
    return ref.create_tensor_of_pi(M, N).long()


# -- multiples_of_ten -------------------------------------------------------------------------------------------------


@multiples_of_ten.case
def both_ends_between(draw):
    return dict(
        start=10 * draw.integer(1, 5) + draw.integer(1, 10), stop=10 * draw.integer(9, 20) + draw.integer(1, 10)
    )


@multiples_of_ten.case
def both_ends_multiples(draw):
    return dict(start=10 * draw.integer(1, 5), stop=10 * draw.integer(8, 15))


@multiples_of_ten.case(worth=0.2)
def from_below_zero(draw):
    return dict(
        start=-10 * draw.integer(2, 6) - draw.integer(1, 10), stop=10 * draw.integer(1, 6) + draw.integer(1, 10)
    )


@multiples_of_ten.case(worth=0.2)
def all_below_zero(draw):
    return dict(
        start=-10 * draw.integer(8, 12) - draw.integer(1, 10), stop=-10 * draw.integer(1, 4) - draw.integer(1, 10)
    )


@multiples_of_ten.case(worth=0.2)
def none_between(draw):
    """No multiple of ten in the range"""
    ten = 10 * draw.integer(-5, 6)
    return dict(start=ten + draw.integer(1, 5), stop=ten + draw.integer(5, 9))


@multiples_of_ten.case(worth=0.1)
def a_single_multiple(draw):
    ten = 10 * draw.integer(3, 9)
    return dict(start=ten, stop=ten)


@multiples_of_ten.oracle
def by_trying_every_number(ref, start, stop):
    return {"x": torch.tensor([n for n in range(start, stop + 1) if n % 10 == 0], dtype=torch.float64)}


@multiples_of_ten.alternative
def by_masking(ref, start, stop):
    numbers = torch.arange(start, stop + 1, dtype=torch.float64)
    return numbers[numbers % 10 == 0]


@multiples_of_ten.misconception(
    "`stop` is left out when it is a multiple of ten itself; both ends belong to the range."
)
def the_end_left_out(ref, start, stop):
    return ref.multiples_of_ten(start, max(start, stop - 1)) if start < stop else torch.zeros(0, dtype=torch.float64)


@multiples_of_ten.misconception("The numbers count in tens from `start`, also where `start` is no multiple of ten.")
def counted_from_the_start(ref, start, stop):
    return torch.arange(start, stop + 1, 10, dtype=torch.float64)


@multiples_of_ten.misconception("`start` is rounded down, so that a number below the range comes first.")
def the_start_rounded_down(ref, start, stop):
    return torch.arange(start // 10 * 10, stop + 1, 10, dtype=torch.float64)


@multiples_of_ten.misconception("`start` is moved to the next multiple of ten, also where it is one itself.")
def the_start_left_out(ref, start, stop):
    return ref.multiples_of_ten(start + 1, max(start + 1, stop))


@multiples_of_ten.misconception(
    "Negative ends are rounded towards zero, so that a multiple is missing or one too many."
)
def rounded_towards_zero(ref, start, stop):
    first, last = int(start / 10) + (start > 0 and start % 10 > 0), int(stop / 10)
    numbers = 10 * torch.arange(first, max(first, last + 1), dtype=torch.float64)
    return numbers[1:] if start < 0 else numbers


@multiples_of_ten.misconception("The numbers are float32 (torch's default); float64 is asked for.")
def single_precision(ref, start, stop):
    return ref.multiples_of_ten(start, stop).float()


@multiples_of_ten.misconception("The numbers are integers; float64 is asked for.")
def whole_numbers(ref, start, stop):
    return ref.multiples_of_ten(start, stop).long()


@multiples_of_ten.misconception("A range without a multiple of ten is not provided for.")
def an_empty_range_forgotten(ref, start, stop):
    return torch.arange(-(-start // 10) * 10, stop + 1, 10, dtype=torch.float64)


# -- slice_indexing_practice ------------------------------------------------------------------------------------------


@slice_indexing_practice.case
def seven_by_six(draw):
    return dict(x=draw.normal(7, 6))


@slice_indexing_practice.case
def integers(draw):
    return dict(x=draw.integers(-50, 50, 6, 9))


@slice_indexing_practice.case(worth=0.15)
def not_contiguous(draw):
    return dict(x=draw.strided(draw.normal(4, 7)))


@slice_indexing_practice.oracle
def by_numpy_take(ref, x):
    x = x.numpy()
    return {
        "last_row": torch.from_numpy(x.take(len(x) - 1, axis=0)),
        "third_col": torch.from_numpy(x.take([2], axis=1)),
        "first_two_rows_three_cols": torch.from_numpy(x.take([0, 1], axis=0).take([0, 1, 2], axis=1)),
        "even_rows_odd_cols": torch.from_numpy(
            x.take(range(0, x.shape[0], 2), axis=0).take(range(1, x.shape[1], 2), axis=1)
        ),
    }


@slice_indexing_practice.alternative
def through_splitting(ref, x):
    return x[x.shape[0] - 1, :], x[:, 2].unsqueeze(1), x.narrow(0, 0, 2).narrow(1, 0, 3), x[0::2][:, 1::2]


@slice_indexing_practice.misconception(
    "The third column has lost a dimension: an integer index removes it, and a matrix of one column is asked for."
)
def the_column_without_its_dimension(ref, x):
    last_row, third_col, corner, even_odd = ref.slice_indexing_practice(x)
    return last_row, third_col[:, 0], corner, even_odd


@slice_indexing_practice.misconception("The column with index 3 is the fourth one: indices begin with 0.")
def the_fourth_column(ref, x):
    last_row, _, corner, even_odd = ref.slice_indexing_practice(x)
    return last_row, x[:, 3:4], corner, even_odd


@slice_indexing_practice.misconception("Rows and columns are taken at odd and even indices: the other way round.")
def odd_rows_even_columns(ref, x):
    last_row, third_col, corner, _ = ref.slice_indexing_practice(x)
    return last_row, third_col, corner, x[1::2, ::2]


@slice_indexing_practice.misconception("The corner has three rows and two columns: the other way round.")
def the_corner_on_its_side(ref, x):
    last_row, third_col, _, even_odd = ref.slice_indexing_practice(x)
    return last_row, third_col, x[:3, :2], even_odd


@slice_indexing_practice.misconception("The number of rows is taken for granted: the last row is not always the same.")
def row_count_hard_coded(ref, x):
    _, third_col, corner, even_odd = ref.slice_indexing_practice(x)
    return x[2], third_col, corner, even_odd


@slice_indexing_practice.misconception("The last row has kept a dimension: shape (N,) is asked for.")
def the_row_as_a_matrix(ref, x):
    _, third_col, corner, even_odd = ref.slice_indexing_practice(x)
    return x[-1:], third_col, corner, even_odd


# -- slice_assignment_practice ----------------------------------------------------------------------------------------


@slice_assignment_practice.case
def zeros_of_nine_by_eleven(draw):
    return dict(x=draw.full(9, 11))


@slice_assignment_practice.case(worth=0.25)
def more_rows_than_columns(draw):
    return dict(x=draw.integers(-99, -9, 12, 7))


@slice_assignment_practice.oracle
def entry_by_entry(ref, x):
    block = ["012222", "012222", "343455", "343455"]
    y = x.clone()
    for row, line in enumerate(block):
        for column, digit in enumerate(line):
            y[row, column] = int(digit)
    return {"returned": y, "x": y}


@slice_assignment_practice.alternative
def row_by_row(ref, x):
    x[:2, :6] = torch.tensor([0, 1, 2, 2, 2, 2], dtype=x.dtype)
    x[2:4, :6] = torch.tensor([3, 4, 3, 4, 5, 5], dtype=x.dtype)
    return x


@slice_assignment_practice.misconception("The zeros of the block are not written: what stood there stays.")
def zeros_not_written(ref, x):
    kept = x[:2, 0].clone()
    ref.slice_assignment_practice(x)
    x[:2, 0] = kept
    return x


@slice_assignment_practice.misconception("The last slices run to the edge of the matrix: only six columns may change.")
def to_the_right_edge(ref, x):
    ref.slice_assignment_practice(x)
    x[:2, 2:] = 2
    x[2:4, 4:] = 5
    return x


@slice_assignment_practice.misconception("The lower slices run to the bottom of the matrix: only four rows may change.")
def to_the_bottom(ref, x):
    ref.slice_assignment_practice(x)
    x[2:, 0:4:2] = 3
    x[2:, 1:4:2] = 4
    x[2:, 4:6] = 5
    return x


@slice_assignment_practice.misconception("A slice ends one too early: its end is not part of it.")
def one_column_short(ref, x):
    kept = x[:4, 5].clone()
    ref.slice_assignment_practice(x)
    x[:4, 5] = kept
    return x


@slice_assignment_practice.misconception(
    "The 3s and the 4s alternate from row to row instead of from column to column."
)
def alternating_rows(ref, x):
    ref.slice_assignment_practice(x)
    x[2, :4] = 3
    x[3, :4] = 4
    return x


@slice_assignment_practice.misconception("The two kinds of rows alternate; each kind stands in two rows running.")
def rows_in_turn(ref, x):
    ref.slice_assignment_practice(x)
    x[1:3, :6] = x[1:3, :6].flip(0)
    return x


@slice_assignment_practice.misconception("A copy of x is changed and returned; x itself stays as it was.")
def a_copy_is_filled(ref, x):
    return ref.slice_assignment_practice(x.clone())


@slice_assignment_practice.misconception("x is changed, but nothing is returned.")
def filled_but_not_returned(ref, x):
    ref.slice_assignment_practice(x)


for statement in ("x[:3, 0] = 0", "x[:3, 1] = 1", "x[:3, 2:6] = 2"):
    slice_assignment_practice.equivalent(statement, "the third row is overwritten afterwards")
for statement in ("x[2:4, 0:3:2] = 3", "x[2:4, 0:4 - 1:2] = 3", "x[2:4, 0:5:2] = 3", "x[2:4, 1:5:2] = 4"):
    slice_assignment_practice.equivalent(statement, "the same columns, or one that is overwritten afterwards")
slice_assignment_practice.equivalent("x[2:4, 0:4:1] = 3", "the odd columns are overwritten afterwards")
slice_assignment_practice.equivalent("x[2:4, :4:2] = 3", "the same columns")


# -- shuffle_cols -----------------------------------------------------------------------------------------------------


@shuffle_cols.case
def six_columns(draw):
    return dict(x=draw.normal(5, 6))


@shuffle_cols.case(worth=0.2)
def a_single_row(draw):
    return dict(x=draw.normal(1, 5))


@shuffle_cols.case(worth=0.2)
def strided_columns(draw):
    return dict(x=draw.strided(draw.normal(3, 4)))


@shuffle_cols.oracle
def by_stacking(ref, x):
    return {"y": torch.stack([x[:, 0], x[:, 0], x[:, 2], x[:, 1]], dim=1), "x": x}


@shuffle_cols.alternative
def by_index_select(ref, x):
    return x.index_select(1, torch.tensor([0, 0, 2, 1], device=x.device))


@shuffle_cols.misconception("Rows are picked instead of columns.")
def rows_picked(ref, x):
    return x[[0, 0, 2, 1]]


@shuffle_cols.misconception("The columns are stacked as rows.")
def columns_as_rows(ref, x):
    return ref.shuffle_cols(x).T


@shuffle_cols.misconception("The last two columns stand in each other's place.")
def last_columns_swapped(ref, x):
    return x[:, [0, 0, 1, 2]]


@shuffle_cols.misconception("Columns are counted from one; the first has index 0.")
def columns_counted_from_one(ref, x):
    return x[:, [1, 1, 3, 2]]


@shuffle_cols.misconception(
    "A slice is taken for a copy: it shares its memory with x, so that writing to it changes x."
)
def written_into_a_slice(ref, x):
    y = x[:, :4]
    y[:] = x[:, [0, 0, 2, 1]]
    return y


# -- reverse_rows -----------------------------------------------------------------------------------------------------


@reverse_rows.case
def eight_rows(draw):
    return dict(x=draw.normal(8, 5))


@reverse_rows.case
def seven_rows(draw):
    return dict(x=draw.normal(7, 2))


@reverse_rows.case(worth=0.2)
def a_lone_row(draw):
    return dict(x=draw.normal(1, 4))


@reverse_rows.oracle
def by_numpy(ref, x):
    return {"y": torch.from_numpy(x.numpy()[::-1].copy()), "x": x}


@reverse_rows.alternative
def by_a_list_of_indices(ref, x):
    return x[list(range(len(x)))[::-1]]


@reverse_rows.misconception("A slice with a negative step is tried; torch has none, unlike NumPy and lists.")
def a_negative_step(ref, x):
    return x[::-1]


@reverse_rows.misconception("The first row stays the first, and only the rows after it are reversed.")
def first_row_stays(ref, x):
    return x[[-i for i in range(len(x))]]


@reverse_rows.misconception("The columns are reversed instead of the rows.")
def columns_reversed(ref, x):
    return ref.reverse_rows(x.T).T


@reverse_rows.misconception("The number of rows is taken for granted.")
def three_rows_assumed(ref, x):
    return x[[2, 1, 0]]


@reverse_rows.misconception(
    "Rows are swapped through slices, which are no copies: what is overwritten is gone, and x changes as well."
)
def swapped_through_slices(ref, x):
    rows = x.shape[0]
    for i in range(rows // 2):
        x[i], x[rows - 1 - i] = x[rows - 1 - i], x[i]
    return x


# -- take_one_elem_per_col --------------------------------------------------------------------------------------------


@take_one_elem_per_col.case
def seven_by_five(draw):
    return dict(x=draw.normal(7, 5))


@take_one_elem_per_col.case(worth=0.2)
def strided_matrix(draw):
    return dict(x=draw.strided(draw.normal(4, 4)))


@take_one_elem_per_col.oracle
def one_at_a_time(ref, x):
    return {"y": torch.stack([x[1, 0], x[0, 1], x[3, 2]])}


@take_one_elem_per_col.alternative
def by_gather(ref, x):
    return x[:, :3].gather(0, torch.tensor([[1, 0, 3]], device=x.device))[0]


@take_one_elem_per_col.misconception(
    "All pairs of those rows and columns are taken, a (3, 3) matrix, not one a column."
)
def every_pair_taken(ref, x):
    return x[[1, 0, 3]][:, [0, 1, 2]]


@take_one_elem_per_col.misconception("Row and column indices are swapped.")
def indices_swapped(ref, x):
    return x[[0, 1, 2], [1, 0, 3]]


# -- count_negative_entries -------------------------------------------------------------------------------------------


@count_negative_entries.case
def many_integers(draw):
    return dict(x=draw.integers(-5, 6, 9, 8))


@count_negative_entries.case(worth=0.2)
def none_negative(draw):
    return dict(x=draw.uniform(4, 3, low=0.5, high=2.0))


@count_negative_entries.case(worth=0.2)
def all_negative_in_a_vector(draw):
    return dict(x=draw.uniform(6, low=-3.0, high=-0.5))


@count_negative_entries.case(worth=0.2)
def three_axes_with_zeros(draw):
    return dict(x=draw.integers(-1, 2, 3, 4, 5))


@count_negative_entries.oracle
def counted_one_by_one(ref, x):
    return {"count": sum(number < 0 for number in x.flatten().tolist())}


@count_negative_entries.alternative
def by_masking_and_counting(ref, x):
    return x[x < 0].shape[0]


@count_negative_entries.misconception("Zeros are counted as negative.")
def zeros_counted(ref, x):
    return int((x <= 0).sum())


@count_negative_entries.misconception("The positive entries are counted instead of the negative ones.")
def positive_ones_counted(ref, x):
    return int((x > 0).sum())


@count_negative_entries.misconception("The negative entries are added up instead of counted.")
def added_up(ref, x):
    return int(x[x < 0].sum())


@count_negative_entries.misconception("The count is one per column: the sum runs over the first dimension only.")
def one_count_per_column(ref, x):
    return (x < 0).sum(dim=0)


@count_negative_entries.misconception("The count is a tensor of shape (1,); a single number is asked for.")
def a_count_with_a_dimension(ref, x):
    return (x < 0).sum().reshape(1)


# -- make_one_hot -----------------------------------------------------------------------------------------------------


@make_one_hot.case
def seven_numbers(draw):
    return dict(x=[*draw.integers(0, 9, 6).tolist(), 3])


@make_one_hot.case
def the_largest_first(draw):
    return dict(x=[draw.integer(11, 15), *draw.integers(0, 9, 4).tolist()])


@make_one_hot.case(worth=0.2)
def only_zero(draw):
    return dict(x=[0])


@make_one_hot.case(worth=0.2)
def all_the_same(draw):
    return dict(x=[draw.integer(2, 6)] * 4)


@make_one_hot.oracle
def rows_in_a_loop(ref, x):
    return {"one_hot": torch.tensor([[float(column == n) for column in range(max(x) + 1)] for n in x])}


@make_one_hot.alternative
def rows_of_an_identity(ref, x):
    return torch.eye(max(x) + 1)[x]


@make_one_hot.alternative
def by_comparing(ref, x):
    return (torch.tensor(x)[:, None] == torch.arange(max(x) + 1)).float()


@make_one_hot.misconception("A column is missing: the largest number needs one as well.")
def one_column_too_few(ref, x):
    one_hot = torch.zeros(len(x), max(x))
    one_hot[torch.arange(len(x)), x] = 1
    return one_hot


@make_one_hot.misconception("There are as many columns as different numbers; numbers that do not occur have one too.")
def a_column_per_different_number(ref, x):
    return torch.eye(len(set(x)))[x]


@make_one_hot.misconception("There are as many columns as rows; their number depends on the largest number.")
def as_many_columns_as_rows(ref, x):
    return torch.eye(len(x))[x]


@make_one_hot.misconception("Every row has a 1 in the columns of all numbers: the index names columns, not pairs.")
def all_columns_in_every_row(ref, x):
    one_hot = torch.zeros(len(x), max(x) + 1)
    one_hot[:, x] = 1
    return one_hot


@make_one_hot.misconception("Rows and columns are swapped: a row belongs to a number of the list.")
def one_column_per_number(ref, x):
    return ref.make_one_hot(x).T


@make_one_hot.misconception("The encoding is of an integer type; float32 is asked for.")
def an_integer_encoding(ref, x):
    return ref.make_one_hot(x).long()


# -- sum_positive_entries ---------------------------------------------------------------------------------------------


@sum_positive_entries.case
def many_of_both_signs(draw):
    return dict(x=draw.integers(-50, 51, 12, 9))


@sum_positive_entries.case(worth=0.2)
def no_positive_entry(draw):
    return dict(x=draw.integers(-9, 0, 3, 4))


@sum_positive_entries.case(worth=0.2)
def three_axes(draw):
    return dict(x=draw.integers(-9, 10, 3, 2, 5))


@sum_positive_entries.oracle
def added_one_by_one(ref, x):
    return {"sum": sum(number for number in x.flatten().tolist() if number > 0)}


@sum_positive_entries.alternative
def by_clamping(ref, x):
    return x.clamp(min=0).sum()


@sum_positive_entries.misconception("All entries are added up, the negative ones as well.")
def everything_added(ref, x):
    return int(x.sum())


@sum_positive_entries.misconception("The positive entries are counted instead of added up.")
def counted_instead(ref, x):
    return int((x > 0).sum())


@sum_positive_entries.misconception("Magnitudes are added up, those of negative entries as well.")
def magnitudes_added(ref, x):
    return int(x.abs().sum())


@sum_positive_entries.misconception("The sum is one per column: it runs over the first dimension only.")
def one_sum_per_column(ref, x):
    return x.clamp(min=0).sum(dim=0)


sum_positive_entries.equivalent("return int(x[x >= 0].sum())", "zeros add nothing to a sum")


# -- reshape_practice -------------------------------------------------------------------------------------------------


@reshape_practice.case
def random_numbers(draw):
    return dict(x=draw.normal(24))


@reshape_practice.case(worth=0.2)
def strided_numbers(draw):
    return dict(x=draw.strided(draw.normal(24)))


@reshape_practice.oracle
def by_concatenating(ref, x):
    return {"y": torch.cat([x[:12].reshape(3, 4), x[12:].reshape(3, 4)], dim=1)}


@reshape_practice.alternative
def by_permuting(ref, x):
    return x.view(2, 3, 4).permute(1, 0, 2).contiguous().view(3, 8)


@reshape_practice.misconception("The numbers fill (3, 8) row by row; the two blocks stand side by side.")
def plain_rows(ref, x):
    return x.reshape(3, 8)


@reshape_practice.misconception("`view` after a transposition: the numbers are no longer in order in memory.")
def view_after_transpose(ref, x):
    return x.view(2, 3, 4).transpose(0, 1).view(3, 8)


@reshape_practice.misconception("The columns of the two blocks alternate instead of standing side by side.")
def interleaved_columns(ref, x):
    return x.reshape(2, 3, 4).permute(1, 2, 0).reshape(3, 8)


@reshape_practice.misconception("The blocks are filled column by column; rows come first.")
def filled_by_columns(ref, x):
    return x.reshape(2, 4, 3).transpose(1, 2).transpose(0, 1).reshape(3, 8)


reshape_practice.equivalent("return blocks.transpose(1, 0).reshape(3, 8)", "swapping 1 and 0 swaps 0 and 1")


# -- zero_row_min -----------------------------------------------------------------------------------------------------


@zero_row_min.case
def nine_by_seven(draw):
    return dict(x=draw.spread(9, 7, gap=1.0))


@zero_row_min.case
def all_below_zero_already(draw):
    return dict(x=draw.spread(6, 6, gap=1.0) - 100.0)


@zero_row_min.case(worth=0.2)
def one_row_only(draw):
    return dict(x=draw.spread(1, 5, gap=1.0))


@zero_row_min.case(worth=0.2)
def one_column_only(draw):
    return dict(x=draw.spread(4, 1, gap=1.0) + 50.0)


@zero_row_min.case(worth=0.15)
def strided_rows(draw):
    return dict(x=draw.strided(draw.spread(5, 4, gap=1.0)))


@zero_row_min.oracle
def where_it_is_the_minimum(ref, x):
    return {"y": torch.where(x == x.amin(dim=1, keepdim=True), torch.zeros_like(x), x), "x": x}


@zero_row_min.alternative
def by_scatter(ref, x):
    return x.scatter(1, x.argmin(dim=1, keepdim=True), 0)


@zero_row_min.misconception("The smallest entry of every column is set to zero; every row has one.")
def column_minima(ref, x):
    return ref.zero_row_min(x.T).T


@zero_row_min.misconception("x itself is changed: neither `y = x` nor a slice is a copy, both share its memory.")
def a_slice_for_a_copy(ref, x):
    y = x[:]
    y[torch.arange(x.shape[0]), x.argmin(dim=1)] = 0
    return y


@zero_row_min.misconception("Only the smallest entry of the whole matrix is set to zero.")
def the_overall_minimum(ref, x):
    return torch.where(x == x.min(), torch.zeros_like(x), x)


@zero_row_min.misconception("Whole columns are set to zero: the index names columns, not one entry of each row.")
def whole_columns(ref, x):
    y = x.clone()
    y[:, x.argmin(dim=1)] = 0
    return y


@zero_row_min.misconception("The entry that is nearest to zero is taken for the smallest one.")
def the_smallest_magnitude(ref, x):
    return x.scatter(1, x.abs().argmin(dim=1, keepdim=True), 0)


@zero_row_min.misconception("The number of rows is taken for granted.")
def two_rows_assumed(ref, x):
    y = x.clone()
    y[[0, 1], x.argmin(dim=1)] = 0
    return y


# -- batched_matrix_multiply ------------------------------------------------------------------------------------------


@batched_matrix_multiply.case
def five_products_with_a_loop(draw):
    return dict(x=draw.normal(5, 4, 6), y=draw.normal(5, 6, 3), use_loop=True)


@batched_matrix_multiply.case
def five_products_without_a_loop(draw):
    return dict(x=draw.normal(5, 4, 6), y=draw.normal(5, 6, 3), use_loop=False)


@batched_matrix_multiply.case(worth=0.15)
def one_product_with_a_loop(draw):
    return dict(x=draw.normal(1, 3, 2), y=draw.normal(1, 2, 4), use_loop=True)


@batched_matrix_multiply.case(worth=0.15)
def vectors_without_a_loop(draw):
    """Rows times columns: products of shape (1, 1)"""
    return dict(x=draw.normal(3, 1, 4), y=draw.normal(3, 4, 1), use_loop=False)


@batched_matrix_multiply.oracle
def by_einsum(ref, x, y, use_loop):
    return {"z": torch.einsum("bnm,bmp->bnp", x, y)}


@batched_matrix_multiply.alternative
def by_transposed_factors(ref, x, y, use_loop=True):
    return torch.matmul(y.mT, x.mT).mT


@batched_matrix_multiply.misconception("Every x[b] is multiplied by the first y; each has its own.")
def the_first_y_for_all(ref, x, y, use_loop=True):
    return x @ y[0]


@batched_matrix_multiply.misconception("Only the last product is returned: each one overwrites the one before.")
def the_last_product_only(ref, x, y, use_loop=True):
    return x[-1] @ y[-1]


@batched_matrix_multiply.misconception("The matrices are transposed: x[b] stands on the left, y[b] on the right.")
def products_transposed(ref, x, y, use_loop=True):
    return ref.batched_matrix_multiply(x, y, use_loop=use_loop).transpose(1, 2)


@batched_matrix_multiply.misconception("The products are summed over the batch.")
def summed_over_the_batch(ref, x, y, use_loop=True):
    return ref.batched_matrix_multiply(x, y, use_loop=use_loop).sum(dim=0)


@batched_matrix_multiply.misconception(
    "Without a loop, the products are summed over the batch.", of="batched_matrix_multiply_noloop"
)
def summed_without_a_loop(ref, x, y):
    return torch.bmm(x, y).sum(dim=0)


@batched_matrix_multiply.misconception(
    "The result is float32 (torch's default) for float64 matrices: what it is written into has the wrong dtype.",
    of="batched_matrix_multiply_loop",
)
def written_into_float32(ref, x, y):
    z = torch.zeros(x.shape[0], x.shape[1], y.shape[2])
    for b in range(x.shape[0]):
        z[b] = x[b] @ y[b]
    return z


# -- normalize_columns ------------------------------------------------------------------------------------------------


@normalize_columns.case
def twelve_rows_five_columns(draw):
    return dict(x=draw.normal(12, 5, scale=4, mean=-3))


@normalize_columns.case
def columns_of_different_scale(draw):
    return dict(x=draw.normal(7, 3) * np.array([100.0, 1.0, 0.01]))


@normalize_columns.case(worth=0.2)
def two_rows(draw):
    return dict(x=np.array([[1.0, -1.0, 2.0], [3.0, 1.0, -2.0]]) * draw.uniform(1, 3, low=0.5, high=2.0))


@normalize_columns.case(worth=0.15)
def one_column(draw):
    return dict(x=draw.normal(9, 1, mean=20))


@normalize_columns.case(worth=0.15)
def large_numbers(draw):
    return dict(x=draw.normal(8, 3, scale=1e5))


@normalize_columns.case(worth=0.15)
def tiny_numbers(draw):
    return dict(x=draw.normal(8, 3, scale=1e-6))


@normalize_columns.case(worth=0.1)
def strided_columns_to_normalize(draw):
    """A matrix that is not contiguous in memory"""
    return dict(x=draw.strided(draw.normal(6, 4)))


@normalize_columns.oracle
def by_the_library(ref, x):
    return {"y": (x - x.mean(dim=0)) / x.std(dim=0, correction=1), "x": x}


@normalize_columns.alternative
def a_column_at_a_time(ref, x):
    y = torch.empty_like(x)
    for column in range(x.shape[1]):
        centred = x[:, column] - sum(x[:, column]) / len(x)
        y[:, column] = centred / (centred.dot(centred) / (len(x) - 1)) ** 0.5
    return y


@normalize_columns.misconception("The deviation divides by M; the sample standard deviation divides by M - 1.")
def population_deviation(ref, x):
    centred = x - x.mean(dim=0)
    return centred / centred.square().mean(dim=0).sqrt()


@normalize_columns.misconception("The columns are divided by their variance; the root is missing.")
def divided_by_the_variance(ref, x):
    return (x - x.mean(dim=0)) / x.var(dim=0)


@normalize_columns.misconception("The rows are normalized instead of the columns.")
def rows_normalized(ref, x):
    return ref.normalize_columns(x.T).T


@normalize_columns.misconception("One mean and one deviation are taken of the whole matrix; every column has its own.")
def the_whole_matrix(ref, x):
    return (x - x.mean()) / x.std()


@normalize_columns.misconception("The means are not subtracted.")
def not_centred(ref, x):
    return x / x.std(dim=0)


@normalize_columns.misconception("The deviation is taken about zero instead of about the mean.")
def deviation_about_zero(ref, x):
    rows = x.shape[0]
    return (x - x.mean(dim=0)) / (x.square().sum(dim=0) / (rows - 1)).sqrt()


@normalize_columns.misconception("x itself is changed: `-=` and `/=` write into the tensor that was passed in.")
def normalized_in_place(ref, x):
    deviation = x.std(dim=0)
    x -= x.mean(dim=0)
    x /= deviation
    return x


@normalize_columns.misconception("The result is float32 for a float64 matrix.")
def rounded_to_float32(ref, x):
    return ref.normalize_columns(x.float())


# -- mm_on_gpu --------------------------------------------------------------------------------------------------------


@mm_on_gpu.case
def not_square(draw):
    return dict(x=draw.normal(7, 30), w=draw.normal(30, 2))


@mm_on_gpu.oracle
def on_the_cpu(ref, x, w):
    return {"y": torch.einsum("ab,bc->ac", x.cpu(), w.cpu())}


@mm_on_gpu.misconception("Only one of the two matrices is moved to the GPU; a product needs both on one device.")
def one_operand_left_behind(ref, x, w):
    return (x.cuda() @ w).cpu()


# -- challenge_mean_tensors -------------------------------------------------------------------------------------------


@challenge_mean_tensors.case
def nine_tensors(draw):
    return tensors_of_lengths(draw, draw.shuffled(np.arange(2, 11)))


@challenge_mean_tensors.case(worth=0.2)
def one_tensor(draw):
    return tensors_of_lengths(draw, draw.integers(4, 8, 1))


@challenge_mean_tensors.case(worth=0.2)
def tensors_of_one_number(draw):
    return tensors_of_lengths(draw, np.ones(5, dtype=np.int64))


@challenge_mean_tensors.oracle
def one_mean_at_a_time(ref, xs, ls):
    return {"means": torch.stack([x.mean() for x in xs])}


@challenge_mean_tensors.alternative
def by_running_sums(ref, xs, ls):
    ends = torch.cat(xs).cumsum(0)[ls.cumsum(0) - 1]
    return torch.diff(ends, prepend=ends.new_zeros(1)) / ls


@challenge_mean_tensors.alternative
def by_padding(ref, xs, ls):
    return torch.nn.utils.rnn.pad_sequence(xs, batch_first=True).sum(dim=1) / ls


@challenge_mean_tensors.misconception("The tensors are padded and the padding is counted: each has its own length.")
def padding_counted(ref, xs, ls):
    return torch.nn.utils.rnn.pad_sequence(xs, batch_first=True).mean(dim=1)


@challenge_mean_tensors.misconception("These are sums; they are not divided by the lengths.")
def sums_instead_of_means(ref, xs, ls):
    return ref.challenge_mean_tensors(xs, ls) * ls


@challenge_mean_tensors.misconception("Each mean counts the tensors before it as well: running sums are not undone.")
def running_sums_kept(ref, xs, ls):
    return torch.cat(xs).cumsum(0)[ls.cumsum(0) - 1] / ls


@challenge_mean_tensors.misconception("One mean is taken of all numbers together.")
def one_mean_of_all(ref, xs, ls):
    return torch.cat(xs).mean().expand(len(xs))


# -- challenge_get_uniques --------------------------------------------------------------------------------------------


@challenge_get_uniques.case
def thirty_numbers(draw):
    return dict(x=draw.integers(0, 9, 30))


@challenge_get_uniques.case(worth=0.2)
def one_number(draw):
    return dict(x=np.zeros(1, dtype=np.int64))


@challenge_get_uniques.case(worth=0.2)
def all_different(draw):
    return dict(x=draw.permutation(9))


@challenge_get_uniques.case(worth=0.2)
def one_value_only(draw):
    return dict(x=np.full(7, draw.integer(1, 7)))


@challenge_get_uniques.oracle
def by_list_index(ref, x):
    numbers = x.tolist()
    uniques = sorted(set(numbers))
    return {"uniques": torch.tensor(uniques), "indices": torch.tensor([numbers.index(n) for n in uniques])}


@challenge_get_uniques.alternative
def by_stable_sorting(ref, x):
    values, order = torch.sort(x, stable=True)
    first = torch.cat([torch.ones(1, dtype=torch.bool), values[1:] != values[:-1]])
    return values[first], order[first]


@challenge_get_uniques.alternative
def in_order_of_appearance(ref, x):
    n = x.shape[0]
    first = torch.full((n,), n).scatter_reduce(0, x, torch.arange(n), "amin")
    indices = first[first < n].sort().values
    return x[indices], indices


@challenge_get_uniques.misconception("The indices are those of the last occurrence; the first one is asked for.")
def the_last_occurrence(ref, x):
    uniques, reversed_indices = ref.challenge_get_uniques(x.flip(0))
    return uniques, x.shape[0] - 1 - reversed_indices


@challenge_get_uniques.misconception("The second result says how often each value occurs, not where it occurs first.")
def counts_instead_of_indices(ref, x):
    return torch.unique(x, return_counts=True)


@challenge_get_uniques.misconception("The indices count among the different values only, not in x.")
def positions_among_the_uniques(ref, x):
    uniques = torch.unique(x)
    return uniques, torch.arange(len(uniques))
