"""What happened in a run: time, state and error of every step, and the facts that explain the picture."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from ..output.findings import Finding
from ..types import AdPrompt, CopyFlag, LayoutPlan, LayoutScore, RunEvent, Status
from .versions import versions


@dataclass(frozen=True, slots=True)
class StepRecord:
    """One step of a run."""

    name: str
    status: Status
    seconds: float = 0.0
    error: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ErrorRecord:
    """The error that ended a run."""

    code: str
    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class RunReport:
    """A run, from its events and its facts. Times in seconds, memory in bytes; a peak is the process's so far.

    ``evaluations`` counts calls of the picture model per picture; ``seconds_per_step`` is the median of them.
    ``prompts``, ``layout_scores`` and ``layout_reasons`` hold one per picture; ``fallbacks`` names, of words and
    layout, a provider that failed before another. ``server`` is the ComfyUI that drew it; empty = this process.
    ``channel`` is the one that the pictures were made for, and ``findings`` what it would say to each.
    """

    status: Status = "running"
    started: str = ""
    seconds: float = 0.0
    steps: tuple[StepRecord, ...] = ()
    error: ErrorRecord | None = None
    providers: dict[str, str] = field(default_factory=dict)
    model: str = ""
    loras: tuple[str, ...] = ()
    seeds: tuple[int, ...] = ()
    size: tuple[int, int] | None = None
    evaluations: int = 0
    seconds_per_step: float = 0.0
    prompts: tuple[str, ...] = ()
    fallbacks: dict[str, str] = field(default_factory=dict)
    copy_flags: tuple[CopyFlag, ...] = ()
    layout_scores: tuple[LayoutScore | None, ...] = ()
    layout_reasons: tuple[tuple[str, ...], ...] = ()
    receipts: tuple[dict[str, float], ...] = ()
    peak_rss_bytes: int = 0
    peak_vram_bytes: int = 0
    versions: dict[str, str] = field(default_factory=dict)
    server: str = ""
    channel: str = ""
    findings: tuple[tuple[Finding, ...], ...] = ()

    def with_events(self, events: Iterable[RunEvent]) -> RunReport:
        """The report with its steps taken from a run's events."""
        return replace(self, steps=fold_steps(events))

    def step(self, name: str) -> StepRecord | None:
        """Find a step by name."""
        return next((step for step in self.steps if step.name == name), None)

    def to_dict(self) -> dict[str, Any]:
        """The report as plain JSON values."""
        return json.loads(self.to_json())

    def to_json(self, indent: int | None = None) -> str:
        """The report as JSON text."""
        return json.dumps(_rounded(asdict(self)), ensure_ascii=False, indent=indent)


def graph_record(
    prompt: AdPrompt | None, layout: LayoutPlan | None, index: int, products: LayoutPlan | None = None
) -> dict[str, Any]:
    """What a graph knows of picture ``index`` beyond its own nodes, in the report's words.

    Args:
        layout: of the copy; ``products`` where the products stand.
    """
    plan = None if layout is None else layout.for_frame(index)
    if products is not None:
        placed = products.for_frame(index)
        joined = plan and replace(plan, products=placed.products, reasons=(*placed.reasons, *plan.reasons))
        plan = joined or placed
    known: dict[str, Any] = {"versions": {"adstudio": versions()["adstudio"]}}
    if prompt is not None:
        known |= {"brief": prompt.brief, "industry": prompt.industry, "style": prompt.style}
        known |= {"prompt": prompt.positive, "providers": {"prompt": prompt.provider}}
    if plan is not None:
        if layout is not None:
            known.setdefault("providers", {})["layout"] = plan.provider
        known["layout"] = asdict(replace(plan, frames=()))
        known["texts"] = [block.text for block in plan.texts]
        known["layout_reasons"] = [list(plan.reasons)]
        if plan.score is not None:
            known["layout_scores"] = [_rounded(asdict(plan.score))]
    return {"report": known}


def fold_steps(events: Iterable[RunEvent]) -> tuple[StepRecord, ...]:
    """Sum up a run's events, one record per step, in the order in which they began."""
    steps: dict[str, StepRecord] = {}
    for event in events:
        step = steps.get(event.step, StepRecord(event.step, "running"))
        if event.kind == "finish":
            step = replace(step, status="done", seconds=event.seconds)
        elif event.kind == "error":
            step = replace(step, status="failed", seconds=event.seconds, error=event.message)
        elif event.kind == "cancel":
            step = replace(step, status="cancelled", seconds=event.seconds)
        elif event.kind == "note":
            step = replace(step, notes=(*step.notes, event.message))
        steps[event.step] = step
    return tuple(steps.values())


def peak_rss_bytes() -> int:
    """The most memory this process has held so far; 0 where the system does not say."""
    try:
        # Not getrusage on Linux: its figure is handed down from the process that started this one.
        found = re.search(r"^VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(), re.MULTILINE)
        if found:
            return int(found.group(1)) * 1024
    except OSError:
        pass
    try:
        import resource
    except ImportError:  # Windows
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def peak_vram_bytes(*, reset: bool = False) -> int:
    """The most graphics memory torch has held since the last reset; 0 without torch or a CUDA device."""
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_available() or not torch.cuda.is_initialized():
        return 0
    peak = torch.cuda.max_memory_allocated()
    if reset:
        torch.cuda.reset_peak_memory_stats()
    return int(peak)


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(item) for item in value]
    return value
