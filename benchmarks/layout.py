"""Measure layouts of copy: ours beside fixed places and beside ComfyUI's own text node, and how long ours take.

python benchmarks/layout.py [--csv FILE] [--sheet FOLDER] [--photos-only] [--copies medium "with price"]

Every picture is laid out in five ratios for copies of four lengths. ``subject`` is no figure of ours: what stands on
the photos was marked by hand, and the products are composed with a mask that is known. The other figures are our score,
by which our layouts were also chosen, so they show what the fixed places lose and prove nothing about ours.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
from PIL import Image  # noqa: E402
from skimage import data  # noqa: E402

from adstudio.layout.copy.compositions import COMPOSITIONS, Composition, Draft  # noqa: E402
from adstudio.layout.copy.copysize import read_copy, widest_line_em  # noqa: E402
from adstudio.layout.copy.stacks import size_cost, stacks, unit_of  # noqa: E402
from adstudio.layout.picture.energy import measure  # noqa: E402
from adstudio.layout.picture.score import score  # noqa: E402
from adstudio.layout.plan.report import draw_boxes  # noqa: E402
from adstudio.layout.saliency import LocalAnalyzer, frame_of  # noqa: E402
from adstudio.types import AdCopy, Array, Box, LayoutPlan, TextBlock  # noqa: E402
from benchmarks.surroundings import sentence, write_csv  # noqa: E402

RATIOS = {"1:1": 1.0, "4:5": 0.8, "9:16": 9 / 16, "16:9": 16 / 9, "2:1": 2.0}
LONGEST_PX = 1024
COPIES = {
    "short": AdCopy("가을 세일", "단 3일"),
    "medium": AdCopy("따뜻한 커피 한 잔의 여유", "가을 한정 메뉴, 오늘 하루만"),
    "long": AdCopy("신선한 재료로 매일 아침 갓 구워 내는 우리 동네 수제 빵집", "매일 오전 8시, 따끈한 빵이 나옵니다"),
    "with price": AdCopy(
        "가을 신메뉴 출시", "고구마 라떼와 밤 케이크", price="6,800원", old_price="8,000원", call_to_action="메뉴 보기"
    ),
}
WHOLE = AdCopy(
    "따뜻한 커피 한 잔의 여유", "가을 한정 메뉴, 오늘 하루만", price="4,900원", old_price="6,500원", badge="1+1",
    call_to_action="지금 주문하기", legal="이미지는 실제와 다를 수 있습니다.", hours="매일 09:00–21:00", link="https://a.kr",
)  # fmt: skip
# What stands on the photos, marked by hand: left, top, right, bottom.
SUBJECTS = {
    "coffee": (0.28, 0.02, 0.7, 0.72),
    "chelsea": (0.29, 0.22, 0.78, 0.78),
    "rocket": (0.475, 0.28, 0.53, 0.97),
    "astronaut": (0.29, 0.02, 0.56, 0.36),
    "flower": (0.26, 0.13, 0.69, 0.88),
    "china": (0.166, 0.07, 0.52, 0.98),
}
BACKDROPS = {
    "밝은 원목 테이블 위, 아침 햇살": "bottle",
    "어두운 대리석 위, 고급스러운 분위기": "jar",
    "창가의 린넨 식탁보 위": "mug",
    "파스텔 핑크 단상 위": "box",
}
FIXED = {"fixed top": "top", "fixed bottom": "bottom", "fixed centre": "center"}


@dataclass(frozen=True)
class Scene:
    """A picture, what of it copy must not cover by anyone's eye, and the mask that our analyzer is told."""

    name: str
    ratio: str
    picture: Array
    subject: Array
    mask: Array | None


def photos() -> Iterator[Scene]:
    """The photos that scikit-image and scikit-learn bundle, cut to every ratio round their middle."""
    from sklearn.datasets import load_sample_image

    for name, box in SUBJECTS.items():
        photo = load_sample_image(f"{name}.jpg") if name in ("flower", "china") else getattr(data, name)()
        marked = np.zeros(photo.shape[:2], np.uint8)
        left, top, right, bottom = Box(*box).pixels(photo.shape[1], photo.shape[0])
        marked[top:bottom, left:right] = 255
        for ratio, aspect in RATIOS.items():
            yield Scene(name, ratio, cut(photo, aspect), cut(marked, aspect), None)


