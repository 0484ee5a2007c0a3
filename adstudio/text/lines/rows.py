"""Lines from left to right: how long they are, how much room they take, and where each one begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...types import TextBlock
from ..faces.typeface import Typeface

Edges = tuple[float, float, float, float]
Placed = tuple[tuple[str, ...], tuple[float, ...], tuple[float, ...], Edges]
SHARE_BEFORE = {"left": 0.0, "center": 0.5, "right": 1.0, "top": 0.0, "middle": 0.5, "bottom": 1.0}
_LIGHT = "\"'“”‘’「」『』.,…"  # marks that an eye leaves out when it looks for the middle of a line


@dataclass(frozen=True, slots=True)
class Rows:
    """Sets lines of a block from ink to ink. Units: em."""

    face: Typeface
    block: TextBlock

    def measure(self, text: str) -> float:
        """Length of one line."""
        return self.face.measure(text)

    def length(self, lines: Sequence[str]) -> float:
        """Room along the lines: that of the longest, and of marks that hang from one in the middle."""
        return max(self.measure(line) + abs(self._hang(line)) for line in lines)

    def before(self, line: str) -> float:
        """Height of a first line above its baseline: that of its ink in the middle of a box, else of any Hangul."""
        return self.face.rise(line) if self.block.anchor == "middle" else self.face.top(line)

    def after(self, line: str) -> float:
        """Depth of a last line: that of its ink in the middle of a box, else of any tail.

        A block that holds on to an edge keeps its baselines whatever its words, and its distance from the next block.
        """
        return self.face.fall(line) if self.block.anchor == "middle" else self.face.bottom(line)

    def place(self, lines: Sequence[str], size: float, leading: float, box: Edges) -> Placed:
        """Lines, their ink starts, their baselines and the ink of all, in a box that they fit. Units: pixels."""
        left, top, right, bottom = box
        head, foot = self.before(lines[0]) * size, self.after(lines[-1]) * size
        slack = bottom - top - (len(lines) - 1) * leading * size - head - foot
        first = top + slack * SHARE_BEFORE[self.block.anchor] + head
        baselines = tuple(first + i * leading * size for i in range(len(lines)))
        share = SHARE_BEFORE[self.block.align]
        spans = []
        for line in lines:
            width = self.measure(line) * size
            start = left + share * (right - left - width + self._hang(line) * size)
            spans.append((start, start + width))
        highest, lowest = first - self.face.rise(lines[0]) * size, baselines[-1] + self.face.fall(lines[-1]) * size
        ink = (min(start for start, _ in spans), highest, max(end for _, end in spans), lowest)
        return tuple(lines), tuple(start for start, _ in spans), baselines, ink

    def _hang(self, line: str) -> float:
        """How much longer the light marks at the end of a centred line are than those at its start."""
        if self.block.align != "center" or line.strip(_LIGHT) in (line, ""):
            return 0.0
        return self.measure(line.lstrip(_LIGHT)) - self.measure(line.rstrip(_LIGHT))
