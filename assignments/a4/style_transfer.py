"""Style transfer: losses that ask a picture for the content of one picture and for the style of another.

Every loss is a scalar tensor that autograd can go back through, since it is the picture that is learned.
Replace every `raise NotImplementedError`.
"""

from torch import Tensor


def content_loss(content_weight: float, content_current: Tensor, content_original: Tensor) -> Tensor:
    """Return content_weight times the sum of the squared differences of two feature maps, each (1, C, H, W)."""
    raise NotImplementedError("write this")


def gram_matrix(features: Tensor, normalize: bool = True) -> Tensor:
    """Return the Gram matrices (N, C, C): for each image, how strongly each two channels appear together.

    features: (N, C, H, W). normalize: whether to divide by C * H * W.
    """
    raise NotImplementedError("write this")


def style_loss(
    feats: list[Tensor], style_layers: list[int], style_targets: list[Tensor], style_weights: list[float]
) -> Tensor:
    """Return the sum over the style layers of a weight times the sum of squared differences of Gram matrices.

    feats: the feature maps of the picture, (1, C, H, W), of all layers. style_layers: which of them count.
    style_targets and style_weights belong to style_layers, place by place: Gram matrices (1, C, C), divided by C * H *
    W, and numbers.
    """
    raise NotImplementedError("write this")


def tv_loss(img: Tensor, tv_weight: float) -> Tensor:
    """Return the total variation: tv_weight times the sum of the squared differences of neighbouring pixels, in each
    channel, side by side and one above another. img: (1, 3, H, W).
    """
    raise NotImplementedError("write this")


def guided_gram_matrix(features: Tensor, masks: Tensor, normalize: bool = True) -> Tensor:
    """Return the Gram matrices (N, R, C, C) of the features in each of R regions.

    features: (N, R, C, H, W), for each region the features that belong to it. masks: (N, R, H, W), what each pixel
    counts in each region; the features of all channels are multiplied by it. normalize: whether to divide by C * H * W.
    """
    raise NotImplementedError("write this")


def guided_style_loss(
    feats: list[Tensor],
    style_layers: list[int],
    style_targets: list[Tensor],
    style_weights: list[float],
    content_masks: list[Tensor],
) -> Tensor:
    """Return the style loss in regions, made of guided Gram matrices.

    feats: (1, R, C, H, W) and content_masks: (1, R, H, W), of all layers. style_targets: (1, R, C, C), divided by
    C * H * W, and style_weights belong to style_layers.
    """
    raise NotImplementedError("write this")
