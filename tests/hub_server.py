"""A model hub on the loopback: the hub's protocol over real sockets. It counts what it sends, and can misbehave."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"
_LARGE = (".safetensors", ".png", ".bin")  # what a repository keeps in its large-file store


@dataclass
class Faults:
    """What goes wrong; reset one by setting it back. ``status`` maps a part of a path to an HTTP status."""

    status: dict[str, int] = field(default_factory=dict)
    error_code: str = ""
    retry_after: str = ""
    times: int = 10**9  # how many requests are refused with ``status``
    drop_after: int | None = None  # bytes of files in all, then every line is cut
    drop_each: int | None = None  # bytes per answer, then that line is cut
    drops: list[int] = field(default_factory=list)  # the same, each in turn
    wrong_bytes: str = ""  # files whose name has this in it are sent with a flipped byte
    no_ranges: bool = False
    range_shift: int = 0  # a range begins so many bytes before or after the one that was asked for
    range_header: str | None = None  # said of a range instead of where it lies; "" = nothing
    packed: bool = False  # files come packed by gzip, whatever was asked
    bytes_per_second: int | None = None
    trickle_after: int | None = None  # bytes of files in all, then they come byte by byte until this is set anew
    needs_token: str = ""


class Hub:
    """A hub with one repository, whose files lie in a folder."""

    def __init__(self, repo: str, folder: Path) -> None:
        self.repo, self.folder = repo, folder
        self.faults = Faults()
        self.sent: Counter[str] = Counter()  # bytes of content by file name
        self.ranges: list[tuple[str, str]] = []  # (file name, Range header)
        self.requests: list[str] = []
        self.tokens: list[str | None] = []  # Authorization headers that reached the hub itself
        self.store_tokens: list[str | None] = []  # Authorization headers that reached the large-file store
        self.revisions = {"main": COMMIT, COMMIT: COMMIT}
        self.guard = threading.Lock()
        self.sending = 0  # answers under way
        self._api = _serve(self, store=False)
        self._store = _serve(self, store=True)  # another port: for a client another host

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._api.server_address[1]}"

    @property
    def store_url(self) -> str:
        return f"http://127.0.0.1:{self._store.server_address[1]}"

    @property
    def total_sent(self) -> int:
        return sum(self.sent.values())

    def reset(self) -> None:
        """Forget what was counted and let everything go well again."""
        self.faults = Faults()
        self.sent.clear()
        self.ranges.clear()
        self.requests.clear()
        self.tokens.clear()
        self.store_tokens.clear()

    def settle(self, timeout_s: float = 120) -> None:
        """Wait until no file is being sent, as after a client has gone."""
        end = time.monotonic() + timeout_s
        while self.sending and time.monotonic() < end:
            time.sleep(0.01)
        assert not self.sending

    def close(self) -> None:
        for server in (self._api, self._store):
            server.shutdown()
            server.server_close()

    def listing(self) -> list[dict[str, object]]:
        entries: list[dict[str, object]] = []
        for path in sorted(path for path in self.folder.rglob("*") if path.is_file()):
            content = path.read_bytes()
            entry: dict[str, object] = {
                "rfilename": path.relative_to(self.folder).as_posix(),
                "size": len(content),
                "blobId": git_oid(content),
            }
            if path.suffix in _LARGE:
                sha256 = hashlib.sha256(content).hexdigest()
                entry["lfs"] = {"sha256": sha256, "size": len(content), "pointerSize": 134}
            entries.append(entry)
        return entries


def git_oid(content: bytes) -> str:
    return hashlib.sha1(f"blob {len(content)}\0".encode() + content).hexdigest()


@contextmanager
def serving(repo: str, folder: Path) -> Iterator[Hub]:
    """A hub for the length of a ``with`` block."""
    hub = Hub(repo, folder)
    try:
        yield hub
    finally:
        hub.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    hub: Hub
    store: bool


def _serve(hub: Hub, *, store: bool) -> _Server:
    server = _Server(("127.0.0.1", 0), _Answer)
    server.hub, server.store = hub, store
    # It looks for its end between two waits: with the usual half second, closing would take longer than most tests.
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    return server


class _Answer(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        hub, path = self.server.hub, unquote(urlsplit(self.path).path)
        with hub.guard:
            hub.requests.append(path)
        if self.server.store:
            hub.store_tokens.append(self.headers.get("Authorization"))
            return self._send_file(path.removeprefix("/store/"))
        hub.tokens.append(self.headers.get("Authorization"))
        if self._refused(path):
            return None
        if found := re.fullmatch(rf"/api/models/{re.escape(hub.repo)}/revision/(.+)", path):
            return self._send_listing(found[1])
        if found := re.fullmatch(rf"/{re.escape(hub.repo)}/resolve/([^/]+)/(.+)", path):
            return self._resolve(found[1], found[2])
        return self._refuse(404 if "resolve" in path else 401, "RepoNotFound")

    do_HEAD = do_GET

    def _refused(self, path: str) -> bool:
        faults = self.server.hub.faults
        if faults.needs_token and self.headers.get("Authorization") != f"Bearer {faults.needs_token}":
            self._refuse(401, "GatedRepo")
            return True
        for piece, status in faults.status.items():
            if piece in path and faults.times > 0:
                faults.times -= 1
                self._refuse(status, faults.error_code)
                return True
        return False

    def _refuse(self, status: int, code: str) -> None:
        body = json.dumps({"error": "no"}).encode()
        self.send_response(status)
        if code:
            self.send_header("X-Error-Code", code)
        if self.server.hub.faults.retry_after:
            self.send_header("Retry-After", self.server.hub.faults.retry_after)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _send_listing(self, revision: str) -> None:
        hub = self.server.hub
        if revision not in hub.revisions:
            return self._refuse(404, "RevisionNotFound")
        commit = hub.revisions[revision]
        body = json.dumps({"id": hub.repo, "modelId": hub.repo, "sha": commit, "siblings": hub.listing()}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        return None

    def _resolve(self, revision: str, name: str) -> None:
        hub, path = self.server.hub, self.server.hub.folder / name
        if revision not in hub.revisions or not path.is_file():
            return self._refuse(404, "EntryNotFound")
        if path.suffix not in _LARGE:
            return self._send_file(name)
        content = path.read_bytes()
        self.send_response(302)
        self.send_header("X-Repo-Commit", hub.revisions[revision])
        self.send_header("X-Linked-Etag", f'"{hashlib.sha256(content).hexdigest()}"')
        self.send_header("X-Linked-Size", str(len(content)))
        self.send_header("Location", f"{hub.store_url}/store/{name}?signature=secret-of-the-store")
        self.send_header("Content-Length", "0")
        self.end_headers()
        return None

    def _send_file(self, name: str) -> None:
        hub, faults = self.server.hub, self.server.hub.faults
        content = (hub.folder / name).read_bytes()
        etag = hashlib.sha256(content).hexdigest() if name.endswith(_LARGE) else git_oid(content)
        if faults.wrong_bytes and faults.wrong_bytes in name:
            middle = len(content) // 2
            content = content[:middle] + bytes([content[middle] ^ 255]) + content[middle + 1 :]
        start = 0
        asked = self.headers.get("Range", "")
        if asked:
            hub.ranges.append((name, asked))
        if asked and not faults.no_ranges:
            start = int(asked.removeprefix("bytes=").split("-")[0]) + faults.range_shift
            if start >= len(content):
                return self._refuse(416, "")
            self.send_response(206)
            said = f"bytes {start}-{len(content) - 1}/{len(content)}"
            if faults.range_header != "":
                self.send_header("Content-Range", faults.range_header or said)
        else:
            self.send_response(200)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("ETag", f'"{etag}"')
        self.send_header("X-Repo-Commit", COMMIT)
        content = content[start:]
        if faults.packed:
            content = gzip.compress(content)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command == "GET":
            with hub.guard:
                hub.sending += 1
            try:
                self._send_bytes(name, content)
            finally:
                with hub.guard:
                    hub.sending -= 1
        return None

    def _send_bytes(self, name: str, content: bytes) -> None:
        hub, sent = self.server.hub, 0
        at, drops = 0, hub.faults.drops
        with hub.guard:
            drops.extend(cut := drops[:1])
            del drops[: len(cut)]
        while at < len(content):
            faults = hub.faults
            with hub.guard:
                trickles = faults.trickle_after is not None and hub.total_sent >= faults.trickle_after
                chunk = whole = content[at : at + (1 if trickles else 4096)]
                if faults.drop_after is not None:
                    chunk = chunk[: max(0, faults.drop_after - hub.total_sent)]
                if cut:
                    chunk = chunk[: max(0, cut[0] - sent)]
                if faults.drop_each is not None:
                    chunk = chunk[: max(0, faults.drop_each - sent)]
                hub.sent[name] += len(chunk)
            try:
                self.wfile.write(chunk)
                self.wfile.flush()
            except OSError:  # the client went away
                self.close_connection = True
                return
            sent += len(chunk)
            at += len(chunk)
            if len(chunk) < len(whole):
                self.close_connection = True
                self.connection.shutdown(2)
                return
            if trickles:
                time.sleep(0.02)
            elif faults.bytes_per_second:
                time.sleep(len(chunk) / faults.bytes_per_second)

    def log_message(self, format: str, *args: object) -> None:
        pass
