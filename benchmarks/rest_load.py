"""Load the REST routes of a ComfyUI of its own: many asks, several at a time, on the embedded model.

    python benchmarks/rest_load.py [--asks 200] [--at-once 16] [--out rest_load.csv]

Prints and writes how many came back, how many were lost or came twice, the middle and the slow times, and the memory of
the server before and after. Every ask has a seed of its own, so each must bring a picture of its own.
"""

from __future__ import annotations

import argparse
import base64
import csv
import io
import json
import statistics
import sys
import tempfile
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))

from comfy_server import running
from PIL import Image

SIDE = 128
EDIT_SIZE = {"width": 384, "height": 384}  # the smallest that the embedded model draws over a photo
SMALL = {"steps": 1, "width": SIDE, "height": SIDE, "headline": "", "provider": "rules"}


@dataclass(frozen=True, slots=True)
class Told:
    """One answer."""

    kind: str
    seconds: float
    status: int
    job: str
    picture: str
    waits: int


def photo() -> str:
    """A small real photo, as base64."""
    from skimage import data

    buffer = io.BytesIO()
    Image.fromarray(data.coffee()[::4, ::4]).save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()


def asks(count: int, source: str) -> list[tuple[str, dict[str, Any]]]:
    """A mix: half from words, a quarter each over a photo and with a product."""
    bodies: dict[str, dict[str, Any]] = {
        "generate": {"brief": "봄 딸기라떼"},
        "edit": {"brief": "따뜻한 커피", "reference": source, "strength": 0.5, **EDIT_SIZE},
        "composite": {"brief": "대리석", "products": [source], "cutout": "geodesic"},
    }
    kinds = ("generate", "edit", "generate", "composite")
    mixed = []
    for number in range(count):
        kind = kinds[number % len(kinds)]
        mixed.append((kind, {**SMALL, **bodies[kind], "seed": 1000 + number}))
    return mixed


def ask(url: str, kind: str, body: dict[str, Any]) -> Told:
    """Ask until the queue has room; the time counts from the first try."""
    began, waits = time.perf_counter(), 0
    while True:
        request = urllib.request.Request(f"{url}/adstudio/{kind}", json.dumps(body).encode())
        request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=900) as answer:
                told, status = json.loads(answer.read()), answer.status
            break
        except urllib.error.HTTPError as error:
            told, status = json.loads(error.read()), error.code
            if status != 429:
                break
            waits += 1
            time.sleep(float(error.headers["Retry-After"]))
    names = [picture["sha256"] for picture in told.get("pictures", [])]
    return Told(kind, time.perf_counter() - began, status, told.get("job", ""), ",".join(names), waits)


def memory_mb(pid: int) -> float:
    """What a process holds now."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024


def main() -> None:
    """Load a server and say how it took it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--asks", type=int, default=200)
    parser.add_argument("--at-once", type=int, default=16)
    parser.add_argument("--out", type=Path, default=Path("rest_load.csv"))
    options = parser.parse_args()
    source = photo()
    with tempfile.TemporaryDirectory() as base, running(Path(base)) as server:
        home = Path(base) / "user" / "__adstudio"
        home.mkdir(parents=True)
        (home / "settings.yaml").write_text("rest: {per_minute: 100000, queue: 12, deadline_s: 900}")
        warmed = sum(ask(server.url, kind, body | {"seed": 1}).status == 200 for kind, body in asks(4, source)[1:])
        before = memory_mb(server.pid)
        began = time.perf_counter()
        with ThreadPoolExecutor(options.at_once) as callers:
            told = list(callers.map(lambda each: ask(server.url, *each), asks(options.asks, source)))
        seconds = time.perf_counter() - began
        after = memory_mb(server.pid)
        history = server.get("/history?max_items=10000")
    with options.out.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["kind", "seconds", "status", "job", "sha256", "waits"])
        rows.writerows(
            [each.kind, f"{each.seconds:.3f}", each.status, each.job, each.picture, each.waits] for each in told
        )
    done = [each for each in told if each.status == 200 and each.picture]
    times = sorted(each.seconds for each in done)
    jobs = [each.job for each in done]
    print(f"asked {len(told)}, {options.at_once} at a time, in {seconds:.0f} s: {len(done)} pictures")
    print(f"lost {len(told) - len(done)}, doubled {len(jobs) - len(set(jobs))} in answers")
    print(f"jobs in the server's history {len(history)}, of which {warmed} to warm up")
    print(f"different pictures {len({each.picture for each in done})}")
    print(f"p50 {statistics.median(times):.2f} s, p95 {times[int(0.95 * (len(times) - 1))]:.2f} s")
    print(f"told to come back (429) {sum(each.waits for each in told)} times")
    print(f"server memory {before:.0f} MB before, {after:.0f} MB after")


if __name__ == "__main__":
    main()
