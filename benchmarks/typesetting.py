"""Measure how fast copy is fitted and drawn, and how its lines break beside filling them one after the other.

python benchmarks/typesetting.py

Milliseconds are processor time at 1024x1024, median of copy that the process has not set before; "first" is the first
of the process and opens the font.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from adstudio.text.faces.fonts import find_fonts  # noqa: E402
from adstudio.text.faces.typeface import Typeface  # noqa: E402
from adstudio.text.lines.bonds import belong_together  # noqa: E402
from adstudio.text.lines.fitting import Setting, fit  # noqa: E402
from adstudio.types import Box, TextBlock, TextRole  # noqa: E402
from benchmarks.surroundings import sentence  # noqa: E402

SIDE = 1024
HEADLINES = (
    "새로 만나는 커피",
    "매일 아침 갓 구운 빵",
    "따뜻한 커피 한 잔의 여유",
    "봄 한정 딸기 라떼 50% 할인",
    "우리 동네 작은 꽃집",
    "신선한 재료로 만든 수제 버거",
    "여름 신메뉴 출시 전 메뉴 1 + 1",
    "2만 원 이상 구매 시 무료 배송",
    "매일 오후 2시 갓 구운 식빵",
    "누구나 쉽게 만날 수 있는 행복",
    "국내산 한우로 끓인 진한 곰탕",
    "엄마의 손맛 그대로 담은 반찬",
    "지금 바로 예약하세요",
    "오늘도 좋은 하루",
    "겨울밤 몸을 녹이는 뜨끈한 어묵탕",
    "3개 묶음 9,900 원 특가",
    "새 학기 준비는 여기서",
    "당신을 위한 단 하나의 향기",
    "최대 50% 할인 이벤트",
    "바다를 보며 즐기는 브런치",
    "손끝에서 피어나는 봄",
    "깨끗한 물로 키운 미나리",
    "첫 방문 고객 20% 할인",
    "커피와 함께 즐기는 케이크",
)
LEGAL = (
    "행사 기간은 3월 1일부터 3월 31일까지이며 매장 사정에 따라 일찍 끝날 수 있습니다. "
    "다른 할인이나 쿠폰과 함께 쓸 수 없고 포장 주문에만 적용됩니다. "
    "제품 이미지는 연출된 것으로 실제와 다를 수 있습니다. "
    "알레르기가 있는 분은 주문하기 전에 직원에게 꼭 알려 주세요. "
    "자세한 내용은 매장에 문의해 주세요."
)
BOXES = (Box(0.08, 0.08, 0.92, 0.3), Box(0.08, 0.08, 0.5, 0.5), Box(0.3, 0.1, 0.7, 0.3), Box(0.1, 0.1, 0.9, 0.2))


def main() -> None:
    """Print every table as Markdown."""
    print(f"{sentence()}\n")
    print("| copy | fit, first | fit | draw |\n|---|---|---|---|")
    _times("headline, 2 to 7 words", "headline", HEADLINES, 800)
    _times("headline in columns", "headline", HEADLINES, 700, vertical=True)
    _times("sub, three headlines long", "sub", [" ".join(HEADLINES[i : i + 3]) for i in range(21)], 600)
    _times(f"legal, {len(LEGAL.split())} words", "legal", [LEGAL[i:] for i in range(0, 12, 3)], 400)
    print("\n| way | lines with one short word | torn from its number | widest line over the mean |")
    print("|---|---|---|---|")
    face = Typeface(find_fonts("Pretendard", (), 800), 800, -0.022, 0.06)
    settings = [_fit("headline", text, box, face) for text in HEADLINES for box in BOXES]
    broken = [setting.broken for setting in settings]
    print(_row("ours", broken, face))
    filled = [_filled(setting, face) for setting in settings]
    print(_row("filled, at the same size", filled, face))


def _fit(role: TextRole, text: str, box: Box, face: Typeface, *, vertical: bool = False) -> Setting:
    return fit(TextBlock(role, text, box, vertical=vertical), text, face, (SIDE, SIDE), min_px=14)


def _times(name: str, role: TextRole, texts: Any, weight: int, *, vertical: bool = False) -> None:
    face = Typeface(find_fonts("Pretendard", (), weight), weight, -0.02, 0.06)
    box = Box(0.55, 0.05, 0.95, 0.95) if vertical else Box(0.08, 0.08, 0.92, 0.36)
    fits, draws = [], []
    for text in texts:
        setting, spent = _clocked(lambda text=text: _fit(role, text, box, face, vertical=vertical))
        fits.append(spent)
        draws.append(_clocked(lambda setting=setting: _draw(setting))[1])
    print(f"| {name} | {fits[0]:.0f} ms | {statistics.median(fits):.1f} ms | {statistics.median(draws):.1f} ms |")


def _draw(setting: Setting) -> None:
    for line in setting.lines:
        if line:
            setting.face.draw_line(line, setting.size, (0.3, 0.6))


def _clocked(work: Callable[[], Any]) -> tuple[Any, float]:
    start = time.process_time()
    done = work()
    return done, (time.process_time() - start) * 1000


def _filled(setting: Setting, face: Typeface) -> list[str]:
    """Lines as most programs break them: as many words as go into the box, at the size that ours has."""
    room = setting.block.box.width * SIDE / setting.size
    lines: list[str] = []
    for word in setting.block.text.split():
        if lines and face.measure(f"{lines[-1]} {word}") <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _row(name: str, blocks: Any, face: Typeface) -> str:
    many = [lines for lines in blocks if len(lines) > 1]
    lonely = sum(len(line.split()) == 1 and len(line) <= 2 for lines in many for line in lines)
    torn = sum(belong_together(a.split()[-1], *[*b.split(), ""][:2]) for lines in many for a, b in pairwise(lines))
    ragged = statistics.mean(
        max(map(face.measure, lines)) * len(lines) / sum(map(face.measure, lines)) for lines in many
    )
    return f"| {name} | {lonely} of {sum(map(len, many))} | {torn} | {ragged:.2f} |"


if __name__ == "__main__":
    main()
