"""Hidden cases of style_transfer, the mistakes that they catch, and independent ways to the same answers."""

from checks import (
    content_loss,
    gram_matrix,
    guided_gram_matrix,
    guided_style_loss,
    layers_to_style,
    regions,
    regions_to_style,
    style_loss,
    tv_loss,
    two_feature_maps,
)

from grader.ask import torch

# -- content_loss -----------------------------------------------------------------------------------------------------


@content_loss.case
def larger_feature_maps(draw):
    return two_feature_maps(draw, 6, 7, 5, weight=draw.number(1, 5))


@content_loss.case(worth=0.2)
def one_pixel(draw):
    return two_feature_maps(draw, 4, 1, 1, weight=0.7)


@content_loss.case(worth=0.2)
def strided_feature_maps(draw):
    inputs = two_feature_maps(draw, 3, 4, 5, weight=2.0)
    return dict(inputs, content_current=draw.strided(inputs["content_current"]))


@content_loss.case(worth=0.1)
def large_features(draw):
    return two_feature_maps(draw, 3, 4, 5, weight=1e-3, scale=1e4)


@content_loss.oracle
def content_by_the_library(ref, content_weight, content_current, content_original):
    total = torch.nn.functional.mse_loss(content_current, content_original, reduction="sum")
    return {"loss": content_weight * total, "gradient": 2 * content_weight * (content_current - content_original)}


@content_loss.alternative
def content_as_a_product(ref, content_weight, content_current, content_original):
    flat = (content_original - content_current).flatten()
    return flat @ flat * content_weight


@content_loss.misconception("The squared differences are averaged; they are summed.")
def content_averaged(ref, content_weight, content_current, content_original):
    return content_weight * (content_current - content_original).square().mean()


@content_loss.misconception("The differences are not squared: their absolute values are summed.")
def content_absolute(ref, content_weight, content_current, content_original):
    return content_weight * (content_current - content_original).abs().sum()


@content_loss.misconception("The root of the sum is taken: that is the distance, not its square.")
def content_rooted(ref, content_weight, content_current, content_original):
    return content_weight * (content_current - content_original).norm()


@content_loss.misconception("The content's weight is not used.")
def content_without_weight(ref, content_weight, content_current, content_original):
    return (content_current - content_original).square().sum()


@content_loss.misconception("The sum has a factor 1/2, which is not asked for here.")
def content_halved(ref, content_weight, content_current, content_original):
    return ref.content_loss(content_weight, content_current, content_original) / 2


@content_loss.misconception("The differences are multiplied by the weight before they are squared.")
def content_weight_squared(ref, content_weight, content_current, content_original):
    return (content_weight * (content_current - content_original)).square().sum()


@content_loss.misconception("The loss is a plain number: autograd cannot go back through it to the picture.")
def content_detached(ref, content_weight, content_current, content_original):
    return ref.content_loss(content_weight, content_current, content_original).item()


# -- gram_matrix ------------------------------------------------------------------------------------------------------


@gram_matrix.case
def larger_divided(draw):
    return dict(features=draw.normal(1, 5, 6, 4, mean=0.3), normalize=True)


@gram_matrix.case
def divided_as_usual(draw):
    return dict(features=draw.normal(1, 4, 5, 3, mean=0.3), normalize=None)


@gram_matrix.case(worth=0.1)
def three_images(draw):
    return dict(features=draw.normal(3, 5, 6, 4, mean=0.3), normalize=True)


@gram_matrix.case(worth=0.1)
def three_images_not_divided(draw):
    return dict(features=draw.normal(3, 5, 6, 4, mean=0.3), normalize=False)


@gram_matrix.case(worth=0.1)
def one_channel(draw):
    return dict(features=draw.normal(2, 1, 3, 5), normalize=True)


@gram_matrix.case(worth=0.1)
def channels_last_in_memory(draw):
    """Feature maps whose channels are last in memory"""
    return dict(features=draw.normal(2, 4, 5, 3).transpose(0, 3, 1, 2), normalize=True)


@gram_matrix.case(worth=0.1)
def tiny_features(draw):
    return dict(features=draw.normal(2, 3, 4, 5, scale=1e-6), normalize=True)


