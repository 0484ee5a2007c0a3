"""Hangul in Latin letters as it is spoken: the Revised Romanization with its sound changes (신라 → silla).

Written here because the packages for it spell what is written (sinra, jongro). What depends on how a word was
compounded (the inserted n of 꽃잎) cannot be told from its letters and is left out.
"""

from __future__ import annotations

import re

_INITIALS = ("g", "kk", "n", "d", "tt", "r", "m", "b", "pp", "s", "ss", "", "j", "jj", "ch", "k", "t", "p", "h")
_VOWELS = (
    *("a", "ae", "ya", "yae", "eo", "e", "yeo", "ye", "o", "wa", "wae"),
    *("oe", "yo", "u", "wo", "we", "wi", "yu", "eu", "ui", "i"),
)
# The 27 finals as (what stays, what a following vowel takes along), in initials' letters.
_FINALS = (
    *(("", ""), ("", "g"), ("", "kk"), ("g", "s"), ("", "n"), ("n", "j"), ("n", "h"), ("", "d"), ("", "r"), ("r", "g")),
    *(("r", "m"), ("r", "b"), ("r", "s"), ("r", "t"), ("r", "p"), ("r", "h"), ("", "m"), ("", "b"), ("b", "s")),
    *(("", "s"), ("", "ss"), ("ng", ""), ("", "j"), ("", "ch"), ("", "k"), ("", "t"), ("", "p"), ("", "h")),
)
_CLOSED = {
    **dict.fromkeys(("g", "kk", "k"), "k"),
    **dict.fromkeys(("d", "t", "s", "ss", "j", "ch", "h"), "t"),
    **dict.fromkeys(("b", "p"), "p"),
    "n": "n",
    "r": "l",
    "m": "m",
    "ng": "ng",
    "": "",
}
_ASPIRATED = {"g": "k", "d": "t", "b": "p", "j": "ch"}
_NASAL = {"k": "ng", "t": "n", "p": "m"}
_VERB_VOWELS = frozenset(("yeo", "i"))  # 잡혀, 막힌: inside a noun the h is kept (묵호 → mukho)
_RUN = re.compile("[가-힣]+")


def romanize(text: str) -> str:
    """Spell the Hangul of a text in Latin letters; everything else stays."""
    return _RUN.sub(lambda run: _word(run[0]), text)


def _word(word: str) -> str:
    codes = [ord(char) - ord("가") for char in word]
    starts = [_INITIALS[code // 588] for code in codes]
    vowels = [_VOWELS[code // 28 % 21] for code in codes]
    ends: list[str] = []
    for k, code in enumerate(codes):
        final = _FINALS[code % 28]
        if k + 1 == len(codes):
            ends.append(_close(*final))
            continue
        end, starts[k + 1] = _join(*final, starts[k + 1], vowels[k + 1])
        ends.append(end)
    return "".join(start + vowel + end for start, vowel, end in zip(starts, vowels, ends, strict=True))


def _close(stays: str, moves: str) -> str:
    """A final where nothing follows it: one consonant sounds, of two usually the first (값 → gap, 닭 → dak)."""
    if stays == "r" and moves in ("g", "m", "p"):
        stays = ""
    return _CLOSED[stays or moves]


def _join(stays: str, moves: str, start: str, vowel: str) -> tuple[str, str]:
    """What becomes of a final and the initial after it."""
    if start == "" and moves:
        if vowel == "i" and moves in ("d", "t"):  # 해돋이, 같이
            return _CLOSED[stays], {"d": "j", "t": "ch"}[moves]
        if moves == "h":  # 싫어
            return ("", stays) if stays else ("", "")
        return _CLOSED[stays], moves
    if moves == "h":
        if start in _ASPIRATED:  # 좋고
            return _CLOSED[stays], _ASPIRATED[start]
        if start == "s":
            return _CLOSED[stays], "ss"
        end = _CLOSED[stays] if stays else "n" if start == "n" else "t"
    elif start == "h" and moves in _ASPIRATED and (vowel in _VERB_VOWELS or moves == "j"):
        return _CLOSED[stays], "ch" if moves == "d" else _ASPIRATED[moves]
    else:
        end = _close(stays, moves)
    return _assimilate(end, start)


def _assimilate(end: str, start: str) -> tuple[str, str]:
    if start in ("n", "m", "r") and end in _NASAL:  # 국물, 독립
        return _NASAL[end], "n" if start == "r" else start
    if start == "r" and end in ("m", "ng"):  # 종로
        return end, "n"
    if (end, start) in (("n", "r"), ("l", "n"), ("l", "r")):  # 신라
        return "l", "l"
    return end, start
