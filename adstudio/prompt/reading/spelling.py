"""Words that sound alike: 아메리까노, 육계장 and 김치찌게 fold to the same key as the words that they mean.

Only whole words of three syllables or more are compared this way; shorter ones have too many neighbours.
"""

from __future__ import annotations

from functools import lru_cache

MIN_FOLDED = 3
_FIRST = ord("가")
# Tense and aspirated initials to the plain one, in the order ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ.
_INITIALS = (0, 0, 2, 3, 3, 5, 6, 7, 7, 9, 9, 11, 12, 12, 12, 0, 3, 7, 18)
# ㅐㅔㅒㅖ ㅙㅚㅞ are one sound each, glides and ㅡ/ㅜ are often mixed up: ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ.
_VOWELS = (0, 1, 0, 1, 4, 1, 4, 1, 8, 9, 1, 1, 8, 13, 14, 1, 16, 13, 13, 20, 20)
# Finals to the one that is heard: k, n, t, l, m, p, ng.
_FINALS = (0, 1, 1, 1, 4, 4, 4, 7, 8, 1, 16, 8, 8, 8, 17, 8, 16, 17, 17, 7, 7, 21, 7, 7, 1, 7, 17, 0)


def fold(word: str) -> str:
    """Spell a word by its rough sound."""
    return "".join(map(_fold_char, word))


@lru_cache(maxsize=4096)
def _fold_char(char: str) -> str:
    if not "가" <= char <= "힣":
        return char
    code = ord(char) - _FIRST
    start, vowel, end = _INITIALS[code // 588], _VOWELS[code // 28 % 21], _FINALS[code % 28]
    return chr(_FIRST + start * 588 + vowel * 28 + end)
