"""Edit a part of a photo at the photo's own size: shape the mask, choose the part to draw, lay what was drawn back.

Outside the mask every pixel of the photo stays exactly what it was, however large the photo is: only the part that was
drawn is resampled.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from ...errors import InputError
from ...types import Array
from . import latents

_CONTEXT = 0.5  # of the masked part's longer side, on every side of it: what the model sees of the surroundings
_LEAST_CONTEXT_PX = 32
_WIDEST = 2.0  # a narrower strip is widened: the model draws it badly
_WHOLE_FROM = 0.7  # of the photo; a part larger than that is drawn with the whole
_FARTHEST_PX = 4096

Region = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Edit:
    """How a photo is edited, beside what is drawn.

    Args:
        own_size: give the photo back in its own size, whatever size it was worked on in.
        crop: work on the masked part and its surroundings alone, at the checkpoint's full size; implies ``own_size``.
        grow_px: move the mask's edge outwards, or inwards when negative; in pixels of the photo, as all here.
        feather_px: the width of the soft edge; 0 keeps the mask's own.
        feather_inside: lay the soft edge inside the mask, so that nothing beyond it changes, instead of around it.
            There it is no wider than the mask is deep: the middle of a narrow mask is redrawn in full as well.
    """

    own_size: bool = False
    crop: bool = False
    grow_px: int = 0
    feather_px: int = 0
    feather_inside: bool = False

    def __post_init__(self) -> None:
        if abs(self.grow_px) > _FARTHEST_PX or not 0 <= self.feather_px <= _FARTHEST_PX:
            raise InputError(
                "mask.edge_out_of_range",
                f"The mask grows by up to {_FARTHEST_PX} px and feathers over 0 to {_FARTHEST_PX} px, but "
                f"{self.grow_px} and {self.feather_px} came.",
                "Use 0 to 64.",
                most=_FARTHEST_PX,
                grow=self.grow_px,
                feather=self.feather_px,
            )

    @property
    def shapes_mask(self) -> bool:
        """Whether the mask's edge is changed."""
        return bool(self.grow_px or self.feather_px)


def shape_mask(mask: Array, edit: Edit) -> Array:
    """Grow and feather a mask ``[H,W]``; half and more counts as inside.

    Raises:
        InputError: the mask marks nothing, or nothing of it is left.
    """
    if not edit.shapes_mask:
        return mask
    from scipy.ndimage import distance_transform_edt

    inside, shaped = mask >= 0.5, np.zeros_like(mask)
    if not inside.any():  # a dot on a mask larger than the photo, of whose pixels it fills none by half
        raise latents.nothing_marked()
    reach = max(0, edit.grow_px) + edit.feather_px + 2
    left, top, right, bottom = _widened(_box(inside), reach, reach, mask.shape)
    part = np.pad(inside[top:bottom, left:right], 1, mode="edge")  # the photo's border is no edge of the mask
    if part.all():
        return np.ones_like(mask)
    # Distances to the edge, which runs between two pixels; negative inside.
    within, beyond = np.asarray(distance_transform_edt(part)), np.asarray(distance_transform_edt(~part))
    distance = np.where(part, 0.5 - within, beyond - 0.5)[1:-1, 1:-1]
    distance = distance - edit.grow_px
    if not edit.feather_px:
        soft = distance < 0
    elif edit.feather_inside:
        soft = -distance / min(edit.feather_px, max(0.5, -distance.min()))
    else:
        soft = (edit.feather_px - distance) / edit.feather_px
    shaped[top:bottom, left:right] = np.clip(soft, 0, 1)
    if shaped.max() < 0.5:
        raise InputError(
            "mask.shrunk_away",
            f"Nothing is left of the mask when its edge moves inwards by {-edit.grow_px} px.",
            "Let it grow by more, or paint a larger part.",
            px=-edit.grow_px,
        )
    return shaped


def choose_region(mask: Array) -> Region:
    """Choose the part of a photo to work on: what the mask ``[H,W]`` touches, with some of its surroundings.

    Returns:
        ``(left, top, right, bottom)`` in pixels; the whole photo where little would be left out.
    """
    height, width = mask.shape
    box = _box(mask > 0)
    across, down = box[2] - box[0], box[3] - box[1]
    margin = max(_LEAST_CONTEXT_PX, round(_CONTEXT * max(across, down)))
    across, down = across + 2 * margin, down + 2 * margin
    wider, taller = (max(0, round(longer / _WIDEST) - side) for longer, side in ((down, across), (across, down)))
    region = _widened(box, margin + wider // 2, margin + taller // 2, mask.shape)
    area = (region[2] - region[0]) * (region[3] - region[1])
    return region if area < _WHOLE_FROM * width * height else (0, 0, width, height)


def lay_back(photo: Array, drawn: Array, share: Array, region: Region) -> Array:
    """Lay a drawn ``region`` on a photo by ``share``, 1 = drawn; where that is 0 the photo's numbers stay as they are.

    Shapes: photo ``[H,W,3]``, share ``[H,W]``; drawn in any size, it is resampled to the region's.
    """
    left, top, right, bottom = region
    finished = np.array(photo, np.float32)
    part, weight = finished[top:bottom, left:right], share[top:bottom, left:right, None]
    scaled = resize(drawn, (right - left, bottom - top))
    part[...] = np.where(weight > 0, weight * scaled + (1 - weight) * part, part)
    return finished


def resize(picture: Array, size: tuple[int, int]) -> Array:
    """Resample a picture ``[H,W,3]`` to ``(width, height)``."""
    if picture.shape[:2] == size[::-1]:
        return picture
    planes = torch.from_numpy(np.ascontiguousarray(picture)).permute(2, 0, 1)[None]
    return latents.resample(planes, size).clamp(0, 1)[0].permute(1, 2, 0).contiguous().numpy()


def _box(inside: np.ndarray) -> Region:
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _widened(box: Region, across: int, down: int, shape: tuple[int, ...]) -> Region:
    return max(0, box[0] - across), max(0, box[1] - down), min(shape[1], box[2] + across), min(shape[0], box[3] + down)
