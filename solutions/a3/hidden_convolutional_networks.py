"""Hidden cases of convolutional_networks, the mistakes that they catch, and independent ways to the same answers."""

import math

from checks import (
    IMAGE,
    READ,
    TEN,
    a_batch_to_go_back_through,
    and_a_gradient,
    and_a_gradient_to_spread,
    batches,
    batchnorm_backward,
    batchnorm_backward_alt,
    batchnorm_forward,
    conv_backward,
    conv_forward,
    conv_net,
    conv_net_to_make,
    create_convolutional_solver,
    deep_conv_init,
    deep_conv_loss,
    deep_net,
    deep_net_to_make,
    deep_shapes,
    digits_to_read,
    dtype_of,
    find_overfit_parameters,
    images_and_filters,
    images_to_pool,
    kaiming_initializer,
    max_pool_backward,
    max_pool_forward,
    spatial_batchnorm_backward,
    spatial_batchnorm_forward,
    three_layer_conv_init,
    three_layer_conv_loss,
)
from hidden import (
    FIRST,
    HALF,
    LAST,
    OTHER_NUMBERS,
    by_autograd_of,
    cross_entropy,
    declare_free_choices,
    declare_wrong_beginnings,
    declare_wrong_l2,
    gradients,
    l2_of,
    layers_of,
    leaves,
    normal,
    slowed,
    weights_of,
)

from grader.ask import fill_by_shape, stacked_by_shape, torch

# == convolutional_networks: convolution ==============================================================================

# -- Conv.forward -----------------------------------------------------------------------------------------------------


@conv_forward.case
def a_larger_image(draw):
    return images_and_filters(draw, (3, 2, 9, 9), (5, 3, 3), stride=2, pad=1)


@conv_forward.case(worth=0.3)
def not_square(draw):
    return images_and_filters(draw, (2, 3, 5, 8), (4, 3, 2), stride=1, pad=1)


@conv_forward.case(worth=0.15)
def another_image_without_padding(draw):
    return images_and_filters(draw, (3, 2, 7, 7), (2, 3, 3), stride=2, pad=0)


@conv_forward.case(worth=0.2)
def a_stride_that_leaves_a_remainder(draw):
    return images_and_filters(draw, (2, 2, 7, 8), (3, 2, 3), stride=3, pad=1)


@conv_forward.case(worth=0.2)
def padded_twice(draw):
    return images_and_filters(draw, (2, 2, 5, 4), (3, 5, 5), stride=1, pad=2)


@conv_forward.case(worth=0.2)
def one_of_everything(draw):
    """One image, one channel, one filter"""
    return images_and_filters(draw, (1, 1, 5, 5), (1, 3, 3), stride=1, pad=1)


@conv_forward.case(worth=0.1)
def one_pixel_filters(draw):
    return images_and_filters(draw, (2, 4, 3, 3), (5, 1, 1), stride=1, pad=1)


@conv_forward.case(worth=0.1)
def filters_as_large_as_the_image(draw):
    return images_and_filters(draw, (3, 2, 4, 4), (3, 4, 4), stride=1, pad=1)


@conv_forward.case(worth=0.1)
def images_that_are_not_contiguous(draw):
    inputs = images_and_filters(draw, (2, 3, 6, 6), (4, 3, 3), stride=1, pad=1)
    return dict(inputs, x=draw.strided(inputs["x"]), w=draw.strided(inputs["w"]))


@conv_forward.case(worth=0.1)
def large_pixels(draw):
    return images_and_filters(draw, (2, 3, 6, 6), (2, 3, 3), stride=1, pad=1, scale=1e8)


@conv_forward.oracle
def convolution_by_the_library(ref, x, w, b, stride, pad):
    return {"out": torch.nn.functional.conv2d(x, w, b, stride=stride, padding=pad)}


def padded_image(x, pad):
    return torch.nn.functional.pad(x, (pad, pad, pad, pad))


def output_size(x, w, stride, pad):
    return 1 + (x.shape[2] + 2 * pad - w.shape[2]) // stride, 1 + (x.shape[3] + 2 * pad - w.shape[3]) // stride


def step(i, j, size, stride):
    """The pixels that tap (i, j) of a filter meets."""
    return (..., slice(i, i + stride * size[0], stride), slice(j, j + stride * size[1], stride))


@conv_forward.alternative
def one_tap_at_a_time(ref, x, w, b, conv_param):
    stride, pad = conv_param["stride"], conv_param["pad"]
    size, xp = output_size(x, w, stride, pad), padded_image(x, pad)
    out = b[None, :, None, None]
    for i in range(w.shape[2]):
        for j in range(w.shape[3]):
            out = out + torch.einsum("nchw,fc->nfhw", xp[step(i, j, size, stride)], w[:, :, i, j])
    return out, ref.Conv.forward(x, w, b, conv_param)[1]


@conv_forward.naive
def one_output_at_a_time(ref, x, w, b, conv_param):
    stride, pad = conv_param["stride"], conv_param["pad"]
    (H_out, W_out), xp = output_size(x, w, stride, pad), padded_image(x, pad)
    out = x.new_zeros(x.shape[0], w.shape[0], H_out, W_out)
    for n in range(x.shape[0]):
        for f in range(w.shape[0]):
            for i in range(H_out):
                for j in range(W_out):
                    window = xp[n, :, i * stride : i * stride + w.shape[2], j * stride : j * stride + w.shape[3]]
                    out[n, f, i, j] = (window * w[f]).sum() + b[f]
    return out, ref.Conv.forward(x, w, b, conv_param)[1]


@conv_forward.misconception(
    "The filters are flipped, as in a mathematical convolution; here they are laid on as they are."
)
def filters_flipped(ref, x, w, b, conv_param):
    return ref.Conv.forward(x, w.flip(2, 3), b, conv_param)


@conv_forward.misconception("The bias is added once for every tap of a filter instead of once for every window.")
def bias_for_every_tap(ref, x, w, b, conv_param):
    return ref.Conv.forward(x, w, b * w.shape[2] * w.shape[3], conv_param)


@conv_forward.misconception("The bias is added once for every channel instead of once for every window.")
def bias_for_every_channel(ref, x, w, b, conv_param):
    return ref.Conv.forward(x, w, b * w.shape[1], conv_param)


@conv_forward.misconception("The bias is left out.")
def convolution_without_bias(ref, x, w, b, conv_param):
    return ref.Conv.forward(x, w, torch.zeros_like(b), conv_param)


@conv_forward.misconception("The stride is used for the size of the output only: the windows stand next to each other.")
def windows_not_strided(ref, x, w, b, conv_param):
    size = output_size(x, w, conv_param["stride"], conv_param["pad"])
    out, cache = ref.Conv.forward(x, w, b, {**conv_param, "stride": 1})
    return out[:, :, : size[0], : size[1]], cache


@conv_forward.misconception("The image is padded at the bottom and on the right only, with twice as many zeros.")
def padded_on_one_side(ref, x, w, b, conv_param):
    pad = 2 * conv_param["pad"]
    return ref.Conv.forward(torch.nn.functional.pad(x, (0, pad, 0, pad)), w, b, {**conv_param, "pad": 0})


@conv_forward.misconception("The image is padded with copies of its border instead of zeros.")
def padded_with_the_border(ref, x, w, b, conv_param):
    pad = conv_param["pad"]
    xp = torch.nn.functional.pad(x, (pad, pad, pad, pad), mode="replicate")
    return ref.Conv.forward(xp, w, b, {**conv_param, "pad": 0})


@conv_forward.misconception("Height and width of the filter are confused.")
def filter_sizes_swapped(ref, x, w, b, conv_param):
    return ref.Conv.forward(x, w.reshape(*w.shape[:2], w.shape[3], w.shape[2]), b, conv_param)


@conv_forward.misconception("The image is taken for square: the output is as wide as it is high.")
def taken_for_square(ref, x, w, b, conv_param):
    out, cache = ref.Conv.forward(x, w, b, conv_param)
    square = out.new_zeros(*out.shape[:3], out.shape[2])
    width = min(out.shape[2], out.shape[3])
    square[..., :width] = out[..., :width]
    return square, cache


@conv_forward.misconception("The size of the output is rounded up: windows that do not fit into the image count too.")
def size_rounded_up(ref, x, w, b, conv_param):
    stride, pad = conv_param["stride"], conv_param["pad"]
    more = [(w.shape[k] - x.shape[k] - 2 * pad) % stride for k in (2, 3)]
    xp = torch.nn.functional.pad(padded_image(x, pad), (0, more[1], 0, more[0]))
    return ref.Conv.forward(xp, w, b, {"stride": stride, "pad": 0})


# -- Conv.backward ----------------------------------------------------------------------------------------------------


@conv_backward.case
def a_larger_image_back(draw):
    return and_a_gradient(draw, (3, 2, 9, 9), (5, 3, 3), stride=2, pad=1)


@conv_backward.case(worth=0.15)
def another_without_padding(draw):
    return and_a_gradient(draw, (3, 2, 7, 7), (2, 3, 3), stride=1, pad=0)


@conv_backward.case(worth=0.2)
def not_square_back(draw):
    return and_a_gradient(draw, (2, 3, 5, 8), (4, 3, 2), stride=1, pad=1)


@conv_backward.case(worth=0.2)
def a_remainder_back(draw):
    """A stride that leaves a remainder"""
    return and_a_gradient(draw, (2, 2, 8, 8), (3, 4, 4), stride=4, pad=1)