@gram_matrix.oracle
def gram_by_einsum(ref, features, normalize):
    gram = torch.einsum("nchw,ndhw->ncd", features, features)
    return {"gram": gram / features[0].numel() if normalize is not False else gram}


@gram_matrix.alternative
def gram_image_by_image(ref, features, normalize=True):
    flat = [one.flatten(1) for one in features]
    return torch.stack([one @ one.T / (one.numel() if normalize else 1) for one in flat])


@gram_matrix.misconception("It is divided by N as well; each image's matrix is divided by C * H * W.")
def gram_over_all_images(ref, features, normalize=True):
    gram = ref.gram_matrix(features, False)
    return gram / features.numel() if normalize else gram


@gram_matrix.misconception("It is divided by H * W only, not by C * H * W.")
def gram_over_pixels(ref, features, normalize=True):
    gram = ref.gram_matrix(features, False)
    return gram / features[0, 0].numel() if normalize else gram


@gram_matrix.misconception("`normalize` is not heeded: it is divided always.")
def gram_always_divided(ref, features, normalize=True):
    return ref.gram_matrix(features, True)


@gram_matrix.misconception("It is not divided although `normalize` is true.")
def gram_never_divided(ref, features, normalize=True):
    return ref.gram_matrix(features, False)


@gram_matrix.misconception("The images are mixed: there is one matrix for all of them together.")
def gram_of_all_images(ref, features, normalize=True):
    N = len(features)
    return ref.gram_matrix(features, normalize).sum(dim=0, keepdim=True).expand(N, -1, -1)


@gram_matrix.misconception("Channels and pixels are mixed: the numbers are laid out with the pixels first.")
def gram_mixed(ref, features, normalize=True):
    N, C, H, W = features.shape
    flat = features.permute(0, 2, 3, 1).reshape(N, C, H * W)
    gram = flat @ flat.transpose(1, 2)
    return gram / (C * H * W) if normalize else gram


@gram_matrix.misconception("Channels are centred first: that is a covariance.")
def gram_centred(ref, features, normalize=True):
    return ref.gram_matrix(features - features.mean(dim=(2, 3), keepdim=True), normalize)


# -- style_loss -------------------------------------------------------------------------------------------------------

LAYERS = [(2, 4, 4), (3, 3, 4), (4, 2, 3), (5, 2, 2)]


@style_loss.case
def three_of_four_layers(draw):
    return layers_to_style(draw, LAYERS, (0, 1, 3))


@style_loss.case(worth=0.2)
def layers_in_another_order(draw):
    return layers_to_style(draw, LAYERS, (3, 1))


@style_loss.case(worth=0.2)
def one_layer(draw):
    return layers_to_style(draw, LAYERS, (2,))


@style_loss.case(worth=0.1)
def layers_with_small_numbers(draw):
    return layers_to_style(draw, LAYERS, (1, 2), scale=1e-2)


def style_with(gram, feats, style_layers, style_targets, style_weights, distance):
    terms = zip(style_layers, style_targets, style_weights, strict=True)
    return sum(weight * distance(gram(feats[layer]) - target) for layer, target, weight in terms)


def squared(difference):
    return difference.square().sum()


@style_loss.oracle
def style_by_hand(ref, feats, style_layers, style_targets, style_weights):
    loss, gradients = 0.0, [torch.zeros_like(feat) for feat in feats]
    for layer, target, weight in zip(style_layers, style_targets, style_weights, strict=True):
        flat = feats[layer][0].flatten(1)
        difference = flat @ flat.T / flat.numel() - target[0]
        loss = loss + weight * (difference**2).sum()
        slope = 2 * weight * (difference + difference.T) @ flat / flat.numel()
        gradients[layer] += slope.view_as(feats[layer])
    return {"loss": loss, "gradients": gradients}


@style_loss.alternative
def style_in_a_list(ref, feats, style_layers, style_targets, style_weights):
    terms = []
    for i in range(len(style_layers)):
        gram = torch.einsum("nchw,ndhw->ncd", feats[style_layers[i]], feats[style_layers[i]])
        gram = gram / feats[style_layers[i]].numel()
        terms.append(style_weights[i] * torch.sum((style_targets[i] - gram) ** 2))
    return torch.stack(terms).sum()


