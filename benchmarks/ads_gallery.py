"""Render twenty finished ads over all ratios, laid out and lettered as the nodes do it, and every other sheet of type:
the dress, the channels with Bizboard and white main picture, the specimen.

python benchmarks/ads_gallery.py [--out docs/images] [--full output/ads] [--only NAME] [--ads-only]

Writes one small contact sheet of the ads and runs the other three tools; with ``--full`` every picture is written in
full size too, to be looked at.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
import skimage.data  # noqa: E402
from PIL import Image  # noqa: E402

from adstudio.imaging.composite.compose import compose  # noqa: E402
from adstudio.layout.saliency import LocalAnalyzer  # noqa: E402
from adstudio.text.lettering import letter  # noqa: E402
from adstudio.types import AdCopy, Array, TextStyle  # noqa: E402
from benchmarks.layout import RATIOS, cut  # noqa: E402
from benchmarks.still_life import render, render_room  # noqa: E402

LINK = "https://pf.kakao.com/_adstudio"
CELL, COLUMNS, GAP, LARGEST = 300, 4, 12, 300_000
_SIZES = {"1:1": (1024, 1024), "4:5": (1024, 1280), "9:16": (864, 1536), "16:9": (1536, 864), "2:1": (1600, 800)}
_TOOLS = (("dress_gallery.py", "dress"), ("channels.py", "channels"), ("specimen.py", ""))


@dataclass(frozen=True)
class Ad:
    """One ad: a photo, or a product in a room (``jar``, and the lamp's angle), its ratio and its words."""

    source: str
    ratio: str
    copy: AdCopy
    lamp_deg: float = -40.0
    weight: int = 800


_CAFE = AdCopy(
    "가을을 담은 첫 모금", "고구마 라떼와 밤 케이크", price="6,800원", old_price="8,000원", call_to_action="메뉴 보기"
)
_VET = AdCopy("우리 고양이 건강검진", "10월 한 달, 예약하면 1만 원 할인", call_to_action="예약하기")
_BLOOM = AdCopy("엄마에게 꽃을", "당일 제작 · 당일 배송", price="29,000원", old_price="42,000원", badge="1+1")
_NIGHT = AdCopy("별이 쏟아지는 밤", "여름밤 천체관측 캠프 모집", call_to_action="신청하러 가기", hours="토 19:00–22:00")
_TRIP = AdCopy("가을 단풍 여행", "2박 3일 특가 패키지", price="299,000원", badge="선착순\n100명")
_MUSEUM = AdCopy("꿈을 배우는 어린이 과학관", "주말 가족 체험권", price="12,000원부터", call_to_action="예매하기")
_JAM = AdCopy(
    "할머니 손맛 그대로 수제 딸기잼", "국산 딸기 70%, 설탕은 반으로", price="8,900원", old_price="11,000원",
    badge="2+1",
    call_to_action="스토어 바로가기",
)  # fmt: skip
_TEA = AdCopy("차갑게 우린 여름", "콜드브루 밀크티 신메뉴", price="5,500원", link=LINK)
_SALE = AdCopy(
    "SUMMER SALE", "최대 50% 할인, 이번 주말까지", legal="일부 품목 제외 · 8월 31일까지", call_to_action="쿠폰 받기"
)
_MUG = AdCopy("매일 쓰는 머그, 손으로 빚다", "흙과 불 도예 공방", hours="화–일 11:00–19:00")
_GIFT = AdCopy("마음을 담은 선물 상자", "추석 예약 주문 시작", price="39,000원", badge="예약\n10%")

ADS = (
    Ad("coffee", "1:1", _CAFE), Ad("chelsea", "1:1", _VET), Ad("astronaut", "1:1", _MUSEUM), Ad("jar", "1:1", _JAM),
    Ad("coffee", "4:5", _CAFE), Ad("rocket", "4:5", _NIGHT), Ad("bottle", "4:5", _TEA, 40.0), Ad("mug", "4:5", _MUG),
    Ad("chelsea", "9:16", _VET), Ad("flower", "9:16", _BLOOM), Ad("jar", "9:16", _JAM, -60.0), Ad("box", "9:16", _GIFT),
    Ad("coffee", "16:9", _CAFE), Ad("china", "16:9", _TRIP), Ad("bottle", "16:9", _SALE, 50.0),
    Ad("flower", "16:9", _BLOOM),
    Ad("rocket", "2:1", _NIGHT), Ad("china", "2:1", _TRIP), Ad("mug", "2:1", _MUG, 30.0),
    Ad("box", "2:1", _GIFT, -50.0),
)  # fmt: skip


def name_of(ad: Ad) -> str:
    """What its file is called."""
    return f"{ad.ratio.replace(':', 'x')}-{ad.source}"


def finish(ad: Ad) -> Array:
    """The ad as it would be published."""
    picture, keep = _scene(ad)
    plan = LocalAnalyzer().place_text(picture, ad.copy, keep)
    return letter(picture, plan, TextStyle(weight=ad.weight)).image


def _scene(ad: Ad) -> tuple[Array, Array | None]:
    width, height = _SIZES[ad.ratio]
    if ad.source not in ("jar", "bottle", "mug", "box", "shoe"):
        return _sized(cut(_photo(ad.source), RATIOS[ad.ratio]), width, height), None
    room = _sized(cut((_room(ad.lamp_deg) * 255).astype(np.uint8), RATIOS[ad.ratio]), width, height)
    product = render(ad.source, 700, ad.lamp_deg)
    aspect = product.rgba.shape[1] / product.rgba.shape[0]
    made = compose(room, [product], LocalAnalyzer().place_products(room, [aspect]).products)
    return made.image, made.mask


def _photo(name: str) -> np.ndarray:
    if name in ("flower", "china"):
        from sklearn.datasets import load_sample_image

        return load_sample_image(f"{name}.jpg")
    return getattr(skimage.data, name)()


@cache
def _room(lamp_deg: float) -> Array:
    return render_room(lamp_deg, size=1024).picture


def _sized(picture: Array, width: int, height: int) -> Array:
    pixels = Image.fromarray((picture * 255 + 0.5).astype(np.uint8))
    return np.asarray(pixels.resize((width, height), Image.Resampling.LANCZOS), np.float32) / np.float32(255)


def contact_sheet(images: list[Image.Image]) -> Image.Image:
    """Lay the ads out in rows of four, small."""
    small = [image.copy() for image in images]
    for image in small:
        image.thumbnail((CELL - GAP, CELL + 60), Image.Resampling.LANCZOS)
    rows = [small[start : start + COLUMNS] for start in range(0, len(small), COLUMNS)]
    high = sum(max(image.height for image in row) + GAP for row in rows)
    sheet, top = Image.new("RGB", (COLUMNS * CELL, high + GAP), (250, 250, 250)), GAP
    for row in rows:
        for column, image in enumerate(row):
            sheet.paste(image, (column * CELL + (CELL - image.width) // 2, top))
        top += max(image.height for image in row) + GAP
    return sheet


def main() -> None:
    """Render, write the contact sheet, and run the other tools."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images")
    parser.add_argument("--full", type=Path)
    parser.add_argument("--only", default="", help="ads whose name holds this; writes no sheet")
    parser.add_argument("--ads-only", action="store_true", help="leave the other sheets as they are")
    options = parser.parse_args()
    images = []
    for ad in ADS:
        if options.only not in name_of(ad):
            continue
        image = Image.fromarray((finish(ad) * 255 + 0.5).astype(np.uint8))
        if options.full:
            options.full.mkdir(parents=True, exist_ok=True)
            image.save(options.full / f"{name_of(ad)}.png")
        images.append(image)
        print(name_of(ad), flush=True)
    if options.only:
        return
    options.out.mkdir(parents=True, exist_ok=True)
    target, quality = options.out / "ads-gallery.jpg", 88
    contact_sheet(images).save(target, quality=quality, optimize=True)
    while target.stat().st_size > LARGEST:
        quality -= 4
        contact_sheet(images).save(target, quality=quality, optimize=True)
    for tool, folder in () if options.ads_only else _TOOLS:
        where = options.out / "type-specimen.jpg" if not folder else options.out
        full = ["--full", str(options.full / folder)] if options.full and folder else []
        subprocess.run([sys.executable, str(ROOT / "benchmarks" / tool), "--out", str(where), *full], check=True)


if __name__ == "__main__":
    main()
