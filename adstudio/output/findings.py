"""What a check found: a stable code, a level, and a sentence in English and in Korean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import yaml

from ..errors import InputError
from ..particles import Spoken
from ..types import ROLE_NAMES, Note

Level = Literal["ERROR", "WARN", "INFO"]
LEVELS: tuple[Level, ...] = ("ERROR", "WARN", "INFO")
# What the sentences name, in Korean; English takes the word as it stands.
_KOREAN: dict[str, str] = {
    **ROLE_NAMES, "logo": "로고", "qr": "QR 코드", "copy": "문구",
    "a layout": "레이아웃", "a file": "파일", "a picture": "그림", "bytes": "파일 크기", "format": "파일 형식",
    "top left": "왼쪽 위", "top right": "오른쪽 위", "bottom left": "왼쪽 아래", "bottom right": "오른쪽 아래",
    "left and right": "왼쪽과 오른쪽", "top and bottom": "위와 아래", "left": "왼쪽", "right": "오른쪽",
    "collage": "이어 붙인 그림 금지", "font": "정해진 글꼴", "advertiser": "광고주 이름 표시",
    "the advertiser's name": "광고주 이름", "letter sizes": "글자 크기", "safe zone": "안전 영역",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kind:
    """One thing that can be found, as ``data/findings.yaml`` words it."""

    code: str
    level: Level
    english: str
    korean: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found; ``source`` says who states the rule, with the day it was looked up."""

    code: str
    level: Level
    english: str
    korean: str
    source: str = ""

    def line(self) -> str:
        """The finding on one line, for a person."""
        return f"[{self.level}] {self.code} {self.korean}"

    def note(self) -> Note:
        """The same line for a page of any language."""
        return Note(
            "channel.finding",
            "[{level}] {finding} {said}",
            level=self.level,
            finding=self.code,
            said=self.korean,
            found=self.english,
        )


@cache
def kinds() -> Mapping[str, Kind]:
    """Everything that can be found, by its code."""
    table = yaml.safe_load((Path(__file__).parent / "data" / "findings.yaml").read_text("utf-8"))
    return {code: Kind(code, row["level"], row["english"], row["korean"]) for code, row in table.items()}


def word(code: str, values: Mapping[str, object], names: tuple[str, str], source: str, *, lenient: bool) -> Finding:
    """Fill in a finding.

    Args:
        names: of the channel, English and Korean.
        lenient: an error becomes a warning: the rule's source is disputed.
    """
    kind = kinds()[code]
    level: Level = "WARN" if lenient and kind.level == "ERROR" else kind.level
    said = {key: str(value) for key, value in values.items()}
    korean = {key: Spoken(_KOREAN.get(value, value)) for key, value in said.items()}
    return Finding(
        code,
        level,
        kind.english.format(channel=names[0], **said),
        kind.korean.format(channel=Spoken(names[1]), **korean),
        source,
    )


def is_blocked(findings: Iterable[Finding]) -> bool:
    """Tell whether something was found that keeps a picture from being saved."""
    return any(finding.level == "ERROR" for finding in findings)


def describe(findings: Iterable[Finding]) -> str:
    """Write findings in Korean, a line each, the gravest first."""
    return "\n".join(finding_lines(findings))


def finding_lines(findings: Iterable[Finding]) -> list[Note]:
    """The same line by line, for a page of any language."""
    ordered = sorted(findings, key=lambda finding: LEVELS.index(finding.level))
    return [finding.note() for finding in ordered] or [Note("channel.keeps_rules", "규칙에 맞아요.")]


def refuse(findings: Iterable[Finding], channel: str) -> None:
    """Refuse a picture that may not be saved for its channel.

    Raises:
        InputError: ``channel.refused``, listing the codes and what they say.
    """
    errors = [finding for finding in findings if finding.level == "ERROR"]
    if errors:
        codes = ", ".join(dict.fromkeys(finding.code for finding in errors))
        said = " ".join(dict.fromkeys(finding.english for finding in errors))
        raise InputError(
            "channel.refused",
            f"{channel} would not take this picture ({codes}): {said}",
            "Correct it, or turn on override to go on all the same.",
            said=" ".join(dict.fromkeys(finding.korean for finding in errors)),
        )
