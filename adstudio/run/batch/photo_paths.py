"""Where the photos of a table lie: beside it, or in the folder that whoever runs this machine has named."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from ... import config
from ...errors import InputError


class PhotoFolder:
    """Finds photos in one folder and never outside it.

    Args:
        root: what names in the table are relative to; an absolute one must lie in it, too.
    """

    def __init__(self, root: str | Path) -> None:
        self._named = Path(root).absolute()
        self.root = self._named.resolve()

    def find(self, name: str) -> str:
        """The photo's path, once it is seen to be a picture; a ``data:`` URL is what it is.

        Raises:
            InputError: ``batch.photo_<reason>``.
        """
        if name.startswith("data:"):
            return name
        if "://" in name:
            raise InputError(
                "batch.photo_address", f"A file was expected; the address '{name:.80}' came.", "Download it first."
            )
        path = self._existing(name)
        if path is None or not path.is_relative_to(self.root):
            raise InputError(
                "batch.photo_outside",
                f"The photo '{name}' lies outside the folder '{self.root}'.",
                "Put the photos beside the table, or name their folder with --photos.",
            )
        if not _is(path.is_file):
            raise InputError(
                "batch.photo_missing", f"There is no photo '{name}' in '{self.root}'.", "Check the name's spelling."
            )
        try:
            with Image.open(path) as picture:
                picture.verify()
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
            raise InputError(
                "batch.photo_unreadable", f"The file '{name}' is no picture that can be read.", "Save it anew as JPEG."
            ) from error
        return str(path)

    def _existing(self, name: str) -> Path | None:
        """Where a photo is, its links followed; None where its name leads out, which is told without a look there."""
        tidy = name if Path(name).is_absolute() else name.replace("\\", "/")
        # macOS hands Hangul names over in parts, tables hold them composed.
        forms = [unicodedata.normalize(form, tidy) for form in ("NFC", "NFD")]
        named = [config.name_inside(root, form) for root in (self.root, self._named) for form in forms]
        tries = [path.resolve() for path in named if path is not None]
        return next((path for path in tries if _is(path.exists)), next(iter(tries), None))


def _is(question: Callable[[], bool]) -> bool:
    """What a path answers; no to a name longer than the system allows."""
    try:
        return question()
    except OSError:
        return False
