"""Files of a model that can be read, or one sentence on why not: no permission, no file, a git-lfs pointer, no JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ...errors import ModelError

LFS_MARK = b"version https://git-lfs"


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Say in one sentence which file of a model the system does not let us read."""
    try:
        yield
    except OSError as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, error: OSError) -> ModelError:
    """Word what the system says about a file, or about ``path`` where it names none."""
    why = f": {error.strerror}" if error.strerror else ""
    return ModelError(
        "checkpoint.unreadable",
        f"{error.filename or path} cannot be read{why}.",
        "Check its permissions and those of its folder, and that its disk is connected.",
        file=str(error.filename or path),
    )


def lfs_pointer(path: Path) -> ModelError:
    """Word that a clone of a repository has no more than a file's address."""
    return ModelError(
        "checkpoint.lfs_pointer",
        f"{path} is a git-lfs pointer, not the weights themselves.",
        "Run 'git lfs pull' in that folder, or download the file itself.",
        file=str(path),
    )


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        ModelError: the file is absent, not readable, or holds no JSON object.
    """
    with reading(path):
        if not path.is_file():
            raise ModelError(
                "checkpoint.file_missing",
                f"The file {path} is missing.",
                "Finish the download of the checkpoint, or choose another one.",
                file=str(path),
            )
        text = path.read_bytes()
        if text.startswith(LFS_MARK):
            raise lfs_pointer(path)
        try:
            content = json.loads(text)
        except (ValueError, RecursionError):
            content = None
    if not isinstance(content, dict):
        raise ModelError(
            "checkpoint.bad_config", f"{path} is not a JSON object.", "Download this file again.", file=str(path)
        )
    return content
