"""Pictures to latents and back, through the checkpoint's VAE.

Pictures here are ``[1,3,H,W]`` in -1..1, latents ``[1,C,H/s,W/s] float32`` in the transformer's scale.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from ...errors import InputError
from ...types import Array
from ..memory.streaming import plain_tensors, tables_of
from . import processor
from .tiled_norms import shared_norms

_SAME_ASPECT = 0.02
_MARK = "_adstudio_wide"


def check_picture(image: Array) -> None:
    """Check that a picture is ``[H,W,3]`` numbers.

    Raises:
        InputError: it is not.
    """
    if not isinstance(image, np.ndarray) or image.ndim != 3 or image.shape[2] != 3 or 0 in image.shape:
        raise InputError(
            "image.wrong_shape",
            f"Expected a picture as [height, width, 3], but {getattr(image, 'shape', type(image).__name__)} came.",
            "Read it with read_photo.",
        )
    if not np.isfinite(image).all():
        raise InputError("image.not_numbers", "The picture holds values that are not numbers.", "Load it again.")


def to_picture(image: Array, size: tuple[int, int]) -> torch.Tensor:
    """Resample ``[H,W,3] 0..1`` to ``size`` as ``(width, height)``."""
    planes = torch.from_numpy(np.ascontiguousarray(image, dtype=np.float32)).permute(2, 0, 1)[None]
    return resample(planes, size).clamp(0, 1) * 2 - 1


def to_mask(mask: Array, image: Array, size: tuple[int, int]) -> torch.Tensor:
    """Resample a mask ``[h,w]``, 1 = redraw, to ``[1,1,height,width]``; its own size may differ from its picture's.

    Raises:
        InputError: it is of another shape than its picture, or marks nothing.
    """
    if float(np.nan_to_num(mask).max(initial=0)) < 0.5:
        raise nothing_marked()
    aspect = image.shape[1] / image.shape[0]
    if mask.ndim != 2 or abs(mask.shape[1] / mask.shape[0] / aspect - 1) > _SAME_ASPECT:
        raise InputError(
            "mask.wrong_size",
            f"The mask is {mask.shape}, but its picture is {image.shape[:2]}.",
            "Draw the mask on the very picture that is redrawn.",
            mask="×".join(map(str, mask.shape[::-1])),
            photo=f"{image.shape[1]}×{image.shape[0]}",
        )
    planes = torch.from_numpy(np.ascontiguousarray(np.nan_to_num(mask), dtype=np.float32))[None, None]
    return resample(planes.clamp(0, 1), size).clamp(0, 1)


def nothing_marked() -> InputError:
    """What is said of a mask that marks nothing."""
    return InputError("mask.empty", "The mask marks nothing to redraw.", "Paint over the part that should change.")


def from_picture(picture: torch.Tensor) -> Array:
    """Turn a decoded picture into ``[H,W,3] float32 0..1``."""
    return (picture * 0.5 + 0.5).clamp(0, 1)[0].permute(1, 2, 0).float().cpu().numpy()


def encode_picture(vae: Any, picture: torch.Tensor, device: torch.device, tile_px: int = 0) -> torch.Tensor:
    """Encode a picture, without the random part: the same photo gives the same latents.

    Args:
        tile_px: work in overlapping tiles of this side; 0 = in one piece.
    """
    with working(vae, device):
        pixels = picture.to(device, vae.dtype)
        with _tiling(vae, tile_px, vae.encoder, lambda: vae.encode(pixels), tile_px < max(pixels.shape[-2:])):
            coded = vae.encode(pixels).latent_dist.mode()
    return ((coded - _shift(vae)) * vae.config.scaling_factor).float()


def decode_latents(vae: Any, latents: torch.Tensor, device: torch.device, tile_px: int = 0) -> torch.Tensor:
    """Decode latents.

    Args:
        tile_px: work in overlapping tiles of this side; 0 = in one piece.
    """
    with working(vae, device):
        raw = to_raw(vae, latents.to(device, vae.dtype))
        is_larger = tile_px < max(raw.shape[-2:]) * scale_of(vae)
        with _tiling(vae, tile_px, vae.decoder, lambda: vae.decode(raw), is_larger):
            return vae.decode(raw, return_dict=False)[0]


@contextmanager
def working(vae: Any, device: torch.device) -> Iterator[None]:
    """Have the VAE work inside in float32 where it runs on a processor without convolutions in its own dtype.

    torch works those out number by number, more than a hundred times as slowly: on a PC without AVX-512 a picture would
    take minutes. The caller holds the drawing lock; afterwards the shared VAE has its own weights again.
    """
    if device.type != "cpu" or processor.is_quick(vae.dtype):
        yield
        return
    own = [(table, name, tensor) for table in tables_of(vae) for name, tensor in table.items() if tensor is not None]
    if _MARK not in vae.__dict__:
        with plain_tensors():  # they outlive this run
            vae.__dict__[_MARK] = [nn.Parameter(tensor.float(), requires_grad=False) for _, _, tensor in own]
    try:
        for (table, name, _), wide in zip(own, vae.__dict__[_MARK], strict=True):
            table[name] = wide
        yield
    finally:
        for table, name, tensor in own:
            table[name] = tensor


def to_raw(vae: Any, latents: torch.Tensor) -> torch.Tensor:
    """Turn latents into the VAE's own scale, which is how ComfyUI's LATENT carries them between nodes."""
    return latents / vae.config.scaling_factor + _shift(vae)


def from_raw(vae: Any, latents: torch.Tensor) -> torch.Tensor:
    """Turn latents in the VAE's own scale into the transformer's."""
    return (latents - _shift(vae)) * vae.config.scaling_factor


def scale_of(vae: Any) -> int:
    """How many pixels a latent cell spans along a side."""
    return 2 ** (len(vae.config.block_out_channels) - 1)


def vae_activation_bytes(vae: Any, size: tuple[int, int], tile_px: int = 0) -> int:
    """What encoding or decoding needs beside the weights: about three of the widest maps at full resolution."""
    channels = vae.config.block_out_channels
    area = min(size[0], tile_px or size[0]) * min(size[1], tile_px or size[1])
    return 3 * area * channels[min(1, len(channels) - 1)] * vae.dtype.itemsize


def _shift(vae: Any) -> float:
    return vae.config.shift_factor or 0.0


@contextmanager
def _tiling(vae: Any, tile_px: int, worker: Any, work: Callable[[], Any], is_larger: bool) -> Iterator[None]:
    """Have the VAE ``work`` in tiles of ``tile_px`` inside, as one; ``worker`` is its half that does."""
    if not tile_px or not is_larger:
        yield
        return
    # The VAE is shared: whatever is switched here is switched back.
    before = vae.use_tiling, vae.tile_sample_min_size, vae.tile_latent_min_size
    vae.use_tiling, vae.tile_sample_min_size, vae.tile_latent_min_size = True, tile_px, tile_px // scale_of(vae)
    try:
        with shared_norms(worker, work):
            yield
    finally:
        vae.use_tiling, vae.tile_sample_min_size, vae.tile_latent_min_size = before


def resample(planes: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """Resample ``[B,C,H,W]`` to ``(width, height)``, without aliasing; values may swing a little beyond their range."""
    width, height = size
    if planes.shape[-2:] == (height, width):
        return planes
    return functional.interpolate(planes, (height, width), mode="bicubic", antialias=True, align_corners=False)
