"""Load the REST routes of a ComfyUI of its own: many asks, several at a time, on the embedded model.

    python benchmarks/rest_load.py [--asks 200] [--at-once 16] [--out rest_load.csv]

Asks are mixed twice over: for a picture from words, over a photo and with a product, and answered at once, by a job
that is asked after, and by a job that a webhook tells of. Every ask has a seed of its own, so each must bring a picture
of its own. Printed and written: how many were lost or came twice, whether every answer is the file on disk, the middle
and the slow times, how often the queue was full, and the memory of the server before and after.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import io
import json
import statistics
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

import comfyui  # noqa: E402
from comfy_server import ComfyServer, running  # noqa: E402
from PIL import Image  # noqa: E402

from benchmarks.surroundings import write_csv  # noqa: E402

SIDE = 256
EDIT_SIZE = {"width": 384, "height": 384}  # the smallest that the embedded model draws over a photo
SMALL = {"steps": 1, "width": SIDE, "height": SIDE, "headline": "", "provider": "rules"}
KINDS = ("generate", "edit", "generate", "composite")
WAYS = ("sync", "job", "webhook")
TIMEOUT_S = 900.0
POLL_S = 0.25


@dataclass(frozen=True, slots=True)
class Asked:
    """One ask: its route, how it is to be answered, and its body."""

    kind: str
    way: str
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """What came of an ask. ``is_file``: its bytes have the digest that it names and are those of the file on disk."""

    kind: str
    way: str
    seconds: float
    status: int
    job: str
    sha256: str
    is_file: bool
    waits: int
    waited_s: float


class Webhook:
    """A receiver on the loopback that counts how often it was told of each job; port 0 = any."""

    def __init__(self, port: int = 0) -> None:
        self.told: Counter[str] = Counter()
        self._news = threading.Condition()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                about = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(204)
                self.end_headers()
                with receiver._news:
                    receiver.told[about["job"]] += 1
                    receiver._news.notify_all()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/told"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def wait(self, job: str) -> None:
        """Wait until a job was told of."""
        with self._news:
            self._news.wait_for(lambda: self.told[job], TIMEOUT_S)

    def close(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()


def photo() -> str:
    """A small real photo, as base64."""
    from skimage import data

    buffer = io.BytesIO()
    Image.fromarray(data.coffee()[::4, ::4]).save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()


def asks(count: int, source: str, webhook: str, first_seed: int = 1000) -> list[Asked]:
    """A mix: half from words, a quarter each over a photo and with a product; a third each way of answering."""
    bodies: dict[str, dict[str, Any]] = {
        "generate": {"brief": "봄 딸기라떼"},
        "edit": {"brief": "따뜻한 커피", "reference": source, "strength": 0.5, **EDIT_SIZE},
        "composite": {"brief": "대리석", "products": [source], "cutout": "geodesic"},
    }
    answers: dict[str, dict[str, Any]] = {
        "sync": {},
        "job": {"wait_s": 0},
        "webhook": {"wait_s": 0, "webhook": webhook},
    }
    mixed = []
    for number in range(count):
        kind, way = KINDS[number % len(KINDS)], WAYS[number % len(WAYS)]
        mixed.append(Asked(kind, way, {**SMALL, **bodies[kind], **answers[way], "seed": first_seed + number}))
    return mixed


def send(url: str, body: dict[str, Any] | None = None) -> tuple[int, dict[str, Any], float]:
    """Ask once; status, answer and the seconds after which to ask again come back."""
    request = urllib.request.Request(url, None if body is None else json.dumps(body).encode())
    request.add_header("Content-Type", "application/json")
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
            return answer.status, json.loads(answer.read()), 0.0
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read()), float(error.headers.get("Retry-After") or 0)


def ask(server: ComfyServer, webhook: Webhook, asked: Asked) -> Told:
    """Ask until the queue has room, as long as the server says each time; the time counts from the first try."""
    began, waits, waited_s = time.perf_counter(), 0, 0.0
    while True:
        status, told, pause_s = send(f"{server.url}/adstudio/{asked.kind}", asked.body)
        if status != 429:
            break
        waits, waited_s = waits + 1, waited_s + pause_s
        time.sleep(pause_s)
    if status == 202 and asked.way == "webhook":
        webhook.wait(told["job"])
    while status == 202 or told.get("state") in ("queued", "running"):
        status, told, _ = send(f"{server.url}/adstudio/jobs/{told['job']}")
        time.sleep(POLL_S if told.get("state") in ("queued", "running") else 0)
    seconds = time.perf_counter() - began
    pictures = told.get("pictures", [])
    is_file = bool(pictures) and all(is_the_file(server.base / "output", each) for each in pictures)
    names = ",".join(each["sha256"] for each in pictures)
    return Told(asked.kind, asked.way, seconds, status, told.get("job", ""), names, is_file, waits, waited_s)


def is_the_file(folder: Path, picture: dict[str, Any]) -> bool:
    """Whether the bytes of an answer have the digest that it names, and are those of the file on disk."""
    data = base64.b64decode(picture["base64"])
    there = (folder / picture["subfolder"] / picture["name"]).read_bytes()
    return hashlib.sha256(data).hexdigest() == picture["sha256"] and data == there


def memory_mb(pid: int, what: str = "VmRSS") -> float:
    """What a process holds now, or held at most (``VmHWM``)."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(what)).split()[1]) / 1024


