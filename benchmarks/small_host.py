"""Draw at full size in the memory that an L4's host leaves a service, 14 GB without swap; what it took, as CSV.

python benchmarks/small_host.py [--folder DIR] [--limit-gb 14] [--side 256] [--steps 8] [--csv FILE] [--clean]
                                [--only ROAD …]

The kernel holds each road and its children to the limit (a memory cgroup, so Linux and root): page cache counts in it
as on a host of that size, and who asks for more is killed. A checkpoint of Z-Image Turbo's size with random weights is
written to the folder first, 20.5 GB; it says nothing about pictures. Without a GPU the weights are multiplied where
they lie in the page cache, which asks more of a host than a card that keeps them.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

from benchmarks.gauges import drop_cached_pages, timed  # noqa: E402
from benchmarks.surroundings import write_csv  # noqa: E402

CGROUPS = Path("/sys/fs/cgroup")
OVER_STEPS = (
    2  # over a photo the model works at its full size, whatever the photo's: minutes an evaluation without a GPU
)
PROMPTS = (
    "An empty café table by a window, morning light, soft shadows.",
    "A polished marble counter, evening light from the left, clear space at the top.",
)
Say = Callable[[str, float, str], None]


class Group:
    """A memory cgroup of either version."""

    def __init__(self, limit_bytes: int) -> None:
        self._is_first = (CGROUPS / "memory").is_dir()
        self.folder = (CGROUPS / "memory" if self._is_first else CGROUPS) / f"adstudio-{os.getpid()}"
        try:
            self.folder.mkdir()
            names = ["memory.limit_in_bytes"] if self._is_first else ["memory.max", "memory.swap.max"]
            for name, value in zip(names, [limit_bytes, 0], strict=False):
                (self.folder / name).write_text(str(value))
        except OSError as error:
            raise SystemExit(
                f"No memory limit could be set ({error}). It needs Linux, root and the memory controller."
            ) from None

    def join(self) -> None:
        """Bring this process in; its children are in it from their start."""
        (self.folder / "cgroup.procs").write_text(str(os.getpid()))

    def anonymous(self) -> int:
        """Bytes of memory that no file backs, of all in the group."""
        name = "rss" if self._is_first else "anon"
        lines = (self.folder / "memory.stat").read_text().splitlines()
        return int(next(line.split()[1] for line in lines if line.split()[0] == name))

    def close(self) -> None:
        """End whoever is still in it, and remove it."""
        while members := (self.folder / "cgroup.procs").read_text().split():
            for member in members:
                with suppress(ProcessLookupError):
                    os.kill(int(member), signal.SIGKILL)
            time.sleep(0.1)
        self.folder.rmdir()


@contextmanager
def group(limit_bytes: int) -> Iterator[Group]:
    """A group that is gone afterwards, with all that was in it."""
    limited = Group(limit_bytes)
    try:
        yield limited
    finally:
        limited.close()


@contextmanager
def peak_of(limited: Group, peak: list[int]) -> Iterator[None]:
    """Keep in ``peak[0]`` the most anonymous memory that the group is seen to have, ten times a second."""
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.1):
            peak[0] = max(peak[0], limited.anonymous())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


def library(folder: Path, side: int, steps: int, say: Say) -> None:
    """Load and draw in each way that the library has, as the command line does."""
    import numpy as np
    from skimage import data
    from skimage.transform import resize

    from adstudio.engine.drawing.sampling import image_to_image, text_to_image
    from adstudio.engine.memory.components import load
    from adstudio.engine.memory.torch_host import TorchHost

    host = TorchHost("cpu", model_dirs=[])
    with timed() as seconds:
        zit = load(folder, host)
    say("load", seconds[0], "s")
    photo = np.asarray(resize(data.coffee(), (side, side)), np.float32)
    mask = np.zeros((side, side), np.float32)
    mask[side // 4 : side // 2] = 1
    size = {"width": side, "height": side, "steps": steps, "host": host}
    over = {"strength": 0.6, "steps": OVER_STEPS, "host": host}
    runs: dict[str, Callable[[], Any]] = {
        "text to image, first": lambda: text_to_image(zit, PROMPTS[0], seed=1, **size),
        "text to image, another seed": lambda: text_to_image(zit, PROMPTS[0], seed=2, **size),
        "text to image, another prompt": lambda: text_to_image(zit, PROMPTS[1], seed=1, **size),
        "image to image": lambda: image_to_image(zit, PROMPTS[1], photo, seed=1, **over),
        "inpaint": lambda: image_to_image(zit, PROMPTS[1], photo, mask=mask, seed=1, **over),
        "text to image, the first again": lambda: text_to_image(zit, PROMPTS[0], seed=1, **size),
    }
    pictures = {}
    for name, run in runs.items():
        with timed() as seconds:
            pictures[name] = run().images[0]
        say(name, seconds[0], "s")
        say(f"{name}, processor time", seconds[1], "s")
    first, again = pictures["text to image, first"], pictures["text to image, the first again"]
    say("the first again, largest difference", float(np.abs(first - again).max()), "")


def diffusers(folder: Path, side: int, steps: int, say: Say) -> None:
    """The same words by diffusers' own pipeline."""
    from benchmarks.sampling import pipeline

    with timed() as seconds:
        draw = pipeline(str(folder), side, steps)
    say("load", seconds[0], "s")
    for number, name in enumerate(("first", "another seed"), start=1):
        with timed() as seconds:
            draw(number)
        say(f"text to image, {name}", seconds[0], "s")
        say(f"text to image, {name}, processor time", seconds[1], "s")


