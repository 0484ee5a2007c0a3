"""What happens in a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["done", "failed", "cancelled", "running"]


@dataclass(frozen=True, slots=True)
class RunEvent:
    """One thing that happened in a run; the run report is a list of these."""

    kind: Literal["start", "progress", "preview", "finish", "error", "cancel", "note"]
    step: str
    value: float = 0.0
    seconds: float = 0.0
    message: str = ""
    preview: object = None
