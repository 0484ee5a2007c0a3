"""What a server tells of a job, as the events of a run: one step for every node, with its time, state and error."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from ...types import Array, RunEvent
from ..recorder import Recorder
from .answers import ERROR
from .decoding import decode
from .socket import PREVIEW

_ENDS = ("execution_success", "execution_error", "execution_interrupted")
_UNTIMED = "its time is unknown: the line to the server was down"
_CACHED = "unchanged since an earlier run, so it was not done again"


class Watch:
    """Reads the messages about one job.

    Args:
        steps: what each node is called.
    """

    def __init__(self, prompt_id: str, steps: Mapping[str, str], recorder: Recorder) -> None:
        self.has_begun = False
        self.has_ended = False
        self.said: Mapping[str, Any] = {}  # of the error that ended it, with code and hint
        self._id = prompt_id
        self._steps = steps
        self._recorder = recorder
        self._begun: dict[str, float] = {}
        self._done: set[str] = set()
        self._values: dict[str, float] = {}
        self._noted: set[str] = set()

    def take(self, kind: str, about: Mapping[str, Any]) -> None:
        """Take a message; those about other jobs are passed over."""
        if about.get("prompt_id", self._id) != self._id:
            return
        if kind == "progress_state":
            for node, state in about.get("nodes", {}).items():
                self._take_state(str(state.get("display_node_id") or node), state)
        elif kind == PREVIEW:
            self._show(str(about.get("display_node_id") or about.get("node_id")), about["picture"])
        elif kind == "execution_cached":
            for node in about.get("nodes", []):
                self._skip(str(node), _CACHED)
        elif kind == ERROR:
            self.said = about
        elif kind == "executed":
            self.take_output(str(about.get("display_node") or about.get("node")), about.get("output") or {})
        self.has_begun |= kind in ("execution_start", "progress_state")
        self.has_ended |= kind in _ENDS or (kind == "executing" and about.get("node", "") is None)

    def take_output(self, node: str, output: Mapping[str, Any]) -> None:
        """Keep what a node says of its work."""
        texts = output.get("text") or ()
        for line in (line for text in texts if isinstance(text, str) for line in text.splitlines() if line.strip()):
            if node in self._steps and node not in self._noted:
                self._recorder.send(RunEvent("note", self._steps[node], message=line))
        if texts:
            self._noted.add(node)

    def fail(self, node: str, message: str) -> None:
        """Say that a node failed."""
        if node in self._steps:
            self._start(node)
            self._recorder.send(RunEvent("error", self._steps[node], seconds=self._seconds(node), message=message))
            self._done.add(node)

    def close(self, *, succeeded: bool) -> None:
        """Settle what was never told: after a success every node is done."""
        for node in self._steps if succeeded else list(self._begun):
            if node in self._begun and node not in self._done and not succeeded:
                self._recorder.send(RunEvent("cancel", self._steps[node], seconds=self._seconds(node)))
                self._done.add(node)
            elif node not in self._done:
                self._skip(node, _UNTIMED)

    def _take_state(self, node: str, state: Mapping[str, Any]) -> None:
        if node not in self._steps or node in self._done:
            return
        self._start(node)
        if state.get("state") == "finished":
            self._done.add(node)
            self._recorder.send(RunEvent("finish", self._steps[node], value=1.0, seconds=self._seconds(node)))
            return
        value, most = float(state.get("value") or 0), float(state.get("max") or 0)
        if most > 1 and value != self._values.get(node, 0.0):
            self._values[node] = value
            self._recorder.tick(int(value))
            shown = f"{value:g}/{most:g}"
            self._recorder.send(RunEvent("progress", self._steps[node], value=value / most, message=shown))

    def _show(self, node: str, data: bytes) -> None:
        preview = _decode(data) if node in self._steps and node not in self._done else None
        if preview is not None:
            self._recorder.send(RunEvent("preview", self._steps[node], preview=preview))

    def _start(self, node: str) -> None:
        if node not in self._begun:
            self._begun[node] = time.perf_counter()
            self._recorder.send(RunEvent("start", self._steps[node]))

    def _skip(self, node: str, why: str) -> None:
        if node in self._steps and node not in self._done:
            self._start(node)
            self._done.add(node)
            self._recorder.send(RunEvent("note", self._steps[node], message=why))
            self._recorder.send(RunEvent("finish", self._steps[node], value=1.0))

    def _seconds(self, node: str) -> float:
        return time.perf_counter() - self._begun[node]


def _decode(data: bytes) -> Array | None:
    """Read a preview; None where it is no picture."""
    try:
        return decode(data)[..., :3].astype(np.float32) / 255.0
    except ValueError:
        return None
