"""Where a shop is, when it is open and how to reach it, as the brief has it: for the caption, never for the picture."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from ..reading.subject import is_shop_name
from .hashtags import find_region

_PHONE = re.compile(
    r"(?<![\d-])(?:0\d{1,3}[-.) ]\s?\d{3,4}[-. ]\d{4}|01\d\d{7,8}|1[5-9]\d{2}[- ]\d{4}|0507[- ]?\d{4}[- ]?\d{4})"
    r"(?![\d-])"
)
_DAY = "[월화수목금토일]"
_DAYS = rf"(?:매일|평일|주말|공휴일|{_DAY}(?:\s?[~∼-]\s?{_DAY})?요일|{_DAY}\s?[~∼-]\s?{_DAY})"
_CLOCK = r"(?:(?:오전|오후|아침|저녁|밤)\s?)?(?:[01]?\d|2[0-4])(?::[0-5]\d|시(?:\s?(?:[0-5]?\d분|반))?)"
_HOURS = re.compile(
    rf"(?:{_DAYS}\s?)?(?<!\d){_CLOCK}\s?[~∼–-]\s?{_CLOCK}"
    rf"|(?:매주\s?)?(?:[월화수목금토일]요일(?:\s?,\s?)?)+\s?(?:정기\s?)?휴무|연중무휴|24시간\s?(?:영업|운영|상담)"
)
_EXIT = re.compile(r"[가-힣]{1,8}역\s?\d{1,2}번\s?출구(?:\s?(?:바로\s?)?앞|\s?도보\s?\d{1,2}분)?")
_SMALL_PLACES = ("동", "역", "구", "읍", "로", "길", "홍대", "성수", "연남")
# A number that counts something (특가로 9900원) is no house number.
_STREET = re.compile(
    r"(?:[가-힣]{2,5}(?:시|군|구)\s)?[가-힣]{1,8}(?:대로|로|길)(?:\s?\d{1,3}번길)?\s\d{1,4}(?:-\d{1,3})?(?!\d|[,.]\d|[%-]|\s?(?!층|지하)[가-힣])"
    r"(?:\s(?:지하\s?)?\d{1,2}층)?"
)


@dataclass(frozen=True, slots=True)
class Contact:
    """Place, hours and phone numbers in the brief's own words; empty where it tells none."""

    place: str = ""
    hours: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()

    def labelled(self, told: Collection[str] = ()) -> tuple[str, ...]:
        """All of it, each with what it is; hours that were ``told`` already are left out."""
        hours = ", ".join(item for item in self.hours if item not in told)
        phones = ", ".join(self.phones)
        labels = (("위치", self.place), ("영업", hours), ("전화", phones))
        return tuple(f"{label} {item}" for label, item in labels if item)


def read_contact(body: str) -> Contact:
    """Collect what a guest needs to find the shop."""
    phones = _found(_PHONE, body)
    rest = _PHONE.sub(" ", body)
    places = _found(_EXIT, rest) or _found(_STREET, rest)
    return Contact(places[0] if places else _neighbourhood(rest), _found(_HOURS, rest), phones)


def _neighbourhood(body: str) -> str:
    """The place where the shop is; ``제주 감귤`` says where the goods are from, and nothing of the shop."""
    region = find_region(body)
    if not region or region.endswith(_SMALL_PLACES):
        return region
    after = body[body.index(region) + len(region) :].split()[:3]
    return region if any(is_shop_name(word.strip(",.").rstrip("은는이가")) for word in after) else ""


def _found(pattern: re.Pattern[str], text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(re.sub(r"\s+", " ", hit[0]).strip() for hit in pattern.finditer(text)))
