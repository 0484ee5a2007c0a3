"""Cut a product out of its photo: by a given mask, by a trained model, or without any weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ...counts import counted
from ...errors import InputError
from ...ports import Host, Watcher
from ...types import Array, CutOut, Note
from ..filters import find_parts
from ..photo import Source, read_photo_with_alpha
from ..resample import resize
from .doubts import is_a_guess
from .edges import refine_matte, shrink, soften_steps
from .foreground import clean_colours, halos, has_soft_edge, straighten
from .geodesic import GeodesicMatting
from .rembg_models import MODELS, find_weights, first_available, non_commercial_allowed, pick_model
from .rembg_session import Device, RembgMatting

LEAST_SHARE = 0.005
MOST_SHARE = 0.97
FAINT = 0.02
MANY_PARTS = 4  # a pair of shoes is two
_BESIDE_PX = 16  # of the background around a product
_HALO_SIDE_PX = 480
MOST_TRIM_PX = 100.0
DOUBT_PX = 2.0  # how far an outline that was found, not given, may lie beside the true one
_OWN = {"auto": "as the method it takes", "geodesic": "part of Ad Studio", "mask": "part of Ad Studio"}
_STRAIGHTENED = Note(
    "cutout.straightened", "The photo's colours had been multiplied by their transparency; that was undone."
)
_EMPTY_MASK = (
    "Paint the product white, switch the mask over if its clear part is the product, or leave it out: "
    "Load Image gives a clear mask with every photo that has no transparency."
)
_GIVE_A_MASK = "Give a mask of the product, or take the photo against a plain background."


def methods(*, allow_non_commercial: bool = False) -> list[str]:
    """List every method by name, the same on each machine so that saved workflows stay valid."""
    shown = allow_non_commercial or non_commercial_allowed()
    trained = [f"rembg:{model.name}" for model in MODELS.values() if model.commercial or shown]
    return [*_OWN, *trained]


def describe_methods(*, allow_non_commercial: bool = False, host: Host | None = None) -> list[dict[str, Any]]:
    """Tell of every method under which licence it may be used and whether its weights are on this machine."""
    found: list[dict[str, Any]] = [
        {"method": name, "licence": licence, "commercial": True, "here": True, "megabytes": 0}
        for name, licence in _OWN.items()
    ]
    for name in methods(allow_non_commercial=allow_non_commercial)[len(_OWN) :]:
        model = MODELS[name.removeprefix("rembg:")]
        found.append({
            "method": name,
            "licence": model.licence,
            "commercial": model.commercial,
            "here": find_weights(model, host) is not None,
            "megabytes": model.megabytes,
        })  # fmt: skip
    return found


def licence_of(method: str) -> str:
    """Tell in words under which licence a method may be used, and whether for business."""
    model = MODELS.get(method.removeprefix("rembg:"))
    licence, is_free = (model.licence, model.commercial) if model else (_OWN[method], True)
    return f"{licence}, {'free' if is_free else 'not'} for business"


def list_licences() -> str:
    """Tell of every model that is offered under which licence its weights are, those with the same one together."""
    groups: dict[str, list[str]] = {}
    for name in methods():
        if name.startswith("rembg:"):
            groups.setdefault(licence_of(name), []).append(name.removeprefix("rembg:"))
    told = "; ".join(f"{', '.join(names)}: {licence}" for licence, names in groups.items())
    return f"Licences of the weights: {told}."


def cut_out(
    photo: Source,
    *,
    method: str = "auto",
    mask: Array | None = None,
    host: Host | None = None,
    edge_trim_px: float = 0.0,
    allow_download: bool = False,
    allow_non_commercial: bool = False,
    watcher: Watcher | None = None,
    weights_folder: Path | None = None,
    device: Device = "cpu",
) -> CutOut:
    """Cut the product out of a photo.

    Args:
        photo: anything that ``read_photo`` takes.
        method: ``auto`` takes the mask or the photo's own transparency if there is one, else a rembg model whose
            weights are on this machine, else ``geodesic``; ``CutOut.method`` names what was used, ``notes`` why.
        mask: ``[H,W]`` 0..1, 1 = product.
        edge_trim_px: pull the outline inwards by this many photo pixels.
        allow_download: fetch the missing weights of the named model.
        allow_non_commercial: also take weights that are not free for business.
        watcher: told how a download goes; by default the host.
        weights_folder: where a download goes; by default Ad Studio's own folder of models.
        device: where a model of rembg runs; ``CutOut.notes`` tells where it did.
    Raises: InputError ``cutout.nothing_found`` and the like; ModelError where a named model cannot be used.
    """
    if not 0.0 <= edge_trim_px <= MOST_TRIM_PX:
        raise InputError(
            "cutout.edge_trim",
            f"The outline can be pulled in by 0 to {MOST_TRIM_PX:g} photo pixels, but {edge_trim_px:g} came.",
            "1 or 2 take away what is left of an old background.",
            most=f"{MOST_TRIM_PX:g}",
            came=f"{edge_trim_px:g}",
        )
    colour, own_alpha = read_photo_with_alpha(photo)
    used, why = _resolve(method, mask is not None, own_alpha is not None, host)
    notes, guessed = [why] if why else [], 0.0
    if used == "mask":
        given, name = (own_alpha, "transparency") if mask is None else (_fit_mask(mask, colour), "mask")
        if given is None:
            raise InputError(
                "cutout.no_mask", "The method 'mask' needs a mask, but none came.", "Connect or give a mask."
            )
        if mask is None:
            colour, was_premultiplied = straighten(colour, given)
            if was_premultiplied:
                notes.append(_STRAIGHTENED)
        _check_mask(given, name)
        alpha = soften_steps(given)
    elif used == "geodesic":
        matting = GeodesicMatting()
        alpha, guessed = matting.matte(colour), matting.guessed
        notes += matting.notes
    else:
        model = pick_model(used.removeprefix("rembg:"), allow_non_commercial=allow_non_commercial)
        matting = RembgMatting(
            model, host, allow_download=allow_download, watcher=watcher, folder=weights_folder, device=device
        )
        alpha = refine_matte(colour, matting.matte(colour))
        notes += matting.notes
    if used != "mask":
        _check_found(alpha, guessed)
    alpha = np.where(alpha < FAINT, np.float32(0), shrink(alpha, edge_trim_px)).astype(np.float32)
    if edge_trim_px and float(alpha.max()) < 0.5:
        raise InputError(
            "cutout.trimmed_away",
            f"Nothing is left of the product when its outline is pulled in by "
            f"{counted(f'{edge_trim_px:g}', 'photo pixel')}.",
            "Pull it in by less.",
            px=f"{edge_trim_px:g}",
        )
    # Whoever saved a soft edge or glass with its own transparency has chosen its colours too.
    as_saved = used == "mask" and mask is None and has_soft_edge(alpha)
    return _trim(colour, alpha, used, notes, as_saved=as_saved)


def restore_frame(cut: CutOut) -> Array:
    """Lay a trimmed cut-out back into its photo's frame. Shapes: ``-> [H,W,4]``, clear around the product."""
    height, width = cut.rgba.shape[:2]
    if cut.source_px is None or cut.source_px == (width, height):
        return cut.rgba
    left, top = cut.origin_px
    frame = np.zeros((cut.source_px[1], cut.source_px[0], 4), dtype=np.float32)
    frame[top : top + height, left : left + width] = cut.rgba
    return frame