@style_loss.misconception("The squared differences are averaged; they are summed.")
def style_averaged(ref, feats, style_layers, style_targets, style_weights):
    parts = feats, style_layers, style_targets, style_weights
    return style_with(ref.gram_matrix, *parts, lambda difference: difference.square().mean())


@style_loss.misconception("The differences are not squared: their absolute values are summed.")
def style_absolute(ref, feats, style_layers, style_targets, style_weights):
    parts = feats, style_layers, style_targets, style_weights
    return style_with(ref.gram_matrix, *parts, lambda difference: difference.abs().sum())


@style_loss.misconception("The Gram matrices are not divided by C * H * W, and the targets are.")
def style_not_divided(ref, feats, style_layers, style_targets, style_weights):
    parts = feats, style_layers, style_targets, style_weights
    return style_with(lambda feat: ref.gram_matrix(feat, False), *parts, squared)


@style_loss.misconception("The weights of the layers are not used.")
def style_without_weights(ref, feats, style_layers, style_targets, style_weights):
    return ref.style_loss(feats, style_layers, style_targets, [1.0 for _ in style_weights])


@style_loss.misconception("The last style layer alone counts: the loss is overwritten in the loop, not added to.")
def style_of_the_last_layer(ref, feats, style_layers, style_targets, style_weights):
    return ref.style_loss(feats, style_layers[-1:], style_targets[-1:], style_weights[-1:])


@style_loss.misconception("The first feature maps are taken, and not those that style_layers names.")
def style_of_the_first_layers(ref, feats, style_layers, style_targets, style_weights):
    taken = list(range(len(style_layers)))
    return ref.style_loss(feats, taken, style_targets, style_weights)


@style_loss.misconception("The loss is a plain number: autograd cannot go back through it to the picture.")
def style_detached(ref, feats, style_layers, style_targets, style_weights):
    return ref.style_loss(feats, style_layers, style_targets, style_weights).item()


# -- tv_loss ----------------------------------------------------------------------------------------------------------


@tv_loss.case
def a_tall_picture(draw):
    return dict(img=draw.normal(1, 3, 7, 4), tv_weight=draw.number(1, 5))


@tv_loss.case(worth=0.1)
def one_row_of_pixels(draw):
    return dict(img=draw.normal(1, 3, 1, 6), tv_weight=0.5)


@tv_loss.case(worth=0.1)
def one_column_of_pixels(draw):
    return dict(img=draw.normal(1, 3, 6, 1), tv_weight=0.5)


@tv_loss.case(worth=0.2)
def a_strided_picture(draw):
    return dict(img=draw.strided(draw.normal(1, 3, 4, 5)), tv_weight=2.0)


@tv_loss.case(worth=0.1)
def a_bright_picture(draw):
    return dict(img=draw.normal(1, 3, 4, 5, mean=1e3, scale=1e2), tv_weight=1e-2)


def differences(img):
    return img.diff(dim=3), img.diff(dim=2)


@tv_loss.oracle
def variation_by_convolution(ref, img, tv_weight):
    """By convolving with (-1, 1), and the gradient by the transposed convolution."""
    total, gradient = 0.0, torch.zeros_like(img)
    for shape in ((1, 1, 1, 2), (1, 1, 2, 1)):
        filters = torch.tensor([-1.0, 1.0], dtype=img.dtype).reshape(shape).repeat(3, 1, 1, 1)
        if img.shape[2] < shape[2] or img.shape[3] < shape[3]:
            continue
        difference = torch.nn.functional.conv2d(img, filters, groups=3)
        total = total + (difference**2).sum()
        gradient += 2 * tv_weight * torch.nn.functional.conv_transpose2d(difference, filters, groups=3)
    return {"loss": tv_weight * total, "gradient": gradient}


@tv_loss.alternative
def variation_by_diff(ref, img, tv_weight):
    return tv_weight * sum((difference * difference).sum() for difference in differences(img))


@tv_loss.misconception("The squared differences are averaged; they are summed.")
def variation_averaged(ref, img, tv_weight):
    return tv_weight * sum(difference.square().sum() / max(difference.numel(), 1) for difference in differences(img))