def composites() -> Iterator[Scene]:
    """Products on backdrops that the embedded model draws in every ratio."""
    from adstudio.engine.drawing.sampling import text_to_image
    from adstudio.engine.drawing.sizes import size_for
    from adstudio.engine.memory.components import load
    from adstudio.engine.memory.torch_host import TorchHost
    from adstudio.imaging.composite.compose import compose
    from adstudio.prompt.processor import write
    from benchmarks.still_life import render

    host = TorchHost()
    zit = load("demo", host)
    for brief, product in BACKDROPS.items():
        words, cutout = write(brief, provider="rules", backdrop_only=True).positive, render(product, 600)
        aspect = cutout.rgba.shape[1] / cutout.rgba.shape[0]
        for ratio in RATIOS:
            width, height = size_for(ratio, grid=zit.checkpoint.grid_px, base_px=zit.checkpoint.base_px)
            drawn = text_to_image(zit, words, width=width, height=height, seed=3, host=host).images[0]
            backdrop = cut((drawn * 255).astype(np.uint8), width / height)
            made = compose(backdrop, [cutout], LocalAnalyzer().place_products(backdrop, [aspect]).products)
            yield Scene(product, ratio, made.image, made.mask, made.mask)


def cut(picture: np.ndarray, aspect: float) -> Array:
    """Cut a picture of 8 bits to a ratio and bring it to the size of the benchmark."""
    height, width = picture.shape[:2]
    wide, high = min(width, height * aspect), min(height, width / aspect)
    left, top = (width - wide) / 2, (height - high) / 2
    scale = LONGEST_PX / max(wide, high)
    sized = Image.fromarray(picture).resize(
        (round(wide * scale), round(high * scale)), Image.Resampling.LANCZOS, box=(left, top, left + wide, top + high)
    )
    return np.asarray(sized, np.float32) / np.float32(255)


def fixed(copy: AdCopy, where: str, width: int, height: int) -> LayoutPlan:
    """The copy in our best size, centred at one place of the picture, whatever stands there."""
    unit, frame = unit_of(width, height), frame_of(width, height)
    room = frame[3] - frame[1]
    shapes = [s for s in stacks(read_copy(copy), unit, frame[2] - frame[0], 20) if s.height <= room]
    shape = min(shapes, key=lambda one: size_cost(one, unit))
    top = {"top": frame[1], "bottom": frame[3] - shape.height, "center": (height - shape.height) / 2}[where]
    left = (width - shape.width) / 2
    composition: Composition = next(one for one in COMPOSITIONS if one.name == where)
    draft = Draft(composition)
    draft.set_stack(shape, (left, top, left + shape.width, top + shape.height))
    return draft.plan(width, height)


def core(copy: AdCopy, where: str, width: int, height: int) -> LayoutPlan:
    """As ComfyUI's own text node sets it by default: one block of letters of 5 % of the height, begun at the left, a
    hundredth of the shorter side off the edge, its lines broken where the picture ends."""
    words = read_copy(copy)
    price = f"{words.was} {words.price}".strip()
    text = "\n".join(part for part in (words.headline, words.sub, price, words.cta) if part)
    margin, size = 0.01 * min(width, height), 0.05 * height
    lines, widest = 0, 0.0
    for part in text.split("\n"):
        count = 1
        while widest_line_em(part, count) * size > width - 2 * margin and count < len(part.split()):
            count += 1
        lines, widest = lines + count, max(widest, widest_line_em(part, count) * size)
    tall, wide = ((lines - 1) * 1.2 + 1.04) * size, min(widest, width - 2 * margin)
    top = margin if where == "top" else height - margin - tall
    box = Box(margin / width, max(0.0, top / height), (margin + wide) / width, min(1.0, (top + tall) / height))
    return LayoutPlan((TextBlock("headline", text, box, "left", color="#ffffff"),))