def _resolve(method: str, has_mask: bool, has_alpha: bool, host: Host | None) -> tuple[str, str]:
    if method != "auto":
        if method not in {"geodesic", "mask"} and not method.startswith("rembg:"):
            raise InputError(
                "cutout.unknown_method",
                f"There is no cut-out method '{method}'.",
                f"Choose one of: {', '.join(methods())}.",
                name=method,
            )
        unused = has_mask and method != "mask"
        return method, Note(
            "cutout.mask_unused", "A mask came too, but the chosen method does not use it."
        ) if unused else ""
    if has_mask:
        return "mask", ""
    if has_alpha:
        return "mask", Note("cutout.own_alpha", "auto: the photo's own transparency was used.")
    model, reason = first_available(host)
    if model is not None:
        return f"rembg:{model.name}", Note("cutout.trained", "auto: {reason}.", reason=reason, model=model.name)
    words = "auto: {reason}, so the weight-free method was used."
    return "geodesic", Note("cutout.weight_free", words, reason=reason)


def _fit_mask(mask: Array, photo: Array) -> Array:
    values = np.asarray(mask, dtype=np.float32)
    values = values[0] if values.ndim == 3 and values.shape[0] == 1 else values
    height, width = photo.shape[:2]
    if values.ndim != 2 or 0 in values.shape:
        raise InputError(
            "cutout.mask_shape",
            f"Expected a mask as [height, width], but an array of shape {list(values.shape)} came.",
            "Give one mask for one photo.",
        )
    least, most = float(values.min()), float(values.max())
    if not (least >= -0.01 and most <= 1.01):  # also what is not a number
        raise InputError(
            "cutout.mask_values",
            f"Expected a mask with values within 0..1, but they run from {least:.3g} to {most:.3g}.",
            "0 is background and 1 is product; divide a mask of bytes by 255.",
            least=f"{least:.3g}",
            most=f"{most:.3g}",
        )
    _check_mask(values, "mask")  # before its shape: the blank mask that comes with an opaque photo is small and square
    if abs(values.shape[1] / values.shape[0] - width / height) > 0.02 * width / height:
        raise InputError(
            "cutout.mask_size",
            f"The mask is {values.shape[1]} × {values.shape[0]}, another shape than the photo's {width} × {height}.",
            "Make the mask from this very photo.",
            mask=f"{values.shape[1]}×{values.shape[0]}",
            photo=f"{width}×{height}",
        )
    return np.clip(resize(values, width, height), 0.0, 1.0)


