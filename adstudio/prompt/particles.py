"""Korean particles: pick 은/는, 이/가, 을/를 … by how the word before them ends when read aloud."""

from __future__ import annotations

import re

# (form after a final consonant, form after a vowel)
PAIRS: dict[str, tuple[str, str]] = {
    "은/는": ("은", "는"),
    "이/가": ("이", "가"),
    "을/를": ("을", "를"),
    "과/와": ("과", "와"),
    "으로/로": ("으로", "로"),
    "이랑/랑": ("이랑", "랑"),
    "이나/나": ("이나", "나"),
    "이에요/예요": ("이에요", "예요"),
    "이라면/라면": ("이라면", "라면"),
    "아/야": ("아", "야"),
}
_NONE, _RIEUL = 0, 8  # index of the final consonant in a Hangul syllable
_OTHER = 1
# How a digit ends when read in Sino-Korean: 영 일 이 삼 사 오 육 칠 팔 구
_DIGITS = {"0": _OTHER, "1": _RIEUL, "2": 0, "3": _OTHER, "4": 0, "5": 0, "6": _OTHER, "7": _RIEUL, "8": _RIEUL, "9": 0}
# Letters whose Korean name ends in a consonant: 엘 엠 엔 알; 에프, 에스, 엑스 … end in a vowel.
_LETTERS = {"l": _RIEUL, "m": _OTHER, "n": _OTHER, "r": _RIEUL}
_TAIL = re.compile(r"[^0-9A-Za-z가-힣%℃]+$")
_MARK = re.compile(r"\[([^\[\]]+/[^\[\]]+)\]")


def final_consonant(word: str) -> int:
    """Return 0 for a vowel ending, 8 for ㄹ, any other number for another final consonant."""
    word = _TAIL.sub("", word)
    if not word:
        return _NONE
    last = word[-1]
    if "가" <= last <= "힣":
        return (ord(last) - ord("가")) % 28
    if last in "%℃":  # 퍼센트, 도
        return _NONE
    if last.isdigit():
        return _digits(word)
    return _latin(re.findall(r"[A-Za-z]+$", word)[0])


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
    if re.search(r"(^|[^aeiou])(?:[aeiou]|oo)(p|k|t|ck)$", low):  # 컵, 북, 펫: a short vowel closes the syllable
        return _OTHER
    return _NONE


def attach(word: str, pair: str) -> str:
    """Join ``word`` and the fitting form of ``pair``, e.g. ``attach("라떼", "은/는")`` → ``라떼는``."""
    return word + particle(word, pair)


def particle(word: str, pair: str) -> str:
    """Pick the form of ``pair`` that follows ``word``. Raises KeyError for an unknown pair."""
    closed, open_ = PAIRS[pair]
    final = final_consonant(word)
    if pair == "으로/로":
        return open_ if final in (_NONE, _RIEUL) else closed
    return closed if final else open_


def fill(template: str, name: str) -> str:
    """Put ``name`` for ``{n}`` and settle every ``[은/는]``-like mark by the text before it."""
    text = template.replace("{n}", name)
    while mark := _MARK.search(text):
        text = text[: mark.start()] + particle(text[: mark.start()], mark.group(1)) + text[mark.end() :]
    return text
