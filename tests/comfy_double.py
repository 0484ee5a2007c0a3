"""A ComfyUI on the loopback, as far as a client sees one: real sockets, and faults on command."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
from comfy_schemas import schema_of
from PIL import Image

from adstudio.output.save import save_picture
from adstudio.run.graph_saving import BESIDES
from adstudio.run.remote.graph import STEPS
from adstudio.run.rest.once import Once

_ACCEPT = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


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
        self.takes_after_s = 0.0  # until a POST that was read is a job; one may come in between
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
        self.waits = threading.Event()  # jobs begin when it is set
        self.waits.set()
        self.lacks_nodes: tuple[str, ...] = ()
        self.other_jobs = 0
        self.engines: list[dict[str, Any]] = []
        self.layout: dict[str, Any] | None = None  # what a file's record tells of its layout
        self.writer = "rules"  # who wrote the prompts
        self.mask_size: tuple[int, int] = (48, 64)  # of what is previewed
        self._port = port
        self._lock = threading.Lock()
        self.jobs: dict[str, str] = {}
        self.history: dict[str, Any] = {}
        self._lines: dict[str, socket.socket] = {}
        self._connections: set[socket.socket] = set()
        self._server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Listen; on the same port as before, if there was one."""
        double = self

        class Handler(_Handler):
            owner = double

        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), Handler)
        self._server.daemon_threads = True
        self._port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def kill(self) -> None:
        """Die: every line is cut and all that was in memory is gone; files stay."""
        assert self._server is not None
        self._server.shutdown()
        self._server.server_close()
        with self._lock:
            self.jobs.clear()
            self.history.clear()
            self.once = self.once and Once()
            for line in [*self._connections]:
                with suppress(OSError):
                    line.shutdown(socket.SHUT_RDWR)
            self._lines.clear()

    def take(self, body: dict[str, Any]) -> None:
        """Queue a job and work on it."""
        number = body["prompt_id"]
        time.sleep(self.takes_after_s)
        self.jobs[number] = "pending"
        threading.Thread(target=self._work, args=(number, body), daemon=True).start()

    def cancel(self, number: str) -> bool:
        """Drop a job that waits or runs."""
        if self.jobs.get(number) not in ("pending", "in_progress"):
            return False
        self.cancelled.append(number)
        self._end(number, "cancelled", [["execution_interrupted", {"prompt_id": number}]], {})
        return True

    def _work(self, number: str, body: dict[str, Any]) -> None:
        self.waits.wait(30)
        if self.jobs.get(number) != "pending":
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
            if self.jobs.get(number) != "in_progress":
                return
            if done == self.cuts_socket_after:
                self.cuts_socket_after = -1
                self._cut(client)
            for state in ("running", "finished"):
                states[node] = {"state": state, "value": 1, "max": 4, "display_node_id": node}
                self._tell(client, "progress_state", {"prompt_id": number, "nodes": states})
                time.sleep(self.node_pause_s)
            if about["class_type"] == self.fails_at:
                wrong = {"prompt_id": number, "node_id": node, "node_type": about["class_type"]}
                wrong |= {"exception_type": "adstudio.InputError", "exception_message": "The box is too small.\n"}
                if self.fails_with is not None:
                    self._tell(client, "adstudio.error", {"prompt_id": number, "node_id": node, **self.fails_with})
                self._tell(client, "execution_error", wrong)
                self._end(number, "failed", [["execution_error", wrong]], {})
                return
        outputs = self._save(graph)
        self._tell(client, "execution_success", {"prompt_id": number})
        self._end(number, "completed", [["execution_success", {"prompt_id": number}]], outputs)
        self._tell(client, "executing", {"node": None, "prompt_id": number})

    def _end(self, number: str, state: str, messages: list[Any], outputs: dict[str, Any]) -> None:
        with self._lock:
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
        with self._lock:
            line = self._lines.get(client)
        if line is not None:
            with suppress(OSError):
                line.sendall(head + data)

    def _cut(self, client: str) -> None:
        with self._lock:
            line = self._lines.pop(client, None)
        if line is not None:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    owner: ComfyDouble
    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        super().setup()
        self.owner._connections.add(self.connection)

    def finish(self) -> None:
        self.owner._connections.discard(self.connection)
        with suppress(OSError, ValueError):
            super().finish()

    def handle(self) -> None:
        with suppress(OSError, ValueError):
            super().handle()

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        place = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(place.query).items()}
        owner, tail = self.owner, place.path.rpartition("/")[2]
        if place.path == "/ws":
            self._serve_socket(query["clientId"])
        elif place.path == "/prompt":
            waiting = sum(state in ("pending", "in_progress") for state in owner.jobs.values())
            self._answer({"exec_info": {"queue_remaining": waiting + owner.other_jobs}})
        elif place.path.startswith("/api/jobs/"):
            state = owner.jobs.get(tail)
            self._answer({"status": state}) if state else self._answer({"error": "Job not found"}, 404)
        elif place.path.startswith("/history/"):
            self._answer({tail: owner.history[tail]} if tail in owner.history else {})
        elif place.path.startswith("/object_info/"):
            self._answer({} if tail in owner.lacks_nodes else {tail: schema_of(tail)})
        elif place.path == "/adstudio/health":
            self._answer({"ok": True, "once": owner.once is not None})
        elif place.path == "/adstudio/engines":
            self._answer({"engines": owner.engines})
        elif place.path == "/adstudio/size":
            self._answer({"width": 64, "height": 48})
        elif place.path == "/view":
            self._view(query)
        else:
            self._answer({"error": "not found"}, 404)

    def do_POST(self) -> None:
        owner = self.owner
        data = self._read_slowly() if self.path == "/upload/image" else self.rfile.read(self._length())
        if self.path == "/prompt":
            self._take(json.loads(data))
        elif self.path == "/upload/image":
            name = data.split(b'filename="')[1].split(b'"')[0].decode()
            start = data.index(b"\x89PNG")
            owner.uploads[name] = data[start : data.index(b"IEND") + 8]
            self._answer({"name": name, "subfolder": "adstudio", "type": "input"})
        elif self.path.startswith("/api/jobs/"):
            self._answer({"cancelled": owner.cancel(self.path.split("/")[3])})
        else:
            self._answer({})

    def _take(self, body: dict[str, Any]) -> None:
        owner = self.owner
        owner.posts.append(body)
        if owner.posts_lost:
            owner.posts_lost -= 1
            self._hang_up()
        elif owner.rejects is not None:
            self._answer(owner.rejects, 400)
        elif "prompt" not in (owner.once.sift(body) if owner.once else body):
            self._answer({"error": {"type": "no_prompt", "message": "No prompt provided"}, "node_errors": {}}, 400)
        else:
            is_lost = owner.answers_lost > 0
            owner.answers_lost -= is_lost
            if is_lost:
                self._hang_up()
            is_late = owner.gateway_errors > 0
            owner.gateway_errors -= is_late
            if is_late:
                self._answer({"error": "gateway timeout"}, 504)
            owner.take(body)
            if not is_lost and not is_late:
                self._answer({"prompt_id": body["prompt_id"], "number": 1, "node_errors": {}})

    def _view(self, query: dict[str, str]) -> None:
        owner = self.owner
        if owner.failing_views:
            owner.failing_views -= 1
            self._answer({"error": "hiccup"}, 502)
            return
        top = owner.folder / "temp" if query["type"] == "temp" else owner.folder
        path = top / query.get("subfolder", "") / query["filename"]
        if not path.is_file():
            self._answer({"error": "gone"}, 404)
            return
        data = path.read_bytes()
        if owner.damaged_views:
            owner.damaged_views -= 1
            data = data[: len(data) // 2]
        self._answer(data)

    def _serve_socket(self, client: str) -> None:
        if self.owner.refuses_sockets:
            self._answer({"error": "no"}, 503)
            return
        key = self.headers["Sec-WebSocket-Key"].encode()
        accept = base64.b64encode(hashlib.sha1(key + _ACCEPT).digest()).decode()
        self.send_response(101)
        for name, value in (("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Accept", accept)):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.flush()
        with self.owner._lock:
            self.owner._lines[client] = self.connection
        while (data := self.connection.recv(65536)) and data[0] != 0x88:  # until the client hangs up
            pass
        self._hang_up()

    def _read_slowly(self) -> bytes:
        data, left = b"", self._length()
        while left:
            piece = self.rfile.read(min(65536, left))
            data, left = data + piece, left - len(piece)
            time.sleep(self.owner.upload_pause_s)
        return data

    def _length(self) -> int:
        return int(self.headers.get("Content-Length") or 0)

    def _hang_up(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def _answer(self, body: Any, status: int = 200) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


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
