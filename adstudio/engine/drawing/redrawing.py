"""A photo on its way to the model and back, whole or in part, in the model's size or its own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from ...errors import InputError
from ...types import Array
from ..forms.checkpoint import Checkpoint
from ..memory.components import Zit
from . import inpaint, latents, sizes
from .inpaint import Edit

_SMALLEST_PHOTO_PX = 16


@dataclass(frozen=True, slots=True, eq=False)
class Redrawing:
    """A photo on its way to the model and back.

    ``region`` is the part of it that is worked on and laid back; None gives the whole back in the model's size.
    ``share`` is the mask in the photo's size, ``redraw`` the same in the model's.
    """

    photo: Array
    size: tuple[int, int]
    picture: torch.Tensor
    redraw: torch.Tensor | None
    share: Array | None
    region: inpaint.Region | None

    def finish(self, drawn: Array) -> Array:
        """Lay a picture ``[H,W,3]`` that was drawn in ``size`` on the photo; of the photo's size, or of ``size``."""
        if self.region is not None and self.share is not None:
            return inpaint.lay_back(self.photo, drawn, self.share, self.region)
        if self.region is not None:
            return inpaint.resize(drawn, (self.photo.shape[1], self.photo.shape[0]))
        if self.redraw is None:
            return drawn
        # The VAE changes even what the model leaves alone; the shop's own pixels come back as they were.
        share, original = self.redraw[0, 0, :, :, None].numpy(), latents.from_picture(self.picture)
        return share * drawn + (1 - share) * original


def prepare_redrawing(checkpoint: Checkpoint, image: Array, mask: Array | None, edit: Edit) -> Redrawing:
    """Check a photo and its mask, and bring what is to be drawn into the checkpoint's size.

    Shapes: image ``[H,W,3] float32 0..1``; mask ``[h,w]`` of the same aspect, 1 = redraw.

    Raises:
        InputError: they cannot be used.
    """
    size = _working_size(checkpoint, image)
    keeps_size = edit.own_size or edit.crop
    whole = (0, 0, image.shape[1], image.shape[0])
    if mask is None or not (keeps_size or edit.shapes_mask):
        redraw = None if mask is None else latents.to_mask(mask, image, size)
        return Redrawing(image, size, latents.to_picture(image, size), redraw, None, whole if keeps_size else None)
    share = inpaint.shape_mask(latents.to_mask(mask, image, whole[2:])[0, 0].numpy(), edit)
    left, top, right, bottom = region = inpaint.choose_region(share) if edit.crop else whole
    piece, part = image[top:bottom, left:right], share[top:bottom, left:right]
    size = _working_size(checkpoint, piece)
    redraw = latents.to_mask(part, piece, size)
    picture = latents.to_picture(piece, size)
    return Redrawing(image, size, picture, redraw, share if keeps_size else None, region if keeps_size else None)


def prepare_latents(
    zit: Zit, cells: torch.Tensor, mask: Array | None, edit: Edit
) -> tuple[tuple[int, int], torch.Tensor, torch.Tensor | None]:
    """Check latents that are drawn over and their mask.

    Shapes: cells ``[1,C,h,w]`` in the VAE's own scale, as ComfyUI's LATENT; returns the size as ``(width, height)``,
    the latents in the transformer's scale, and the mask in pixels.

    Raises:
        InputError: they cannot be used.
    """
    vae = zit.components.vae
    channels = vae.config.latent_channels
    shape = list(getattr(cells, "shape", ()))
    if len(shape) != 4 or shape[:2] != [1, channels]:
        raise InputError(
            "latent.wrong_shape",
            f"This checkpoint draws over latents [1, {channels}, height, width], but {shape} came.",
            "Connect a LATENT of this model's own VAE, as Text2Image and VAE Encode give it.",
            channels=channels,
            came=str(shape),
        )
    if not torch.isfinite(cells).all():
        raise InputError("latent.not_numbers", "The latents hold values that are not numbers.", "Make them again.")
    if edit.crop:
        raise InputError(
            "latent.no_photo",
            "Latents have no photo to cut a part from.",
            "Choose another size than 'photo, detailed', or connect the photo instead.",
        )
    scale, checkpoint = latents.scale_of(vae), zit.checkpoint
    size = sizes.check_size(shape[3] * scale, shape[2] * scale, checkpoint.grid_px, checkpoint.base_px)
    redraw = None
    if mask is not None:
        picture = np.broadcast_to(np.float32(0), (size[1], size[0], 3))  # takes no memory: only its shape is asked for
        redraw = latents.to_mask(mask, picture, size)
        redraw = torch.from_numpy(inpaint.shape_mask(redraw[0, 0].numpy(), edit))[None, None]
    return size, latents.from_raw(vae, cells.detach().to("cpu", torch.float32)), redraw


def _working_size(checkpoint: Checkpoint, image: Array) -> tuple[int, int]:
    latents.check_picture(image)
    height, width = image.shape[:2]
    if min(height, width) < _SMALLEST_PHOTO_PX:
        raise InputError(
            "image.too_small",
            f"A picture of {width}x{height} pixels shows nothing to go by.",
            f"Use one of at least {_SMALLEST_PHOTO_PX} pixels on each side; 512 and more look good.",
            width=width,
            height=height,
        )
    return sizes.fit_size(width, height, grid=checkpoint.grid_px, base_px=checkpoint.base_px)
