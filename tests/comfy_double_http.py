"""What a ComfyUI on the loopback answers over HTTP and on the socket, with the faults that were asked for."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from comfy_schemas import schema_of

if TYPE_CHECKING:
    from comfy_double import ComfyDouble

_ACCEPT = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Handler(BaseHTTPRequestHandler):
    """One line to a client; everything it is asked is the double's."""

    protocol_version = "HTTP/1.1"

    def __init__(self, owner: ComfyDouble, life: int, *line: Any) -> None:
        self.owner, self.life = owner, life
        super().__init__(*line)  # which serves it at once

    def setup(self) -> None:
        super().setup()
        with self.owner.lock:
            self.owner.connections.add(self.connection)
            if self.life != self.owner.life:  # it was killed while this line came in
                self._hang_up()

    def finish(self) -> None:
        self.owner.connections.discard(self.connection)
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
            owner.take_late(place.path)
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
        owner.take_late("/prompt")
        owner.posts.append(body)
        owner.reads.wait()
        if owner.posts_lost:
            owner.posts_lost -= 1
            self._hang_up()
        elif owner.rejects is not None:
            self._answer(owner.rejects, 400)
        elif "prompt" not in (owner.once.sift(body) if owner.once else body):
            self._answer({"error": {"type": "no_prompt", "message": "No prompt provided"}, "node_errors": {}}, 400)
        else:
            is_lost, is_late = owner.answers_lost > 0, owner.gateway_errors > 0
            owner.answers_lost -= is_lost
            owner.gateway_errors -= is_late
            if owner.takes_late_at and (is_lost or is_late):
                owner.late.append(body)
            else:
                owner.take(body, self.life)
            if is_lost:
                self._hang_up()
            elif is_late:
                self._answer({"error": "gateway timeout"}, 504)
            else:
                self._answer({"prompt_id": body["prompt_id"], "number": 1, "node_errors": {}})
                owner.told.append(body["prompt_id"])

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
        with self.owner.lock:  # whoever has the answer misses nothing of what is told from then on
            self.send_response(101)
            for name, value in (("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Accept", accept)):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.flush()
            if self.life == self.owner.life:
                self.owner.lines[client] = self.connection
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
