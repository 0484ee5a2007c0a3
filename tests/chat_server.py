"""A language model on the loopback: chat completions over real sockets. It counts, and misbehaves on command."""

from __future__ import annotations

import base64
import gzip
import io
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from PIL import Image

MODEL = "tiny-model"
PROMPT_ANSWER = {
    "industry": "cafe",
    "subject": "a tall glass of iced strawberry latte with a pink swirl of fruit in cold milk",
    "setting": "a pale oak table beside a bright window with sheer linen curtains",
    "props": "two fresh strawberries, a folded linen napkin",
    "palette": "soft pink, cream and pale oak",
    "light": "low morning sun from the left, soft edges",
    "mood": "quiet and inviting",
    "camera": "eye level close view, shallow depth of field",
    "copy_space": "top",
    "keywords": ["창가", "딸기라떼"],
    "language_notes": [],
}
COPY_ANSWER = {
    "headline": "창가의 딸기라떼",
    "sub": "오늘 나온 신메뉴",
    "call_to_action": "지금 만나요",
    "hashtags": ["#딸기라떼", "#카페"],
    "caption": "햇살 드는 창가에서 딸기라떼 한 잔 어떠세요?",
}


@dataclass(frozen=True)
class Reply:
    """One answer.

    Args:
        delay_s: before anything is sent.
        held: an event that is waited for instead, for ten minutes at most.
        drop_after: bytes of the body after which the line is cut; -1 cuts it before the status.
        drip_s: seconds between bytes of the body.
        is_packed: the body is gzip and says so.
    """

    status: int = 200
    body: bytes = b""
    kind: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    held: threading.Event | None = None
    drop_after: int | None = None
    drip_s: float = 0.0
    is_packed: bool = False


def says(content: Any, *, model: str = MODEL, ended: str = "stop", refusal: str | None = None, **reply: Any) -> Reply:
    """A completion; an object is written as JSON."""
    text = content if content is None or isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    message = {"role": "assistant", "content": text, "refusal": refusal}
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 0,
        "model": model,
        "choices": [{"index": 0, "finish_reason": ended, "message": message}],
        "usage": {"prompt_tokens": 700, "completion_tokens": 200, "total_tokens": 900},
    }
    return Reply(body=json.dumps(body).encode(), **reply)


def fails(status: int, message: str = "no", *, code: str | None = None, headers: Mapping[str, str] = {}) -> Reply:
    """An error in OpenAI's form. ``{key}`` in the message becomes the key that was sent."""
    body = {"error": {"message": message, "type": "some_error", "param": None, "code": code}}
    return Reply(status, json.dumps(body).encode(), headers=headers)


def bomb() -> Reply:
    """Sixty megabytes of nothing in sixty kilobytes."""
    return Reply(body=gzip.compress(b" " * (60 << 20)), is_packed=True)


@dataclass(frozen=True)
class Received:
    """A request as it came."""

    path: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]

    @property
    def authorization(self) -> str | None:
        return self.headers.get("authorization")

    @property
    def data(self) -> Any:
        """The JSON that the first user message holds."""
        return json.loads(self._parts[0]["text"])

    @property
    def picture(self) -> Image.Image:
        """The picture of the first user message, decoded."""
        (shown,) = (part["image_url"] for part in self._parts if part["type"] == "image_url")
        head, body = shown["url"].split(",", 1)
        assert head == "data:image/jpeg;base64"
        picture = Image.open(io.BytesIO(base64.b64decode(body, validate=True)))
        picture.load()
        return picture

    @property
    def _parts(self) -> list[dict[str, Any]]:
        content = next(m["content"] for m in self.body["messages"] if m["role"] == "user")
        return [{"type": "text", "text": content}] if isinstance(content, str) else content


Planned = Reply | Callable[[Received], Reply]


class ChatServer:
    """Answers by ``plan``, in order; the last answer serves all further requests."""

    def __init__(self) -> None:
        self.plan: list[Planned] = [says(PROMPT_ANSWER)]
        self.received: list[Received] = []
        self.gone = threading.Event()  # a client has left before it got its answer
        self.guard = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Answer)
        self._server.chat = self
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._server.server_address[1]}"

    @property
    def url(self) -> str:
        return f"http://{self.host}/v1"

    @property
    def count(self) -> int:
        return len(self.received)

    def answers(self, *replies: Planned) -> None:
        """Plan what comes next and forget what was received; a function makes its reply of the request."""
        self.plan = list(replies)
        self.received.clear()
        self.gone.clear()

    def next_reply(self, received: Received) -> Reply:
        with self.guard:
            self.received.append(received)
            planned = self.plan.pop(0) if len(self.plan) > 1 else self.plan[0]
        return planned if isinstance(planned, Reply) else planned(received)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def chatting() -> Iterator[ChatServer]:
    """A server for the length of a ``with`` block."""
    server = ChatServer()
    try:
        yield server
    finally:
        server.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    chat: ChatServer

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a client that has gone; that is often the point of a test."""


class _Answer(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        chat = self.server.chat
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = chat.next_reply(Received(self.path, headers, json.loads(body or b"{}")))
        try:
            if self._stays(reply.delay_s, reply.held):
                self._send(reply)
        except OSError:
            chat.gone.set()
            self.close_connection = True

    do_GET = do_POST

    def _stays(self, seconds: float, held: threading.Event | None = None) -> bool:
        """Wait, and notice when the client leaves meanwhile."""
        end = time.monotonic() + (600 if held else seconds)
        self.connection.settimeout(0.02)
        try:
            while (left := end - time.monotonic()) > 0 and not (held and held.is_set()):
                self.connection.settimeout(min(0.02, max(left, 0.001)))
                with suppress(TimeoutError):
                    if self.connection.recv(1, socket.MSG_PEEK) == b"":
                        self.server.chat.gone.set()
                        self.close_connection = True
                        return False
        except OSError:
            self.server.chat.gone.set()
            self.close_connection = True
            return False
        finally:
            self.connection.settimeout(None)
        return True

    def _send(self, reply: Reply) -> None:
        if reply.drop_after == -1:
            return self._cut()
        key = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        body = reply.body if reply.is_packed else reply.body.replace(b"{key}", key.encode())
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.kind)
        if reply.is_packed:
            self.send_header("Content-Encoding", "gzip")
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if reply.drip_s:
            for byte in body:
                self.wfile.write(bytes([byte]))
                if not self._stays(reply.drip_s):
                    return None
        else:
            self.wfile.write(body[: reply.drop_after])
        if reply.drop_after is not None:
            self._cut()
        return None

    def _cut(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: object) -> None:
        pass
