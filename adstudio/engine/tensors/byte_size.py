"""Numbers of bytes for a sentence."""

from __future__ import annotations

from ...counts import counted

_UNITS = ((10**9, "GB"), (10**6, "MB"), (10**3, "kB"))


def byte_size(count: int) -> str:
    """Say a number of bytes in the largest unit that it fills: ``20.5 GB``, ``3 MB``, ``1 kB``; never ``0.0 GB``."""
    for unit, name in _UNITS:
        if count >= unit:
            return f"{count / unit:.1f} {name}" if name == "GB" else f"{count / unit:.0f} {name}"
    return counted(count, "byte")