def _check_mask(alpha: Array, name: str) -> None:
    if float(alpha.max()) < 0.5:
        raise InputError(
            "cutout.empty_mask",
            f"The {name} marks no product at all: it is clear everywhere.",
            _EMPTY_MASK if name == "mask" else "Save the picture again with the product in it, or give a mask.",
        )
    if float(alpha.mean()) > 0.995:
        raise InputError(
            "cutout.full_mask",
            f"The {name} marks the whole photo as product.",
            "Paint the background black; if the photo has no mask of its own, leave the mask input free.",
        )


def _check_found(alpha: Array, guessed: float) -> None:
    share = float((alpha > 0.5).mean())
    if share < LEAST_SHARE:
        raise InputError(
            "cutout.nothing_found", "No product stands out from the background of this photo.", _GIVE_A_MASK
        )
    if share > MOST_SHARE:
        raise InputError(
            "cutout.everything_found", "The whole photo looks like product; no background was found.", _GIVE_A_MASK
        )
    if guessed and is_a_guess(guessed, _count_parts(alpha)):
        raise InputError(
            "cutout.too_busy",
            "The photo is too busy to cut its product out without a trained model: too much of what was found could "
            "as well be background.",
            "Take the photo against a plain background, give a mask or a picture with a transparent background, or "
            "use a trained model (rembg).",
        )


def _count_parts(alpha: Array) -> int:
    """Count the islands of a matte, specks aside."""
    step = max(1, max(alpha.shape) // 512)
    solid = alpha[::step, ::step] > 0.5
    parts, _ = find_parts(solid)
    return int((np.bincount(parts.ravel())[1:] > 0.005 * solid.sum()).sum())


def _halo_notes(colour: Array, alpha: Array, bounds: tuple[int, int, int, int], cleaned: Array) -> list[str]:
    """Tell how much of the old background the rim held, and holds; on a thinned-out picture, where that is as true."""
    top, bottom, left, right = (
        max(bounds[0] - _BESIDE_PX, 0), min(bounds[1] + _BESIDE_PX, alpha.shape[0]),
        max(bounds[2] - _BESIDE_PX, 0), min(bounds[3] + _BESIDE_PX, alpha.shape[1]),
    )  # fmt: skip
    photo = colour[top:bottom, left:right]
    after = photo.copy()
    after[bounds[0] - top : bounds[1] - top, bounds[2] - left : bounds[3] - left] = cleaned
    step = max(1, max(photo.shape) // _HALO_SIDE_PX)
    thin = (slice(None, None, step), slice(None, None, step))
    found = halos([photo[thin], after[thin]], alpha[top:bottom, left:right][thin], photo[thin])
    words = "Old background in the rim: {before} in the photo, {left} left."
    return [Note("cutout.rim", words, before=f"{found[0]:.0%}", left=f"{found[1]:.0%}")] if found else []


def _trim(colour: Array, alpha: Array, method: str, notes: list[str], *, as_saved: bool) -> CutOut:
    rows, columns = np.flatnonzero(alpha.max(axis=1) > FAINT), np.flatnonzero(alpha.max(axis=0) > FAINT)
    if len(rows) < 8 or len(columns) < 8:
        raise InputError(
            "cutout.too_small",
            f"The product is only {len(columns)} × {len(rows)} pixels; at least 8 × 8 are needed.",
            "Use a photo taken closer, or a mask that marks the whole product.",
            width=len(columns),
            height=len(rows),
        )
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    height, width = alpha.shape
    sides = {"top": alpha[0], "bottom": alpha[-1], "left": alpha[:, 0], "right": alpha[:, -1]}
    cut_off = [side for side, line in sides.items() if float((line > 0.5).mean()) > 0.02]
    if cut_off:
        words = "The product is cut off by the photo's edge ({sides})."
        notes.append(Note("cutout.cut_off", words, sides=", ".join(cut_off)))
    if method == "mask" and len(cut_off) == 4:
        words = "The mask marks all four edges as product; it may be the wrong way round."
        notes.append(Note("cutout.inverted", words))
    pieces = _count_parts(alpha)
    if pieces >= MANY_PARTS:
        words = "The product falls into {count} separate parts; look whether all of them belong to it."
        notes.append(Note("cutout.pieces", words, count=pieces))
    piece = alpha[top:bottom, left:right]
    cleaned = colour[top:bottom, left:right]
    if not as_saved:
        cleaned = clean_colours(cleaned, piece, doubt_px=0.0 if method == "mask" else DOUBT_PX)
    notes += _halo_notes(colour, alpha, (top, bottom, left, right), cleaned)
    return CutOut(
        rgba=np.ascontiguousarray(np.concatenate([cleaned, piece[..., None]], axis=-1), dtype=np.float32),
        method=method,
        notes=tuple(notes),
        origin_px=(int(left), int(top)),
        source_px=(width, height),
    )
