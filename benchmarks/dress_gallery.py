"""Letter fixed ads over photos with every kind of dress: badge, button, prices, QR code, logo, gradients, plates.

python benchmarks/dress_gallery.py [--out docs/images] [--full output/dress] [--only NAME]

Writes one small contact sheet, and with ``--full`` every ad in full size, to be looked at.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
import skimage.data  # noqa: E402
from PIL import Image, ImageDraw  # noqa: E402
from sklearn.datasets import load_sample_image  # noqa: E402

from adstudio.text.faces.fonts import find_font, open_font  # noqa: E402
from adstudio.text.lettering import letter  # noqa: E402
from adstudio.types import Array, Box, LayoutPlan, Mark, TextBlock, TextStyle  # noqa: E402
from benchmarks.still_life import render, render_room  # noqa: E402

CELL = 300
LINK = "https://pf.kakao.com/_adstudio"


@dataclass(frozen=True)
class Ad:
    """One ad: a photo, the part of it that is shown, its size, and its copy."""

    photo: str
    crop: tuple[float, float, float, float]
    size: tuple[int, int]
    texts: tuple[TextBlock, ...]
    marks: tuple[Mark, ...] = ()
    style: TextStyle = field(default_factory=lambda: TextStyle(weight=800))
    logo: str = ""


def _t(role: str, text: str, box: tuple[float, float, float, float], align: str = "left", **more: object) -> TextBlock:
    return TextBlock(role, text, Box(*box), align, **more)  # type: ignore[arg-type]


ADS = {
    "coffee": Ad(
        "coffee", (0.0, 0.0, 0.66, 1.0), (1024, 1024),
        (
            _t("headline", "갓 내린 드립 커피", (0.06, 0.05, 0.62, 0.25), anchor="top"),
            _t("sub", "매일 아침 8시, 직접 볶은 원두로", (0.06, 0.27, 0.66, 0.34), anchor="top"),
            _t("price", "3,900원", (0.06, 0.8, 0.6, 0.9), was="5,500원", anchor="bottom"),
            _t("badge", "30%\n할인", (0.74, 0.05, 0.95, 0.26)),
            _t("cta", "지금 주문하기", (0.06, 0.91, 0.4, 0.97)),
        ),
    ),
    "chelsea": Ad(
        "chelsea", (0.0, 0.0, 1.0, 1.0), (1200, 800),
        (
            _t("headline", "우리 고양이 건강검진", (0.04, 0.68, 0.66, 0.84), anchor="bottom"),
            _t("sub", "10월 한 달, 예약하면 1만 원 할인", (0.04, 0.85, 0.6, 0.93), anchor="top"),
            _t("hours", "평일 09:00–19:00 · 토 10:00–15:00", (0.04, 0.93, 0.6, 0.98)),
        ),
        (Mark("qr", Box(0.82, 0.7, 0.97, 0.96), LINK),),
    ),
    "rocket": Ad(
        "rocket", (0.0, 0.0, 0.67, 1.0), (1024, 1024),
        (
            _t("headline", "별이 쏟아지는 밤", (0.06, 0.06, 0.94, 0.26), "center", color="#FFF3C4", color_to="#FFB347"),
            _t("sub", "여름밤 천체관측 캠프 모집", (0.06, 0.27, 0.94, 0.35), "center", anchor="top"),
            _t("cta", "신청하러 가기", (0.3, 0.83, 0.7, 0.91), "center", color="#FFB347"),
            _t("legal", "※ 우천 시 실내 프로그램으로 진행합니다.", (0.1, 0.93, 0.9, 0.98), "center"),
        ),
    ),
    "astronaut": Ad(
        "astronaut", (0.0, 0.0, 1.0, 1.0), (1024, 1280),
        (
            _t("headline", "꿈을 배우는 어린이 과학관", (0.06, 0.72, 0.94, 0.86), "left", anchor="bottom"),
            _t("note", "주말 가족 체험권", (0.06, 0.87, 0.6, 0.91), anchor="top"),
            _t("price", "12,000원부터", (0.06, 0.91, 0.6, 0.97)),
            _t("badge", "NEW", (0.8, 0.03, 0.96, 0.15)),
        ),
        style=TextStyle(weight=800, plate="always"),
    ),
    "flower": Ad(
        "flower.jpg", (0.05, 0.0, 0.72, 1.0), (1024, 1024),
        (
            _t("headline", "엄마에게 꽃을", (0.05, 0.06, 0.5, 0.22), anchor="top"),
            _t("sub", "당일 제작 · 당일 배송", (0.05, 0.23, 0.45, 0.29), anchor="top"),
            _t("price", "29,000원", (0.05, 0.74, 0.45, 0.9), was="42,000원"),
            _t("badge", "1+1", (0.76, 0.05, 0.96, 0.25)),
        ),
        (Mark("logo", Box(0.72, 0.86, 0.95, 0.95)),),
        logo="꽃집 봄날",
    ),
    "china": Ad(
        "china.jpg", (0.0, 0.0, 1.0, 1.0), (1280, 720),
        (
            _t("headline", "가을 단풍 여행", (0.05, 0.1, 0.5, 0.32), color="#1E4D6B"),
            _t("sub", "2박 3일 특가 패키지", (0.05, 0.33, 0.45, 0.42), anchor="top", color="#1E4D6B"),
            _t("price", "299,000원", (0.05, 0.66, 0.45, 0.86), was="459,000원", plate="panel"),
            _t("badge", "선착순 100명", (0.72, 0.07, 0.96, 0.16)),
        ),
    ),
    "jar": Ad(
        "room:-50:jar", (0.0, 0.0, 1.0, 1.0), (1024, 1280),
        (
            _t("headline", "할머니 손맛 그대로 수제 딸기잼", (0.08, 0.05, 0.92, 0.24), "center"),
            _t("sub", "국산 딸기 70%, 설탕은 반으로", (0.1, 0.25, 0.9, 0.31), "center", anchor="top"),
            _t("price", "8,900원", (0.06, 0.86, 0.5, 0.96), was="11,000원"),
            _t("cta", "스토어 바로가기", (0.55, 0.88, 0.94, 0.95), "right"),
            _t("badge", "2+1\n오늘만", (0.72, 0.34, 0.95, 0.52)),
        ),
    ),
    "bottle": Ad(
        "room:40:bottle", (0.0, 0.0, 1.0, 1.0), (1024, 1024),
        (
            _t("headline", "SUMMER SALE", (0.06, 0.06, 0.7, 0.2), color="#E4002B"),
            _t("sub", "최대 50% 할인, 이번 주말까지", (0.06, 0.21, 0.7, 0.28), anchor="top"),
            _t("note", "쿠폰은 앱에서 받으세요", (0.06, 0.29, 0.5, 0.34), plate="pill"),
            _t("legal", "일부 품목 제외 · 2026. 8. 31.까지", (0.06, 0.94, 0.7, 0.98)),
        ),
        (Mark("qr", Box(0.76, 0.76, 0.96, 0.96), LINK),),
    ),
    "outline": Ad(
        "coffee", (0.3, 0.1, 0.9, 1.0), (1024, 1024),
        (
            _t("headline", "따끈따끈\n신메뉴 출시", (0.05, 0.04, 0.95, 0.36), "center", color="#FFE14D"),
            _t("sub", "호박 라떼 · 고구마 라떼", (0.1, 0.38, 0.9, 0.45), "center"),
            _t("badge", "인기", (0.03, 0.72, 0.22, 0.91), color="#D7263D", color_to="#8E1B2C"),
        ),
        style=TextStyle(weight=900, outline=True),
    ),
    "scrim": Ad(
        "astronaut", (0.0, 0.0, 1.0, 0.5625), (1280, 720),
        (
            _t("headline", "우주비행사\n특별 강연", (0.04, 0.36, 0.32, 0.66), plate="scrim"),
            _t("sub", "11월 30일 오후 2시", (0.04, 0.68, 0.32, 0.76), plate="scrim", anchor="top"),
            _t("cta", "무료 신청", (0.04, 0.82, 0.3, 0.92), color="#0B5FFF"),
        ),
    ),
    "logo": Ad(
        "rocket", (0.2, 0.0, 1.0, 1.0), (1080, 1350),
        (
            _t("headline", "밤하늘 루프탑 바", (0.08, 0.1, 0.92, 0.24), "center"),
            _t("sub", "해피아워 1+1 칵테일", (0.1, 0.25, 0.9, 0.3), "center", anchor="top"),
            _t("hours", "매일 18:00–02:00", (0.2, 0.92, 0.8, 0.96), "center"),
            _t("badge", "1+1", (0.06, 0.34, 0.26, 0.5)),
        ),
        (Mark("logo", Box(0.36, 0.8, 0.64, 0.9)),),
        logo="LUNA",
    ),
    "flat": Ad(
        "plain", (0.0, 0.0, 1.0, 1.0), (1080, 1080),
        (
            _t("headline", "오늘의 도시락 배달", (0.08, 0.1, 0.92, 0.3)),
            _t("sub", "서울 전 지역 30분 도착, 첫 주문은 배달비 무료", (0.08, 0.32, 0.8, 0.42), anchor="top"),
            _t("price", "7,500원", (0.08, 0.55, 0.6, 0.7), was="9,900원"),
            _t("cta", "카카오톡으로 주문", (0.08, 0.76, 0.6, 0.85), color="#FEE500"),
            _t("badge", "첫 주문\n무료배달", (0.7, 0.5, 0.94, 0.74), color="#C93A1E"),
        ),
        (Mark("qr", Box(0.72, 0.76, 0.94, 0.98), LINK),),
    ),
}  # fmt: skip


def picture(ad: Ad) -> Array:
    """The ad's photo, cropped to its size without stretching."""
    kind, *rest = ad.photo.split(":")
    if kind == "room":
        source = _room(float(rest[0]), rest[1], ad.size)
    elif kind == "plain":
        source = np.full((64, 64, 3), (244, 239, 228), np.uint8)
    elif kind.endswith(".jpg"):
        source = load_sample_image(kind)
    else:
        source = getattr(skimage.data, kind)()
    height, width = source.shape[:2]
    left, top, right, bottom = (round(f * n) for f, n in zip(ad.crop, (width, height, width, height), strict=True))
    wide, high = right - left, bottom - top
    ratio = ad.size[0] / ad.size[1]
    wide, high = (min(wide, round(high * ratio)), min(high, round(wide / ratio)))
    cut = Image.fromarray(source[top : top + high, left : left + wide])
    return np.asarray(cut.resize(ad.size, Image.Resampling.LANCZOS), np.float32) / np.float32(255)


