"""The generator in plain torch draws what the published network draws."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from engine.generator import LATENT_SIZE, MobileGenerator, Synthesis, moved
from engine.generator.mobile import LOST_NOISE, MobileBlock
from engine.parsing.convolution import can_settle
from engine.weights import weights_path

MAX_ERROR = 1e-3  # of values about -1..1
# Six faces measured 0.0030 to 0.0040, which is half a step of 8 bits.
BFLOAT16_MEAN_ERROR = 0.006


@pytest.fixture(scope="module")
def full(generator: MobileGenerator, latents: torch.Tensor) -> Synthesis:
    """The first of the two faces at full size."""
    with torch.no_grad():
        synthesis: Synthesis = generator(latents[:1])
    return synthesis


def reference(name: str) -> Any:
    """The published network itself, in the runtime that it was published for."""
    openvino = pytest.importorskip("openvino", reason="the reference runtime is not installed")
    core = openvino.Core()
    network = core.read_model(str(weights_path(f"{name}.xml")), str(weights_path(f"{name}.bin")))
    return core.compile_model(network, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})


def test_the_mapping_agrees_with_the_published_network(generator: MobileGenerator) -> None:
    network = reference("mapping")
    z = torch.randn(4, 512, generator=torch.Generator().manual_seed(3))
    with torch.no_grad():
        ours = generator.mapping(z)
    theirs = torch.cat([torch.from_numpy(network([row[None].numpy()])[0].copy()) for row in z])
    assert float((ours - theirs).abs().max()) < MAX_ERROR
    assert float(theirs.std()) > 0.1


@pytest.mark.slow
def test_the_picture_agrees_with_the_published_network(full: Synthesis, latents: torch.Tensor) -> None:
    theirs = torch.from_numpy(reference("synthesis")([latents[:1].numpy()])[0].copy())
    assert theirs.shape == full.picture.shape == (1, 3, 1024, 1024)
    assert float((full.picture - theirs).abs().max()) < MAX_ERROR
    assert float(theirs.std()) > 0.1


def test_half_the_size_is_the_area_average_of_the_whole(
    generator: MobileGenerator, latents: torch.Tensor, full: Synthesis
) -> None:
    with torch.no_grad():
        half = generator(latents[:1], 512).picture
    assert float((half - F.avg_pool2d(full.picture, 2)).abs().max()) < 1e-4


def test_a_picture_alone_is_the_same_as_with_its_features(
    generator: MobileGenerator, latents: torch.Tensor, full: Synthesis
) -> None:
    with torch.no_grad():
        torch.testing.assert_close(generator.full_picture(latents[:1]), full.picture)


def test_one_latent_for_each_layer_draws_the_same_as_one_for_all(
    generator: MobileGenerator, latents: torch.Tensor, full: Synthesis
) -> None:
    with torch.no_grad():
        w_plus = generator(latents[:1, None].repeat(1, 16, 1), 512).features[512]
    torch.testing.assert_close(w_plus, full.features[512])


@pytest.mark.parametrize("layers", [16, 18])
def test_layers_beyond_those_that_it_has_are_left_out(
    generator: MobileGenerator, latents: torch.Tensor, layers: int
) -> None:
    w_plus = torch.arange(layers)[None, :, None] + latents[:1, None]
    torch.testing.assert_close(generator.w_plus(w_plus), w_plus[:, :16])
    assert generator.w_plus(latents).shape == (2, 16, 512)


def test_each_layer_drives_its_own_size(generator: MobileGenerator, latents: torch.Tensor) -> None:
    """A latent that changes from layer 7 on (the 32 px pair's first) leaves what is coarser untouched."""
    w_plus = latents[:1, None].repeat(1, 16, 1)
    changed = w_plus.clone()
    changed[:, 7:] = latents[1]
    with torch.no_grad():
        before, after = generator(w_plus, 64).features, generator(changed, 64).features
    assert all(torch.equal(before[side], after[side]) for side in (4, 8, 16, 32))
    assert float((before[64] - after[64]).abs().mean()) > 0.01


@pytest.mark.slow
def test_a_batch_of_two_is_two_of_one(generator: MobileGenerator, latents: torch.Tensor, full: Synthesis) -> None:
    with torch.no_grad():
        both = generator(latents, 512)
        second = generator(latents[1:], 512)
    torch.testing.assert_close(both.features[512][:1], full.features[512], atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(both.picture[1:], second.picture, atol=1e-4, rtol=1e-4)
    assert float((both.picture[0] - both.picture[1]).abs().mean()) > 0.1


@pytest.mark.parametrize("size_px", [8, 32, 256])
def test_stopping_early_gives_the_same_features_and_no_picture(
    generator: MobileGenerator, latents: torch.Tensor, full: Synthesis, size_px: int
) -> None:
    with torch.no_grad():
        early = generator(latents[:1], size_px)
    assert max(early.features) == size_px
    for side, values in early.features.items():
        assert values.shape[2:] == (side, side)
        torch.testing.assert_close(values, full.features[side])
    assert early.image is None
    with pytest.raises(ValueError, match="512 or 1024"):
        _ = early.picture


@pytest.mark.slow
def test_bfloat16_draws_nearly_the_same_picture(generator: MobileGenerator, latents: torch.Tensor) -> None:
    with torch.no_grad():
        exact = generator(latents[:1], 512).picture
        rounded = copy.deepcopy(generator).to(torch.bfloat16)(latents[:1].to(torch.bfloat16), 512).picture
    assert rounded.dtype == torch.bfloat16
    assert bool(rounded.isfinite().all())
    assert 0 < float((rounded.float() - exact).abs().mean()) < BFLOAT16_MEAN_ERROR


def test_one_thread_draws_what_several_draw(generator: MobileGenerator, latents: torch.Tensor) -> None:
    """One goes through a few rows at a time."""
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        with torch.no_grad():
            alone = generator(latents[:1])
        torch.set_num_threads(2)
        with torch.no_grad():
            together = generator(latents[:1])
    finally:
        torch.set_num_threads(threads)
    torch.testing.assert_close(alone.picture, together.picture, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(alone.features[512], together.features[512], atol=1e-4, rtol=1e-4)


def test_several_sizes_come_of_one_pass_and_are_those_drawn_alone(
    generator: MobileGenerator, latents: torch.Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes_px, latent = (64, 512, 1024), latents[:1]
    passes: list[int] = []
    plain = generator.first.forward

    def counting(x: torch.Tensor, latent: torch.Tensor) -> torch.Tensor:
        passes.append(1)
        return plain(x, latent)

    with monkeypatch.context() as counted, torch.no_grad():
        counted.setattr(generator.first, "forward", counting)
        together = generator.at_sizes(latent, sizes_px)
    assert len(passes) == 1
    for size_px in sizes_px:
        with torch.no_grad():
            alone = generator(latent, size_px)
        assert (alone.image is None) == (together[size_px].image is None)
        assert alone.image is None or torch.equal(alone.image, together[size_px].picture)
        assert alone.features.keys() == together[size_px].features.keys()
        assert torch.equal(alone.features[64], together[size_px].features[64])


def test_gradients_reach_the_latent_and_no_parameter(generator: MobileGenerator, latents: torch.Tensor) -> None:
    latent = latents[:1].clone().requires_grad_()
    values = generator(latent, 64).features[64]
    values.pow(2).mean().backward()
    assert latent.grad is not None
    assert float(latent.grad.abs().sum()) > 0
    assert all(parameter.grad is None and not parameter.requires_grad for parameter in generator.parameters())


def test_for_a_descent_it_draws_the_same_and_gives_the_delta_the_same_gradient(
    generator: MobileGenerator, latents: torch.Tensor
) -> None:
    latent = generator.w_plus(latents[:1])
    drawn, gradients = [], []
    for own in (True, False):
        delta = torch.full((1, 3, LATENT_SIZE), 0.1, requires_grad=True)
        features = (generator.for_descent(latent, delta, 64) if own else generator(moved(latent, delta), 64)).features
        features[64].pow(2).mean().backward()
        assert delta.grad is not None
        drawn.append(features[64].detach())
        gradients.append(delta.grad)
    torch.testing.assert_close(drawn[0], drawn[1], atol=1e-4, rtol=1e-3)
    torch.testing.assert_close(gradients[0], gradients[1], atol=1e-6, rtol=1e-2)


def test_kernels_that_nobody_moves_give_the_latent_the_same_gradient(
    generator: MobileGenerator, latents: torch.Tensor
) -> None:
    thawed = copy.deepcopy(generator)
    for parameter in thawed.tunable_parameters():
        parameter.requires_grad_(True)
    gradients = []
    for network in (generator, thawed):
        latent = latents[:1].clone().requires_grad_()
        network(latent, 64).features[64].pow(2).mean().backward()
        assert latent.grad is not None
        gradients.append(latent.grad)
    assert thawed.first.pointwise.grad is not None
    torch.testing.assert_close(gradients[0], gradients[1], rtol=1e-4, atol=1e-7)


def test_of_the_largest_activations_a_gradient_holds_two_of_each_size(
    generator: MobileGenerator, latents: torch.Tensor
) -> None:
    """What either block of a size gives: neither the bands joined before nor what their styles have scaled."""
    held: dict[int, tuple[int, ...]] = {}

    def hold(tensor: torch.Tensor) -> torch.Tensor:
        held[tensor.untyped_storage().data_ptr()] = tuple(tensor.shape)
        return tensor

    latent = generator.w_plus(latents[:1]).clone().requires_grad_()
    with torch.autograd.graph.saved_tensors_hooks(hold, lambda tensor: tensor):
        picture = generator(latent, 512).picture
    assert picture.requires_grad
    activations = [shape for shape in held.values() if len(shape) == 4 and shape[0] == 1 and shape[1] > 1]
    assert [sum(shape[2] == side for shape in activations) for side in (512, 256)] == [2, 2]


@pytest.mark.skipif(not can_settle(torch.device("cpu"), torch.bfloat16), reason="no oneDNN of bfloat16 here")
def test_settled_kernels_of_the_first_block_draw_the_same_with_the_same_gradient(
    generator: MobileGenerator, latents: torch.Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = copy.deepcopy(generator).to(torch.bfloat16)
    plain, of_plain = _small_and_gradient(network, latents)
    assert network.settle() is network
    with monkeypatch.context() as none_is_plain:
        none_is_plain.setattr(F, "conv2d", None)
        network.first(network.constant, latents[:1].to(torch.bfloat16))
    settled, of_settled = _small_and_gradient(network, latents)
    assert torch.equal(settled, plain)
    torch.testing.assert_close(of_settled, of_plain, rtol=0.02, atol=1e-4)


@pytest.mark.skipif(not can_settle(torch.device("cpu"), torch.bfloat16), reason="no oneDNN of bfloat16 here")
def test_a_copy_whose_first_kernels_were_moved_draws_with_those(
    generator: MobileGenerator, latents: torch.Tensor
) -> None:
    network = copy.deepcopy(generator).to(torch.bfloat16).settle()
    tuned = copy.deepcopy(network)
    tuned.first.pointwise.data.mul_(0.5)
    assert not torch.equal(_small_and_gradient(tuned, latents)[0], _small_and_gradient(network, latents)[0])
    exact = copy.deepcopy(network).float()
    assert exact(latents[:1], 8).features[8].dtype == torch.float32


@pytest.mark.skipif(not can_settle(torch.device("cpu"), torch.bfloat16), reason="no oneDNN of bfloat16 here")
def test_noise_that_rounding_hides_is_left_out_and_the_activation_lies_in_the_kernel(
    generator: MobileGenerator, latents: torch.Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = copy.deepcopy(generator).to(torch.bfloat16)
    blocks = [block for block in network.blocks if isinstance(block, MobileBlock)]
    quiet = [block for block in blocks if float(block.noise.abs().max()) < LOST_NOISE]
    assert [block.noise.shape[2] for block in quiet] == [128, 256, 512, 512]
    with torch.no_grad():
        exact = generator(latents[:1], 512).picture
        plain = network(latents[:1], 512).picture.float()
        settled = network.settle()(latents[:1], 512).picture.float()
    # No further from the exact picture than with it, and a fifth of one of 255 levels from each other.
    assert 0 < float((settled - plain).abs().mean()) < 0.2 / 127.5
    assert float((settled - exact).square().mean()) < 1.01 * float((plain - exact).square().mean())

    block, x = quiet[0], torch.randn(1, 256, 128, 128, dtype=torch.bfloat16, generator=torch.Generator().manual_seed(4))
    x = x.contiguous(memory_format=torch.channels_last)
    scales = torch.ones(1, 256, dtype=torch.bfloat16)
    wanted = _gradient_through(copy.deepcopy(block).float(), x.float(), scales.float())
    with monkeypatch.context() as none_is_apart:
        none_is_apart.setattr(F, "leaky_relu_", None)
        ours = _gradient_through(block, x, scales)
    # bfloat16 has 8 bits, and what is near 0 may lie on its other side.
    assert float((ours.float() - wanted).norm() / wanted.norm()) < 0.05
    # Kernels that are moved need what autograd knows of.
    block.pointwise.requires_grad_(True)
    assert block.scaled(x, scales).requires_grad


def _gradient_through(block: nn.Module, x: torch.Tensor, scales: torch.Tensor) -> torch.Tensor:
    """The gradient of what a block makes of x (1,C,S,S) to it, where each output counts by a noise of its own."""
    assert isinstance(block, MobileBlock)
    x = x.clone().requires_grad_()
    out = block.scaled(x, scales)
    counts = torch.randn(out.shape, generator=torch.Generator().manual_seed(5)).to(out.dtype)
    (gradient,) = torch.autograd.grad((out * counts).sum(), x)
    return gradient


def _small_and_gradient(network: MobileGenerator, latents: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Features at 8 px, and the gradient of their squares to the latent."""
    latent = latents[:1].clone().requires_grad_()
    features = network(latent, 8).features[8]
    features.float().pow(2).mean().backward()
    assert latent.grad is not None
    return features.detach(), latent.grad


def test_what_may_be_tuned_are_kernels_and_biases_but_no_style(generator: MobileGenerator) -> None:
    tunable = {id(parameter) for parameter in generator.tunable_parameters()}
    names = {name for name, parameter in generator.named_parameters() if id(parameter) in tunable}
    assert len(names) == len(tunable) == 2 + 2 + 2 * 14
    assert not [name for name in names if "style" in name or name.startswith(("ups", "mapping", "constant"))]
