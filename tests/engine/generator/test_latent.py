"""Mean and spread of W."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from engine.generator import latent_statistics
from engine.generator.latent import INVERSE_SLOPE
from engine.models import Parts

CPU = torch.device("cpu")


class BentGaussian:
    """A mapping whose W is known: a Gaussian with a given mean and deviations, through the leaky ReLU."""

    def __init__(self) -> None:
        self.center = torch.linspace(-1, 1, 512)
        self.deviation = torch.linspace(0.5, 2, 512)

    def mapping(self, z: torch.Tensor) -> torch.Tensor:
        return F.leaky_relu(self.center + self.deviation * z, 1 / INVERSE_SLOPE)


def test_a_known_gaussian_is_found_again() -> None:
    known = BentGaussian()
    found = latent_statistics(known, CPU, samples=20_000)
    assert float((found.center - known.center).abs().max()) < 0.08
    volume = torch.linalg.slogdet(found.whitening.double()).logabsdet + known.deviation.double().log().sum()
    assert abs(float(volume)) < 15  # of 512 dimensions: each one's scale is right to 3 %
    mean = known.mapping(torch.randn(20_000, 512, generator=torch.Generator().manual_seed(5))).mean(0)
    assert float((found.mean - mean).abs().max()) < 0.1


def test_fair_samples_of_the_generator_surprise_by_one_and_strange_latents_by_more(parts: Parts) -> None:
    with torch.no_grad():
        fair = parts.generator.mapping(torch.randn(500, 512, generator=torch.Generator().manual_seed(9)))
    assert 0.8 < float(parts.statistics.surprise(fair)) < 1.25
    assert float(parts.statistics.surprise(F.leaky_relu(parts.statistics.center, 1 / INVERSE_SLOPE))) < 0.01
    strange = parts.statistics.mean + 2 * (fair - parts.statistics.mean)
    assert float(parts.statistics.surprise(strange)) > 2


def test_the_statistics_are_the_same_on_every_machine_start(parts: Parts) -> None:
    again = latent_statistics(parts.generator, CPU)
    torch.testing.assert_close(again.mean, parts.statistics.mean)
    torch.testing.assert_close(again.surprise(again.mean), parts.statistics.surprise(parts.statistics.mean))


def test_surprise_can_be_descended(parts: Parts) -> None:
    latent = parts.generator.mapping(torch.randn(1, 512, generator=torch.Generator().manual_seed(2))).requires_grad_()
    surprise = parts.statistics.surprise(latent)
    (gradient,) = torch.autograd.grad(surprise, latent)
    downhill = latent.detach() - 0.1 * gradient / gradient.norm()
    assert float(parts.statistics.surprise(downhill)) < float(surprise.detach())