def write(path: Path, told: Sequence[Told]) -> None:
    """Keep every answer as a line."""
    names = ("kind", "way", "status", "job", "sha256", "is_file", "waits")
    rows = ({"seconds": f"{each.seconds:.3f}"} | {name: getattr(each, name) for name in names} for each in told)
    write_csv(path, rows, comfyui=comfyui.find())


def say_times(name: str, told: Sequence[Told]) -> None:
    """Print the middle and the slow times."""
    times = sorted(each.seconds for each in told)
    if times:
        slow = times[round(0.95 * (len(times) - 1))]
        print(
            f"{name}: {len(times)}, p50 {statistics.median(times):.1f} s, p95 {slow:.1f} s, longest {times[-1]:.1f} s"
        )


def main() -> None:
    """Load a server and say how it took it; the exit code is 1 where an ask was lost or came twice."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--asks", type=int, default=200)
    parser.add_argument("--at-once", type=int, default=16)
    parser.add_argument("--out", type=Path, default=Path("rest_load.csv"))
    options = parser.parse_args()
    source, webhook = photo(), Webhook()
    with tempfile.TemporaryDirectory() as base, running(Path(base)) as server:
        home = Path(base) / "user" / "__adstudio"
        home.mkdir(parents=True)
        limits = "per_minute: 100000, queue: 12, deadline_s: 900, webhooks: [127.0.0.1], webhooks_private: yes"
        (home / "settings.yaml").write_text(f"rest: {{{limits}}}")
        warm = [ask(server, webhook, each) for each in asks(4, source, webhook.url, first_seed=1)]
        before = memory_mb(server.pid)
        began = time.perf_counter()
        with ThreadPoolExecutor(options.at_once) as callers:
            told = list(callers.map(lambda each: ask(server, webhook, each), asks(options.asks, source, webhook.url)))
        seconds = time.perf_counter() - began
        after, peak = memory_mb(server.pid), memory_mb(server.pid, "VmHWM")
        history = set(server.get("/history?max_items=10000")) - {each.job for each in warm}
    webhook.close()
    write(options.out, told)
    done = [each for each in told if each.status == 200 and each.sha256]
    jobs, pictures = Counter(each.job for each in done), Counter(each.sha256 for each in done)
    hooked = {each.job for each in told if each.way == "webhook"}
    lost, doubled = len(told) - len(done), len(done) - len(jobs) + len(history - set(jobs))
    print(f"asked {len(told)}, {options.at_once} at a time, in {seconds:.0f} s: {len(done)} pictures")
    print(f"lost {lost}, doubled {doubled}; jobs in the server's history {len(history)}")
    print(f"different pictures {len(pictures)}; answers that are the file on disk {sum(e.is_file for e in done)}")
    print(f"webhooks: {len(hooked)} jobs, told {sum(webhook.told[job] for job in hooked)} times")
    for name in ("all", *KINDS[1:], *WAYS):
        say_times(name, [each for each in done if name in ("all", each.kind, each.way)])
    print(f"told to come back (429) {sum(e.waits for e in told)} times, waited {sum(e.waited_s for e in told):.0f} s")
    print(f"server memory {before:.0f} MB before, {after:.0f} MB after, at most {peak:.0f} MB")
    whole = not lost and not doubled and len(pictures) == len(done) and all(each.is_file for each in done)
    sys.exit(0 if whole else 1)


if __name__ == "__main__":
    main()