def server(folder: Path, side: int, steps: int, say: Say) -> None:
    """Whole ads by the REST routes of a ComfyUI of its own, and what stays after POST /free."""
    from comfy_server import running

    from benchmarks.rest_load import memory_mb, photo, send

    body = {"steps": steps, "width": side, "height": side, "provider": "rules", "wait_s": 0, "seed": 1}
    body["checkpoint"], over = folder.name, {"steps": OVER_STEPS, "width": None, "height": None}
    asks = {
        "an ad from words": ("generate", {"brief": "봄 딸기라떼"}),
        "another seed": ("generate", {"brief": "봄 딸기라떼", "seed": 2}),
        "an ad over a photo": ("edit", {"brief": "따뜻한 커피", "reference": photo(), "strength": 0.6, **over}),
        "an ad with a product": ("composite", {"brief": "대리석", "products": [photo()], "cutout": "geodesic"}),
    }
    with tempfile.TemporaryDirectory() as base, running(Path(base)) as comfyui:
        places = Path(base) / "models" / "diffusers"
        (places / folder.name).symlink_to(folder)
        for name, (kind, own) in asks.items():
            with timed() as seconds:
                status, told, _ = send(f"{comfyui.url}/adstudio/{kind}", body | own)
                while status in (200, 202) and told.get("state") in ("queued", "running"):
                    time.sleep(0.5)
                    status, told, _ = send(f"{comfyui.url}/adstudio/jobs/{told['job']}")
            if status != 200 or not told.get("pictures"):
                raise SystemExit(f"{name}: HTTP {status}, {told}")
            say(name, seconds[0], "s")
        comfyui.free()
        time.sleep(5)
        say("memory of its own, after POST /free", memory_mb(comfyui.pid, "RssAnon"), "MB")


ROADS = {"library": library, "diffusers": diffusers, "server": server}


def measure(road: str, options: argparse.Namespace) -> Iterator[dict[str, str]]:
    """Run one road inside the limit; a row for each figure that it told, and for how it ended."""
    drop_cached_pages(options.folder)
    command = [sys.executable, __file__, "--road", road, "--folder", str(options.folder)]
    command += ["--side", str(options.side), "--steps", str(options.steps)]
    peak: list[int] = [0]
    with group(round(options.limit_gb * 10**9)) as limited, peak_of(limited, peak):
        child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, preexec_fn=limited.join, cwd=ROOT)
        assert child.stdout is not None
        for line in child.stdout:
            what, value, unit = json.loads(line)
            yield {"road": road, "what": what, "value": f"{value:.6g}", "unit": unit}
        code = child.wait()
    yield {"road": road, "what": "anonymous memory, peak", "value": f"{peak[0] / 1e6:.0f}", "unit": "MB"}
    ended = "killed by the limit" if code == -signal.SIGKILL else f"ended with code {code}"
    yield {"road": road, "what": "end", "value": ended, "unit": ""}


def main() -> None:
    """Write the checkpoint, measure, and remove it if told so."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=Path.home() / ".cache" / "adstudio" / "full-size")
    parser.add_argument("--limit-gb", type=float, default=14, help="what docs/deploy/adstudio.service gives a service")
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--only", nargs="+", choices=[*ROADS], default=[*ROADS], help="only these roads")
    parser.add_argument("--tiny", action="store_true", help="with a checkpoint of megabytes: does it run?")
    parser.add_argument("--csv", type=Path, help="write the table here instead of to the terminal")
    parser.add_argument("--clean", action="store_true", help="remove the checkpoint afterwards")
    parser.add_argument("--road", choices=[*ROADS], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.road:
        ROADS[options.road](
            options.folder, options.side, options.steps, lambda *told: print(json.dumps(told), flush=True)
        )
        return
    from benchmarks.full_size import write_checkpoint

    if options.tiny:
        options.folder = options.folder.with_name("tiny-size")
    write_checkpoint(options.folder, small=options.tiny)
    write_csv(options.csv or sys.stdout, (row for road in options.only for row in measure(road, options)))
    if options.clean:
        shutil.rmtree(options.folder)


if __name__ == "__main__":
    main()
