"""Korean particles: pick 은/는, 이/가, 을/를 … by how the word before them ends when read aloud."""

from __future__ import annotations

import re
import unicodedata

# Form after a final consonant, form after a vowel.
PAIRS = {
    "은/는", "이/가", "을/를", "과/와", "으로/로", "이랑/랑", "이나/나", "아/야", "이에요/예요", "이라면/라면",
    "이어야/여야",
}  # fmt: skip
_NONE, _OTHER, _RIEUL = 0, 1, 8  # final consonant of a Hangul syllable, as Unicode counts them
_FIRST_SYLLABLE, _FINALS = ord("가"), 28
# How a digit ends when read in Sino-Korean: 영 일 이 삼 사 오 육 칠 팔 구
_DIGITS = {"0": _OTHER, "1": _RIEUL, "2": 0, "3": _OTHER, "4": 0, "5": 0, "6": _OTHER, "7": _RIEUL, "8": _RIEUL, "9": 0}
# Letters whose Korean name ends in a consonant: 엘 엠 엔 알; 에프, 에스, 엑스 … end in a vowel.
_LETTERS = {"l": _RIEUL, "m": _OTHER, "n": _OTHER, "r": _RIEUL}
# Units behind a figure that are not read as their letters spell: 픽셀; 그램; 미터, 리터, 칼로리.
_UNITS = {
    "px": _RIEUL,
    **dict.fromkeys(("g", "kg", "Kg", "KG", "mg"), _OTHER),
    **dict.fromkeys(("m", "cm", "mm", "km", "l", "L", "ml", "mL", "cal", "kcal"), _NONE),
}
_UNIT = re.compile(r"\d\s?([A-Za-z]+)$")
_BRACKETS = re.compile(r"(?<=\S)\s*\([^()]*\)[^\w%]*$")  # what they add to a word is not read with it
_SILENT = re.compile(r'(?:(?<!\d)"|[^0-9A-Za-z가-힣%°"])+$')  # a mark behind a figure is inches
_SHORT_VOWEL = re.compile(r"(^|[^aeiou])(?:[aeiou]|oo)(c|p|k|t|ck)$")


class Spoken(str):
    """A word that takes its particle in a format: ``{:이/가}`` after it, ``{:+이/가}`` the particle alone."""

    __slots__ = ()

    def __format__(self, spec: str) -> str:
        if "/" not in spec:
            return super().__format__(spec)
        return ("" if spec.startswith("+") else str(self)) + particle(self, spec.removeprefix("+"))


def particle(word: str, pair: str) -> str:
    """Pick the form of ``pair`` that follows ``word``. Raises KeyError for a pair that is none of ``PAIRS``."""
    if pair not in PAIRS:
        raise KeyError(pair)
    closed, open_ = pair.split("/")
    final = final_consonant(word)
    return open_ if final == _NONE or (final == _RIEUL and open_ == "로") else closed


def final_consonant(word: str) -> int:
    """Return 0 for a vowel ending, 8 for ㄹ, any other number for another final consonant."""
    # Names of files come with Hangul taken apart; ㎏ and ℃ stand for kg and °C.
    read = unicodedata.normalize("NFKC", word)
    read = _SILENT.sub("", _BRACKETS.sub("", read))
    if not read:
        return _NONE
    last = read[-1]
    if "가" <= last <= "힣":
        return (ord(last) - _FIRST_SYLLABLE) % _FINALS
    if last.isdigit():
        return _digits(read)
    unit = _UNIT.search(read)
    if unit and unit[1] in _UNITS:
        return _UNITS[unit[1]]
    letters = re.search(r"[A-Za-z]+$", read)
    return _latin(letters[0]) if letters else _NONE  # 퍼센트, 도, 인치


def _digits(word: str) -> int:
    digits = re.findall(r"[\d,]+$", word)[0].replace(",", "")
    zeros = len(digits) - len(digits.rstrip("0"))
    if zeros == len(digits):
        return _DIGITS["0"]
    if zeros:  # the last spoken unit: 십 백 천 end in a consonant, so do 만 and 억
        return _OTHER
    return _DIGITS[digits[-1]]


def _latin(word: str) -> int:
    if len(word) == 1 or (word.isupper() and len(word) <= 4):
        return _LETTERS.get(word[-1].lower(), _NONE)
    low = word.lower()
    if low.endswith(("le", "l")):
        return _RIEUL
    if re.search(r"(m|n|ng)e?$", low):  # 와인, 살롱, 크림
        return _OTHER
    if _SHORT_VOWEL.search(low):  # 컵, 북, 펫, 고딕: a short vowel closes the syllable
        return _OTHER
    return _NONE
