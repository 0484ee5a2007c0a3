"""Render one design on many channels, a Kakao Bizboard and a white main picture: the sheet of docs/channels.md.

python benchmarks/channels.py [--out docs/images] [--full output/channels]

With ``--full`` every picture is written in full size too, to be looked at.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
import skimage.data  # noqa: E402
from PIL import Image, ImageDraw, ImageFont  # noqa: E402

from adstudio.imaging.composite.compose import compose  # noqa: E402
from adstudio.imaging.cutout.matting import cut_out, restore_frame  # noqa: E402
from adstudio.layout.saliency import LocalAnalyzer  # noqa: E402
from adstudio.output.channels import get_channels  # noqa: E402
from adstudio.output.findings import Finding  # noqa: E402
from adstudio.run.channels import inspect  # noqa: E402
from adstudio.run.reflow import reflow_design, with_products  # noqa: E402
from adstudio.run.templates import draw_template  # noqa: E402
from adstudio.text.faces.fonts import find_font  # noqa: E402
from adstudio.text.lettering import draw  # noqa: E402
from adstudio.types import AdCopy, Array, CutOut, LayoutPlan, TextStyle  # noqa: E402
from benchmarks.still_life import render_room  # noqa: E402

COPY = AdCopy("가을을 담은 첫 모금", "성수커피 신메뉴 라떼 5,500원")
CHANNELS = "instagram_feed:1x1, instagram_story, kakao_native:2x1, naver_place, naver_gfa, cashwalk, naver_timeboard"
FLAT = "instagram_feed, kakao_link, kakao_store"
WIDE, GAP, ROW = 1200, 14, 225
LARGEST = 250_000


def design() -> tuple[Array, CutOut, LayoutPlan]:
    """A cup on a table with its copy, square, as it was made first."""
    cup = cut_out(skimage.data.coffee(), method="geodesic")
    room = render_room(-40.0, size=1024).picture
    analyzer = LocalAnalyzer()
    products = analyzer.place_products(room, [cup.rgba.shape[1] / cup.rgba.shape[0]], prefer="top")
    scene = compose(room, [cup], products.products)
    return room, cup, with_products(analyzer.place_text(scene.image, COPY, scene.mask), products)


def pictures() -> dict[str, Array]:
    """Everything on the sheet, by its caption."""
    room, cup, plan = design()
    made: dict[str, Array] = {}
    style = TextStyle(min_px=14, weight=800)
    for one in reflow_design(room, plan, get_channels(CHANNELS), cutouts=[cup], min_px=14):
        finished = draw(one.picture, one.plan, style)
        made[_caption(one.channel.id, one.channel.size_px)] = finished
        _tell(one.channel.id, inspect(finished, one.channel, plan=one.plan, style=style), one.notes)
    photo = (skimage.data.coffee() / 255).astype(np.float32)
    keep = restore_frame(cup)[..., 3]
    flat = LocalAnalyzer().place_text(photo, COPY, keep)
    for one in reflow_design(photo, flat, get_channels(FLAT), keep=keep, min_px=14):
        made["photo · " + _caption(one.channel.id, one.channel.size_px)] = draw(one.picture, one.plan, style)
        _tell(one.channel.id, (), one.notes)
    words: dict[str, Any] = {
        "headline": "아침을 여는 첫 모금",
        "sub": "성수커피 라떼 5,500원",
        "advertiser": "성수커피",
    }
    banner = draw_template("kakao_bizboard", cup, **words)
    alpha = banner.picture[..., 3:]
    made[f"kakao_bizboard 1029x258 ({banner.font})"] = (
        np.float32(0.955) + (banner.picture[..., :3] - np.float32(0.955)) * alpha
    )
    _tell("kakao_bizboard", banner.findings, banner.notes)
    white = draw_template("marketplace_white", cup)
    made["marketplace_white 1000x1000"] = white.picture
    _tell("marketplace_white", white.findings, white.notes)
    return made


def sheet(made: dict[str, Array]) -> Image.Image:
    """Lay the pictures out in rows, each with its caption."""
    font = ImageFont.truetype(str(find_font(weight=500).path), 15)
    canvas = Image.new("RGB", (WIDE, 4000), (250, 250, 250))
    pen = ImageDraw.Draw(canvas)
    x, y, tall = GAP, GAP, 0
    for caption, picture in made.items():
        height, width = picture.shape[:2]
        scale = min(ROW / height, 600 / width)
        small = Image.fromarray((picture * 255 + 0.5).astype(np.uint8)).resize(
            (round(width * scale), round(height * scale)), Image.Resampling.LANCZOS
        )
        across = max(small.width, round(pen.textlength(caption, font)))
        if x + across > WIDE - GAP:
            x, y, tall = GAP, y + tall + 24 + GAP, 0
        tall = max(tall, small.height)
        canvas.paste(small, (x, y))
        pen.rectangle((x - 1, y - 1, x + small.width, y + small.height), outline=(215, 215, 215))
        pen.text((x, y + small.height + 4), caption, (70, 70, 70), font)
        x += across + GAP
    return canvas.crop((0, 0, WIDE, y + tall + 24 + GAP))


def _caption(channel: str, size: tuple[int, int]) -> str:
    return f"{channel.replace(':1x1', '').replace(':2x1', '')} {size[0]}x{size[1]}"


def _tell(name: str, findings: tuple[Finding, ...], notes: tuple[str, ...]) -> None:
    grave = [finding.line() for finding in findings if finding.level != "INFO"]
    print(name, *(f"\n  {line}" for line in (*grave, *notes)))


def main() -> None:
    """Write the sheet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images")
    parser.add_argument("--full", type=Path)
    options = parser.parse_args()
    made = pictures()
    if options.full:
        options.full.mkdir(parents=True, exist_ok=True)
        for number, picture in enumerate(made.values()):
            Image.fromarray((picture * 255 + 0.5).astype(np.uint8)).save(options.full / f"{number:02d}.png")
    target = options.out / "channels.jpg"
    quality = 92
    picture = sheet(made)
    picture.save(target, quality=quality, optimize=True)
    while target.stat().st_size > LARGEST:
        quality -= 4
        picture.save(target, quality=quality, optimize=True)
    print(target, target.stat().st_size, f"quality {quality}")


if __name__ == "__main__":
    main()
