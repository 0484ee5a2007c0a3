"""Tell what a language model made up: figures, dates, links, places and promises that the brief does not hold."""

from __future__ import annotations

import re
import unicodedata

from ..tables import PACKAGED, read_table
from .hashtags import find_region

_DIGIT_NAMES = dict(zip("일이삼사오육칠팔구", range(1, 10), strict=True))
_UNITS = {"십": 10, "백": 100, "천": 1_000}
_MYRIADS = {"만": 10_000, "억": 100_000_000}  # of all that stands before them: 2천만 is two thousand times 만
_NUMBER = r"\d[\d,]*(?:\.\d+)?"
_AMOUNT = rf"(?:{_NUMBER}|[일이삼사오육칠팔구])?\s*[십백천만억]|{_NUMBER}"
_MONEY = re.compile(rf"(?:₩\s*({_NUMBER}))|((?:(?:{_AMOUNT})\s*)+)원(?!두|목|형|단|조|장|칙|하|래)")
_PERCENT = re.compile(rf"({_NUMBER})\s*(?:%|퍼센트|프로(?![가-힣]))")
_PLAIN = re.compile(_NUMBER)
_LINK = re.compile(
    r"https?://\S+|www\.\S+|[\w.+-]+@[\w-]+\.\w+|@[A-Za-z0-9_.]{2,}"
    r"|\b[\w-]+\.(?:com|net|org|kr|shop|io|me|store)\b(?:/\S*)?",
    re.I,
)


def find_inventions(text: str, brief: str) -> tuple[str, ...]:
    """List what a text tells that its brief does not, in the text's own words."""
    text, brief = _plain(text), _plain(brief)
    bare = re.sub(r"\s+", "", brief)
    known_money, known_percents = _money(brief).keys(), _percents(brief).keys()
    known_figures = {_value(hit[0]) for hit in _PLAIN.finditer(brief)} | set(known_money)
    found = [shown for value, shown in _money(text).items() if value not in known_money]
    found += [shown for value, shown in _percents(text).items() if value not in known_percents]
    rest = _PERCENT.sub(" ", _MONEY.sub(" ", text))
    found += [hit[0] for hit in _PLAIN.finditer(rest) if _value(hit[0]) not in known_figures]
    found += [hit[0] for hit in _LINK.finditer(text) if hit[0].lower().rstrip(".,)") not in brief.lower()]
    promises: list[str] = read_table(PACKAGED / "copy_task.yaml")["promises"]
    found += [word for word in promises if word in text and word.replace(" ", "") not in bare]
    regions = {region for line in text.split("\n") if (region := find_region(line))}
    found += sorted(region for region in regions if region not in brief)
    return tuple(dict.fromkeys(item.strip() for item in found))


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def _money(text: str) -> dict[float, str]:
    return {amount: hit[0] for hit in _MONEY.finditer(text) if (amount := _amount(hit[1] or hit[2]))}


def _percents(text: str) -> dict[float, str]:
    return {_value(hit[1]): hit[0] for hit in _PERCENT.finditer(text)}


def _value(number: str) -> float:
    return float(number.replace(",", "").rstrip("."))


def _amount(words: str) -> float:
    """Read a sum of money: ``1만 5천`` is 15,000, ``2천만`` 20,000,000."""
    total = below = 0.0
    for number, unit in re.findall(rf"({_NUMBER}|[일이삼사오육칠팔구])?\s*([십백천만억])?", words):
        if not (number or unit):
            continue
        value = _DIGIT_NAMES[number] if number in _DIGIT_NAMES else _value(number) if number else 1
        if unit in _MYRIADS:
            total += (below + value if number else below or 1) * _MYRIADS[unit]
            below = 0.0
        else:
            below += value * _UNITS.get(unit, 1)
    return total + below
