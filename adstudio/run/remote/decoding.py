"""A picture file of a server's as numbers."""

from __future__ import annotations

import io
import warnings

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ...imaging.photo import DAMAGE


def decode(data: bytes, *, grey: bool = False) -> NDArray[np.uint8]:
    """Decode a picture file of any form that the pack saves.

    Returns: ``[H,W,3]`` or, where it has transparency, ``[H,W,4]``; with ``grey`` ``[H,W]``.

    Raises:
        ValueError: what is wrong with the file, in one clause.
    """
    try:
        with warnings.catch_warnings():
            # Below the size that Pillow refuses it warns: the pack draws no such picture, and damage has its own words.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data)) as picture:
                mode = "L" if grey else "RGBA" if "A" in picture.getbands() else "RGB"
                return np.asarray(picture.convert(mode))
    except Image.DecompressionBombError as error:
        most = 2 * (Image.MAX_IMAGE_PIXELS or 0) // 1_000_000
        raise ValueError(f"it claims more than {most} million pixels") from error
    except DAMAGE as error:
        raise ValueError(str(error) or type(error).__name__) from error
