"""Layout plans and other text from files that a person gives."""

from __future__ import annotations

from pathlib import Path

from ...errors import InputError
from ...types import LayoutPlan


def read_plan_file(path: Path) -> LayoutPlan:
    """Read the file of a layout plan.

    Raises: InputError ``layout.…``.
    """
    from ...layout.plan.reading import from_json

    return from_json(read_text_file(path))


def read_text_file(path: Path) -> str:
    """Read a file of text in UTF-8.

    Raises: InputError ``layout.unreadable``.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = "it is no text in UTF-8" if isinstance(error, UnicodeDecodeError) else str(error.strerror).lower()
        raise InputError(
            "layout.unreadable", f"'{path}' cannot be read: {why}.", "Give a JSON file that you may read."
        ) from error
