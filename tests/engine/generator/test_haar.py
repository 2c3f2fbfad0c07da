"""Bands and pictures."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from engine.generator.haar import HAAR, inverse_haar, squares_laid_out


def test_the_inverse_haar_transform_undoes_the_transform() -> None:
    picture = torch.randn(2, 3, 8, 6, generator=torch.Generator().manual_seed(0))
    squares = F.pixel_unshuffle(picture, 2).reshape(2, 3, 4, 12)
    bands = (torch.tensor(HAAR).T @ squares).transpose(1, 2).reshape(2, 12, 4, 3)
    torch.testing.assert_close(inverse_haar(bands, torch.ones(bands.shape[:2])), picture)
    scales = torch.rand(2, 12, generator=torch.Generator().manual_seed(1))
    scaled = bands * scales[:, :, None, None]
    torch.testing.assert_close(inverse_haar(bands, scales), inverse_haar(scaled, torch.ones_like(scales)))


def test_its_gradient_is_that_of_the_plain_sums() -> None:
    rng = torch.Generator().manual_seed(2)
    bands, scales, above = (torch.randn(shape, generator=rng) for shape in ((2, 12, 4, 3), (2, 12), (2, 3, 8, 6)))
    gradients = []
    for plain in (False, True):
        x = bands.clone().requires_grad_()
        if plain:
            scaled = (x * scales[:, :, None, None]).reshape(2, 4, 3, 4, 3)
            picture = torch.einsum("pb,nbchw->ncphw", torch.tensor(HAAR), scaled).reshape(2, 12, 4, 3)
            picture = F.pixel_shuffle(picture, 2)
        else:
            picture = inverse_haar(x, scales)
        gradients.append(torch.autograd.grad(picture, x, above)[0])
    torch.testing.assert_close(gradients[0], gradients[1])


def test_the_pixels_of_each_square_lie_beside_each_other() -> None:
    picture = torch.arange(2 * 3 * 4 * 6).reshape(2, 3, 4, 6)
    pixels = torch.cat([picture[:, :, row::2, column::2] for row in (0, 1) for column in (0, 1)], 1)
    assert torch.equal(squares_laid_out(pixels), picture)
