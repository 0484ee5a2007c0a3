"""The embedded demo checkpoint: small, in the real layout and classes, a default that runs anywhere."""

from __future__ import annotations

from pathlib import Path

from .. import config
from ..errors import ModelError


def checkpoint_path() -> Path:
    """The folder of the embedded checkpoint.

    Raises:
        ModelError: the installed package lacks it.
    """
    path = config.EMBEDDED_CHECKPOINT
    if not (path / "transformer" / "config.json").is_file():
        raise ModelError(
            "checkpoint.not_packaged",
            f"The embedded checkpoint should lie in {path}, but it is not there.",
            "Install the package again, or choose another checkpoint.",
        )
    return path
