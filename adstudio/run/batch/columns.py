"""The columns of a catalogue: what they are called, in English and Korean, and how a cell is read."""

from __future__ import annotations

import difflib
import json
import unicodedata
from collections.abc import Callable
from dataclasses import fields
from typing import Any

from ..request import AdRequest

NONE = "-"  # in a cell: empty on purpose, so that no headline is written where there is none

_ALIASES = {
    "id": "아이디 번호 상품번호 상품코드 제품코드 sku code",
    "photo": "사진 제품사진 상품사진 이미지 상품이미지 product products image",
    "reference": "참고사진 원본사진",
    "brief": "브리프 배경 배경설명 장면 background",
    "context": "설명 상품설명 제품설명 홍보내용 description",
    "industry": "업종",
    "style": "스타일 화풍",
    "channels": "채널들 매체들",
    "channel": "채널 매체",
    "headline": "제목 헤드라인 큰글자 title",
    "sub": "부제 부제목 작은글자 보조문구 subtitle",
    "price": "가격 판매가 할인가",
    "old_price": "정가 원가 할인전가격",
    "badge": "배지 뱃지",
    "call_to_action": "버튼 행동유도 cta",
    "legal": "법적문구 유의사항 고지",
    "hours": "영업시간",
    "link": "링크 주소 url",
    "logo": "로고",
    "tone": "말투 톤",
    "copy_space": "여백 글자자리",
    "aspect": "비율 aspectratio",
    "width": "가로 너비",
    "height": "세로 높이",
    "seed": "시드",
    "steps": "단계",
    "count": "장수",
    "strength": "강도",
    "checkpoint": "모델 model",
    "format": "형식 파일형식",
    "quality": "품질",
    "max_kb": "최대용량",
    "ai_label": "ai표시",
    "backdrop": "배경이름 공유배경 배경그룹",
}
_YES, _NO = {"yes", "true", "1", "y", "o", "예", "네", "참"}, {"no", "false", "0", "n", "x", "아니오", "아니요", "거짓"}
_HELD_BACK = {"task", "products"}  # a photo makes a composite
# Columns that are no field of a request.
OWN = ("id", "photo", "channels", "backdrop")
PICTURES = ("reference", "logo")


class BadCell(ValueError):
    """A cell that cannot be read; says what was expected."""


def names() -> tuple[str, ...]:
    """Every column that is understood."""
    return (*OWN, *(name for name in _KINDS if name not in _HELD_BACK))


def find(header: str) -> str | None:
    """The column that a header means; None where it is unknown."""
    return _known().get(_plain(header))


def suggest(header: str) -> str:
    """The column that was probably meant; empty where none comes close."""
    close = difflib.get_close_matches(_plain(header), _known(), n=1, cutoff=0.7)
    return _known()[close[0]] if close else ""


def is_aside(header: str) -> bool:
    """Whether a header says that its column is not for us."""
    return not header.strip() or header.strip()[0] in "_#"


def read(name: str, value: object) -> Any:
    """Read a cell as a request takes it; None where it is empty.

    Raises:
        BadCell: it is of another kind.
    """
    if isinstance(value, str):
        value = _whole_letters(unicodedata.normalize("NFC", value).strip())
    if value is None or value == "":
        return None
    if name in ("photo", "channels"):
        return _read_list(value)
    if name in OWN:
        return _read_text(value)
    return _KINDS[name](value)


def _read_text(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise BadCell("text")
    return "" if value == NONE else _whole_letters(_shortest(value))


def _whole_letters(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as error:  # JSON can write half an emoji, and no file can hold it
        raise BadCell("text of whole letters") from error
    return text


def _shortest(value: str | int | float) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _read_list(value: object) -> list[str]:
    if isinstance(value, (list, tuple)):
        return [_read_text(item) for item in value]
    parts = _read_text(value).replace(";", "|").replace("\n", "|").split("|")
    return [part.strip() for part in parts if part.strip()]


def _read_whole(value: object) -> int:
    number = _read_number(value)
    if not number.is_integer():
        raise BadCell("a whole number")
    return int(str(value)) if str(value).strip().isdigit() else int(number)  # a seed is longer than a float is exact


def _read_number(value: object) -> float:
    if isinstance(value, bool):
        raise BadCell("a number")
    try:
        number = float(str(value))
    except ValueError as error:
        raise BadCell("a number") from error
    if number in (float("inf"), float("-inf")) or number != number:
        raise BadCell("a number")
    return number


def _read_flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    said = _shortest(value).casefold() if isinstance(value, (str, int, float)) else ""
    if said in _YES | _NO:
        return said in _YES
    raise BadCell("yes or no")


def _read_json(value: object) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError as error:
        raise BadCell("JSON") from error


def _kind_of(annotation: str) -> Callable[[object], Any]:
    kinds: dict[str, Callable[[object], Any]] = {"bool": _read_flag, "int": _read_whole, "float": _read_number}
    kind = annotation.removesuffix(" | None")
    if kind.startswith("tuple") or kind in ("Lighting", "TextStyle"):
        return _read_json
    return kinds.get(kind, _read_text)


_KINDS = {field.name: _kind_of(str(field.type)) for field in fields(AdRequest)}


def _plain(header: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFKC", header).casefold() if sign not in " _-\t\n\ufeff")


def _known() -> dict[str, str]:
    if not _cache:
        for name in names():
            _cache[_plain(name)] = name
            _cache.update(dict.fromkeys(map(_plain, _ALIASES.get(name, "").split()), name))
    return _cache


_cache: dict[str, str] = {}