def covered(plan: LayoutPlan, subject: Array) -> float:
    """Share of a plan's boxes that lies on the subject."""
    height, width = subject.shape
    over = np.zeros((height, width), bool)
    for block in plan.texts:
        left, top, right, bottom = block.box.pixels(width, height)
        over[top:bottom, left:right] = True
    return float((subject[over] > 0.5).mean()) if over.any() else 0.0


def rows(
    scenes: Iterator[Scene], sheet: Path | None, copies: Sequence[str] = tuple(COPIES)
) -> Iterator[dict[str, object]]:
    """Every picture with every copy by every method."""
    for scene in scenes:
        height, width = scene.picture.shape[:2]
        busy = measure(scene.picture)
        for length in copies:
            copy = COPIES[length]
            plans = {"ours": LocalAnalyzer().place_text(scene.picture, copy, scene.mask)}
            plans |= {name: fixed(copy, where, width, height) for name, where in FIXED.items()}
            plans |= {f"core, {where}": core(copy, where, width, height) for where in ("top", "bottom")}
            if sheet is not None:
                shown = draw_boxes(scene.picture, plans["ours"])
                path = sheet / f"{scene.name}-{scene.ratio.replace(':', 'x')}-{length.replace(' ', '-')}.jpg"
                Image.fromarray((shown * 255).astype(np.uint8)).save(path, quality=88)
            for method, plan in plans.items():
                figures = asdict(score(scene.picture, plan, scene.mask, busy=busy))
                yield {
                    "picture": scene.name, "ratio": scene.ratio, "copy": length, "method": method,
                    "subject": round(covered(plan, scene.subject), 4), **figures,
                }  # fmt: skip


def seconds(copy: AdCopy, rounds: int = 15) -> tuple[float, float]:
    """Median milliseconds for a layout of a 1024 x 1024 photo: by the clock, and of processor time."""
    picture = cut(data.coffee(), 1.0)
    LocalAnalyzer().place_text(picture, copy)
    clock, worked = [], []
    for _ in range(rounds):
        start, busy = time.perf_counter(), time.process_time()
        LocalAnalyzer().place_text(picture, copy)
        clock.append(time.perf_counter() - start)
        worked.append(time.process_time() - busy)
    return 1e3 * statistics.median(clock), 1e3 * statistics.median(worked)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--csv", type=Path, help="every single figure")
    parser.add_argument("--sheet", type=Path, help="a folder for our layouts, drawn on the pictures")
    parser.add_argument("--photos-only", action="store_true", help="without the embedded model")
    parser.add_argument("--copies", nargs="+", choices=tuple(COPIES), default=tuple(COPIES))
    options = parser.parse_args()
    if options.sheet:
        options.sheet.mkdir(parents=True, exist_ok=True)
    print(sentence(), "\n")
    found = list(rows(photos(), options.sheet, options.copies))
    if not options.photos_only:
        found += rows(composites(), options.sheet, options.copies)
    if options.csv:
        write_csv(options.csv, found)
    names = ("subject", "occlusion", "readability", "utility", "alignment", "contrast", "safe_zone", "total")
    print(
        f"{len(found)} layouts; means\n\n"
        f"| method | {' | '.join(names)} | subject by copy: {', '.join(options.copies)} |"
    )
    print("|---" * (len(names) + 2) + "|")
    groups: dict[str, list[dict[str, object]]] = defaultdict(list)
    for row in found:
        groups[str(row["method"])].append(row)
    for method, group in groups.items():
        means = [f"{statistics.fmean(float(str(row[name])) for row in group):.2f}" for name in names]
        lengths = [
            f"{statistics.fmean(float(str(row['subject'])) for row in group if row['copy'] == length):.2f}"
            for length in options.copies
        ]
        print(f"| {method} | {' | '.join(means)} | {', '.join(lengths)} |")
    print("\n| at 1024x1024, ms | clock | processor |\n|---|---|---|")
    for name, copy in (("headline and sub", COPIES["medium"]), ("all parts", WHOLE)):
        clock, worked = seconds(copy)
        print(f"| {name} | {clock:.0f} | {worked:.0f} |")


if __name__ == "__main__":
    main()
