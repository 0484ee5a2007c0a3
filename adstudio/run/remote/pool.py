"""Several ComfyUI servers behind one client: the shortest queue gets the job, and the dead are passed over."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ...errors import InputError, ServerError
from .connection import Connection, Unanswered, Unreachable

DEAD_S = 10.0  # how long a server that did not answer is left alone


class Server:
    """One of the servers, and what this client knows of it."""

    def __init__(self, url: str) -> None:
        self.connection = Connection(url)
        self.reserved = 0
        self.dead_until = 0.0
        self._schemas: dict[str, Any] = {}

    @property
    def url(self) -> str:
        return self.connection.url

    def schemas(self, kinds: Sequence[str]) -> dict[str, Any]:
        """What the server says of node classes; None of one that it lacks. Asked once for each."""
        for kind in kinds:
            if kind not in self._schemas:
                self._schemas[kind] = self.connection.get(f"/object_info/{kind}").get(kind)
        return {kind: self._schemas[kind] for kind in kinds}

    def forget(self) -> None:
        """Ask anew what the server can do: it may have been restarted."""
        self._schemas.clear()


class Pool:
    """Servers that do the same work. Safe from any thread.

    Raises:
        InputError: no address, or one that cannot be read.
    """

    def __init__(self, urls: Sequence[str]) -> None:
        if not urls:
            raise InputError("comfyui.no_address", "No server was named.", "Say --server http://127.0.0.1:8188.")
        self.servers = [Server(url) for url in dict.fromkeys(urls)]
        self._lock = threading.Lock()

    @contextmanager
    def borrow(self, avoid: Server | None = None) -> Iterator[Server]:
        """Lend the server with the fewest jobs, its own and those that are on their way to it.

        Args:
            avoid: taken only where no other one answers.

        Raises:
            ServerError: ``comfyui.unreachable``: none answers.
        """
        server = self._choose(avoid)
        try:
            yield server
        finally:
            with self._lock:
                server.reserved -= 1

    def bury(self, server: Server) -> None:
        """Leave a server alone for a while."""
        server.dead_until = time.monotonic() + DEAD_S
        server.forget()

    def close(self) -> None:
        """Hang up everywhere."""
        for server in self.servers:
            server.connection.close()

    def _choose(self, avoid: Server | None) -> Server:
        now, failed = time.monotonic(), []
        alive = [server for server in self.servers if server.dead_until <= now]
        # With all of them dead each is asked once more: one may have come back.
        for group in (alive, [server for server in self.servers if server not in alive]):
            loads: list[tuple[bool, int, int, Server]] = []
            for index, server in enumerate(group):
                try:
                    loads.append((server is avoid, self._load(server), index, server))
                except ServerError as error:
                    failed.append(error)
                    self.bury(server)
            if loads:
                with self._lock:
                    best = min(loads, key=lambda load: (load[0], load[1] + load[3].reserved, load[2]))[3]
                    best.reserved += 1
                    best.dead_until = 0.0
                return best
        raise _none_answers(self.servers, failed)

    def _load(self, server: Server) -> int:
        if len(self.servers) == 1:
            return 0
        told = server.connection.get("/prompt", tries=1)
        return int(told.get("exec_info", {}).get("queue_remaining", 0))


def _none_answers(servers: Sequence[Server], failed: Sequence[ServerError]) -> ServerError:
    if len(servers) == 1 or not all(isinstance(error, (Unreachable, Unanswered)) for error in failed):
        return failed[-1]
    names = ", ".join(server.url for server in servers)
    return Unreachable(
        "comfyui.unreachable", f"None of the servers answers: {names}.", "Start one of them, or check the addresses."
    )
