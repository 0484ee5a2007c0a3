"""A ComfyUI on the loopback, as far as a client sees one: real sockets, and faults on command."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
from comfy_double_http import Handler
from PIL import Image

from adstudio.output.save import save_picture
from adstudio.run.graph_saving import BESIDES
from adstudio.run.remote.graph import STEPS
from adstudio.run.rest.once import Once


class ComfyDouble:
    """One server. What it was sent is kept; what it does wrong is set before.

    Args:
        folder: its output folder.
        port: taken again after a restart; 0 = any.
    """

    def __init__(self, folder: Path, port: int = 0) -> None:
        self.folder = folder
        self.posts: list[dict[str, Any]] = []
        self.cancelled: list[str] = []
        self.uploads: dict[str, bytes] = {}
        self.failing_views = 0
        self.damaged_views = 0
        self.answers_lost = 0  # POSTs whose job is taken and whose answer never comes
        self.gateway_errors = 0  # POSTs that are taken while a proxy answers 504
        self.takes_late_at = ""  # the path of the request with which a POST that was read becomes a job; "" = its own
        self.told: list[str] = []  # the jobs whose numbers have been answered with
        self.runs: list[str] = []  # the jobs that were worked on, by number
        self.once: Once | None = Once()  # None: an Ad Studio of before
        self.posts_lost = 0  # POSTs that are cut before anything is taken
        self.rejects: dict[str, Any] | None = None
        self.upload_pause_s = 0.0
        self.node_pause_s = 0.0
        self.cuts_socket_after = -1  # nodes, once
        self.refuses_sockets = False
        self.fails_at = ""  # class of the node that fails
        self.fails_with: dict[str, str] | None = None  # what it tells of its error on the socket
        self.is_cached = False
        self.reads = threading.Event()  # POSTs are answered when it is set, and become jobs
        self.waits = threading.Event()  # jobs begin when it is set
        self.reads.set(), self.waits.set()
        self.lacks_nodes: tuple[str, ...] = ()
        self.other_jobs = 0
        self.engines: list[dict[str, Any]] = []
        self.layout: dict[str, Any] | None = None  # what a file's record tells of its layout
        self.writer = "rules"  # who wrote the prompts
        self.mask_size: tuple[int, int] = (48, 64)  # of what is previewed
        self._port = port
        self.lock = threading.RLock()
        self.life = 0  # how often it has been killed; what an earlier life had begun must not reach into the next one
        self.late: list[dict[str, Any]] = []
        self.jobs: dict[str, str] = {}
        self.history: dict[str, Any] = {}
        self.lines: dict[str, socket.socket] = {}
        self.connections: set[socket.socket] = set()
        self._server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Listen; on the same port as before, if there was one."""
        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), partial(Handler, self, self.life))
        self._server.daemon_threads = True
        self._port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def kill(self) -> None:
        """Die: every line is cut and all that was in memory is gone; files stay."""
        assert self._server is not None
        self._server.shutdown()
        self._server.server_close()
        with self.lock:
            self.life += 1
            self.jobs.clear()
            self.late.clear()
            self.history.clear()
            self.once = self.once and Once()
            for line in [*self.connections]:
                with suppress(OSError):
                    line.shutdown(socket.SHUT_RDWR)
            self.lines.clear()

    def take(self, body: dict[str, Any], life: int) -> None:
        """Queue a job and work on it."""
        number = body["prompt_id"]
        with self.lock:
            if life == self.life:
                self.jobs[number] = "pending"
        threading.Thread(target=self._work, args=(number, body, life), daemon=True).start()

    def take_late(self, path: str) -> None:
        """Take what has waited for a request of this path."""
        with self.lock:
            while self.late and path == self.takes_late_at:
                self.take(self.late.pop(0), self.life)

    def cancel(self, number: str) -> bool:
        """Drop a job that waits or runs."""
        with self.lock:
            if self.jobs.get(number) not in ("pending", "in_progress"):
                return False
            self.cancelled.append(number)
            self._end(number, "cancelled", [["execution_interrupted", {"prompt_id": number}]], {})
            return True

    def _is(self, state: str, number: str, life: int) -> bool:
        return life == self.life and self.jobs.get(number) == state

    def _work(self, number: str, body: dict[str, Any], life: int) -> None:
        self.waits.wait()
        with self.lock:
            if not self._is("pending", number, life):
                return
            self.jobs[number] = "in_progress"
            self.runs.append(number)
        client, graph = body.get("client_id", ""), body["prompt"]
        self._tell(client, "execution_start", {"prompt_id": number})
        if self.is_cached:
            cached = [node for node, about in graph.items() if STEPS.get(about["class_type"]) != "save"]
            self._tell(client, "execution_cached", {"prompt_id": number, "nodes": cached})
        states: dict[str, Any] = {}
        for done, (node, about) in enumerate(graph.items()):
            if not self._is("in_progress", number, life):
                return
            if done == self.cuts_socket_after:
                self.cuts_socket_after = -1
                self._cut(client)
            for state in ("running", "finished"):
                states[node] = {"state": state, "value": 1, "max": 4, "display_node_id": node}
                self._tell(client, "progress_state", {"prompt_id": number, "nodes": states})
                self._pause(number, life)
            if about["class_type"] == self.fails_at:
                wrong = {"prompt_id": number, "node_id": node, "node_type": about["class_type"]}
                wrong |= {"exception_type": "adstudio.InputError", "exception_message": "The box is too small.\n"}
                if self.fails_with is not None:
                    self._tell(client, "adstudio.error", {"prompt_id": number, "node_id": node, **self.fails_with})
                self._tell(client, "execution_error", wrong)
                self._end(number, "failed", [["execution_error", wrong]], {})
                return
        if not self._is("in_progress", number, life):
            return
        outputs = self._save(graph)
        self._tell(client, "execution_success", {"prompt_id": number})
        self._end(number, "completed", [["execution_success", {"prompt_id": number}]], outputs)
        self._tell(client, "executing", {"node": None, "prompt_id": number})

    def _pause(self, number: str, life: int) -> None:
        """Be at work on a node, for as long as is said now, or until the job is dropped."""
        began = time.monotonic()
        while time.monotonic() - began < self.node_pause_s and self._is("in_progress", number, life):
            time.sleep(0.005)

    def _end(self, number: str, state: str, messages: list[Any], outputs: dict[str, Any]) -> None:
        with self.lock:
            if self.jobs.get(number) in (None, "cancelled"):
                return
            self.jobs[number] = state
            self.history[number] = {"status": {"messages": messages}, "outputs": outputs}

    def _save(self, graph: dict[str, Any]) -> dict[str, Any]:
        (node,) = (number for number, about in graph.items() if about["class_type"] == "AdStudioSaveImage")
        inputs = graph[node]["inputs"]
        seeds = [about["inputs"].get("seed", about["inputs"].get("noise_seed")) for about in graph.values()]
        seed = next(seed for seed in seeds if seed is not None)
        pixels = np.random.default_rng(seed).integers(0, 255, (48, 64, 3), np.uint8)
        report: dict[str, Any] = {"prompt": f"a cup, {len(self.runs)}", "providers": {"prompt": self.writer}}
        report |= {} if self.layout is None else {"layout": self.layout}
        record = {"adstudio": {"report": report}}
        original = np.zeros_like(pixels) if "original" in inputs else None
        saved = save_picture(
            pixels, self.folder / inputs["folder"], format=inputs["format"], original=original, metadata=record
        )
        besides = {"origin": self._shown(saved.origin_path), "record": self._shown(saved.report_path)}
        shown = {node: {"images": [self._shown(saved.path)], BESIDES: [besides]}}
        for preview in (number for number, about in graph.items() if about["class_type"] == "PreviewImage"):
            mask = np.zeros((*self.mask_size, 3), np.uint8)
            mask[16:40, 40:60] = 255
            path = self.folder / "temp" / f"ComfyUI_temp_{len(self.runs)}.png"
            path.parent.mkdir(exist_ok=True)
            Image.fromarray(mask).save(path)
            shown[preview] = {"images": [{"filename": path.name, "subfolder": "", "type": "temp"}]}
        return shown

    def _shown(self, path: Path | None) -> dict[str, str] | None:
        if path is None:
            return None
        subfolder = path.parent.relative_to(self.folder).as_posix()
        return {"filename": path.name, "subfolder": subfolder, "type": "output"}

    def _tell(self, client: str, kind: str, about: dict[str, Any]) -> None:
        data = json.dumps({"type": kind, "data": about}).encode()
        head = b"\x81" + (bytes([len(data)]) if len(data) < 126 else b"\x7e" + struct.pack(">H", len(data)))
        with self.lock:
            line = self.lines.get(client)
        if line is not None:
            with suppress(OSError):
                line.sendall(head + data)

    def _cut(self, client: str) -> None:
        with self.lock:
            line = self.lines.pop(client, None)
        if line is not None:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)


@contextmanager
def running_double(folder: Path) -> Iterator[ComfyDouble]:
    """A server for the length of a ``with`` block."""
    double = ComfyDouble(folder)
    double.start()
    try:
        yield double
    finally:
        with suppress(OSError):
            double.kill()
        double.reads.set(), double.waits.set()  # nobody need wait any longer
