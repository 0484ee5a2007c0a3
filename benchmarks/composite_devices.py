"""Composites on a torch device beside numpy's: seconds, memory of the device, and how far the pictures are apart.

Part of composite.py (``--device``) and of card.py.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
import torch  # noqa: E402

from adstudio.imaging.composite.compose import compose, workspace_bytes  # noqa: E402
from adstudio.imaging.resample import resize_rgba  # noqa: E402
from adstudio.types import Array, Composite, CutOut, Placement  # noqa: E402
from benchmarks.composite import group_of_three  # noqa: E402
from benchmarks.gauges import timed, watched_tensors  # noqa: E402
from benchmarks.still_life import render_room  # noqa: E402

_RENDERED_PX = 512  # a scene of that size is rendered, and enlarged: at 2048 px that would take a minute by itself


@dataclass(frozen=True)
class Found:
    """Seconds by the clock and those of the processor, MiB, and the largest difference of a pixel in 1/255."""

    name: str
    numpy_s: float
    numpy_worked_s: float
    device_s: float
    device_worked_s: float
    peak_mib: float
    asked_mib: float
    apart: float


def measure(device: str, sides: tuple[int, ...] = (1024, 2048), rounds: int = 3) -> Iterator[Found]:
    """Measure each way of composing at each size, in turns with numpy."""
    _, rendered, places = group_of_three(_RENDERED_PX)
    for side in sides:
        room, group = render_room(-50.0, size=side).picture, [_enlarged(cut, side / _RENDERED_PX) for cut in rendered]
        ways: dict[str, tuple[list[CutOut], list[Placement], dict[str, Any]]] = {
            "shadow and tone": (group[:1], places[:1], {}),
            "reflection, layers, plate": (group[:1], places[:1], {"reflection": 0.4, "layers": True}),
            "three products": (group, places, {}),
        }
        for name, (cuts, spots, settings) in ways.items():
            yield _compare(f"{name}, {side} px", device, room, cuts, spots, settings, rounds)


def _enlarged(cut: CutOut, scale: float) -> CutOut:
    height, width = (round(length * scale) for length in cut.rgba.shape[:2])
    return replace(cut, rgba=resize_rgba(cut.rgba, width, height))


def _compare(
    name: str,
    device: str,
    room: Array,
    cuts: list[CutOut],
    places: list[Placement],
    settings: dict[str, Any],
    rounds: int,
) -> Found:
    def work(on: Any) -> Composite:
        return compose(room, cuts, places, device=on, **settings)

    on = torch.device(device)
    ours, theirs = work(None), work(on)
    apart = float(np.abs(ours.image - theirs.image).max()) * 255
    taken = [(*_seconds(lambda: work(None)), *_seconds(lambda: work(on))) for _ in range(rounds)]
    seconds = [statistics.median(column) for column in zip(*taken, strict=True)]
    with watched_tensors() as peak:
        work(on)
    clock, worked, device_clock, device_worked = seconds
    return Found(
        name,
        clock,
        worked,
        device_clock,
        device_worked,
        peak[0] / 2**20,
        workspace_bytes(room, cuts, places) / 2**20,
        apart,
    )


def _seconds(work: Callable[[], Any]) -> list[float]:
    with timed() as seconds:
        work()  # what comes back is numpy's: the device has finished
    return seconds


def main(device: str) -> None:
    """Print a table as Markdown."""
    print(f"### Composites on {device}, {torch.get_num_threads()} threads, seconds by the clock (of the processor)\n")
    print("| way | numpy, s | torch, s | peak of its tensors, MiB | asked for, MiB | apart, 1/255 |")
    print("|---|---|---|---|---|---|")
    for found in measure(device):
        ours = f"{found.numpy_s:.2f} ({found.numpy_worked_s:.2f})"
        theirs = f"{found.device_s:.2f} ({found.device_worked_s:.2f})"
        cells = f"{ours} | {theirs} | {found.peak_mib:.0f} | {found.asked_mib:.0f}"
        print(f"| {found.name} | {cells} | {found.apart:.4f} |", flush=True)
