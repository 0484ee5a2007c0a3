"""Which versions made a picture."""

from __future__ import annotations

import platform
from functools import cache
from importlib import metadata


@cache
def versions() -> dict[str, str]:
    """Versions of this library, of Python and of what draws the picture; a package that is absent is left out."""
    from .. import __version__

    found = {"adstudio": __version__, "python": platform.python_version()}
    for package in ("torch", "diffusers", "transformers", "numpy", "pillow"):
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found