def draw_logo(words: str) -> Array:
    """A word mark in dark letters with a dot, on a clear ground."""
    font = open_font(find_font(weight=900), 120, 900)
    wide = int(font.getlength(words))
    canvas = Image.new("RGBA", (wide + 160, 150))
    brush = ImageDraw.Draw(canvas)
    brush.ellipse((10, 25, 110, 125), fill=(20, 30, 60, 255))
    brush.text((135, 120), words, font=font, fill=(20, 30, 60, 255), anchor="ls")
    return np.asarray(canvas, np.float32) / np.float32(255)


def main() -> None:
    """Letter, write the contact sheet, and the ads in full where they are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images")
    parser.add_argument("--full", type=Path)
    parser.add_argument("--only", choices=ADS)
    options = parser.parse_args()
    done = {name: _lettered(name) for name in ([options.only] if options.only else ADS)}
    if options.full:
        options.full.mkdir(parents=True, exist_ok=True)
        for name, image in done.items():
            image.save(options.full / f"{name}.png")
    if options.only is None:
        _contact_sheet(list(done.values())).save(options.out / "lettering-dress.jpg", quality=82, optimize=True)


def _lettered(name: str) -> Image.Image:
    ad = ADS[name]
    logos = {"": draw_logo(ad.logo)} if ad.logo else None
    done = letter(picture(ad), LayoutPlan(ad.texts, marks=ad.marks), ad.style, logos)
    sys.stdout.write(f"{name}\n" + "".join(f"  {note}\n" for note in done.notes))
    return Image.fromarray((done.image * 255 + 0.5).astype(np.uint8))


def _contact_sheet(images: list[Image.Image]) -> Image.Image:
    sheet = Image.new("RGB", (4 * CELL, 3 * CELL), "white")
    for index, image in enumerate(images):
        image.thumbnail((CELL - 8, CELL - 8), Image.Resampling.LANCZOS)
        corner = index % 4 * CELL + (CELL - image.width) // 2, index // 4 * CELL + (CELL - image.height) // 2
        sheet.paste(image, corner)
    return sheet


def _room(angle: float, product: str, size: tuple[int, int]) -> np.ndarray:
    from adstudio.imaging.composite.compose import compose
    from adstudio.types import Placement

    room = render_room(angle, size=max(size)).picture
    made = compose(room, [render(product, 700, angle)], [Placement(0.4, 0.84, 0.42)])
    return (made.image * 255 + 0.5).astype(np.uint8)


if __name__ == "__main__":
    main()
