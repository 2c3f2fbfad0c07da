"""Mean and spread of W."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from engine.generator import latent_statistics
from engine.generator.w_space import INVERSE_SLOPE
from engine.models.load import Parts

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


def test_fair_samples_of_the_generator_lie_at_one_and_strange_latents_further_out(parts: Parts) -> None:
    with torch.no_grad():
        fair = parts.generator.mapping(torch.randn(500, 512, generator=torch.Generator().manual_seed(9)))
    assert 0.8 < float(parts.statistics.mahalanobis(fair)) < 1.25
    assert float(parts.statistics.mahalanobis(F.leaky_relu(parts.statistics.center, 1 / INVERSE_SLOPE))) < 0.01
    strange = parts.statistics.mean + 2 * (fair - parts.statistics.mean)
    assert float(parts.statistics.mahalanobis(strange)) > 2


def test_the_statistics_are_the_same_on_every_machine_start(parts: Parts) -> None:
    again = latent_statistics(parts.generator, CPU)
    torch.testing.assert_close(again.mean, parts.statistics.mean)
    torch.testing.assert_close(again.mahalanobis(again.mean), parts.statistics.mahalanobis(parts.statistics.mean))


def test_the_distance_can_be_descended(parts: Parts) -> None:
    latent = parts.generator.mapping(torch.randn(1, 512, generator=torch.Generator().manual_seed(2))).requires_grad_()
    mahalanobis = parts.statistics.mahalanobis(latent)
    (gradient,) = torch.autograd.grad(mahalanobis, latent)
    downhill = latent.detach() - 0.1 * gradient / gradient.norm()
    assert float(parts.statistics.mahalanobis(downhill)) < float(mahalanobis.detach())
