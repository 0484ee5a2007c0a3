"""Socket types, and the way from ComfyUI's IMAGE and MASK tensors to the library's arrays and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from ..adstudio.errors import InputError
from ..adstudio.types import Array, Layer
from ._api import io

# `Custom` makes a new class per call and ComfyUI matches by the string: each socket is made once, here.
Zit = io.Custom("ADSTUDIO_ZIT")
Prompt = io.Custom("ADSTUDIO_PROMPT")
Copy = io.Custom("ADSTUDIO_COPY")
Layout = io.Custom("ADSTUDIO_LAYOUT")
CutOutIO = io.Custom("ADSTUDIO_CUTOUT")
ChannelIO = io.Custom("ADSTUDIO_CHANNEL")
WriterIO = io.Custom("ADSTUDIO_WRITER")
LayersIO = io.Custom("LAYERS")  # ComfyUI's own from 0.31 on; by its string, older versions load this pack too


def to_arrays(image: torch.Tensor) -> list[Array]:
    """Split an IMAGE into its frames.

    Shapes: ``[B,H,W,C]`` with 1, 3 or 4 channels in, ``[H,W,3] float32 0..1`` copies out. What is transparent is laid
    on white.
    """
    return [_opaque(frame) for frame in _frames(image)]


def to_arrays_with_alpha(image: torch.Tensor) -> list[tuple[Array, Array | None]]:
    """Split an IMAGE into ``([H,W,3] colours, [H,W] alpha)``; alpha is None where the IMAGE has no fourth channel."""
    return [
        (np.ascontiguousarray(frame[..., :3]), np.ascontiguousarray(frame[..., 3]))
        if frame.shape[2] == 4
        else (_opaque(frame), None)
        for frame in _frames(image)
    ]


def to_image(frames: Sequence[Array]) -> torch.Tensor:
    """Stack pictures ``[H,W,C]`` of one size into an IMAGE ``[B,H,W,C]``."""
    return _stack(frames, "picture")


def mask_to_arrays(mask: torch.Tensor) -> list[Array]:
    """Split a MASK ``[B,H,W]`` (or a bare ``[H,W]``) into ``[H,W] float32 0..1`` copies."""
    if not isinstance(mask, torch.Tensor) or mask.ndim not in (2, 3, 4) or 0 in mask.shape:
        raise _wrong("mask", "[batch, height, width]", mask)
    if mask.ndim == 4 and 1 not in (mask.shape[1], mask.shape[3]):
        raise _wrong("mask", "[batch, height, width]", mask)
    return list(_numbers(mask.reshape(-1, *_plane(mask)), "mask"))


def one_or_each(given: Sequence[Array] | None, count: int, what: str) -> list[Array] | list[None]:
    """Give every picture its own: a single one serves all ``count``, otherwise there is one for each.

    Args:
        given: None where the optional input is not connected; every picture then gets None.

    Raises:
        InputError: ``<what>.count``; pairing them anyway would put one picture's mask or original on another.
    """
    return [None] * count if given is None else for_each(given, count, what)


def for_each(given: Sequence[Array], count: int, what: str) -> list[Array]:
    """Give every picture its own, as ``one_or_each`` does, of an input that must be connected."""
    if len(given) not in (1, count):
        each = f", or one for each of the {count} pictures" if count > 1 else ""
        raise InputError(
            f"{what}.count",
            f"Expected one {what}{each}, but {len(given)} came.",
            f"Connect the {what} that belongs to these pictures.",
        )
    return list(given) * count if len(given) == 1 else list(given)


def masks_for(mask: torch.Tensor | None, count: int) -> list[Array] | list[None]:
    """Split an optional MASK into one for each of ``count`` pictures, as ``one_or_each`` does."""
    return one_or_each(None if mask is None else mask_to_arrays(mask), count, "mask")


def to_latent(drawn: Sequence[torch.Tensor]) -> dict[str, torch.Tensor] | None:
    """Join latents ``[B,C,h,w]`` into a LATENT; they are in the VAE's own scale, as in ComfyUI's.

    Returns:
        None where they differ in size, which one LATENT cannot hold.
    """
    if len({cells.shape[1:] for cells in drawn}) != 1:
        return None
    return {"samples": torch.cat(list(drawn))}


def from_latent(latent: dict[str, Any]) -> tuple[list[torch.Tensor], torch.Tensor | None]:
    """Split a LATENT into its pictures' latents ``[1,C,h,w]`` and the noise mask that core's nodes have set in it."""
    cells = latent.get("samples") if isinstance(latent, dict) else None
    if not isinstance(cells, torch.Tensor) or cells.ndim != 4 or 0 in cells.shape:
        raise _wrong("latent", "[batch, channels, height, width]", latent if cells is None else cells)
    return list(cells.split(1)), latent.get("noise_mask")


def to_mask(masks: Sequence[Array]) -> torch.Tensor:
    """Stack mattes ``[H,W]`` of one size into a MASK ``[B,H,W]``."""
    return _stack(masks, "mask")


def to_layers(layers: Sequence[Layer], width: int, height: int) -> dict[str, Any]:
    """Hand layers to ComfyUI's layered compositor, from the backdrop to the front."""
    items = [
        {
            "image": torch.from_numpy(np.ascontiguousarray(layer.rgba))[None],
            "type": "raster",
            "x": layer.left_px,
            "y": layer.top_px,
            "z_index": index,
            "name": layer.name,
            "blend_mode": layer.blend,
        }
        for index, layer in enumerate(layers)
        if 0 not in layer.rgba.shape
    ]
    return {"version": 1, "canvas": (width, height), "layers": items}


