"""Style transfer: losses that ask a picture for the content of one picture and for the style of another.

Every loss is a scalar tensor that autograd can go back through, since it is the picture that is learned.
Replace every `raise NotImplementedError`.
"""

from torch import Tensor


def content_loss(content_weight: float, content_current: Tensor, content_original: Tensor) -> Tensor:
    """Return content_weight times the sum of the squared differences of two feature maps, each (1, C, H, W)."""
    # BEGIN SOLUTION
    return content_weight * (content_current - content_original).square().sum()
    # END SOLUTION


def gram_matrix(features: Tensor, normalize: bool = True) -> Tensor:
    """Return the Gram matrices (N, C, C): for each image, how strongly each two channels appear together.

    features: (N, C, H, W). normalize: whether to divide by C * H * W.
    """
    # BEGIN SOLUTION
    N, C, H, W = features.shape
    flat = features.reshape(N, C, H * W)
    gram = flat @ flat.mT
    return gram / (C * H * W) if normalize else gram
    # END SOLUTION


def style_loss(
    feats: list[Tensor], style_layers: list[int], style_targets: list[Tensor], style_weights: list[float]
) -> Tensor:
    """Return the sum over the style layers of a weight times the sum of squared differences of Gram matrices.

    feats: the feature maps of the picture, (1, C, H, W), of all layers. style_layers: which of them count.
    style_targets and style_weights belong to style_layers, place by place: Gram matrices (1, C, C), divided by C * H *
    W, and numbers.
    """
    # BEGIN SOLUTION
    loss = 0.0
    for i, layer in enumerate(style_layers):
        loss = loss + style_weights[i] * (gram_matrix(feats[layer]) - style_targets[i]).square().sum()
    return loss
    # END SOLUTION


def tv_loss(img: Tensor, tv_weight: float) -> Tensor:
    """Return the total variation: tv_weight times the sum of the squared differences of neighbouring pixels, in each
    channel, side by side and one above another. img: (1, 3, H, W).
    """
    # BEGIN SOLUTION
    across = (img[:, :, :, 1:] - img[:, :, :, :-1]).square().sum()
    down = (img[:, :, 1:, :] - img[:, :, :-1, :]).square().sum()
    return tv_weight * (across + down)
    # END SOLUTION


def guided_gram_matrix(features: Tensor, masks: Tensor, normalize: bool = True) -> Tensor:
    """Return the Gram matrices (N, R, C, C) of the features in each of R regions.

    features: (N, R, C, H, W), for each region the features that belong to it. masks: (N, R, H, W), what each pixel
    counts in each region; the features of all channels are multiplied by it. normalize: whether to divide by C * H * W.
    """
    # BEGIN SOLUTION
    N, R, C, H, W = features.shape
    flat = (features * masks[:, :, None]).reshape(N, R, C, H * W)
    gram = flat @ flat.mT
    return gram / (C * H * W) if normalize else gram
    # END SOLUTION


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
    # BEGIN SOLUTION
    loss = 0.0
    for i, layer in enumerate(style_layers):
        gram = guided_gram_matrix(feats[layer], content_masks[layer])
        loss = loss + style_weights[i] * (gram - style_targets[i]).square().sum()
    return loss
    # END SOLUTION
