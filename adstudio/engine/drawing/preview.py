"""Small previews while a picture is drawn, without decoding: a linear map from latent channels to RGB.

The map is fitted once per checkpoint by sending soft colour fields through its own VAE, so it fits any checkpoint.
"""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional

from ...types import Array
from ..memory import lane
from .latents import encode_picture, scale_of

_FIELDS = 4
_CELLS = 16


def fit_factors(vae: Any, device: torch.device) -> torch.Tensor:
    """Fit the map by least squares.

    Shapes: ``[channels + 1, 3]`` on the CPU; the last row is the constant.
    """
    scale = scale_of(vae)
    fields = _colour_fields(_CELLS * scale)
    latents = torch.cat([encode_picture(vae, field[None], device).cpu() for field in fields])
    colours = functional.avg_pool2d(fields, scale)
    rows = latents.permute(0, 2, 3, 1).reshape(-1, latents.shape[1])
    rows = torch.cat([rows, torch.ones(len(rows), 1)], dim=1)
    # A little ridge: channels that the fields do not excite must not get wild factors.
    square = rows.T @ rows + 1e-3 * len(rows) * torch.eye(rows.shape[1])
    return torch.linalg.solve(square, rows.T @ colours.permute(0, 2, 3, 1).reshape(-1, 3))


class Previews:
    """The previews of one pass, copied from the device without making it wait.

    On a CUDA device each call starts a copy and hands out the one before it, which has arrived by then: waiting for
    the newest would leave the device idle until its next step has been sent.
    """

    def __init__(self, factors: torch.Tensor, device: torch.device) -> None:
        self._factors = factors.to(device)
        self._api: Any = torch.get_device_module(device) if device.type in lane.ASYNC_DEVICES else None
        self._coming: tuple[torch.Tensor, Any] | None = None

    def draw(self, latents: torch.Tensor) -> Array | None:
        """Map latents ``[1,C,h,w]`` to a picture ``[h,w,3] 0..1`` with one pixel per cell; None while none is there."""
        cells = latents[0].permute(1, 2, 0).float()
        colours = ((cells @ self._factors[:-1] + self._factors[-1]) * 0.5 + 0.5).clamp(0, 1)
        if self._api is None:
            return colours.cpu().numpy()
        arrived = None
        if self._coming is not None:
            picture, event = self._coming
            event.synchronize()
            arrived = picture.numpy()
        target = torch.empty(colours.shape, pin_memory=True)
        target.copy_(colours, non_blocking=True)
        event = self._api.Event()
        event.record(self._api.current_stream(colours.device))  # which need not be the current device
        self._coming = target, event
        return arrived


def _colour_fields(side: int) -> torch.Tensor:
    generator = torch.Generator("cpu").manual_seed(0)
    total = torch.zeros(_FIELDS, 3, side, side)
    for cells, share in ((2, 0.7), (5, 0.5), (_CELLS, 0.3)):
        coarse = torch.rand(_FIELDS, 3, cells, cells, generator=generator) * 2 - 1
        total += share * functional.interpolate(coarse, (side, side), mode="bicubic", align_corners=False)
    return total.clamp(-1, 1)
