"""The mark of AI's part in a picture, handed on to what a command makes of it: no step may lose it."""

from __future__ import annotations

from pathlib import Path

from ...output.disclosure import TYPES, Disclosure, Source, read_source_type


def mark_of(path: Path, *, with_photos: bool = False) -> str:
    """The XMP packet for what is made of a picture; empty where that came without a mark.

    Args:
        with_photos: photos come onto the picture, so that only a part of it is drawn by a model.
    """
    kind = read_source_type(path).rpartition("/")[2]
    source: Source | None = next((source for source, name in TYPES.items() if name == kind), None)
    if source is None:
        return ""
    return Disclosure("composite" if with_photos else source).to_xmp()
