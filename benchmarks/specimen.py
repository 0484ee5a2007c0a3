"""Show the type: all weights, roles, columns, mixed scripts, a chain of fonts and broken lines on one sheet.

python benchmarks/specimen.py [--out docs/images/type-specimen.jpg] [--font Pretendard] [--fallback "Noto Sans CJK KR"]

A name that ends in ``.png`` gives the sheet without loss, to look at it at 100 %.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
from PIL import Image  # noqa: E402

from adstudio.text.faces.fontfile import WEIGHTS  # noqa: E402
from adstudio.text.faces.fonts import BUNDLED, families_by_name, find_fonts  # noqa: E402
from adstudio.text.faces.typeface import Typeface  # noqa: E402
from adstudio.text.lines.fitting import Setting, fit  # noqa: E402
from adstudio.text.lines.typesetting import set_copy  # noqa: E402
from adstudio.text.roles import role_style  # noqa: E402
from adstudio.types import Array, Box, LayoutPlan, TextBlock, TextRole, TextStyle  # noqa: E402

WIDTH, HEIGHT = 1200, 1590
INK, GREY, RULE, PAPER = 0.1, 0.52, 0.82, 0.985
DOCS = ROOT / "docs" / "images" / "type-specimen.jpg"
LARGEST_BYTES = 200_000
_LATIN = ("Liberation Serif", "Georgia", "Times New Roman")
_QUALITIES = range(92, 40, -4)

BROKEN = (
    "새로 만나는 커피",
    "매일 오후 2시 갓 구운 식빵",
    "2만 원 이상 구매 시 무료 배송",
    "여름 신메뉴 출시 전 메뉴 1 + 1",
    "국내산 한우로 끓인 진한 곰탕 9,900 원",
    "초특급울트라슈퍼할인대축제 시작합니다",
)
COLUMNS = ("봄날의 향기를 담다", "매일 아침 8시, 갓 구운 빵", "NEW 딸기 라떼 50% 할인", "“맛있다.” 단 3일 9,900원")


class Sheet:
    """A sheet of paper in pixels."""

    def __init__(self, *fonts: str) -> None:
        self.paper = np.full((HEIGHT, WIDTH), PAPER, np.float32)
        self.fonts: tuple[str, ...] = fonts

    def face(self, weight: int, tracking: float = -0.01, mixed: float = 0.07) -> Typeface:
        """The sheet's fonts at a weight."""
        return Typeface(find_fonts(self.fonts[0], self.fonts[1:], weight), weight, tracking, mixed)

    def style(self, weight: int) -> TextStyle:
        """The same for a plan."""
        return TextStyle(font=self.fonts[0], weight=weight, min_px=14, fallback=self.fonts[1:])

    def ink(self, setting: Setting, grey: float = INK) -> None:
        """Print a setting."""
        for line, start, baseline in zip(setting.lines, setting.starts, setting.baselines, strict=True):
            if not line:
                continue
            x, y = int(np.floor(start)), int(np.floor(baseline))
            cover, left, base = setting.face.draw_line(line, setting.size, (start - x, baseline - y))
            target = self.paper[y - base :, x - left :][: cover.shape[0], : cover.shape[1]]
            target += cover[: target.shape[0], : target.shape[1]] * (grey - target)

    def write(self, text: str, left: float, top: float, size: float, weight: int = 400, grey: float = INK) -> None:
        """Print one line of plain text."""
        face = self.face(weight)
        width = face.measure(text) * size + 1
        box = Box(left / WIDTH, top / HEIGHT, (left + width) / WIDTH, (top + 2 * size) / HEIGHT)
        block = TextBlock("note", text, box, "left", anchor="top")
        self.ink(fit(block, text, face, (WIDTH, HEIGHT), min_px=1, max_px=size), grey)

    def heading(self, text: str, left: int, top: int, right: int) -> None:
        """Print the name of a section over a rule."""
        self.write(text, left, top, 15, 600, GREY)
        self.paper[top + 24 : top + 25, left:right] = RULE

    def frame(self, left: int, top: int, right: int, bottom: int) -> None:
        """Show where a box lies."""
        for edges in (
            np.s_[top : top + 1, left:right], np.s_[bottom - 1 : bottom, left:right],
            np.s_[top:bottom, left : left + 1], np.s_[top:bottom, right - 1 : right],
        ):  # fmt: skip
            self.paper[edges] = RULE


def specimen(*fonts: str) -> Array:
    """Lay out the sheet of a chain of fonts. Returns: grey ``[H,W]``."""
    sheet = Sheet(*fonts)
    _weights(sheet, 40, 36)
    _roles(sheet, 640, 36)
    _broken(sheet, 40, 572)
    _columns(sheet, 640, 720)
    _scripts(sheet, 40, 1160)
    _anchors(sheet, 640, 1160)
    return sheet.paper


def _weights(sheet: Sheet, left: int, top: int) -> None:
    sheet.heading("Weights", left, top, left + 520)
    for row, (name, weight) in enumerate(WEIGHTS.items()):
        y = top + 44 + row * 51
        sheet.write("따뜻한 커피 한 잔 9,900", left, y, 36, weight)
        sheet.write(f"{weight}  {name}", left + 410, y + 11, 14, 400, GREY)


