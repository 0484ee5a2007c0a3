"""A picture in few colours, for PNG files that must be small."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_SAMPLED = 60_000  # pixels that a palette is chosen from: more take longer and choose the same
_LEARNT = 20_000
_ROUNDS = 6


def to_palette(picture: Image.Image, colours: int, *, dither: bool) -> Image.Image:
    """Draw a picture with at most ``colours`` colours; a clear background stays one colour, soft edges get their share.

    Args:
        picture: RGB or RGBA.
        dither: mix colours by scattering them, which keeps gradients smooth and takes more bytes. Soft edges and
            shadows, which are narrow, are never scattered.
    """
    if picture.mode == "RGB":
        return _mapped(picture, _choose(np.asarray(picture).reshape(-1, 3), colours), dither)
    pixels = np.asarray(picture)
    alpha = pixels[..., 3]
    clear, solid = alpha == 0, alpha == 255
    soft = ~(clear | solid)
    cleared = int(clear.any())
    shares = np.sqrt([soft.mean(), solid.mean()])
    softs = round((colours - cleared) * shares[0] / max(shares.sum(), 1e-9)) if soft.any() else 0
    softs = min(max(softs, min(8, colours // 4)), colours - cleared - 1) if soft.any() and solid.any() else softs
    index = np.zeros(alpha.shape, np.uint8)
    table = np.zeros((cleared, 4), np.uint8)
    if soft.any():
        mapped, entries = _map_soft(pixels[soft], max(softs, 1))
        index[soft] = mapped + len(table)
        table = np.concatenate([table, entries])
    if solid.any():
        palette = _choose(pixels[solid][:, :3], colours - len(table))
        drawn = np.asarray(_mapped(picture.convert("RGB"), palette, dither))
        index[solid] = drawn[solid] + len(table)
        entries = np.array(palette.getpalette(), np.uint8).reshape(-1, 3)
        table = np.concatenate([table, np.pad(entries, ((0, 0), (0, 1)), constant_values=255)])
    reduced = Image.fromarray(index)
    reduced.putpalette(table[:, :3].tobytes())
    reduced.info["transparency"] = table[:, 3].tobytes().rstrip(b"\xff")
    return reduced


def _choose(colours: NDArray[np.uint8], count: int) -> Image.Image:
    sample = colours[:: max(1, len(colours) // _SAMPLED)]
    row = Image.fromarray(np.ascontiguousarray(sample[None]))
    return row.quantize(count, Image.Quantize.MEDIANCUT)


def _mapped(picture: Image.Image, palette: Image.Image, dither: bool) -> Image.Image:
    return picture.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG if dither else Image.Dither.NONE)


def _map_soft(colours: NDArray[np.uint8], count: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Map half-transparent colours; what is nearly clear counts little, so colours are weighed by their alpha."""
    from scipy.cluster.vq import vq

    found = Image.fromarray(np.ascontiguousarray(colours[None])).quantize(count, Image.Quantize.FASTOCTREE)
    start = np.array(found.getpalette("RGBA"), np.uint8).reshape(-1, 4)[:count]
    weighed = _premultiplied(colours)
    sample = weighed[:: max(1, len(weighed) // _LEARNT)]
    means = _premultiplied(start)
    for _ in range(_ROUNDS):  # k-means; scipy's own complains of every colour that nothing falls to
        nearest, _ = vq(sample, means)
        counts = np.bincount(nearest, minlength=len(means))[:, None]
        sums = np.stack([np.bincount(nearest, channel, len(means)) for channel in sample.T], axis=1)
        means = np.where(counts > 0, sums / np.maximum(counts, 1), means).astype(np.float32)
    index, _ = vq(weighed, means)
    alpha = np.clip(means[:, 3:], 1, 254)
    table = np.concatenate([np.clip(means[:, :3] * 255 / alpha, 0, 255), alpha], axis=1)
    return index.astype(np.uint8), np.rint(table).astype(np.uint8)


def _premultiplied(rgba: NDArray[np.uint8]) -> NDArray[np.float32]:
    values = rgba.astype(np.float32)
    values[:, :3] *= values[:, 3:] / 255
    return values
