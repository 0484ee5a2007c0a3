"""Material, light, camera and small things of the scene, as the brief names them, in English phrases."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..reading.entries import Kind
from ..reading.match import Match

_MOST = {"material": 2, "light": 2, "camera": 2, "prop": 4}
# 테이블 위에서 찍은 is a photograph taken on a table, 케이크 위에서 찍은 one taken from above the cake.
_SURFACE = re.compile(
    r"(?:테이블|식탁|탁자|책상|도마|쟁반|접시|천|바닥|침대|잔디|잔디밭|모래|모래사장|돌|바위|대리석|나무|원목|린넨|실크|단상|포디움|선반|카운터|의자|소파|벤치|매트|러그|"
    r"배경|보자기|종이|담요|이불|얼음|흙)\s*$"
)


@dataclass(frozen=True, slots=True)
class Look:
    """English phrases, empty where the brief says nothing; ``props`` are small things and effects that it names."""

    material: str = ""
    light_quality: str = ""
    camera: str = ""
    props: tuple[str, ...] = ()


def read_look(body: str, matches: Sequence[Match]) -> Look:
    """Read how things are made, lit and photographed; what the brief denies (``역광 말고``) is left out."""
    return Look(
        material=" and ".join(_phrases(body, matches, "material")),
        light_quality=" and ".join(_phrases(body, matches, "light")),
        camera=", ".join(_phrases(body, matches, "camera")),
        props=tuple(_phrases(body, matches, "prop")),
    )


def _phrases(body: str, matches: Sequence[Match], kind: Kind) -> list[str]:
    found: dict[str, None] = {}
    for match in matches:
        entry = match.of(kind)
        if entry is None or match.denied:
            continue
        if kind == "camera" and match.text.startswith("위에서") and _SURFACE.search(body[: match.start]):
            continue
        found[entry.english] = None
    kept = [phrase for phrase in found if not any(phrase != other and phrase in other for other in found)]
    return kept[: _MOST[kind]]