def _roles(sheet: Sheet, left: int, top: int) -> None:
    sheet.heading("Roles, each by its style", left, top, left + 520)
    copy: list[tuple[TextRole, str, int]] = [
        ("headline", "갓 구운 하루의 시작", 92),
        ("sub", "매일 아침 여덟 시, 동네 빵집의 문이 열립니다", 48),
        ("price", "4,900원", 104),
        ("badge", "1+1", 52),
        ("cta", "지금 예약하기", 48),
        ("note", "빵은 그날 구운 것만 팝니다", 40),
        ("hours", "월–금 08:00–20:00, 토 10:00–18:00", 34),
        ("legal", "행사는 재료가 떨어지면 일찍 끝날 수 있습니다. 다른 할인과 함께 쓸 수 없습니다.", 44),
    ]
    y, blocks = top + 44, []
    for role, text, tall in copy:
        box = Box((left + 84) / WIDTH, y / HEIGHT, (left + 520) / WIDTH, (y + tall) / HEIGHT)
        blocks.append(TextBlock(role, text, box, "left", anchor="middle"))
        sheet.write(role, left, y + tall / 2 - 7, 14, 400, GREY)
        y += tall + 20
    for setting in set_copy(LayoutPlan(tuple(blocks)), sheet.style(800), (WIDTH, HEIGHT)):
        sheet.ink(setting)


def _broken(sheet: Sheet, left: int, top: int) -> None:
    sheet.heading("Lines break between eojeol, numbers keep what they count", left, top, left + 520)
    style = role_style("headline")
    face = sheet.face(700, style.tracking, style.mixed)
    for number, text in enumerate(BROKEN):
        x, y = left + number % 2 * 268, top + 46 + number // 2 * 172
        sheet.frame(x, y, x + 252, y + 152)
        box = Box((x + 12) / WIDTH, (y + 12) / HEIGHT, (x + 240) / WIDTH, (y + 140) / HEIGHT)
        sheet.ink(fit(TextBlock("headline", text, box), text, face, (WIDTH, HEIGHT), min_px=20, max_px=52))


def _columns(sheet: Sheet, left: int, top: int) -> None:
    sheet.heading("Columns from the right; words turned, short numbers in one cell", left, top, left + 520)
    for number, text in enumerate(COLUMNS):
        x = left + (len(COLUMNS) - 1 - number) * 133
        sheet.frame(x, top + 46, x + 121, top + 410)
        box = Box((x + 12) / WIDTH, (top + 60) / HEIGHT, (x + 109) / WIDTH, (top + 396) / HEIGHT)
        block = TextBlock("headline", text, box, anchor="top", vertical=True)
        for setting in set_copy(LayoutPlan((block,)), sheet.style(600), (WIDTH, HEIGHT)):
            sheet.ink(setting)


def _scripts(sheet: Sheet, left: int, top: int) -> None:
    sheet.heading("Hangul, Latin, figures and signs", left, top, left + 520)
    lines = ("봄sale 최대50%할인 BEST10선", "₩12,000 25℃ 300ml 1+1 No.1 ㅋㅋ", "가각갂 뷁쀍 값넋닭 훑 읊 힣 → ★ ♥ ㎡")
    for row, text in enumerate(lines):
        sheet.write(text, left, top + 46 + row * 52, 32, 500)
    y = top + 46 + len(lines) * 52 + 14
    sheet.heading(f"A chain of fonts: {', '.join(sheet.fonts)}", left, y, left + 520)
    chained = "특선 韓牛 定食 2人 ☎ 예약" if sheet.fonts[1:] else "특선 한우 정식 2인 예약"
    sheet.write(chained, left, y + 46, 44, 700)
    latin = next((name for name in _LATIN if name in families_by_name()), sheet.fonts[0])
    sheet.fonts = (latin, *sheet.fonts)
    sheet.write("Latin by its own font 한글은 2번 글꼴", left, y + 110, 32, 500)
    sheet.fonts = sheet.fonts[1:]


def _anchors(sheet: Sheet, left: int, top: int) -> None:
    sheet.heading("Nine points of a box; middles are those of the ink", left, top, left + 520)
    face = sheet.face(800, -0.02)
    for row, anchor in enumerate(("top", "middle", "bottom")):
        for column, align in enumerate(("left", "center", "right")):
            x, y = left + column * 178, top + 46 + row * 118
            sheet.frame(x, y, x + 164, y + 104)
            box = Box(x / WIDTH, y / HEIGHT, (x + 164) / WIDTH, (y + 104) / HEIGHT)
            block = TextBlock("headline", "오늘\n한 잔.", box, align, anchor=anchor)
            sheet.ink(fit(block, block.text, face, (WIDTH, HEIGHT), min_px=8, max_px=34))


def save(sheet: Array, path: Path) -> None:
    """Save the sheet; a JPEG at the best quality that keeps it small."""
    picture = Image.fromarray((np.clip(sheet, 0, 1) * 255 + 0.5).astype(np.uint8))
    if path.suffix == ".png":
        picture.save(path, optimize=True)
        return
    for quality in _QUALITIES:
        picture.save(path, quality=quality, optimize=True)
        if path.stat().st_size <= LARGEST_BYTES:
            break


def main() -> None:
    """Make the sheet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=DOCS)
    parser.add_argument("--font", default=BUNDLED)
    parser.add_argument("--fallback", default="Noto Sans CJK KR,DejaVu Sans", help="families, separated by commas")
    options = parser.parse_args()
    fallback = tuple(name.strip() for name in options.fallback.split(",") if name.strip())
    save(specimen(options.font, *fallback), options.out)
    print(f"{options.out}: {options.out.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