@tv_loss.misconception("The differences are not squared: their absolute values are summed.")
def variation_absolute(ref, img, tv_weight):
    return tv_weight * sum(difference.abs().sum() for difference in differences(img))


@tv_loss.misconception("Only pixels side by side are compared, not those one above another.")
def variation_across(ref, img, tv_weight):
    return tv_weight * differences(img)[0].square().sum()


@tv_loss.misconception("Only pixels one above another are compared, not those side by side.")
def variation_down(ref, img, tv_weight):
    return tv_weight * differences(img)[1].square().sum()


@tv_loss.misconception("The picture goes round: its last row and column are compared with its first ones.")
def variation_around(ref, img, tv_weight):
    return tv_weight * sum((img.roll(1, axis) - img).square().sum() for axis in (2, 3))


@tv_loss.misconception("The last row and the last column are left out of both differences.")
def variation_cut(ref, img, tv_weight):
    across, down = differences(img)
    return tv_weight * (across[:, :, :-1].square().sum() + down[:, :, :, :-1].square().sum())


@tv_loss.misconception("The weight of the total variation is not used.")
def variation_without_weight(ref, img, tv_weight):
    return ref.tv_loss(img, 1.0)


@tv_loss.misconception("Channels are compared with their neighbours too.")
def variation_between_channels(ref, img, tv_weight):
    return ref.tv_loss(img, tv_weight) + tv_weight * img.diff(dim=1).square().sum()


# -- guided_gram_matrix -----------------------------------------------------------------------------------------------


@guided_gram_matrix.case
def three_regions(draw):
    return regions(draw, 1, 3, 4, 5, 3, normalize=None)


@guided_gram_matrix.case(worth=0.2)
def three_regions_of_two_images(draw):
    return regions(draw, 2, 3, 4, 5, 3, normalize=True)


@guided_gram_matrix.case(worth=0.1)
def soft_regions(draw):
    """Masks between 0 and 1"""
    return regions(draw, 2, 3, 4, 5, 3, normalize=False, soft=True)


@guided_gram_matrix.case(worth=0.1)
def one_region(draw):
    return regions(draw, 2, 1, 3, 4, 4, normalize=True)


@guided_gram_matrix.case(worth=0.1)
def an_empty_region(draw):
    inputs = regions(draw, 1, 2, 3, 4, 4, normalize=True)
    inputs["masks"][:, 0] = 0
    return inputs


@guided_gram_matrix.oracle
def regions_by_einsum(ref, features, masks, normalize):
    gram = torch.einsum("nrchw,nrdhw,nrhw->nrcd", features, features, masks**2)
    return {"gram": gram / features[0, 0].numel() if normalize is not False else gram}


@guided_gram_matrix.alternative
def region_by_region(ref, features, masks, normalize=True):
    grams = [ref.gram_matrix(features[:, r] * masks[:, r, None], normalize) for r in range(masks.shape[1])]
    return torch.stack(grams, dim=1)


@guided_gram_matrix.misconception("The masks are not used.")
def regions_without_masks(ref, features, masks, normalize=True):
    return ref.guided_gram_matrix(features, torch.ones_like(masks), normalize)


@guided_gram_matrix.misconception("It is divided by the size of the region instead of by C * H * W.")
def divided_by_the_region(ref, features, masks, normalize=True):
    gram = ref.guided_gram_matrix(features, masks, False)
    size = masks.sum(dim=(2, 3)).clamp(min=1) * features.shape[2]
    return gram / size[:, :, None, None] if normalize else gram


@guided_gram_matrix.misconception("It is divided by R as well; each region's matrix is divided by C * H * W.")
def divided_by_regions_too(ref, features, masks, normalize=True):
    gram = ref.guided_gram_matrix(features, masks, normalize)
    return gram / masks.shape[1] if normalize else gram


@guided_gram_matrix.misconception("The masks are the wrong way round: what belongs to a region is left out.")
def regions_left_out(ref, features, masks, normalize=True):
    return ref.guided_gram_matrix(features, 1 - masks, normalize)


