"""Layout plans from files that a person gives."""

from __future__ import annotations

from pathlib import Path

from ...errors import InputError
from ...types import LayoutPlan


def read_plan_file(path: Path) -> LayoutPlan:
    """Read the file of a layout plan.

    Raises: InputError ``layout.…``.
    """
    from ...layout.plan.reading import from_json

    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            "layout.unreadable", f"The plan '{path}' cannot be read ({error}).", "Give a JSON file that you may read."
        ) from error
    return from_json(text)