def _frames(image: torch.Tensor) -> list[Array]:
    if not isinstance(image, torch.Tensor) or image.ndim != 4 or 0 in image.shape or image.shape[3] not in (1, 3, 4):
        raise _wrong("picture", "[batch, height, width, 1, 3 or 4 channels]", image)
    return list(_numbers(image, "picture"))


def _opaque(frame: Array) -> Array:
    if frame.shape[2] == 1:
        return np.repeat(frame, 3, axis=2)
    if frame.shape[2] == 3:
        return frame
    alpha = frame[..., 3:]
    return frame[..., :3] * alpha + (1 - alpha)


def _numbers(tensor: torch.Tensor, what: str) -> Array:
    # A copy on purpose: ComfyUI caches the tensor and hands the same one to every other node.
    if not tensor.is_floating_point() and int(tensor.max()) > 1:  # a mask of zeros and ones is one all the same
        raise InputError(
            f"{what}.wrong_numbers",
            f"Expected a {what} with values from 0 to 1, but whole numbers up to {int(tensor.max())} came.",
            "Have the node before it divide by 255.",
        )
    values = tensor.detach().to("cpu", torch.float32).numpy()
    if not np.isfinite(values).all():
        raise InputError(
            f"{what}.not_a_number",
            f"The {what} holds values that are not numbers (NaN or infinite).",
            "The step before it failed quietly; look at its preview, or run that step in full precision.",
        )
    return np.clip(values, 0.0, 1.0)


def _plane(mask: torch.Tensor) -> tuple[int, int]:
    if mask.ndim == 4:
        return (mask.shape[1], mask.shape[2]) if mask.shape[3] == 1 else (mask.shape[2], mask.shape[3])
    return (mask.shape[-2], mask.shape[-1])


def _stack(frames: Sequence[Array], what: str) -> torch.Tensor:
    sizes = sorted({frame.shape for frame in frames})
    if len(sizes) != 1:
        came = ", ".join("x".join(map(str, size)) for size in sizes) or "nothing"
        raise InputError(
            f"{what}.sizes_differ",
            f"A batch needs at least one {what}, all of one size; here came {came}.",
            "Process them one by one.",
        )
    return torch.from_numpy(np.ascontiguousarray(np.stack(frames), dtype=np.float32))


def _wrong(what: str, expected: str, came: object) -> InputError:
    shape = list(getattr(came, "shape", ())) or type(came).__name__
    return InputError(
        f"{what}.wrong_shape",
        f"Expected a {what} as {expected}, but {shape} came.",
        "Connect the output of an image, mask or latent node.",
    )
