"""A ComfyUI of our own for tests and tools: one subprocess, one throw-away base directory, this pack linked in."""

from __future__ import annotations

import json
import os
import random
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import comfyui
from comfyui import LINK_NAME, PACK

# The least that core's own nodes can be asked for.
NO_WORK = {
    "1": {"class_type": "EmptyImage", "inputs": {"width": 1, "height": 1, "batch_size": 1, "color": 0}},
    "2": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}},
}


class Rejected(RuntimeError):
    """ComfyUI answered a request with an error; ``body`` is its JSON."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(f"HTTP {status}: {json.dumps(body, ensure_ascii=False)[:2000]}")
        self.status = status
        self.body = body


class ComfyServer:
    """One running ComfyUI.

    Args:
        base: its base directory: inputs, outputs, models and settings live there and nowhere else.
        folder: the name under which this pack is linked into ``custom_nodes``.
        host: ComfyUI's folder and the Python it runs in; None takes the one of this machine.
        popen: starts its process.
    """

    def __init__(
        self,
        base: Path,
        *,
        folder: str = LINK_NAME,
        host: tuple[Path, Path] | None = None,
        popen: Callable[..., Any] = subprocess.Popen,
    ) -> None:
        self.base = base
        self._host = host
        self._popen = popen
        self.folder = folder
        self.log_path = base / "server.log"
        self.url = ""
        self._process: Any = None  # what "popen" gave

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self, *, flags: Sequence[str] = ("--cpu",), timeout_s: float = 300) -> None:
        """Start the server and wait until it answers."""
        packs = self.base / "custom_nodes"
        packs.mkdir(parents=True, exist_ok=True)
        (self.base / "models" / "diffusers").mkdir(parents=True, exist_ok=True)
        link = packs / self.folder
        if not link.exists():
            link.symlink_to(PACK, target_is_directory=True)
        port = urllib.parse.urlsplit(self.url).port or _free_port()  # started again, it is where pages look for it
        self.url = f"http://127.0.0.1:{port}"
        root, python = self._host or _host_here()
        command = [str(python), "main.py", *flags]
        command += ["--listen", "127.0.0.1", "--port", str(port), "--disable-auto-launch", "--disable-api-nodes"]
        command += ["--base-directory", str(self.base), "--database-url", "sqlite:///:memory:"]
        # Neither the words nor the keys of whoever runs this: only what lies in the base directory counts.
        own = {name: value for name, value in os.environ.items() if not name.startswith(("ADSTUDIO_", "OPENAI_"))}
        with self.log_path.open("wb") as log:
            self._process = self._popen(command, cwd=root, stdout=log, stderr=subprocess.STDOUT, env=own)
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise RuntimeError(
                    f"ComfyUI ended with code {self._process.returncode} at start:\n{self.log()[-4000:]}"
                )
            try:
                self.get("/system_stats")
                return
            except OSError:
                time.sleep(0.1)
        self.stop()
        raise RuntimeError(f"ComfyUI did not answer within {timeout_s} s:\n{self.log()[-4000:]}")

    def stop(self) -> None:
        """End the server: politely first."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def log(self) -> str:
        """Everything the server has written so far."""
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def has_faults(self, since: int = 0) -> bool:
        """Whether a traceback in the log, from character ``since`` on, leads through this pack.

        ComfyUI's database tells now and then of one of its own, where a thread ends before its connection.
        """
        places = [f"{place}{os.sep}" for place in (Path("custom_nodes") / self.folder, PACK)]
        lines = (line for line in self.log()[since:].splitlines() if line.lstrip().startswith('File "'))
        return any(place in line for line in lines for place in places)

    def get(self, path: str) -> Any:
        """GET JSON."""
        return json.loads(self.read(path))

    def read(self, path: str) -> bytes:
        """GET bytes."""
        return self._send(urllib.request.Request(self.url + path))

    def post(self, path: str, body: Any = None) -> Any:
        """POST JSON; return the answer, None where it is empty."""
        data = json.dumps(body if body is not None else {}).encode()
        request = urllib.request.Request(self.url + path, data=data, headers={"Content-Type": "application/json"})
        answer = self._send(request)
        return json.loads(answer) if answer.strip() else None

    def upload(self, name: str, content: bytes) -> str:
        """Put a picture into the input folder; return the name that LoadImage takes."""
        boundary = uuid.uuid4().hex
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="image"; filename="{name}"\r\n\r\n'.encode()
        rest = f'\r\n--{boundary}\r\nContent-Disposition: form-data; name="overwrite"\r\n\r\ntrue\r\n--{boundary}--\r\n'
        request = urllib.request.Request(
            self.url + "/upload/image",
            data=head + content + rest.encode(),
            headers={"Content-Type": f"multipart/form-data; boundary={boundary}"},
        )
        return str(json.loads(self._send(request))["name"])

    def queue(self, graph: dict[str, Any], *, workflow: dict[str, Any] | None = None) -> str:
        """Queue a graph in API form; return its prompt id. ``workflow`` is the UI form to embed in saved files."""
        extra = {"extra_pnginfo": {"workflow": workflow}} if workflow else {}
        return str(self.post("/prompt", {"prompt": graph, "extra_data": extra})["prompt_id"])

    def wait(self, prompt_id: str, *, timeout_s: float = 300) -> Run:
        """Wait until a queued graph has ended, well or badly."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            entry = self.get(f"/history/{prompt_id}").get(prompt_id)
            if entry and entry.get("status"):
                return Run(self, entry)
            if self._process is not None and self._process.poll() is not None:
                raise RuntimeError(f"ComfyUI died while it worked:\n{self.log()[-4000:]}")
            time.sleep(0.05)
        raise TimeoutError(f"The graph did not end within {timeout_s} s:\n{self.log()[-4000:]}")

    def run(self, graph: dict[str, Any], *, workflow: dict[str, Any] | None = None, timeout_s: float = 300) -> Run:
        """Queue a graph and wait for its end."""
        return self.wait(self.queue(graph, workflow=workflow), timeout_s=timeout_s)

    def wait_idle(self, *, timeout_s: float = 300) -> None:
        """Wait until no graph runs or waits."""
        deadline = time.monotonic() + timeout_s
        while left := self.get("/prompt")["exec_info"]["queue_remaining"]:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{left} graphs did not end within {timeout_s} s:\n{self.log()[-4000:]}")
            time.sleep(0.05)

    def free(self) -> None:
        """Have every model unloaded, every result forgotten and what is left of them collected.

        ComfyUI's worker does it after a wait or after a graph, whose history it writes before. So it has surely done it
        between two graphs of no weight.
        """
        self.post("/free", {"unload_models": True, "free_memory": True})
        for _ in range(2):
            self.run(NO_WORK)

    def _send(self, request: urllib.request.Request) -> bytes:
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.read()
        except urllib.error.HTTPError as error:
            text = error.read().decode("utf-8", "replace")
            try:
                body = json.loads(text)
            except ValueError:
                body = {"text": text}
            raise Rejected(error.code, body) from None


class Run:
    """What became of one queued graph."""

    def __init__(self, server: ComfyServer, entry: dict[str, Any]) -> None:
        self.server = server
        self.entry = entry
        self.status: str = entry["status"]["status_str"]
        self.messages: dict[str, dict[str, Any]] = dict(entry["status"]["messages"])

    @property
    def cached(self) -> set[str]:
        """Ids of the nodes whose earlier results were used."""
        return set(self.messages.get("execution_cached", {}).get("nodes", []))

    @property
    def error(self) -> dict[str, Any] | None:
        """The ``execution_error`` message, None where nothing failed."""
        return self.messages.get("execution_error")

    def pictures(self) -> list[tuple[str, bytes]]:
        """``(file name, content)`` of every saved picture in the order of the graph's nodes, previews left out."""
        # Not in the order of "outputs": that is the order of the run, where a picture that waits for nothing comes
        # first, and of a run from the cache, where a hash that each start of Python salts anew decides.
        outputs, (_, _, graph, *_) = self.entry["outputs"], self.entry["prompt"]
        files = [file for node in graph for file in outputs.get(node, {}).get("images", [])]
        saved = [file for file in files if file["type"] == "output"]
        return [(file["filename"], self.server.read("/view?" + urllib.parse.urlencode(file))) for file in saved]


@contextmanager
def running(base: Path, *, flags: Sequence[str] = ("--cpu",), **settings: Any) -> Iterator[ComfyServer]:
    """A server for the length of a ``with`` block."""
    server = ComfyServer(base, **settings)
    try:
        server.start(flags=flags)
        yield server
    finally:
        server.stop()


def _host_here() -> tuple[Path, Path]:
    root = comfyui.find()
    python = comfyui.python(root) if root else None
    if root is None or python is None:
        raise RuntimeError(comfyui.problem())
    return root, python


def _free_port() -> int:
    """A port that nothing listens on, and that no outgoing connection is given before the server has started.

    Systems hand out those from 32768 or 49152 up; ComfyUI takes seconds to listen, and other test workers connect, or
    look for a port of their own.
    """
    own = 20_000 + 1_500 * (int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % 8)
    while True:
        port = random.SystemRandom().randrange(own, own + 1_500)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