@conv_backward.case(worth=0.2)
def padded_twice_back(draw):
    return and_a_gradient(draw, (2, 2, 5, 5), (3, 5, 5), stride=1, pad=2)


@conv_backward.case(worth=0.2)
def one_of_everything_back(draw):
    """One image, one channel, one filter"""
    return and_a_gradient(draw, (1, 1, 5, 5), (1, 3, 3), stride=1, pad=1)


@conv_backward.case(worth=0.1)
def one_pixel_filters_back(draw):
    return and_a_gradient(draw, (2, 4, 3, 3), (5, 1, 1), stride=1, pad=1)


@conv_backward.case(worth=0.1)
def a_gradient_that_is_not_contiguous(draw):
    inputs = and_a_gradient(draw, (2, 3, 6, 6), (4, 3, 3), stride=1, pad=1)
    return dict(inputs, x=draw.strided(inputs["x"]), dout=draw.strided(inputs["dout"]))


@conv_backward.case(worth=0.1)
def tiny_gradients_back(draw):
    return and_a_gradient(draw, (2, 3, 6, 6), (2, 3, 3), stride=1, pad=1, scale=1e-9)


@conv_backward.oracle
def convolution_by_autograd(ref, x, w, b, dout, stride, pad):
    x, w, b = leaves(x, w, b)
    out = torch.nn.functional.conv2d(x, w, b, stride=stride, padding=pad)
    return dict(zip(("dx", "dw", "db"), gradients(out, dout, x, w, b), strict=True))


# The cache of the reference is (columns, shape of x, w, stride, pad).
def windows_of(cache):
    """The columns as windows (N, C, HH, WW, H', W')."""
    columns, shape, w, stride, pad = cache
    size = 1 + (shape[2] + 2 * pad - w.shape[2]) // stride, 1 + (shape[3] + 2 * pad - w.shape[3]) // stride
    return columns.reshape(shape[0], *w.shape[1:], *size)


def with_margin(ref, dout, cache):
    """dx with its padding, by asking the reference for a larger image without padding."""
    columns, (N, C, H, W), w, stride, pad = cache
    return ref.Conv.backward(dout, (columns, (N, C, H + 2 * pad, W + 2 * pad), w, stride, 0))


@conv_backward.alternative
def both_by_taps(ref, dout, cache):
    windows, (N, C, H, W), w, stride, pad = windows_of(cache), *cache[1:]
    dx, dw = dout.new_zeros(N, C, H + 2 * pad, W + 2 * pad), torch.empty_like(w)
    for i in range(w.shape[2]):
        for j in range(w.shape[3]):
            dw[:, :, i, j] = torch.einsum("nfhw,nchw->fc", dout, windows[:, :, i, j])
            dx[step(i, j, dout.shape[2:], stride)] += torch.einsum("nfhw,fc->nchw", dout, w[:, :, i, j])
    return dx[:, :, pad : pad + H, pad : pad + W], dw, torch.einsum("nfhw->f", dout)


@conv_backward.naive
def one_gradient_at_a_time(ref, dout, cache):
    windows, (N, C, H, W), w, stride, pad = windows_of(cache), *cache[1:]
    dx, dw = dout.new_zeros(N, C, H + 2 * pad, W + 2 * pad), torch.zeros_like(w)
    for n in range(N):
        for f in range(w.shape[0]):
            for i in range(dout.shape[2]):
                for j in range(dout.shape[3]):
                    dw[f] += dout[n, f, i, j] * windows[n, :, :, :, i, j]
                    at = (slice(i * stride, i * stride + w.shape[2]), slice(j * stride, j * stride + w.shape[3]))
                    dx[n, :, at[0], at[1]] += dout[n, f, i, j] * w[f]
    return dx[:, :, pad : pad + H, pad : pad + W], dw, dout.sum(dim=(0, 2, 3))


@conv_backward.misconception("Without padding dx is empty: cutting from 0 to minus 0 leaves nothing.")
def empty_without_padding(ref, dout, cache):
    dx, dw, db = ref.Conv.backward(dout, cache)
    return (dx if cache[4] else dx[:, :, 0:0, 0:0]), dw, db


@conv_backward.misconception("dx still has its padding.")
def padding_not_removed(ref, dout, cache):
    return with_margin(ref, dout, cache)


@conv_backward.misconception("The padding is removed from the wrong side: dx is cut from the top left corner on.")
def padding_removed_on_one_side(ref, dout, cache):
    (_, _, H, W), (dx, dw, db) = cache[1], with_margin(ref, dout, cache)
    return dx[:, :, :H, :W], dw, db


@conv_backward.misconception("Where windows overlap, the last one overwrites dx instead of being added.")
def overlaps_overwritten(ref, dout, cache):
    (N, C, H, W), w, stride, pad = cache[1:]
    dx = dout.new_zeros(N, C, H + 2 * pad, W + 2 * pad)
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            at = (..., slice(i * stride, i * stride + w.shape[2]), slice(j * stride, j * stride + w.shape[3]))
            dx[at] = torch.einsum("nf,fchw->nchw", dout[:, :, i, j], w)
    _, dw, db = ref.Conv.backward(dout, cache)
    return dx[:, :, pad : pad + H, pad : pad + W], dw, db


@conv_backward.misconception("The taps of a filter overwrite each other in dx; every tap adds to it.")
def taps_overwritten(ref, dout, cache):
    (N, C, H, W), w, stride, pad = cache[1:]
    dx = dout.new_zeros(N, C, H + 2 * pad, W + 2 * pad)
    for i in range(w.shape[2]):
        for j in range(w.shape[3]):
            dx[step(i, j, dout.shape[2:], stride)] = torch.einsum("nfhw,fc->nchw", dout, w[:, :, i, j])
    return dx[:, :, pad : pad + H, pad : pad + W], *ref.Conv.backward(dout, cache)[1:]


@conv_backward.misconception("dw is summed over the channels of x too, so that it is the same for all of them.")
def dw_summed_over_channels(ref, dout, cache):
    dx, dw, db = ref.Conv.backward(dout, cache)
    return dx, dw.sum(dim=1, keepdim=True).expand_as(dw), db


@conv_backward.misconception("dw is that of the last image only: it is assigned where it has to be added up.")
def dw_of_the_last_image(ref, dout, cache):
    dx, _, db = ref.Conv.backward(dout, cache)
    return dx, torch.einsum("fhw,cijhw->fcij", dout[-1], windows_of(cache)[-1]), db


@conv_backward.misconception("dw is averaged over the images; every image adds to it.")
def dw_averaged(ref, dout, cache):
    dx, dw, db = ref.Conv.backward(dout, cache)
    return dx, dw / len(dout), db


@conv_backward.misconception("dx is made with the filters flipped.")
def flipped_for_dx(ref, dout, cache):
    columns, shape, w, *rest = cache
    dx, _, _ = ref.Conv.backward(dout, (columns, shape, w.flip(2, 3), *rest))
    return dx, *ref.Conv.backward(dout, cache)[1:]


@conv_backward.misconception("dw is flipped.")
def dw_flipped(ref, dout, cache):
    dx, dw, db = ref.Conv.backward(dout, cache)
    return dx, dw.flip(2, 3), db


@conv_backward.misconception("The stride is forgotten on the way back: dx is spread as if it were 1.")
def stride_forgotten(ref, dout, cache):
    columns, shape, w, _, pad = cache
    _, dw, db = ref.Conv.backward(dout, cache)
    unstrided = 1 + shape[2] + 2 * pad - w.shape[2], 1 + shape[3] + 2 * pad - w.shape[3]
    spread = dout.new_zeros(*dout.shape[:2], *unstrided)
    spread[:, :, : dout.shape[2], : dout.shape[3]] = dout
    none = columns.new_zeros(len(dout), columns.shape[1], unstrided[0] * unstrided[1])
    return ref.Conv.backward(spread, (none, shape, w, 1, pad))[0], dw, db


@conv_backward.misconception("db is averaged over images and windows instead of summed.")
def db_of_a_mean(ref, dout, cache):
    dx, dw, _ = ref.Conv.backward(dout, cache)
    return dx, dw, dout.mean(dim=(0, 2, 3))


@conv_backward.misconception("db is summed over the images only, so that it still has the size of the output.")
def db_summed_over_images_only(ref, dout, cache):
    dx, dw, _ = ref.Conv.backward(dout, cache)
    return dx, dw, dout.sum(dim=0)


conv_backward.equivalent(
    "dw = (dscores @ columns.transpose(2, 1)).sum(dim=0).reshape(w.shape)", "the same two axes change places"
)
for size in ("H + 3 * pad, W + 2 * pad", "H + 2 * pad, W + 3 * pad"):
    conv_backward.equivalent(f"dx = dout.new_zeros(N, C, {size})", "a wider margin is cut off in the end")


# == convolutional_networks: pooling ==================================================================================


@max_pool_forward.case(worth=0.2)
def images_to_pool_that_are_not_square(draw):
    return images_to_pool(draw, (3, 2, 6, 8), 2, 2, 2)


@max_pool_forward.case
def square_images_to_pool(draw):
    return images_to_pool(draw, (4, 3, 8, 8), 2, 2, 2)


@max_pool_forward.case(worth=0.15)
def more_windows_that_overlap_forward(draw):
    return images_to_pool(draw, (2, 3, 7, 7), 3, 3, 2)


@max_pool_forward.case(worth=0.2)
def windows_that_are_not_square(draw):
    return images_to_pool(draw, (2, 3, 6, 9), 2, 3, 2)


