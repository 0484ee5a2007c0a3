"""The line on which a server tells its progress. It comes and goes; nobody else has to care."""

from __future__ import annotations

import json
import struct
import time
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any

from .connection import Connection

if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection

PREVIEW = "preview"
_METADATA_PREVIEW = 4  # the kind of binary message that names the node it belongs to
_MOST_BYTES = 64 * 2**20
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.25, 5.0
_FLAGS = json.dumps({"type": "feature_flags", "data": {"supports_preview_metadata": True}})

Message = tuple[str, dict[str, Any]]


class Socket:
    """The messages of one client id. ``losses`` counts how often the line broke."""

    def __init__(self, connection: Connection, client_id: str) -> None:
        self.losses = 0
        self._connection = connection
        self._client_id = client_id
        self._line: ClientConnection | None = None
        self._open_lines = ExitStack()
        self._pause_s = _FIRST_PAUSE_S
        self._next_try = 0.0
        self._open()

    @property
    def is_open(self) -> bool:
        """Whether the line stands."""
        return self._line is not None

    def receive(self, timeout_s: float) -> Message | None:
        """Wait for a message; None when none came in time, or while the line is down."""
        if self._line is None and time.monotonic() >= self._next_try:
            self._open()
        if self._line is None:
            time.sleep(timeout_s)
            return None
        from websockets.exceptions import WebSocketException

        try:
            return _read(self._line.recv(timeout=timeout_s))
        except TimeoutError:
            return None
        except (WebSocketException, OSError):
            self._lose()
            return None

    def close(self) -> None:
        """Hang up."""
        if self._line is not None:
            self._line = None
            with suppress(Exception):
                self._open_lines.close()

    def _open(self) -> None:
        from websockets.exceptions import WebSocketException
        from websockets.sync.client import connect

        try:
            self._line = self._open_lines.enter_context(
                connect(
                    self._connection.socket_url(self._client_id),
                    additional_headers=self._connection.headers(),
                    open_timeout=5,
                    close_timeout=1,
                    max_size=_MOST_BYTES,
                    proxy=None if self._connection.is_nearby else True,
                )
            )
            self._line.send(_FLAGS)
            self._pause_s = _FIRST_PAUSE_S
        except (WebSocketException, OSError):
            self._lose()

    def _lose(self) -> None:
        self.losses += 1
        self.close()
        self._wait_longer()

    def _wait_longer(self) -> None:
        self._next_try = time.monotonic() + self._pause_s
        self._pause_s = min(2 * self._pause_s, _LONGEST_PAUSE_S)


def _read(data: str | bytes) -> Message | None:
    """Read a message; None where it is none of ours to know."""
    if isinstance(data, bytes):
        return _read_preview(data)
    try:
        message = json.loads(data)
        kind, about = message["type"], message.get("data")
    except (ValueError, KeyError, TypeError):
        return None
    return (str(kind), about) if isinstance(about, dict) else None


def _read_preview(data: bytes) -> Message | None:
    if len(data) < 8 or struct.unpack(">I", data[:4])[0] != _METADATA_PREVIEW:
        return None
    length = struct.unpack(">I", data[4:8])[0]
    try:
        about = json.loads(data[8 : 8 + length])
    except ValueError:
        return None
    return (PREVIEW, {**about, "picture": data[8 + length :]}) if isinstance(about, dict) else None
