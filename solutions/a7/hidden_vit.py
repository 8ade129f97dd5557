"""Hidden cases of vit, the mistakes that they catch, and independent ways to the same answers."""

import numpy as np
from checks import (
    filled,
    forwards,
    forwards_and_back,
    patch_embedding,
    patchify,
    pictures,
    pictures_to_classify,
    vision_transformer,
)
from hidden import declare, library_encoder, linear, module

from grader.ask import torch

# -- patchify ---------------------------------------------------------------------------------------------------------


@patchify.case
def more_rows_than_columns(draw):
    return dict(images=draw.normal(3, 4, 9, 6), patch=3)


@patchify.case(worth=0.2)
def grey_pictures(draw):
    return dict(images=draw.normal(2, 1, 8, 8), patch=4)


@patchify.case(worth=0.1)
def one_patch(draw):
    return dict(images=draw.normal(1, 2, 3, 3), patch=3)


@patchify.case(worth=0.1)
def patches_of_one_pixel(draw):
    return dict(images=draw.normal(2, 3, 2, 5), patch=1)


@patchify.case(worth=0.1)
def pictures_not_contiguous(draw):
    return dict(images=draw.strided(draw.normal(2, 3, 4, 4)), patch=2)


@patchify.oracle
def pixel_by_pixel(ref, images, patch):
    N, C, H, W = images.shape
    patches = torch.zeros(N, (H // patch) * (W // patch), patch * patch * C, dtype=images.dtype)
    for n, c, row, column in np.ndindex(N, C, H, W):
        place = (row // patch) * (W // patch) + column // patch
        within = ((row % patch) * patch + column % patch) * C + c
        patches[n, place, within] = images[n, c, row, column]
    return {"patches": patches}


@patchify.alternative
def by_unfolding(ref, images, patch):
    columns = torch.nn.functional.unfold(images, patch, stride=patch)  # (N, C * P * P, L)
    return columns.unflatten(1, (images.shape[1], -1)).permute(0, 3, 2, 1).flatten(2)


def cut(images, patch, order):
    """Patches whose axes (0 N, 1 C, 2 patch row, 3 row, 4 patch column, 5 column) are laid out in another order."""
    N, C, H, W = images.shape
    blocks = images.reshape(N, C, H // patch, patch, W // patch, patch)
    return blocks.permute(order).reshape(N, -1, patch * patch * C)


def declare_wrong_patches():
    def wrong(name, sentence, order):
        declare(patchify, name, sentence, lambda ref, images, patch: cut(images, patch, order))

    channels = "The channels of a patch come one after the other; the channels of a pixel stand together."
    wrong("channels_first", channels, (0, 2, 4, 1, 3, 5))
    wrong("patches_by_columns", "The patches come column by column; they come row by row.", (0, 4, 2, 3, 5, 1))
    wrong("pixels_by_columns", "The pixels of a patch come column by column; they come row by row.", (0, 2, 4, 5, 3, 1))
    strips = "These are no patches but strips: a row of patches is cut line by line."
    wrong("strips", strips, (0, 2, 3, 4, 5, 1))
    wrong("grids", "Every P-th pixel goes into one vector; it is neighbours that do.", (0, 3, 5, 2, 4, 1))


declare_wrong_patches()


@patchify.misconception("The pictures are reshaped only: pixels of one patch do not stand together in memory.")
def only_reshaped(ref, images, patch):
    return images.reshape(len(images), -1, patch * patch * images.shape[1])


@patchify.misconception("The last two axes are (numbers, patches); they are (patches, numbers).")
def patches_last(ref, images, patch):
    return ref.patchify(images, patch).mT


# -- PatchEmbedding ---------------------------------------------------------------------------------------------------


@patch_embedding.case
def more_pictures_to_embed(draw):
    return pictures(draw, (3, 2, 9, 6), 3, 4)


@patch_embedding.case(worth=0.2)
def grey_pictures_to_embed(draw):
    return pictures(draw, (2, 1, 8, 8), 4, 6)


@patch_embedding.case(worth=0.2)
def one_patch_to_embed(draw):
    return pictures(draw, (1, 3, 2, 2), 2, 4)


def embedded_by_a_convolution(image_size, patch, channels, emb_dim):
    """A convolution whose stride is its width is a linear layer of patches."""

    def forward(self, images):
        patches = self.layer(images).flatten(2).mT
        return torch.cat([self.first.expand(len(images), -1, -1), patches], 1) + self.places

    L = (image_size[0] // patch) * (image_size[1] // patch)
    return module(
        forward,
        places=torch.nn.Parameter(torch.zeros(1, L + 1, emb_dim)),
        first=torch.nn.Parameter(torch.zeros(1, 1, emb_dim)),
        layer=torch.nn.Conv2d(channels, emb_dim, patch, stride=patch),
    )


@patch_embedding.oracle
def by_a_convolution(ref, images, patch, numbers, emb_dim):
    net = filled(embedded_by_a_convolution(images.shape[2:], patch, images.shape[1], emb_dim), numbers)
    return forwards_and_back(net, (images,))


@patch_embedding.alternative
def as_a_convolution(ref, image_size, patch, channels, emb_dim):
    return embedded_by_a_convolution(image_size, patch, channels, emb_dim)


def embedding_of(ref, image_size, patch, channels, emb_dim, *, change=None, bias=True):
    """A PatchEmbedding, right or wrong in one way."""

    def forward(self, images):
        patches = self.layer(ref.patchify(images, patch))
        first = self.first.expand(len(images), 1, -1)
        if change == "fixed":
            first = torch.zeros_like(first)
        if change == "last":
            return torch.cat([patches, first], dim=1) + self.places
        if change == "places of patches":
            return torch.cat([first, patches + self.places], dim=1)
        if change == "places of patches only":
            return torch.cat([first, patches + self.places[1:]], dim=1)
        if change == "no token":
            return patches + self.places
        if change == "no places":
            return torch.cat([first, patches], dim=1)
        return torch.cat([first, patches], dim=1) + self.places

    places = (image_size[0] // patch) * (image_size[1] // patch)
    places += change not in ("places of patches", "no token")
    net = module(forward, layer=linear(patch * patch * channels, emb_dim, bias))
    net.first = torch.nn.Parameter(torch.zeros(emb_dim))
    net.places = torch.nn.Parameter(torch.zeros(places, emb_dim))
    return net


def declare_wrong_embeddings():
    def wrong(name, sentence, **options):
        def net(ref, *sizes):
            return embedding_of(ref, *sizes, **options)

        declare(patch_embedding, name, sentence, net)

    wrong("token_last", "The class token comes last; it comes first.", change="last")
    wrong("no_token", "There is no class token.", change="no token")
    wrong("no_places", "Nothing that is learned is added for the place of a patch.", change="no places")
    wrong(
        "places_of_patches",
        "The class token has no place of its own: L places; there are L + 1.",
        change="places of patches",
    )
    wrong("token_without_place", "The class token's own place is not added to it.", change="places of patches only")
    wrong("token_not_learned", "The class token is not learned: it is no parameter, and stays 0.", change="fixed")
    wrong("layer_without_bias", "The linear layer has no bias.", bias=False)


declare_wrong_embeddings()

patch_embedding.equivalent(
    "self.class_token = nn.Parameter(SMALL / torch.randn(emb_dim))", "how the class token begins is free"
)
patch_embedding.equivalent(
    "self.positions = nn.Parameter(SMALL / torch.randn(L + 1, emb_dim))", "how the vectors of places begin is free"
)

# -- VisionTransformer ------------------------------------------------------------------------------------------------


@vision_transformer.case
def two_layers(draw):
    sizes = dict(classes=7, emb_dim=8, num_heads=2, hidden=5, layers=2)
    return pictures_to_classify(draw, (3, 2, 6, 9), 3, **sizes)


@vision_transformer.case(worth=0.2)
def grey_pictures_to_classify(draw):
    return pictures_to_classify(draw, (2, 1, 8, 8), 4, classes=10, emb_dim=9, num_heads=3, hidden=7)


@vision_transformer.case(worth=0.2)
def one_picture_of_one_patch(draw):
    return pictures_to_classify(draw, (1, 3, 2, 2), 2, classes=5, emb_dim=6, num_heads=2, hidden=4)


def classifier(sizes, forward, *, encoder=None, before_head=None, width=1):
    """A vision transformer from the library's layers; forward(net, tokens) picks what goes to the last layer."""
    image_size, patch, channels, num_classes, emb_dim, num_heads, feedforward_dim, num_layers, dropout = sizes
    if encoder is None:
        blocks = [library_encoder(emb_dim, num_heads, feedforward_dim, dropout) for _ in range(num_layers)]
        encoder = torch.nn.Sequential(*blocks)

    def scores(self, images):
        return self.head(forward(self, self.embedding(images)))

    return module(
        scores,
        head=linear(width * emb_dim, num_classes),
        encoder=encoder,
        embedding=embedded_by_a_convolution(image_size, patch, channels, emb_dim),
        **({} if before_head is None else {"last": getattr(torch.nn, before_head)(emb_dim)}),
    )


@vision_transformer.oracle
def by_library_layers(ref, images, patch, numbers, classes, emb_dim, num_heads, hidden, layers):
    sizes = (images.shape[2:], patch, images.shape[1], classes, emb_dim, num_heads, hidden, layers, 0.1)
    net = classifier(sizes, lambda self, tokens: self.encoder(tokens)[:, 0])
    return forwards(filled(net, numbers, emb_dim // num_heads).eval(), (images,))


@vision_transformer.alternative
def of_library_layers(ref, *sizes):
    return classifier(sizes, lambda self, tokens: self.encoder(tokens)[:, 0])


def declare_wrong_classifiers():
    def wrong(name, sentence, forward, **options):
        declare(vision_transformer, name, sentence, lambda ref, *sizes: classifier(sizes, forward, **options))

    mean = "The mean of all vectors is classified, not the class token's."
    wrong("mean_of_all", mean, lambda net, tokens: net.encoder(tokens).mean(dim=1))
    patches = "The mean of the patches' vectors is classified, not the class token's."
    wrong("mean_of_patches", patches, lambda net, tokens: net.encoder(tokens)[:, 1:].mean(dim=1))
    wrong(
        "last_patch",
        "The last patch's vector is classified, not the class token's.",
        lambda net, t: net.encoder(t)[:, -1],
    )
    before = "The class token is taken before the encoder: it has seen nothing."
    wrong("before_the_encoder", before, lambda net, tokens: tokens[:, 0] + 0 * net.encoder(tokens)[:, 0])
    with_norm = "There is one more norm before the last layer."
    wrong("one_more_norm", with_norm, lambda net, t: net.last(net.encoder(t)[:, 0]), before_head="LayerNorm")
    relu = "A ReLU stands before the last layer."
    wrong("relu_before_the_last", relu, lambda net, tokens: net.encoder(tokens)[:, 0].relu())


declare_wrong_classifiers()


@vision_transformer.misconception("A ReLU follows the last layer: no score is negative.")
def no_negative_scores(ref, *sizes):
    net = classifier(sizes, lambda self, tokens: self.encoder(tokens)[:, 0])
    return module(lambda self, images: self.net(images).relu(), net=net)


@vision_transformer.misconception("A softmax follows: these are probabilities, not scores.")
def told_probabilities(ref, *sizes):
    net = classifier(sizes, lambda self, tokens: self.encoder(tokens)[:, 0])
    return module(lambda self, images: self.net(images).softmax(dim=1), net=net)


@vision_transformer.misconception("All layers of the encoder are one and the same.")
def one_layer_again_and_again(ref, *sizes):
    block = library_encoder(sizes[4], sizes[5], sizes[6], sizes[8])

    def forward(self, tokens):
        for _ in range(sizes[7]):
            tokens = self.encoder(tokens)
        return tokens[:, 0]

    return classifier(sizes, forward, encoder=block)


@vision_transformer.misconception("There is one layer in the encoder, whatever num_layers says.")
def one_layer(ref, *sizes):
    one = (*sizes[:7], 1, sizes[8])
    return classifier(one, lambda self, tokens: self.encoder(tokens)[:, 0])
