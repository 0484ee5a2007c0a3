"""Ad Studio: from a Korean brief, and a product photo, to a finished ad.

from adstudio import generate_and_save_image
ad = generate_and_save_image(user_input="창가에 놓인 딸기 라떼, 봄 신메뉴", headline="봄을 마셔요")
print(ad.path)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .errors import (
    AdStudioError,
    InputError,
    MissingDependency,
    ModelError,
    ProviderError,
    ServerError,
    StorageError,
)

if TYPE_CHECKING:
    from .ports import Cancelled
    from .run.api import generate_and_save_image, generate_product_composite
    from .run.local.runner import LocalRunner
    from .run.remote.runner import ComfyRunner
    from .run.report import RunReport
    from .run.request import AdRequest, AdResult, Lighting

__version__ = "0.1.0"

__all__ = [
    "AdRequest",
    "AdResult",
    "AdStudioError",
    "Cancelled",
    "ComfyRunner",
    "InputError",
    "Lighting",
    "LocalRunner",
    "MissingDependency",
    "ModelError",
    "ProviderError",
    "RunReport",
    "ServerError",
    "StorageError",
    "__version__",
    "generate_and_save_image",
    "generate_product_composite",
]

# ComfyUI imports this package at its start, so what draws pictures is looked up when it is first asked for.
_HOMES = {
    "AdRequest": "run.request",
    "AdResult": "run.request",
    "Cancelled": "ports",
    "ComfyRunner": "run.remote.runner",
    "Lighting": "run.request",
    "LocalRunner": "run.local.runner",
    "RunReport": "run.report",
    "generate_and_save_image": "run.api",
    "generate_product_composite": "run.api",
}


def __getattr__(name: str) -> Any:
    """Look a public name up in its module, once."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