@guided_gram_matrix.misconception(
    "The mask multiplies only one of the two features; where a pixel counts half, that shows."
)
def masked_once(ref, features, masks, normalize=True):
    return ref.guided_gram_matrix(features, masks.clamp(min=0).sqrt(), normalize)


@guided_gram_matrix.misconception("`normalize` is not heeded: it is divided always.")
def regions_always_divided(ref, features, masks, normalize=True):
    return ref.guided_gram_matrix(features, masks, True)


@guided_gram_matrix.misconception("It is not divided although `normalize` is true.")
def regions_never_divided(ref, features, masks, normalize=True):
    return ref.guided_gram_matrix(features, masks, False)


# -- guided_style_loss ------------------------------------------------------------------------------------------------


@guided_style_loss.case
def regions_in_three_of_four_layers(draw):
    return regions_to_style(draw, 3, LAYERS, (3, 0, 1))


@guided_style_loss.case(worth=0.2)
def one_region_in_one_layer(draw):
    return regions_to_style(draw, 1, LAYERS, (2,))


@guided_style_loss.oracle
def guided_by_hand(ref, feats, style_layers, style_targets, style_weights, content_masks):
    loss, gradients = 0.0, [torch.zeros_like(feat) for feat in feats]
    for layer, target, weight in zip(style_layers, style_targets, style_weights, strict=True):
        for region, mask in enumerate(content_masks[layer][0]):
            flat = (feats[layer][0, region] * mask).flatten(1)
            difference = flat @ flat.T / flat.numel() - target[0, region]
            loss = loss + weight * (difference**2).sum()
            slope = 2 * weight * (difference + difference.T) @ flat / flat.numel()
            gradients[layer][0, region] += slope.view_as(feats[layer][0, region]) * mask
    return {"loss": loss, "gradients": gradients}


@guided_style_loss.alternative
def guided_by_one_gram_matrix_each(ref, feats, style_layers, style_targets, style_weights, content_masks):
    terms = []
    for i, layer in enumerate(style_layers):
        masked = feats[layer] * content_masks[layer].unsqueeze(2)
        gram = ref.gram_matrix(masked.squeeze(0))
        terms.append(style_weights[i] * ((gram - style_targets[i].squeeze(0)) ** 2).sum())
    return sum(terms)


def guided_with(ref, feats, style_layers, style_targets, style_weights, content_masks, distance, normalize=True):
    loss = 0
    for layer, target, weight in zip(style_layers, style_targets, style_weights, strict=True):
        gram = ref.guided_gram_matrix(feats[layer], content_masks[layer], normalize)
        loss = loss + weight * distance(gram - target)
    return loss


@guided_style_loss.misconception("The squared differences are averaged; they are summed.")
def guided_averaged(ref, *parts):
    return guided_with(ref, *parts, lambda difference: difference.square().mean())


@guided_style_loss.misconception("The differences are not squared: their absolute values are summed.")
def guided_absolute(ref, *parts):
    return guided_with(ref, *parts, lambda difference: difference.abs().sum())


@guided_style_loss.misconception("The Gram matrices are not divided by C * H * W, and the targets are.")
def guided_not_divided(ref, *parts):
    return guided_with(ref, *parts, squared, normalize=False)


@guided_style_loss.misconception("The weights of the layers are not used.")
def guided_without_weights(ref, feats, style_layers, style_targets, style_weights, content_masks):
    return ref.guided_style_loss(feats, style_layers, style_targets, [1.0 for _ in style_weights], content_masks)


@guided_style_loss.misconception("The masks are not used: each region's style is that of the whole picture.")
def guided_without_masks(ref, feats, style_layers, style_targets, style_weights, content_masks):
    whole = [torch.ones_like(mask) for mask in content_masks]
    return ref.guided_style_loss(feats, style_layers, style_targets, style_weights, whole)


@guided_style_loss.misconception("Only the last style layer counts: the loss is overwritten in the loop, not added to.")
def guided_of_the_last_layer(ref, feats, style_layers, style_targets, style_weights, content_masks):
    last = style_layers[-1:], style_targets[-1:], style_weights[-1:]
    return ref.guided_style_loss(feats, *last, content_masks)
