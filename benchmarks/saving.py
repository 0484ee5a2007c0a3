"""Measure saving: against Pillow alone, and what a byte limit costs in time and likeness.

python benchmarks/saving.py [--rounds 9] [--side 1024] [--folder DIR] [--csv saving.csv]

Both ways of saving start from the same float picture, write the same graph into the file, and take turns in one run.
Pillow alone does what ComfyUI's own node does: round, encode at level 4, write; it flushes nothing to the disk. The
folder should lie on the disk that pictures are saved to.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
from PIL import Image, PngImagePlugin  # noqa: E402

from adstudio.errors import InputError  # noqa: E402
from adstudio.output.budget import fit_bytes  # noqa: E402
from adstudio.output.disclosure import Disclosure  # noqa: E402
from adstudio.output.encode import FORMATS, to_pixels  # noqa: E402
from adstudio.output.save import save_picture  # noqa: E402
from adstudio.types import Array  # noqa: E402
from benchmarks.surroundings import write_csv  # noqa: E402

LIMITS_KB = (500, 300, 150, 80)


def photos(side: int) -> Iterator[tuple[str, Array]]:
    """Bundled photos, cut square and enlarged a little at most twice."""
    from skimage import data
    from sklearn.datasets import load_sample_image

    found = {name: getattr(data, name)() for name in ("astronaut", "coffee", "rocket", "chelsea")}
    found["flower"] = load_sample_image("flower.jpg")
    for name, pixels in found.items():
        edge = min(pixels.shape[:2])
        left = (pixels.shape[1] - edge) // 2
        square = Image.fromarray(np.ascontiguousarray(pixels[:edge, left : left + edge]))
        yield name, np.asarray(square.resize((side, side), Image.Resampling.BICUBIC), np.float32) / np.float32(255)


def timed(act: Callable[[], Any]) -> tuple[float, float]:
    """Milliseconds of one call, and those in which it had a processor, which a busy machine lengthens little."""
    began, worked = time.perf_counter(), time.process_time()
    act()
    return (time.perf_counter() - began) * 1000, (time.process_time() - worked) * 1000


def against_pillow(side: int, rounds: int, folder: Path) -> Iterator[dict[str, Any]]:
    """Save PNG both ways in turn; every round is another picture, as nothing is stored twice."""
    workflow = json.loads((ROOT / "workflows" / "03-product-composite.json").read_text(encoding="utf-8"))
    graph = json.loads((ROOT / "workflows" / "api" / "03-product-composite.json").read_text(encoding="utf-8"))
    record = {"report": {"brief": "봄 신메뉴 딸기 라떼", "versions": {"adstudio": "0"}}}

    def alone(picture: Array, path: Path) -> None:
        chunks = PngImagePlugin.PngInfo()
        chunks.add_text("prompt", json.dumps(graph))
        chunks.add_text("workflow", json.dumps(workflow))
        pixels = np.clip(255.0 * picture, 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(path, pnginfo=chunks, compress_level=4)

    for name, photo in photos(side):
        plain, ours = [], []
        for number in range(rounds + 1):
            picture = photo.copy()
            picture[0, 0] = number / (rounds + 1)
            path = folder / f"{name}-{number}.png"
            metadata = {"prompt": graph, "workflow": workflow, "adstudio": record}
            first, second = (
                (plain, lambda picture=picture, path=path: alone(picture, path)),
                (
                    ours,
                    lambda picture=picture, metadata=metadata: save_picture(
                        picture, folder / "ours", metadata=metadata, disclosure=Disclosure()
                    ),
                ),
            )
            for times, act in (first, second) if number % 2 else (second, first):
                times.append(timed(act))
        # What else runs on the machine only adds: the least of each counts.
        (alone_ms, alone_cpu), (ms, cpu) = (map(min, zip(*times[1:], strict=True)) for times in (plain, ours))
        found = {"ms": ms, "cpu_ms": cpu, "pillow_ms": alone_ms, "pillow_cpu_ms": alone_cpu}
        yield row("save png", name, **found, ratio=ms / alone_ms, cpu_ratio=cpu / alone_cpu)


def within_limits(side: int, rounds: int) -> Iterator[dict[str, Any]]:
    """Fit every photo into every limit in every format."""
    for name, photo in photos(side):
        picture = Image.fromarray(to_pixels(photo))
        for format in FORMATS.values():
            for limit in LIMITS_KB:
                about: dict[str, Any] = {}

                def act(picture: Any = picture, format: Any = format, limit: int = limit, about: Any = about) -> None:
                    try:
                        fitted = fit_bytes(picture, format, limit * 1000, {})
                        about |= {"kb": len(fitted.data) / 1000, "ssim": fitted.likeness, "how": fitted.how}
                    except InputError as error:
                        about["how"] = f"refused: {error.message.partition(': ')[2]}"

                ms, cpu = map(min, zip(*(timed(act) for _ in range(max(1, rounds // 3))), strict=True))
                yield row(f"fit {format.name}", name, limit_kb=limit, ms=ms, cpu_ms=cpu, **about)


def row(what: str, photo: str, **found: Any) -> dict[str, Any]:
    """One line of the table; what was not measured stays empty."""
    names = ("limit_kb", "ms", "cpu_ms", "pillow_ms", "pillow_cpu_ms", "ratio", "cpu_ratio", "kb", "ssim", "how")
    rounded = {
        name: round(found[name], 4) if isinstance(found.get(name), float) else found.get(name, "") for name in names
    }
    return {"what": what, "photo": photo, **rounded}


def main() -> None:
    """Measure and print, or write a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--side", type=int, default=1024)
    parser.add_argument("--folder", type=Path, help="where to save; a temporary folder when left out")
    parser.add_argument("--csv", type=Path, help="write here instead of to the terminal")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        saved = against_pillow(options.side, options.rounds, Path(folder))
        write_csv(options.csv or sys.stdout, chain(saved, within_limits(options.side, options.rounds)))


if __name__ == "__main__":
    main()
