"""A synthesis as one CUDA graph: all its kernels launched at once.

At small sizes a GPU is done with a kernel before the next is launched, and the launches are what costs. A graph is
recorded once for one generator and one shape, which costs four drawings, and replayed (CUDA Programming Guide, "CUDA
Graphs"; torch.cuda.CUDAGraph). It pays where one generator draws many batches of one size without gradients, which is
what sample sets are made of. In `bald` and `edit` it cannot pay: all but a handful of pictures is drawn with gradients,
and the handful by a copy that was tuned to the one photo and is gone after it. `recede bench generator` measures both
ways side by side.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

from engine.generator.interface import Generator, Synthesis

WARM_UP = 3  # kernels are chosen and buffers allocated before anything is recorded


class GraphedSynthesis:
    """A generator's synthesis without gradients, for latents of one shape and pictures of one size, on a GPU.

    What it returns is overwritten by the next call: copy what is to stay. Not for several threads at once.
    """

    def __init__(self, generator: Generator, latent: torch.Tensor, size_px: int) -> None:
        if latent.device.type != "cuda":
            raise ValueError("CUDA graphs need a GPU: call the generator itself.")
        self._latent = latent.clone()
        stream = torch.cuda.Stream(latent.device)  # type: ignore[no-untyped-call]
        stream.wait_stream(torch.cuda.current_stream(latent.device))
        with torch.no_grad(), torch.cuda.stream(stream):
            for _ in range(WARM_UP):
                generator(self._latent, size_px)
        torch.cuda.current_stream(latent.device).wait_stream(stream)
        self._graph = torch.cuda.CUDAGraph()
        with torch.no_grad(), torch.cuda.graph(self._graph):
            self._synthesis: Synthesis = generator(self._latent, size_px)

    def __call__(self, latent: torch.Tensor) -> Synthesis:
        """Synthesise from latents of the shape that was recorded."""
        self._latent.copy_(latent)
        self._graph.replay()
        return self._synthesis


def replayed(generator: Generator, size_px: int) -> Callable[[torch.Tensor], Synthesis]:
    """The generator's synthesis without gradients as a graph, for many batches of latents on a GPU.

    Recorded at the first call, and again when a batch has another shape: bring batches of one shape. What it returns is
    overwritten by the next call.
    """
    recorded: dict[torch.Size, GraphedSynthesis] = {}

    def replay(latent: torch.Tensor) -> Synthesis:
        if latent.shape not in recorded:
            recorded.clear()  # its memory first
            recorded[latent.shape] = GraphedSynthesis(generator, latent, size_px)
        return recorded[latent.shape](latent)

    return replay
