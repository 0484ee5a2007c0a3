"""Left, right, above: which side the light comes from and which side stays clear for the copy."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import cast

from ...types import Light, Side

_SIDE_WORDS: tuple[tuple[Side, str], ...] = (
    ("left", r"왼쪽|왼편|좌측|왼\b"),
    ("right", r"오른쪽|오른편|우측"),
    ("bottom", r"아래쪽|아랫부분|아래|하단|밑부분|밑쪽"),
    ("center", r"가운데|정중앙|중앙|한가운데"),
    ("top", r"맨\s?위|위쪽|윗쪽|윗부분|상단|천장|머리\s?위|정면|위"),
)
_SIDES = re.compile("|".join(f"(?P<{side}>{words})" for side, words in _SIDE_WORDS))
_LIGHT = r"빛(?!나|깔|바랜|을\s?잃)|햇살|햇빛|햇볕|조명|채광|자연광|역광|광원|라이트|스포트라이트|노을|창가|창문"
_COPY = r"여백|글자|글씨|문구|텍스트|제목|헤드라인|카피|글|비워|비우|비어|빈\s?공간|빈\s?자리|공간|자리"
_ANCHORS = re.compile(rf"(?P<light>{_LIGHT})|(?P<copy>{_COPY})")
_DENIED = re.compile(r"(?:에서|에|으로|은|는)?\s*(?:말고|아니고|아니라|빼고|금지)")
_CAMERA = re.compile(
    r"(?:쪽)?에서\s*(?:찍|촬영|내려다|올려다|본|바라)"
)  # where the camera stands is no side of the light
_REACH = 14  # characters between a side and what it belongs to
_ENGLISH_LIGHT = re.compile(
    r"\b(?:light|sunlight|lit)\b[^,.;\n]{0,20}?\b(left|right|above)\b|\b(left|right|top)[ -](?:light|lit)", re.I
)
_ENGLISH_COPY = re.compile(
    r"\b(?:space|room|text|headline|copy)\b[^,.;\n]{0,16}?\b(left|right|top|bottom|cent(?:er|re))\b", re.I
)


@dataclass(frozen=True, slots=True)
class Directions:
    """What the brief says of sides, with the words that say it; None = nothing said."""

    light: Light | None = None
    light_words: str = ""
    copy_space: Side | None = None
    copy_words: str = ""

    def axis_of(self, word: str) -> str:
        """What a word of the brief helped to tell: ``light``, ``copy``, or nothing."""
        if word in self.light_words:
            return "light"
        return "copy" if word in self.copy_words else ""


def read_directions(body: str) -> Directions:
    """Tie each side word to light or copy: to what follows (``왼쪽 여백``), else to what precedes (``글자는 위에``)."""
    light: tuple[Light, str] | None = None
    copy: tuple[Side, str] | None = None
    for clause in re.split(r"[,.;!?\n]", body):
        for side, kind, words in _ties(clause):
            if kind == "light" and light is None and (lit := _light_side(side)):
                light = (lit, words)
            elif kind == "copy" and copy is None:
                copy = (side, words)
    if light is None and (hit := _ENGLISH_LIGHT.search(body)):
        word = (hit[1] or hit[2]).lower()
        light = (cast(Light, "above" if word == "top" else word), hit[0])
    if copy is None and (hit := _ENGLISH_COPY.search(body)):
        word = hit[1].lower()
        copy = (cast(Side, "center" if word.startswith("cent") else word), hit[0])
    return Directions(*(light or (None, "")), *(copy or (None, "")))


def _light_side(side: Side) -> Light | None:
    sides: dict[Side, Light] = {"left": "left", "right": "right", "top": "above"}
    return sides.get(side)


def _ties(clause: str) -> list[tuple[Side, str, str]]:
    sides = [hit for hit in _SIDES.finditer(clause) if not _DENIED.match(clause, hit.end())]
    sides = [hit for hit in sides if not _CAMERA.match(clause, hit.end())]
    anchors = list(_ANCHORS.finditer(clause))
    ties: list[tuple[Side, str, str]] = []
    used: set[int] = set()
    for k, side in enumerate(sides):
        if k + 1 < len(sides) and _makes_corner(clause, side, sides[k + 1]):
            continue  # 좌측 상단: told together with the next
        corner = sides[k - 1] if k and _makes_corner(clause, sides[k - 1], side) else None
        first = k - 1 if corner else k
        before = sides[first - 1].end() if first else 0
        until = sides[k + 1].start() if k + 1 < len(sides) else len(clause)
        ahead = [a for a in anchors if side.end() <= a.start() < until and a.start() - side.end() <= _REACH]
        behind = [a for a in anchors if before <= a.start() < side.start() and a.start() not in used]
        behind = [a for a in behind if side.start() - a.end() <= _REACH and _is_topic(clause, a.end())]
        ahead = [a for a in ahead if not _opens_phrase(clause, side.end(), a)]
        anchor = ahead[0] if ahead else behind[-1] if behind else None
        if anchor is None or not _suits(clause, side, anchor):
            continue
        used.add(anchor.start())
        # light has no lower half, and copy in a corner stands above or below
        name = cast(Side, (corner or side).lastgroup if anchor.lastgroup == "light" else side.lastgroup)
        start, end = min(side.start(), anchor.start()), max(side.end(), anchor.end())
        ties.append((name, anchor.lastgroup or "", clause[start:end].strip()))
    return ties


def _makes_corner(clause: str, side: re.Match[str], following: re.Match[str]) -> bool:
    across, along = side.lastgroup in ("left", "right"), following.lastgroup in ("top", "bottom")
    return across and along and not clause[side.end() : following.start()].strip()


def _is_topic(clause: str, at: int) -> bool:
    """``글자는 위에``, ``빛이 왼쪽에서``: the thing is named first, bare or with a particle."""
    return bool(re.match(r"[가-힣]{0,3}?(?:은|는|이|가|을|를|도|들)?\s", clause[at:]))


def _opens_phrase(clause: str, side_end: int, anchor: re.Match[str]) -> bool:
    """``왼쪽에서 글자는 …``: a topic after a finished phrase begins a new one, so the side is not its."""
    directly = not clause[side_end : anchor.start()].strip()
    return not directly and bool(re.match(r"(?:은|는)\s", clause[anchor.end() :]))


def _suits(clause: str, side: re.Match[str], anchor: re.Match[str]) -> bool:
    """Keep ``테이블 위에 햇살`` (a place to stand) apart from ``위에서 조명`` (a side of the light)."""
    if anchor.lastgroup != "light" or side[0] != "위":
        return True
    before, after = clause[: side.start()], clause[side.end() :]
    stands_on_something = re.search(r"[가-힣]\s*$", before) and not _SIDE_MAY_FOLLOW.search(before)
    if after.startswith(("에서", "로부터")):
        return not stands_on_something or anchor.start() - side.end() <= 4
    return not stands_on_something and (anchor.end() <= side.start() or after.startswith(" "))


_SIDE_MAY_FOLLOW = re.compile(r"(?:은|는|이|가|을|를|빛|광|조명|고|서|바로|로|머리)\s*$")
