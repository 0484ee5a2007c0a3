"""The mark of AI's part in a picture, handed on to what a command makes of it: no step may lose it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ...output.disclosure import TYPES, Disclosure, Source, read_source_type


def mark_of(path: Path, *, laid_on: Sequence[Path] = ()) -> str:
    """The XMP packet for what is made of a picture; empty where nothing of it came with a mark.

    Args:
        laid_on: pictures that come onto it: with any, what is made counts as put together of drawn parts and photos.
    """
    for each in (path, *laid_on):
        source = _source_of(each)
        if source is not None:
            return Disclosure("composite" if laid_on else source).to_xmp()
    return ""


def _source_of(path: Path) -> Source | None:
    kind = read_source_type(path).rpartition("/")[2]
    return next((source for source, name in TYPES.items() if name == kind), None)
