"""A line to a server that can be cut, and that loses a POST or its answer on the way."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Any, Literal
from urllib.parse import urlsplit

_POST = b"POST /prompt "


class Line:
    """Hands on what a client and a server say to each other.

    Args:
        lose: the first POST of a job is cut off before the server has it, or its answer before the client has it.
    """

    def __init__(self, server: str, *, lose: str | Literal["", "posts", "answers"] = "") -> None:
        self.cuts = self.posts = self.lost = 0
        self._lose = lose
        self._there = (urlsplit(server).hostname or "", urlsplit(server).port or 80)
        self._pairs: set[tuple[socket.socket, socket.socket]] = set()
        self._lock = threading.Lock()
        self._door = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._door.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Line:
        return self

    def __exit__(self, *_: object) -> None:
        self._door.close()
        self.cut()

    def cut(self) -> None:
        """Cut every line that stands."""
        with self._lock:
            pairs = [*self._pairs]
            self._pairs.clear()
        self.cuts += len(pairs)
        for pair in pairs:
            _close(*pair)

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._door.accept()
                far = socket.create_connection(self._there)
            except OSError:
                if self._door.fileno() < 0:
                    return
                with contextlib.suppress(UnboundLocalError, OSError):
                    near.close()  # nobody there: as a line to a dead server is
                continue
            pair = (near, far)
            with self._lock:
                self._pairs.add(pair)
            state: dict[str, Any] = {"loses_answer": False}
            threading.Thread(target=self._up, args=(pair, state), daemon=True).start()
            threading.Thread(target=self._down, args=(pair, state), daemon=True).start()

    def _up(self, pair: tuple[socket.socket, socket.socket], state: dict[str, Any]) -> None:
        near, far = pair
        with contextlib.suppress(OSError):
            while data := near.recv(65536):
                if data.startswith(_POST):
                    self.posts += 1
                    if self._lose and not self.lost:
                        self.lost += 1
                        if self._lose == "posts":
                            break
                        state["loses_answer"] = True
                far.sendall(data)
        self._end(pair)

    def _down(self, pair: tuple[socket.socket, socket.socket], state: dict[str, Any]) -> None:
        near, far = pair
        with contextlib.suppress(OSError):
            while data := far.recv(65536):
                if state["loses_answer"]:
                    break
                near.sendall(data)
        self._end(pair)

    def _end(self, pair: tuple[socket.socket, socket.socket]) -> None:
        with self._lock:
            self._pairs.discard(pair)
        _close(*pair)


def _close(*lines: socket.socket) -> None:
    for line in lines:
        with contextlib.suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)
        line.close()