@max_pool_forward.case(worth=0.2)
def windows_that_leave_a_remainder(draw):
    return images_to_pool(draw, (2, 2, 7, 5), 2, 2, 2)


@max_pool_forward.case(worth=0.1)
def windows_with_gaps(draw):
    return images_to_pool(draw, (2, 2, 8, 8), 2, 2, 3)


@max_pool_forward.case(worth=0.1)
def windows_of_one_pixel(draw):
    return images_to_pool(draw, (2, 3, 4, 5), 1, 1, 1)


@max_pool_forward.case(worth=0.1)
def one_window(draw):
    """One image, one channel, one window"""
    return images_to_pool(draw, (1, 1, 4, 4), 4, 4, 4)


@max_pool_forward.case(worth=0.2)
def nothing_above_zero(draw):
    inputs = images_to_pool(draw, (2, 2, 6, 6), 2, 2, 2)
    return dict(inputs, x=inputs["x"] - 10)


@max_pool_forward.case(worth=0.1)
def pooling_of_strided_images(draw):
    inputs = images_to_pool(draw, (2, 3, 6, 6), 2, 2, 2)
    return dict(inputs, x=draw.strided(inputs["x"]))


@max_pool_forward.oracle
def pooling_by_the_library(ref, x, pool_height, pool_width, stride):
    return {"out": torch.nn.functional.max_pool2d(x, (pool_height, pool_width), stride=stride)}


