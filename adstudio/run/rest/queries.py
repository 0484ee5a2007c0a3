"""What routes read from their addresses."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...errors import InputError
from ...settings import read_settings
from ..request import AdRequest

_PAIR = re.compile(r"(\d{1,5})x(\d{1,5})", re.ASCII)


@dataclass(frozen=True, slots=True)
class SizeQuery:
    """In which size an edit would be drawn: what is asked for, and the photo's own size."""

    request: AdRequest
    photo: tuple[int, int] | None

    @classmethod
    def read(cls, query: Mapping[str, str]) -> SizeQuery:
        """Read ``size`` and ``photo`` (both ``WxH``), and fields of a request as they are.

        Raises:
            InputError: ``request.bad_type``.
        """
        photo, size = _pair(query, "photo"), _pair(query, "size")
        names = {"checkpoint", "text_encoder", "vae", "aspect", "channel"} & set(query)
        texts: dict[str, Any] = {"checkpoint": read_settings().checkpoint} | {
            name: query[name] for name in names if query[name].strip()
        }
        width, height = size or (None, None)
        return cls(AdRequest(reference="photo" if photo else None, width=width, height=height, **texts), photo)


def _pair(query: Mapping[str, str], name: str) -> tuple[int, int] | None:
    text = query.get(name, "")
    if not text:
        return None
    found = _PAIR.fullmatch(text)
    if found is None or not int(found[1]) or not int(found[2]):
        raise InputError("request.bad_type", f"'{name}' must read 640x480; '{text:.40}' came.", "Write WIDTHxHEIGHT.")
    return int(found[1]), int(found[2])
