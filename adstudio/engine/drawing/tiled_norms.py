"""Give all tiles of a picture the same normalisation, so that their tones agree.

A group norm measures the whole map it is given. In a tile it would measure the tile alone, and a bright corner would
come out as grey as a dark one. Here the tiles are worked through more than once: each time what the norms saw in all of
them is put together, and used the next time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
from torch import nn
from torch.nn import functional

ROUNDS = 4  # further ones bring the tones no nearer to those of the picture in one piece


@contextmanager
def shared_norms(module: nn.Module, work_tiles: Callable[[], Any]) -> Iterator[None]:
    """Fix the group norms of ``module`` inside, to what they measure in all tiles that ``work_tiles`` works through."""
    norms: list[Any] = [part for part in module.modules() if isinstance(part, nn.GroupNorm)]
    try:
        for _ in range(ROUNDS):
            for norm, (mean, variance) in _measure(norms, work_tiles).items():
                norm.forward = partial(_normalise, norm, mean, variance)
        yield
    finally:
        for norm in norms:
            norm.__dict__.pop("forward", None)


def _measure(norms: list[Any], work_tiles: Callable[[], Any]) -> dict[Any, tuple[torch.Tensor, torch.Tensor]]:
    """Mean and variance ``[channels]`` per norm, over all that passes through it."""
    sums: dict[Any, list[Any]] = {norm: [0, 0, 0] for norm in norms}

    def add(norm: Any, args: tuple[torch.Tensor]) -> None:
        groups = args[0].float().reshape(len(args[0]), norm.num_groups, -1)
        variance, mean = torch.var_mean(groups, dim=(0, 2), correction=0)
        count, total = groups.shape[0] * groups.shape[2], sums[norm]
        sums[norm] = [total[0] + count, total[1] + count * mean, total[2] + count * (variance + mean * mean)]

    watches = [norm.register_forward_pre_hook(add) for norm in norms]
    try:
        work_tiles()
    finally:
        for watch in watches:
            watch.remove()
    measured = {}
    for norm, (count, mean, square) in sums.items():
        if count:
            mean, square = mean / count, square / count
            per_group = norm.num_channels // norm.num_groups
            variance = (square - mean * mean).clamp(min=0)
            measured[norm] = mean.repeat_interleave(per_group), variance.repeat_interleave(per_group)
    return measured


def _normalise(norm: Any, mean: torch.Tensor, variance: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    weight = None if norm.weight is None else norm.weight.float()
    bias = None if norm.bias is None else norm.bias.float()
    return functional.batch_norm(x, mean, variance, weight, bias, training=False, eps=norm.eps)