def pooled_size(x, p):
    return tuple(1 + (x.shape[k] - p[size]) // p["stride"] for k, size in ((2, "pool_height"), (3, "pool_width")))


@max_pool_forward.alternative
def maximum_of_taps(ref, x, pool_param):
    size, out = pooled_size(x, pool_param), None
    for i in range(pool_param["pool_height"]):
        for j in range(pool_param["pool_width"]):
            tap = x[step(i, j, size, pool_param["stride"])]
            out = tap if out is None else torch.maximum(out, tap)
    return out, ref.MaxPool.forward(x, pool_param)[1]


def changed_pool(ref, x, pool_param, **changes):
    """The reference's pooling under other parameters."""
    return ref.MaxPool.forward(x, {**pool_param, **changes})


@max_pool_forward.misconception("The mean of every window is taken instead of its maximum.")
def mean_of_windows(ref, x, pool_param):
    p = pool_param
    windows = x.unfold(2, p["pool_height"], p["stride"]).unfold(3, p["pool_width"], p["stride"])
    return windows.mean(dim=(4, 5)), ref.MaxPool.forward(x, pool_param)[1]


@max_pool_forward.misconception("pool_height and pool_width are confused.")
def pool_sizes_swapped(ref, x, pool_param):
    return changed_pool(ref, x, pool_param, pool_height=pool_param["pool_width"], pool_width=pool_param["pool_height"])


@max_pool_forward.misconception("Windows are taken next to each other: the stride is ignored.")
def stride_is_the_window(ref, x, pool_param):
    p = pool_param
    windows = x.unfold(2, p["pool_height"], p["pool_height"]).unfold(3, p["pool_width"], p["pool_width"])
    return windows.amax(dim=(4, 5)), ref.MaxPool.forward(x, pool_param)[1]


@max_pool_forward.misconception("The maximum begins at 0, so that windows without a positive number give 0.")
def maximum_begins_at_zero(ref, x, pool_param):
    out, cache = ref.MaxPool.forward(x, pool_param)
    return out.clamp(min=0), cache


@max_pool_forward.misconception("The size of the output is rounded up: windows that hang over the border count too.")
def pooled_size_rounded_up(ref, x, pool_param):
    p = pool_param
    more = [(p[size] - x.shape[k]) % p["stride"] for k, size in ((2, "pool_height"), (3, "pool_width"))]
    xp = torch.nn.functional.pad(x, (0, more[1], 0, more[0]), value=-math.inf)
    return ref.MaxPool.forward(xp, pool_param)


@max_pool_backward.case
def square_images_to_pool_back(draw):
    return and_a_gradient_to_spread(draw, (4, 3, 8, 8), 2, 2, 2)


@max_pool_backward.case(worth=0.2)
def images_to_pool_back_that_are_not_square(draw):
    return and_a_gradient_to_spread(draw, (3, 2, 6, 8), 2, 2, 2)


@max_pool_backward.case(worth=0.1)
def more_windows_that_overlap(draw):
    return and_a_gradient_to_spread(draw, (2, 3, 7, 7), 3, 3, 2)


@max_pool_backward.case(worth=0.1)
def overlapping_and_not_square(draw):
    return and_a_gradient_to_spread(draw, (2, 2, 6, 7), 3, 2, 1)


@max_pool_backward.case(worth=0.2)
def a_remainder_to_pool_back(draw):
    return and_a_gradient_to_spread(draw, (2, 2, 7, 5), 2, 2, 2)


@max_pool_backward.case(worth=0.1)
def gaps_to_pool_back(draw):
    return and_a_gradient_to_spread(draw, (2, 2, 8, 8), 2, 2, 3)


@max_pool_backward.case(worth=0.1)
def one_pixel_to_pool_back(draw):
    return and_a_gradient_to_spread(draw, (2, 3, 4, 5), 1, 1, 1)


@max_pool_backward.case(worth=0.1)
def one_window_to_pool_back(draw):
    return and_a_gradient_to_spread(draw, (1, 1, 4, 4), 4, 4, 4)


@max_pool_backward.case(worth=0.1)
def a_strided_gradient_to_pool_back(draw):
    inputs = and_a_gradient_to_spread(draw, (2, 3, 6, 6), 2, 2, 2)
    return dict(inputs, x=draw.strided(inputs["x"]), dout=draw.strided(inputs["dout"]))


@max_pool_backward.oracle
def pooling_by_autograd(ref, x, dout, pool_height, pool_width, stride):
    (x,) = leaves(x)
    out = torch.nn.functional.max_pool2d(x, (pool_height, pool_width), stride=stride)
    return {"dx": gradients(out, dout, x)[0]}


# The cache of the reference is (argmax, shape of x, pool_param).
def each_window(dout, cache):
    """For every window: its place in dout and in x, and where its maximum is, one-hot."""
    argmax, _, p = cache
    height, width, stride = p["pool_height"], p["pool_width"], p["stride"]
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            at = (..., slice(i * stride, i * stride + height), slice(j * stride, j * stride + width))
            chosen = torch.nn.functional.one_hot(argmax[:, :, i, j], height * width).unflatten(2, (height, width))
            yield (..., slice(i, i + 1), slice(j, j + 1)), at, chosen


@max_pool_backward.alternative
def one_window_at_a_time(ref, dout, cache):
    dx = dout.new_zeros(cache[1])
    for here, at, chosen in each_window(dout, cache):
        dx[at] += dout[here] * chosen
    return dx


@max_pool_backward.misconception("Where windows overlap, the last one overwrites dx instead of being added.")
def windows_overwritten(ref, dout, cache):
    dx = dout.new_zeros(cache[1])
    for here, at, chosen in each_window(dout, cache):
        dx[at] = dout[here] * chosen
    return dx


@max_pool_backward.misconception(
    "A number that is the largest of several windows gets the gradient of the last one only."
)
def maxima_overwritten(ref, dout, cache):
    dx = dout.new_zeros(cache[1])
    for here, at, chosen in each_window(dout, cache):
        dx[at] = torch.where(chosen > 0, dout[here], dx[at])
    return dx


@max_pool_backward.misconception("The gradient is spread evenly over the window; only its maximum has an influence.")
def spread_evenly(ref, dout, cache):
    dx = dout.new_zeros(cache[1])
    for here, at, chosen in each_window(dout, cache):
        dx[at] += dout[here].expand(chosen.shape) / (chosen.shape[2] * chosen.shape[3])
    return dx


@max_pool_backward.misconception("The whole window gets the gradient; only its maximum has an influence.")
def the_whole_window(ref, dout, cache):
    dx = dout.new_zeros(cache[1])
    for here, at, chosen in each_window(dout, cache):
        dx[at] += dout[here].expand(chosen.shape)
    return dx


@max_pool_backward.misconception("The places where a maximum is get a 1: the gradient from above is not passed on.")
def dout_left_out(ref, dout, cache):
    return ref.MaxPool.backward(torch.ones_like(dout), cache)


@max_pool_backward.misconception(
    "Rows and columns within a window are confused: the transposed place gets the gradient."
)
def transposed_in_the_window(ref, dout, cache):
    argmax, shape, p = cache
    row, column = argmax // p["pool_width"], argmax % p["pool_width"]
    return ref.MaxPool.backward(dout, (column * p["pool_height"] + row, shape, p))


# == convolutional_networks: networks =================================================================================

# -- ThreeLayerConvNet ------------------------------------------------------------------------------------------------


@three_layer_conv_init.case
def another_shape(draw):
    sizes = dict(num_filters=25, filter_size=3, hidden_dim=20, num_classes=30)
    return conv_net_to_make(input_dims=[4, 10, 10], **sizes, weight_scale=draw.number(0.1, 0.4))


@three_layer_conv_init.case
def a_conv_net_as_the_signature_says(draw):
    """Nothing is given"""
    return conv_net_to_make(dtype=None)


@three_layer_conv_init.case(worth=0.2)
def an_image_that_is_not_square(draw):
    sizes = dict(num_filters=25, filter_size=3, hidden_dim=20, num_classes=30)
    return conv_net_to_make(input_dims=[4, 6, 12], **sizes, weight_scale=0.3)


@three_layer_conv_init.case(worth=0.2)
def an_odd_image(draw):
    sizes = dict(num_filters=25, filter_size=7, hidden_dim=20, num_classes=30)
    return conv_net_to_make(input_dims=[1, 9, 9], **sizes, weight_scale=0.2)


@three_layer_conv_init.oracle
def three_layers_by_the_library(
    ref, input_dims, num_filters, filter_size, hidden_dim, num_classes, weight_scale, dtype
):
    (C, H, W), dtype, deviation = input_dims or IMAGE, dtype_of(dtype), weight_scale or 1e-3
    num_filters, filter_size = num_filters or 32, filter_size or 7
    dims = [num_filters * (H // 2) * (W // 2), hidden_dim or 100, num_classes or TEN]
    params = {f"{name[0]}{int(name[1]) + 1}": value for name, value in layers_of(dims, deviation, dtype).items()}
    filters = normal(num_filters, C, filter_size, filter_size, deviation=deviation, dtype=dtype)
    return {"params": {**params, "W1": filters, "b1": torch.zeros(num_filters, dtype=dtype)}}


declare_wrong_beginnings(three_layer_conv_init, "ThreeLayerConvNet")


@three_layer_conv_init.misconception("The second layer's size forgets the pooling: it expects H W numbers per filter.")
def pooling_forgotten(ref, self, *args, **kwargs):
    ref.ThreeLayerConvNet.__init__(self, *args, **kwargs)
    _, H, W = kwargs.get("input_dims", IMAGE)
    w, filters = self.params["W2"], len(self.params["W1"])
    self.params["W2"] = kwargs.get("weight_scale", 1e-3) * w.new_empty(filters * H * W, w.shape[1]).normal_()


@three_layer_conv_init.misconception("The second layer's size takes the image for square.")
def image_taken_for_square(ref, self, *args, **kwargs):
    C, H, _ = kwargs.pop("input_dims", IMAGE)
    ref.ThreeLayerConvNet.__init__(self, *args, input_dims=(C, H, H), **kwargs)


@three_layer_conv_loss.case
def another_conv_net(draw):
    return conv_net(draw, (5, 3, 8, 8), 6, 5, 9, 4, reg=0.2)


@three_layer_conv_loss.case(worth=0.15)
def images_that_are_not_square(draw):
    return conv_net(draw, (4, 3, 8, 6), 5, 3, 7, 4, reg=0.2)


@three_layer_conv_loss.case(worth=0.1)
def l2_of_the_conv_net_as_the_signature_says(draw):
    """reg is left out"""
    return conv_net(draw, (3, 2, 6, 6), 4, 3, 7, 5, reg=None)


@three_layer_conv_loss.case(worth=0.2)
def odd_images(draw):
    return conv_net(draw, (3, 2, 7, 7), 4, 3, 6, 5, reg=0.1)


@three_layer_conv_loss.case(worth=0.2)
def one_grey_image(draw):
    return conv_net(draw, (1, 1, 6, 6), 3, 3, 5, 4, reg=0.1)


@three_layer_conv_loss.case(worth=0.1)
def one_pixel_taps(draw):
    return conv_net(draw, (2, 3, 4, 4), 4, 1, 6, 5, reg=0.1)


@three_layer_conv_loss.case(worth=0.1)
def bright_images(draw):
    return conv_net(draw, (3, 2, 6, 6), 4, 3, 7, 5, reg=0.1, scale=1e4)


@three_layer_conv_loss.oracle
def conv_net_by_autograd(ref, X, y, W1, b1, W2, b2, W3, b3, reg):
    def scores(p, X):
        features = torch.relu(torch.nn.functional.conv2d(X, p["W1"], p["b1"], padding=W1.shape[2] // 2))
        hidden = torch.nn.functional.max_pool2d(features, 2).flatten(1) @ p["W2"] + p["b2"]
        return torch.relu(hidden) @ p["W3"] + p["b3"]

    return by_autograd_of(scores, {"W1": W1, "b1": b1, "W2": W2, "b2": b2, "W3": W3, "b3": b3}, X, y, reg)


def shallow_loss(ref, self, X, y, *, conv_relu=True, hidden_relu=True, scores_relu=False):
    """The loss of ThreeLayerConvNet from the layers that students write, with a ReLU forgotten or one too many."""
    p = self.params
    out, conv_cache = ref.Conv.forward(X, p["W1"], p["b1"], {"stride": 1, "pad": (p["W1"].shape[2] - 1) // 2})
    out, conv_relu_cache = ref.ReLU.forward(out) if conv_relu else (out, None)
    out, pool_cache = ref.MaxPool.forward(out, {"pool_height": 2, "pool_width": 2, "stride": 2})
    out, hidden_cache = ref.Linear.forward(out, p["W2"], p["b2"])
    out, hidden_relu_cache = ref.ReLU.forward(out) if hidden_relu else (out, None)
    out, scores_cache = ref.Linear.forward(out, p["W3"], p["b3"])
    out, scores_relu_cache = ref.ReLU.forward(out) if scores_relu else (out, None)
    if y is None:
        return out
    loss, dout = ref.softmax_loss(out, y)
    loss, grads = loss + self.reg * l2_of(p, weights_of(p)), {}
    dout = ref.ReLU.backward(dout, scores_relu_cache) if scores_relu else dout
    dout, grads["W3"], grads["b3"] = ref.Linear.backward(dout, scores_cache)
    dout = ref.ReLU.backward(dout, hidden_relu_cache) if hidden_relu else dout
    dout, grads["W2"], grads["b2"] = ref.Linear.backward(dout, hidden_cache)
    dout = ref.MaxPool.backward(dout, pool_cache)
    dout = ref.ReLU.backward(dout, conv_relu_cache) if conv_relu else dout
    _, grads["W1"], grads["b1"] = ref.Conv.backward(dout, conv_cache)
    return loss, {name: grad + 2 * self.reg * p[name] * (name[0] == "W") for name, grad in grads.items()}


@three_layer_conv_loss.alternative
def from_the_students_layers(ref, self, X, y=None):
    return shallow_loss(ref, self, X, y)


declare_wrong_l2(three_layer_conv_loss, "ThreeLayerConvNet", also=[HALF, LAST, FIRST])


@three_layer_conv_loss.misconception("The ReLU after the hidden linear layer is forgotten.")
def no_relu_in_the_middle(ref, self, X, y=None):
    return shallow_loss(ref, self, X, y, hidden_relu=False)


@three_layer_conv_loss.misconception("The ReLU after the convolution is forgotten.")
def no_relu_after_the_convolution(ref, self, X, y=None):
    return shallow_loss(ref, self, X, y, conv_relu=False)


@three_layer_conv_loss.misconception("A ReLU follows the last layer too, so that no score is negative.")
def relu_after_the_last_layer(ref, self, X, y=None):
    return shallow_loss(ref, self, X, y, scores_relu=True)


# -- DeepConvNet ------------------------------------------------------------------------------------------------------


@deep_conv_init.case
def three_convolutions(draw):
    sizes = dict(input_dims=[3, 8, 8], num_filters=[14, 18, 16], max_pools=[0, 2], num_classes=20)
    return deep_net_to_make(**sizes, batchnorm=False, weight_scale=draw.number(0.1, 0.3))


@deep_conv_init.case(worth=0.15)
def convolutions_of_wide_images(draw):
    sizes = dict(input_dims=[3, 8, 12], num_filters=[14, 18], max_pools=[0, 1], num_classes=20)
    return deep_net_to_make(**sizes, batchnorm=False, weight_scale=0.2)


@deep_conv_init.case(worth=0.2)
def a_deep_net_as_the_signature_says(draw):
    """Nothing is given"""
    return deep_net_to_make(dtype=None)


@deep_conv_init.case(worth=0.4)
def kaiming_without_batchnorm(draw):
    sizes = dict(input_dims=[4, 8, 8], num_filters=[20, 30], max_pools=[1], num_classes=15)
    return deep_net_to_make(**sizes, batchnorm=False, weight_scale="kaiming")


@deep_conv_init.case(worth=0.2)
def no_pooling(draw):
    sizes = dict(input_dims=[1, 6, 6], num_filters=[20], max_pools=[], num_classes=15)
    return deep_net_to_make(**sizes, batchnorm=True, weight_scale=0.1)


@deep_conv_init.oracle
def deep_net_by_the_library(ref, input_dims, num_filters, max_pools, batchnorm, num_classes, weight_scale, dtype):
    num_filters, max_pools = num_filters or [8] * 5, range(5) if max_pools is None else max_pools
    num_classes, weight_scale, dtype = num_classes or TEN, weight_scale or 1e-3, dtype_of(dtype)
    params = []
    for shape in deep_shapes(input_dims or IMAGE, num_filters, max_pools, num_classes):
        fan_in = math.prod(shape[1:]) if len(shape) == 4 else shape[0]
        deviation = math.sqrt(2 / fan_in) if weight_scale == "kaiming" else weight_scale
        params.append(normal(*shape, deviation=deviation, dtype=dtype))
    for size in num_filters:
        zeros = torch.zeros(size, dtype=dtype)
        params += [zeros, zeros.clone(), zeros + 1] if batchnorm else [zeros]
    return {"params": [*params, torch.zeros(num_classes, dtype=dtype)]}


def deep_init(ref, self, kwargs, change):
    """The reference's parameters, each after `change(name, value)`."""
    ref.DeepConvNet.__init__(self, **kwargs)
    self.params = {name: change(name, value) for name, value in self.params.items()}


@deep_conv_init.misconception("The gammas begin at 0; then nothing passes the normalisation.")
def gammas_at_zero(ref, self, **kwargs):
    deep_init(ref, self, kwargs, lambda name, value: value * (not name.startswith("gamma")))


@deep_conv_init.misconception("Biases (or betas) do not begin at 0.")
def biases_not_zero(ref, self, **kwargs):
    deep_init(ref, self, kwargs, lambda name, value: value + 0.01 * name.startswith("b"))


@deep_conv_init.misconception('"kaiming" is not heeded: the weights have a fixed scale.')
def kaiming_not_heeded(ref, self, **kwargs):
    kaiming = kwargs.get("weight_scale") == "kaiming"
    deep_init(ref, self, {**kwargs, "weight_scale": 1e-3} if kaiming else kwargs, lambda name, value: value)


@deep_conv_init.misconception("weight_scale is taken for the variance; it is the standard deviation.")
def deep_scale_as_variance(ref, self, **kwargs):
    scale = kwargs.get("weight_scale", 1e-3)
    factor = 1.0 if scale == "kaiming" else scale**-0.5
    deep_init(ref, self, kwargs, lambda name, value: value * factor if name[0] == "W" else value)


@deep_conv_init.misconception("The last layer's size forgets the pooling.")
def deep_pooling_forgotten(ref, self, **kwargs):
    ref.DeepConvNet.__init__(self, **kwargs)
    _, H, W = kwargs.get("input_dims", IMAGE)
    shape = kwargs.get("num_filters", [8])[-1] * H * W, kwargs.get("num_classes", TEN)
    self.params["W"] = torch.randn(shape, dtype=self.dtype)


@deep_conv_init.misconception("Where weight_scale is left out, it is not what the signature says.")
def another_default_of_weight_scale(ref, self, **kwargs):
    ref.DeepConvNet.__init__(self, **{"weight_scale": 0.1, **kwargs})


@deep_conv_init.misconception("Where max_pools is left out, other layers are pooled than the signature says.")
def another_default_of_max_pools(ref, self, **kwargs):
    ref.DeepConvNet.__init__(self, **{"max_pools": (0, 1), **kwargs})


@deep_conv_init.misconception("There are no gammas and betas, though the net is made with batch normalisation.")
def no_gammas(ref, self, **kwargs):
    ref.DeepConvNet.__init__(self, **{**kwargs, "batchnorm": False})


@deep_conv_loss.case
def three_convolutions_with_l2(draw):
    return deep_net(draw, (4, 2, 8, 8), (4, 5, 6), (0, 1), batchnorm=False, reg=0.2)


@deep_conv_loss.case(worth=0.1)
def wide_images_in_depth(draw):
    return deep_net(draw, (4, 2, 8, 12), (4, 5), (0, 1), batchnorm=False, reg=0.2)


@deep_conv_loss.case(worth=0.1)
def as_deep_as_the_signature_says(draw):
    """reg and batchnorm are left out"""
    return deep_net(draw, (3, 2, 8, 8), (4, 5), (0, 1), batchnorm=None, reg=None)


@deep_conv_loss.case
def three_normalised_with_l2(draw):
    return deep_net(draw, (5, 3, 8, 8), (6, 4, 5), (1, 2), batchnorm=True, reg=0.1)


@deep_conv_loss.case(worth=0.2)
def layers_of_one_shape(draw):
    return deep_net(draw, (4, 3, 8, 8), (4, 4, 4), (2,), batchnorm=True, reg=0.1)


@deep_conv_loss.case(worth=0.2)
def odd_images_in_depth(draw):
    return deep_net(draw, (3, 2, 7, 7), (4, 5), (0, 1), batchnorm=False, reg=0.1)


@deep_conv_loss.case(worth=0.2)
def no_pooling_at_all(draw):
    return deep_net(draw, (3, 1, 4, 4), (3,), (), batchnorm=True, reg=0.1)


@deep_conv_loss.case(worth=0.1)
def bright_images_in_depth(draw):
    return deep_net(draw, (3, 2, 8, 8), (4, 5), (0, 1), batchnorm=False, reg=0.1, scale=1e4)


@deep_conv_loss.oracle
def deep_net_by_autograd(ref, X, y, X_test, numbers, num_filters, max_pools, batchnorm, num_classes, reg):
    params = {}
    for layer, shape in enumerate(deep_shapes(X.shape[1:], num_filters, max_pools, num_classes)):
        params[f"W{layer}"] = X.new_zeros(shape)
        params[f"b{layer}"] = X.new_zeros(shape[0] if len(shape) == 4 else shape[1])
        if batchnorm and len(shape) == 4:
            params[f"gamma{layer}"] = params[f"beta{layer}"] = params[f"b{layer}"]
    fill_by_shape(params, numbers)
    running = {}

    def scores(p, X, training):
        out = X
        for layer in range(len(num_filters)):
            out = torch.nn.functional.conv2d(out, p[f"W{layer}"], p[f"b{layer}"], padding=1)
            if batchnorm:
                if training:  # the library's running variance is Bessel's, ours is not
                    running[layer] = out.detach().mean((0, 2, 3)) / 10, out.detach().var((0, 2, 3), correction=0) / 10
                norm = (*running[layer], p[f"gamma{layer}"], p[f"beta{layer}"])
                out = torch.nn.functional.batch_norm(out, *[t.clone() for t in norm], training=training, eps=1e-5)
            out = torch.relu(out)
            out = torch.nn.functional.max_pool2d(out, 2) if layer in max_pools else out
        return out.flatten(1) @ p[f"W{len(num_filters)}"] + p[f"b{len(num_filters)}"]

    p = dict(zip(params, leaves(*params.values()), strict=True))
    loss = cross_entropy(scores(p, X, training=True), y)
    loss = loss + (reg or 0.0) * sum((value**2).sum() for name, value in p.items() if name[0] == "W")
    grads = dict(zip(p, torch.autograd.grad(loss, p.values()), strict=True))
    moved = {name: params[name] - 0.1 * grads[name] for name in params}
    return {
        "loss": loss.detach(),
        "scores": scores(params, X_test, training=False),
        "gradients": stacked_by_shape(grads.values()),
        "scores_after_a_step": scores(moved, X_test, training=False),
    }


def deep_loss(
    ref, self, X, y, *, relu=True, norm_first=True, train_at_test=False, test_in_training=False, swapped=False, l2=None
):
    """The loss of DeepConvNet from the layers that students write, with one of the things that can go wrong in it.

    `l2`: the names of the parameters in the L2 term."""
    p, out, caches = self.params, X, []
    for bn_param in self.bn_params:
        bn_param["mode"] = "train" if (train_at_test or y is not None) and not test_in_training else "test"
    for layer in range(self.num_layers - 1):
        cache = {}
        out, cache["conv"] = ref.Conv.forward(out, p[f"W{layer}"], p[f"b{layer}"], {"stride": 1, "pad": 1})
        if not norm_first and relu:
            out, cache["relu"] = ref.ReLU.forward(out)
        if self.batchnorm:
            gamma, beta = p[f"gamma{layer}"], p[f"beta{layer}"]
            out, cache["norm"] = ref.SpatialBatchNorm.forward(out, gamma, beta, self.bn_params[layer])
        if norm_first and relu:
            out, cache["relu"] = ref.ReLU.forward(out)
        if layer in self.max_pools:
            out, cache["pool"] = ref.MaxPool.forward(out, {"pool_height": 2, "pool_width": 2, "stride": 2})
        caches.append(cache)
    out, last = ref.Linear.forward(out, p["W"], p["b"])
    if y is None:
        return out
    loss, dout = ref.softmax_loss(out, y)
    grads = {}
    dout, grads["W"], grads["b"] = ref.Linear.backward(dout, last)
    for layer in range(self.num_layers - 2, -1, -1):
        cache = caches[layer]
        if layer in self.max_pools:
            dout = ref.MaxPool.backward(dout, cache["pool"])
        if norm_first and relu:
            dout = ref.ReLU.backward(dout, cache["relu"])
        if self.batchnorm:
            dout, grads[f"gamma{layer}"], grads[f"beta{layer}"] = ref.SpatialBatchNorm.backward(dout, cache["norm"])
            if swapped:
                names = f"gamma{layer}", f"beta{layer}"
                grads[names[0]], grads[names[1]] = grads[names[1]], grads[names[0]]
        if not norm_first and relu:
            dout = ref.ReLU.backward(dout, cache["relu"])
        dout, grads[f"W{layer}"], grads[f"b{layer}"] = ref.Conv.backward(dout, cache["conv"])
    l2 = weights_of(p) if l2 is None else l2
    grads = {name: grads[name] + 2 * self.reg * p[name] * (name in l2) for name in p}
    return loss + self.reg * l2_of(p, l2), grads


@deep_conv_loss.alternative
def deep_from_the_students_layers(ref, self, X, y=None):
    return deep_loss(ref, self, X, y)


declare_wrong_l2(deep_conv_loss, "DeepConvNet", also=[HALF, LAST])


@deep_conv_loss.misconception("The L2 term takes gamma and beta too; it is made of the weights only.")
def gammas_in_l2(ref, self, X, y=None):
    return deep_loss(
        ref, self, X, y, l2=[name for name in self.params if not name.startswith("b") or name[:4] == "beta"]
    )


@deep_conv_loss.misconception("The ReLUs are forgotten.")
def no_relus_in_depth(ref, self, X, y=None):
    return deep_loss(ref, self, X, y, relu=False)


@deep_conv_loss.misconception("The ReLU comes before the batch normalisation instead of after it.")
def relu_before_batchnorm(ref, self, X, y=None):
    return deep_loss(ref, self, X, y, norm_first=False)


@deep_conv_loss.misconception("Batch normalisation stays in training mode when there are no labels.")
def batch_statistics_at_test_time(ref, self, X, y=None):
    return deep_loss(ref, self, X, y, train_at_test=True)


@deep_conv_loss.misconception("The gradients of gamma and beta stand under each other's names.")
def gamma_and_beta_swapped(ref, self, X, y=None):
    return deep_loss(ref, self, X, y, swapped=True)


deep_conv_init.equivalent(
    "self.params['W'] = weights(channels * H * W, num_classes, K=None, relu=True)",
    "the last layer's scale may be that of a layer before a ReLU",
)


# == convolutional_networks: training and initial values ==============================================================


@create_convolutional_solver.case
def a_few_other_digits_to_convolve(draw):
    return digits_to_read(draw, 60, 20)


@create_convolutional_solver.case(worth=0.25)
def other_digits_to_convolve(draw):
    return digits_to_read(draw, 360, 100, share=READ)


@create_convolutional_solver.misconception("The learning rate is so small that nothing is learned.")
def convolutions_crawl(ref, data_dict, dtype, device):
    return slowed(ref.create_convolutional_solver_instance(data_dict, dtype, device))


for others in ("0.1, 0.004", "0.2, 0.002"):
    find_overfit_parameters.equivalent(f"return ({others})", OTHER_NUMBERS)
declare_free_choices(
    create_convolutional_solver,
    "model = DeepConvNet(input_dims=tuple(data_dict['X_train'].shape[1:]), num_filters=[8, 16], max_pools=[0, 1], "
    "batchnorm=True, weight_scale='kaiming', reg=0.0001, dtype=dtype, device=device)",
    ("[8, 16]", "[7, 16]", "[9, 16]", "[8, 15]", "[8, 17]"),
    ("[0, 1]", "[0, 0]", "[0, 2]", "[1, 1]"),
    ("batchnorm=True", "batchnorm=False"),
    ("reg=0.0001", "reg=0.0002"),
)
declare_free_choices(
    create_convolutional_solver,
    "return Solver(model, data_dict, update_rule=adam, optim_config={'learning_rate': 0.003}, num_epochs=5, "
    "batch_size=25, print_every=0, device=device)",
    ("'learning_rate': 0.003", "'learning_rate': 0.006"),
    ("num_epochs=5", "num_epochs=4", "num_epochs=6"),
    ("batch_size=25", "batch_size=24", "batch_size=26"),
    ("print_every=0", "print_every=1"),
)


@kaiming_initializer.case
def a_layer_without_relu(draw):
    return dict(Din=draw.integer(80, 120), Dout=draw.integer(40, 60), K=None, relu=False, dtype="float64")


@kaiming_initializer.case(worth=0.2)
def a_layer_as_the_signature_says(draw):
    """Nothing is given but the sizes"""
    return dict(Din=draw.integer(70, 90), Dout=draw.integer(40, 60), K=None, relu=None, dtype=None)


@kaiming_initializer.case(worth=0.3)
def larger_filters(draw):
    return dict(Din=draw.integer(8, 12), Dout=draw.integer(16, 24), K=5, relu=False, dtype="float64")


@kaiming_initializer.case(worth=0.1)
def one_pixel_kernels(draw):
    return dict(Din=60, Dout=80, K=1, relu=True, dtype="float64")


@kaiming_initializer.oracle
def kaiming_by_the_library(ref, Din, Dout, K, relu, dtype):
    weight = torch.empty((Dout, Din) if K is None else (Dout, Din, K, K), dtype=dtype_of(dtype))
    torch.nn.init.kaiming_normal_(weight, nonlinearity="linear" if relu is False else "relu")
    return {"weight": weight.T if K is None else weight}


def kaiming(Din, Dout, K, deviation, dtype):
    return deviation * torch.randn((Din, Dout) if K is None else (Dout, Din, K, K), dtype=dtype)


def taps(K):
    return 1 if K is None else K * K


@kaiming_initializer.alternative
def by_normal_(ref, Din, Dout, K=None, relu=True, device="cpu", dtype=None):
    shape = (Din, Dout) if K is None else (Dout, Din, K, K)
    return torch.empty(shape, dtype=dtype, device=device).normal_(0, ((1 + relu) / Din / taps(K)) ** 0.5)


@kaiming_initializer.misconception("The variance is divided by the fan-out; it is the fan-in that counts.")
def fan_out(ref, Din, Dout, K=None, relu=True, device="cpu", dtype=None):
    return kaiming(Din, Dout, K, math.sqrt((1 + relu) / (Dout * taps(K))), dtype)


@kaiming_initializer.misconception("The scale is the variance itself: the root is missing.")
def scale_not_rooted(ref, Din, Dout, K=None, relu=True, device="cpu", dtype=None):
    return kaiming(Din, Dout, K, (1 + relu) / (Din * taps(K)), dtype)


@kaiming_initializer.misconception("Filters have the shape (Din, Dout, K, K); the outputs come first there.")
def filters_inputs_first(ref, Din, Dout, K=None, relu=True, device="cpu", dtype=None):
    return (
        ref.kaiming_initializer(Din, Dout, K, relu, device, dtype).transpose(0, 1)
        if K
        else (ref.kaiming_initializer(Din, Dout, K, relu, device, dtype))
    )


@kaiming_initializer.misconception("The gain is 2 always, also where no ReLU follows.")
def gain_always_two(ref, Din, Dout, K=None, relu=True, device="cpu", dtype=None):
    return ref.kaiming_initializer(Din, Dout, K, True, device, dtype)


@kaiming_initializer.misconception("The gain is 1 always, also before a ReLU.")
def gain_always_one(ref, Din, Dout, K=None, relu=True, device="cpu", dtype=None):
    return ref.kaiming_initializer(Din, Dout, K, False, device, dtype)


@kaiming_initializer.misconception("The fan-in of a filter counts its channels and not its K K taps.")
def taps_not_counted(ref, Din, Dout, K=None, relu=True, device="cpu", dtype=None):
    return kaiming(Din, Dout, K, math.sqrt((1 + relu) / Din), dtype)


@kaiming_initializer.misconception("Where relu is left out, the gain is that of a layer without one.")
def another_default_of_relu(ref, Din, Dout, K=None, relu=False, device="cpu", dtype=None):
    return ref.kaiming_initializer(Din, Dout, K, relu, device, dtype)


@kaiming_initializer.misconception("The weights are uniform between 0 and the scale, none of them negative.")
def uniform_and_positive(ref, Din, Dout, K=None, relu=True, device="cpu", dtype=None):
    weight = ref.kaiming_initializer(Din, Dout, K, relu, device, dtype)
    return math.sqrt((1 + relu) / (Din * taps(K))) * torch.rand_like(weight)


# == convolutional_networks: batch normalisation ======================================================================

# -- forward ----------------------------------------------------------------------------------------------------------


@batchnorm_forward.case
def three_batches(draw):
    return batches(draw, 7, 5, count=3, eps=0.2, momentum=0.85)


@batchnorm_forward.case(worth=0.15)
def hardly_any_momentum(draw):
    return batches(draw, 5, 6, count=2, eps=0.05, momentum=0.1)


@batchnorm_forward.case(worth=0.2)
def one_test_example(draw):
    """A batch of one in test mode"""
    return batches(draw, 6, 4, count=1, eps=0.1, momentum=0.7, N_test=1)


@batchnorm_forward.case
def by_the_defaults(draw):
    """eps and momentum are not given"""
    inputs = batches(draw, 6, 4, count=2, eps=1e-5, momentum=0.9, running=False)
    return dict(inputs, bn_param={})


@batchnorm_forward.case(worth=0.1)
def one_feature(draw):
    return batches(draw, 9, 1, count=2, eps=0.1, momentum=0.9)


@batchnorm_forward.case(worth=0.1)
def a_constant_feature(draw):
    inputs = batches(draw, 6, 3, count=1, eps=1e-3, momentum=0.6)
    inputs["xs"][0][:, 1] = 4.0
    return inputs


@batchnorm_forward.case(worth=0.1)
def far_from_zero(draw):
    """The mean is much larger than the deviation"""
    return batches(draw, 8, 4, count=2, eps=1e-8, momentum=0.8, mean=1e4, deviation=0.1)


@batchnorm_forward.case(worth=0.1)
def small_deviations(draw):
    return batches(draw, 8, 4, count=2, eps=1e-6, momentum=0.8, mean=0.0, deviation=1e-3)


@batchnorm_forward.case(worth=0.1)
def strided_batches(draw):
    inputs = batches(draw, 6, 4, count=2, eps=0.1, momentum=0.8)
    return dict(inputs, xs=[draw.strided(x) for x in inputs["xs"]], x_test=draw.strided(inputs["x_test"]))


def norm_by_the_library(xs, x_test, gamma, beta, bn_param):
    """Outputs by torch.nn.functional.batch_norm, running statistics by the formula: the library's running variance is
    divided by N - 1."""
    eps, momentum = bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    mean = bn_param.get("running_mean", torch.zeros_like(gamma))
    var = bn_param.get("running_var", torch.zeros_like(gamma))
    axes = [k for k in range(x_test.dim()) if k != 1]
    norm = torch.nn.functional.batch_norm
    out = [norm(x, None, None, gamma, beta, training=True, eps=eps) for x in xs]
    for x in xs:
        mean = mean * momentum + x.mean(axes) * (1 - momentum)
        var = var * momentum + x.var(axes, correction=0) * (1 - momentum)
    out_test = norm(x_test, mean, var, gamma, beta, training=False, eps=eps)
    return {"out": out, "running_mean": mean, "running_var": var, "out_test": out_test}


@batchnorm_forward.oracle
def norm_of_rows_by_the_library(ref, xs, x_test, gamma, beta, bn_param):
    return norm_by_the_library(xs, x_test, gamma, beta, bn_param)


def norm_forward(ref, x, gamma, beta, bn_param, *, test=None, std=None, test_std=None, keep=None):
    """Batch normalisation in which one thing is different.

    std(var, eps) and test_std(var, eps): what to divide by; test(bn_param, x): the statistics of test mode;
    keep(old, new, momentum): the next running statistics; correction: of the variance."""
    eps, momentum = bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    if bn_param["mode"] == "test":
        D = x.shape[1]
        mean, var = bn_param.get("running_mean", x.new_zeros(D)), bn_param.get("running_var", x.new_zeros(D))
        mean, var = test(x) if test else (mean, var)
        return (x - mean) / (test_std or root_of)(var, eps) * gamma + beta, ()
    mean, var = x.mean(0), x.var(0, correction=0)
    for name, new in (("running_mean", mean), ("running_var", var)):
        old = bn_param.get(name, torch.zeros_like(new))
        bn_param[name] = (keep or moving_average)(old, new, momentum, name, len(x))
    deviation = (std or root_of)(var, eps)
    return (x - mean) / deviation * gamma + beta, (x - mean, 1 / deviation, gamma)


def root_of(var, eps):
    return (var + eps).sqrt()


def moving_average(old, new, momentum, name, N):
    return momentum * old + (1 - momentum) * new


@batchnorm_forward.alternative
def by_var_and_sqrt(ref, x, gamma, beta, bn_param):
    return norm_forward(ref, x, gamma, beta, bn_param)


@batchnorm_forward.naive
def one_example_at_a_time(ref, x, gamma, beta, bn_param):
    mean, var = torch.zeros_like(gamma), torch.zeros_like(gamma)
    for row in x:
        mean = mean + row / len(x)
    for row in x:
        var = var + (row - mean) ** 2 / len(x)
    if bn_param["mode"] == "test":
        mean, var = bn_param["running_mean"], bn_param["running_var"]
    inv_std = 1 / (var + bn_param.get("eps", 1e-5)).sqrt()
    centred = torch.stack([row - mean for row in x])
    out = torch.stack([row * inv_std * gamma + beta for row in centred])
    if bn_param["mode"] == "train":
        momentum = bn_param.get("momentum", 0.9)
        for name, new in (("running_mean", mean), ("running_var", var)):
            bn_param[name] = momentum * bn_param.get(name, torch.zeros_like(new)) + (1 - momentum) * new
    return out, (centred, inv_std, gamma)


@batchnorm_forward.misconception("The variance of the batch is divided by N - 1 instead of N.")
def bessel(ref, x, gamma, beta, bn_param):
    if bn_param["mode"] == "test":
        return norm_forward(ref, x, gamma, beta, bn_param)
    factor = len(x) / (len(x) - 1)

    def keep(old, new, momentum, name, N):
        return moving_average(old, new * (factor if name == "running_var" else 1), momentum, name, N)

    return norm_forward(ref, x, gamma, beta, bn_param, std=lambda var, eps: root_of(var * factor, eps), keep=keep)


@batchnorm_forward.misconception("The running variance takes the batch's divided by N - 1 instead of N.")
def bessel_in_the_running_variance(ref, x, gamma, beta, bn_param):
    def keep(old, new, momentum, name, N):
        return moving_average(old, new * (N / (N - 1) if name == "running_var" else 1), momentum, name, N)

    return norm_forward(ref, x, gamma, beta, bn_param, keep=keep)


@batchnorm_forward.misconception("momentum and 1 - momentum have changed places in the running statistics.")
def momentum_swapped(ref, x, gamma, beta, bn_param):
    def keep(old, new, momentum, name, N):
        return moving_average(old, new, 1 - momentum, name, N)

    return norm_forward(ref, x, gamma, beta, bn_param, keep=keep)


@batchnorm_forward.misconception("momentum and 1 - momentum have changed places in the running variance.")
def momentum_swapped_in_the_variance(ref, x, gamma, beta, bn_param):
    def keep(old, new, momentum, name, N):
        return moving_average(old, new, 1 - momentum if name == "running_var" else momentum, name, N)

    return norm_forward(ref, x, gamma, beta, bn_param, keep=keep)


@batchnorm_forward.misconception("The running variance averages standard deviations instead of variances.")
def deviations_averaged(ref, x, gamma, beta, bn_param):
    def keep(old, new, momentum, name, N):
        return moving_average(old, new.sqrt() if name == "running_var" else new, momentum, name, N)

    return norm_forward(ref, x, gamma, beta, bn_param, keep=keep)


@batchnorm_forward.misconception("The running statistics are not kept from one batch to the next.")
def statistics_not_kept(ref, x, gamma, beta, bn_param):
    return ref.BatchNorm.forward(x, gamma, beta, dict(bn_param))


@batchnorm_forward.misconception("Test mode normalises with the batch's own statistics instead of the running ones.")
def batch_statistics_in_test_mode(ref, x, gamma, beta, bn_param):
    return norm_forward(ref, x, gamma, beta, bn_param, test=lambda x: (x.mean(0), x.var(0, correction=0)))


@batchnorm_forward.misconception("In test mode eps is added to the root instead of under it.")
def eps_outside_the_root_in_test_mode(ref, x, gamma, beta, bn_param):
    return norm_forward(ref, x, gamma, beta, bn_param, test_std=lambda var, eps: var.sqrt() + eps)


@batchnorm_forward.misconception("eps is added to the root instead of under it.")
def eps_outside_the_root(ref, x, gamma, beta, bn_param):
    def outside(var, eps):
        return var.sqrt() + eps

    return norm_forward(ref, x, gamma, beta, bn_param, std=outside, test_std=outside)


@batchnorm_forward.misconception("eps is fixed at 1e-5; bn_param may give another one.")
def eps_fixed(ref, x, gamma, beta, bn_param):
    def fixed(var, eps):
        return root_of(var, 1e-5)

    return norm_forward(ref, x, gamma, beta, bn_param, std=fixed, test_std=fixed)


@batchnorm_forward.misconception("The variance is the mean of the squares, without the mean subtracted.")
def mean_not_subtracted(ref, x, gamma, beta, bn_param):
    if bn_param["mode"] == "test":
        return norm_forward(ref, x, gamma, beta, bn_param)

    def keep(old, new, momentum, name, N):
        return moving_average(old, x.square().mean(0) if name == "running_var" else new, momentum, name, N)

    return norm_forward(ref, x, gamma, beta, bn_param, std=lambda var, eps: root_of(x.square().mean(0), eps), keep=keep)


@batchnorm_forward.misconception("Statistics are taken over the features of each example instead of over the batch.")
def over_the_features(ref, x, gamma, beta, bn_param):
    if bn_param["mode"] == "test":
        return norm_forward(ref, x, gamma, beta, bn_param)
    _, cache = norm_forward(ref, x, gamma, beta, bn_param)
    eps = bn_param.get("eps", 1e-5)
    rows = (x - x.mean(1, keepdim=True)) / (x.var(1, correction=0, keepdim=True) + eps).sqrt()
    return rows * gamma + beta, cache


# -- backward ---------------------------------------------------------------------------------------------------------

for layer in (batchnorm_backward, batchnorm_backward_alt):

    @layer.case
    def eight_examples(draw):
        return a_batch_to_go_back_through(draw, 8, 6, eps=0.3)

    @layer.case(worth=0.2)
    def one_feature_back(draw):
        return a_batch_to_go_back_through(draw, 6, 1, eps=0.1)

    @layer.case(worth=0.1)
    def far_from_zero_back(draw):
        return a_batch_to_go_back_through(draw, 8, 4, eps=1e-4, mean=1e3)

    @layer.case(worth=0.1)
    def a_small_deviation_back(draw):
        return a_batch_to_go_back_through(draw, 8, 4, eps=1e-4, mean=0.0, deviation=1e-2)

    @layer.case(worth=0.1)
    def tiny_gradients_to_norm(draw):
        return a_batch_to_go_back_through(draw, 8, 4, eps=0.1, scale=1e-9)

    @layer.case(worth=0.1)
    def a_strided_gradient_to_norm(draw):
        inputs = a_batch_to_go_back_through(draw, 6, 5, eps=0.1)
        return dict(inputs, x=draw.strided(inputs["x"]), dout=draw.strided(inputs["dout"]))

    @layer.oracle
    def norm_by_autograd(ref, x, gamma, beta, dout, eps):
        x, gamma, beta = leaves(x, gamma, beta)
        out = torch.nn.functional.batch_norm(x, None, None, gamma, beta, training=True, eps=eps)
        return dict(zip(("dx", "dgamma", "dbeta"), gradients(out, dout, x, gamma, beta), strict=True))


def normalised(cache):
    """The normalised x, and the rest of the reference's cache: (x - mean, 1 / deviation, gamma)."""
    centred, inv_std, gamma = cache
    return centred * inv_std, inv_std, gamma


def norm_backward(dout, cache, *, mean=True, variance=True, gamma=True, N=None):
    """The gradients, with a term left out or another N."""
    normalized, inv_std, scale = normalised(cache)
    N = len(dout) if N is None else N
    dgamma, dbeta = (dout * normalized).sum(0), dout.sum(0)
    dx = dout - mean * dbeta / N - variance * normalized * dgamma / N
    return dx * inv_std * (scale if gamma else 1), dgamma, dbeta


@batchnorm_backward.alternative
def as_a_projection(ref, dout, cache):
    return norm_backward(dout, cache)


@batchnorm_backward_alt.alternative
def multiplied_out(ref, dout, cache):
    normalized, inv_std, gamma = normalised(cache)
    dgamma, dbeta, N = (dout * normalized).sum(0), dout.sum(0), len(dout)
    return gamma * inv_std / N * (N * dout - dbeta - normalized * dgamma), dgamma, dbeta


def norm_one_example_at_a_time(ref, dout, cache):
    normalized, inv_std, gamma = normalised(cache)
    dgamma, dbeta = torch.zeros_like(gamma), torch.zeros_like(gamma)
    for d, row in zip(dout, normalized, strict=True):
        dgamma, dbeta = dgamma + d * row, dbeta + d
    dx = [d - (dbeta + row * dgamma) / len(dout) for d, row in zip(dout, normalized, strict=True)]
    return torch.stack(dx) * (gamma * inv_std), dgamma, dbeta


for layer in (batchnorm_backward, batchnorm_backward_alt):
    layer.naive(norm_one_example_at_a_time)

    @layer.misconception("dx lacks the term that comes through the mean of the batch.")
    def no_term_through_the_mean(ref, dout, cache):
        return norm_backward(dout, cache, mean=False)

    @layer.misconception("dx lacks the term that comes through the variance of the batch.")
    def no_term_through_the_variance(ref, dout, cache):
        return norm_backward(dout, cache, variance=False)

    @layer.misconception("Mean and variance are taken for constants: dx lacks both terms that come through them.")
    def statistics_taken_for_constants(ref, dout, cache):
        return norm_backward(dout, cache, mean=False, variance=False)

    @layer.misconception("dx is not multiplied by gamma.")
    def gamma_left_out(ref, dout, cache):
        return norm_backward(dout, cache, gamma=False)

    @layer.misconception("dx is divided by N - 1 where it should be N.")
    def bessel_back(ref, dout, cache):
        return norm_backward(dout, cache, N=len(dout) - 1)

    @layer.misconception("dgamma is summed from dout alone, without the normalised input.")
    def dgamma_without_the_input(ref, dout, cache):
        dx, _, dbeta = norm_backward(dout, cache)
        return dx, dbeta, dbeta

    @layer.misconception("dgamma takes the centred input, which is not divided by the deviation.")
    def dgamma_of_the_centred_input(ref, dout, cache):
        dx, _, dbeta = norm_backward(dout, cache)
        return dx, (dout * cache[0]).sum(0), dbeta

    @layer.misconception("dgamma and dbeta are averaged over the batch instead of summed.")
    def averaged_over_the_batch(ref, dout, cache):
        dx, dgamma, dbeta = norm_backward(dout, cache)
        return dx, dgamma / len(dout), dbeta / len(dout)

    @layer.misconception("eps is missing: dx is divided by the root of the variance alone.")
    def eps_missing(ref, dout, cache):
        centred, inv_std, gamma = cache
        ratio = (centred * inv_std).square().mean(0).sqrt()  # of the deviation without eps to that with it
        dx, _, _ = norm_backward(dout, (centred, inv_std / ratio, gamma))
        return dx, *norm_backward(dout, cache)[1:]


for exercise, statement in (
    (batchnorm_backward, "dcentred = (dout * (gamma * inv_std)).addcmul_(2 / N * dvar, centred)"),
    (
        batchnorm_backward_alt,
        "dx = (dout - dbeta / N).addcmul_(dgamma * inv_std / -N, centred).mul_(gamma * inv_std)",
    ),
):
    exercise.equivalent(statement, "the factors of a product change places")


# -- images -----------------------------------------------------------------------------------------------------------


@spatial_batchnorm_forward.case
def three_batches_of_images(draw):
    return batches(draw, 4, 3, 5, 2, count=3, eps=0.2, momentum=0.85)


@spatial_batchnorm_forward.case(worth=0.2)
def one_image_at_a_time(draw):
    return batches(draw, 1, 3, 4, 4, count=2, eps=0.1, momentum=0.3, N_test=1)


@spatial_batchnorm_forward.case(worth=0.2)
def one_channel(draw):
    return batches(draw, 3, 1, 2, 3, count=1, eps=0.1, momentum=0.8)


@spatial_batchnorm_forward.case(worth=0.2)
def images_not_contiguous(draw):
    inputs = batches(draw, 3, 4, 2, 5, count=1, eps=0.1, momentum=0.8)
    return dict(inputs, xs=[draw.strided(x) for x in inputs["xs"]])


@spatial_batchnorm_forward.oracle
def norm_of_images_by_the_library(ref, xs, x_test, gamma, beta, bn_param):
    return norm_by_the_library(xs, x_test, gamma, beta, bn_param)


@spatial_batchnorm_forward.alternative
def channels_first(ref, x, gamma, beta, bn_param):
    N, C, H, W = x.shape
    rows = x.transpose(0, 1).reshape(C, -1).T
    out, cache = ref.BatchNorm.forward(rows, gamma, beta, bn_param)
    return out.T.reshape(C, N, H, W).transpose(0, 1), cache


@spatial_batchnorm_forward.misconception(
    "The images are reshaped to rows of C numbers without moving the channels last."
)
def channels_not_moved(ref, x, gamma, beta, bn_param):
    out, cache = ref.BatchNorm.forward(x.reshape(-1, x.shape[1]), gamma, beta, bn_param)
    return out.reshape(x.shape), cache


@spatial_batchnorm_forward.misconception("The rows are brought back into images with their axes in the wrong order.")
def axes_not_moved_back(ref, x, gamma, beta, bn_param):
    N, C, H, W = x.shape
    out, cache = ref.BatchNorm.forward(x.permute(0, 2, 3, 1).reshape(-1, C), gamma, beta, bn_param)
    return out.reshape(N, C, H, W), cache


@spatial_batchnorm_forward.misconception("Every image is normalised by itself: the statistics leave out the batch.")
def image_by_image(ref, x, gamma, beta, bn_param):
    if bn_param["mode"] == "test":
        return ref.SpatialBatchNorm.forward(x, gamma, beta, bn_param)
    _, cache = ref.SpatialBatchNorm.forward(x, gamma, beta, bn_param)
    out = [ref.SpatialBatchNorm.forward(one[None], gamma, beta, dict(bn_param))[0] for one in x]
    return torch.cat(out), cache


@spatial_batchnorm_backward.case
def a_batch_of_larger_images(draw):
    return a_batch_to_go_back_through(draw, 4, 3, 5, 2, eps=0.3)


@spatial_batchnorm_backward.case(worth=0.2)
def one_image_to_norm_back(draw):
    return a_batch_to_go_back_through(draw, 1, 3, 4, 4, eps=0.1)


@spatial_batchnorm_backward.case(worth=0.2)
def a_gradient_not_contiguous(draw):
    inputs = a_batch_to_go_back_through(draw, 3, 4, 2, 5, eps=0.1)
    return dict(inputs, dout=draw.strided(inputs["dout"]))


@spatial_batchnorm_backward.oracle
def norm_of_images_by_autograd(ref, x, gamma, beta, dout, eps):
    x, gamma, beta = leaves(x, gamma, beta)
    out = torch.nn.functional.batch_norm(x, None, None, gamma, beta, training=True, eps=eps)
    return dict(zip(("dx", "dgamma", "dbeta"), gradients(out, dout, x, gamma, beta), strict=True))


@spatial_batchnorm_backward.alternative
def by_the_long_way(ref, dout, cache):
    N, C, H, W = dout.shape
    dx, dgamma, dbeta = ref.BatchNorm.backward(dout.movedim(1, 3).reshape(-1, C), cache)
    return dx.view(N, H, W, C).movedim(3, 1), dgamma, dbeta


@spatial_batchnorm_backward.misconception("The gradient is reshaped to rows without moving the channels last.")
def gradient_channels_not_moved(ref, dout, cache):
    dx, dgamma, dbeta = ref.BatchNorm.backward(dout.reshape(-1, dout.shape[1]), cache)
    return dx.reshape(dout.shape), dgamma, dbeta


@spatial_batchnorm_backward.misconception("The rows are brought back into images with their axes in the wrong order.")
def gradient_axes_not_moved_back(ref, dout, cache):
    dx, dgamma, dbeta = ref.SpatialBatchNorm.backward(dout, cache)
    return dx.movedim(1, 3).reshape(dout.shape), dgamma, dbeta


@spatial_batchnorm_backward.misconception("dgamma and dbeta are divided by the number of pixels of an image.")
def divided_by_the_pixels(ref, dout, cache):
    dx, dgamma, dbeta = ref.SpatialBatchNorm.backward(dout, cache)
    pixels = dout.shape[2] * dout.shape[3]
    return dx, dgamma / pixels, dbeta / pixels
