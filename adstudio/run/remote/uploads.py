"""The pictures of a request as a server gets them: upright, in sRGB, as PNG, named by what they show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ...errors import numbered
from ...imaging.cutout.edges import soften_steps
from ...imaging.cutout.matting import FAINT
from ...imaging.photo import read_photo_with_alpha
from ...output.encode import encode, find_format, hash_pixels, to_pixels
from ...types import Array
from ..asked import wants_copy
from ..engines import SizeOver, sized_for
from ..enlargement import check_photo
from ..photos import cover, cover_seen, find_subject, read_logo, read_source
from ..request import ZIT, AdRequest
from ..target import channel_of
from ..wire import open_source

FOLDER = "adstudio"
_BY_ALPHA = "auto"  # the method that takes a photo's own transparency


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture to send. ``name`` becomes the server's own once it is there."""

    name: str
    data: bytes
    has_alpha: bool = False


@dataclass(frozen=True, slots=True)
class Photos:
    """All pictures that a request sends; ``subject`` marks what of the reference copy must not cover.

    ``size`` is the reference's, and of what is drawn over it.
    """

    reference: Photo | None = None
    subject: Photo | None = None
    products: tuple[Photo, ...] = ()
    logo: Photo | None = None
    size: tuple[int, int] | None = None

    def all(self) -> list[Photo]:
        """Those that are there."""
        return [photo for photo in (self.reference, self.subject, *self.products, self.logo) if photo is not None]


def read_photos(request: AdRequest, size_over: SizeOver) -> Photos:
    """Read what the request names, as ``LocalRunner`` would.

    Args:
        size_over: in which size the server draws, over a photo where there is one.

    Raises:
        InputError: a photo cannot be read, or what ``check_photo`` refuses.
    """
    logo = None if request.logo is None else _to_photo(read_logo(request.logo))
    if request.reference is None:
        return Photos(products=tuple(_read_products(request, sized_for(size_over))), logo=logo)
    photo = read_source(request.reference)
    size = sized_for(size_over)(request, (photo.shape[1], photo.shape[0]))
    channel = channel_of(request)
    photo = (cover if channel is None else cover_seen)(photo, *size)
    has_letters = wants_copy(request) or logo is not None
    # Other engines have no strength: one keeps the photo but for what it is told, one its outlines.
    strength = request.strength if request.engine == ZIT else 0.0
    subject = find_subject(photo, strength) if has_letters or channel is not None else None
    return Photos(
        reference=_to_photo(photo),
        subject=None if subject is None else _to_photo(np.repeat(subject[..., None], 3, axis=-1)),
        logo=logo,
        size=size,
    )


def _read_products(request: AdRequest, size_over: SizeOver) -> Iterator[Photo]:
    channel = channel_of(request)
    for number, source in enumerate(request.products, start=1):
        with numbered("Product", number, len(request.products)):
            colour, alpha = read_photo_with_alpha(open_source(source))
            frame = _frame(colour, alpha if request.cutout == _BY_ALPHA else None)
            check_photo(request, frame, channel, lambda: size_over(request, None))
            yield _to_photo(colour if alpha is None else np.concatenate([colour, alpha[..., None]], axis=-1))


def _frame(colour: Array, alpha: Array | None) -> tuple[int, int]:
    """Width and height of what of a photo can be product: all of it, or what its own transparency leaves."""
    seen = np.ones(colour.shape[:2], bool) if alpha is None else soften_steps(alpha) > FAINT
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    if not len(rows):  # which the cut-out refuses in words of its own
        return colour.shape[1], colour.shape[0]
    return int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1


def _to_photo(picture: Array) -> Photo:
    pixels = to_pixels(picture)
    data, _ = encode(pixels, find_format("png"))
    return Photo(f"{hash_pixels(pixels)[:16]}.png", data, has_alpha=pixels.shape[2] == 4)
