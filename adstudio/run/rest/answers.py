"""Errors as REST answers."""

from __future__ import annotations

from typing import Any

from ...errors import AdStudioError, InputError, ProviderError, StorageError

_STATUS = {
    "rest.no_token": 401,
    "rest.no_job": 404,
    "rest.picture_gone": 410,
    "rest.restarted": 410,
    "rest.too_large": 413,
    "rest.bad_kind": 415,
    "rest.too_many": 429,
    "rest.queue_full": 429,
    "rest.too_slow": 504,
    "rest.cancelled": 409,
    "comfyui.interrupted": 409,
}


def problem(error: AdStudioError) -> tuple[int, dict[str, Any]]:
    """The status and the body that tell of an error."""
    if error.code in _STATUS:
        status = _STATUS[error.code]
    elif isinstance(error, InputError):
        status = 400
    elif isinstance(error, ProviderError):
        status = 502
    elif isinstance(error, StorageError):
        status = 507
    else:
        status = 503
    return status, {"ok": False, "error": {"code": error.code, "message": error.message, "hint": error.hint}}
