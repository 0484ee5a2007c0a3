"""Every error a user of Ad Studio can meet.

    AdStudioError(code, message, hint)
    ├── InputError        what the user gave cannot be used        (brief, picture, size, strength)
    ├── ModelError        a checkpoint or adapter cannot be used   (missing, half downloaded, of another model)
    │   └── MissingDependency   a Python package is not installed
    ├── ProviderError     a service or local provider failed       (language model, matting model)
    ├── StorageError      a file cannot be written or read         (folder, disk full)
    └── ServerError       a ComfyUI server refused or broke off

``message`` says what was expected and what came; ``hint`` says what to do. ``code`` is stable: ``<area>.<reason>``.
Out-of-memory and interrupts are never wrapped in these.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = [
    "AdStudioError",
    "InputError",
    "MissingDependency",
    "ModelError",
    "ProviderError",
    "ServerError",
    "StorageError",
]


class AdStudioError(Exception):
    """A problem the user can act on.

    Args:
        code: stable machine-readable name, ``<area>.<reason>``.
        message: one sentence, what was expected and what came.
        hint: one sentence, what to do.
        figures: the numbers and names of the message once more, for whoever says it in another language.
    """

    def __init__(self, code: str, message: str, hint: str = "", **figures: str | float) -> None:
        super().__init__(code, message, hint)
        self.code = code
        self.message = message
        self.hint = hint
        self.figures = figures

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()

    def told(self) -> dict[str, Any]:
        """All of it as plain JSON, for a page that says it in its own language."""
        return {"code": self.code, "message": self.message, "hint": self.hint, "figures": self.figures}


class InputError(AdStudioError):
    """What the user gave cannot be used."""


class ModelError(AdStudioError):
    """A checkpoint or an adapter cannot be used."""


class MissingDependency(ModelError):
    """A Python package that this step needs is not installed."""

    def __init__(self, package: str, purpose: str, install: str | None = None) -> None:
        super().__init__(
            "dependency.missing",
            f"{purpose} needs the Python package '{package}', which is not installed.",
            f"Install it with: pip install {install or package}",
            package=package,
            install=install or package,
        )
        self.args = (package, purpose, install)  # what pickle builds it from again


class ProviderError(AdStudioError):
    """A service or a local provider failed."""


class StorageError(AdStudioError):
    """A file cannot be written or read."""


class ServerError(AdStudioError):
    """A ComfyUI server refused a job or broke off."""


for _name in __all__:  # ComfyUI shows the module of an exception; users should read "adstudio", not an install path
    globals()[_name].__module__ = "adstudio"


@contextmanager
def numbered(what: str, number: int, count: int) -> Iterator[None]:
    """Say which of several things of a kind an input error speaks of."""
    try:
        yield
    except InputError as error:
        if count > 1:
            error.message = f"{what} {number} of {count}: {error.message}"
            error.figures |= {"number": number, "of": count}
        raise
