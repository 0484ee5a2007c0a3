"""What is done with a thing that is not sold itself: a 카메라 is lent, a 지갑 made in a class, a 시계 mended.

An ad that names the thing alone would sell what is only lent. The words stand in ``data/handed.yaml``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..copy_limits import line_length
from ..reading.handed_words import handed_words
from ..reading.words import is_ending
from ..tables import PACKAGED, read_table

_SHOP = ("점", "샵", "숍", "집", "소", "장", "반", "권", "비")  # 한복 대여점, 도자기 체험장


@dataclass(frozen=True, slots=True)
class Handed:
    """``name`` as the brief writes it (카메라 대여); ``is_lesson`` = people learn it there."""

    name: str
    is_lesson: bool

    def counts_over(self, service: str, offered: str) -> bool:
        """Tell whether this is what the ad is about, beside a service of the shop's own.

        Args:
            service: the shop's service; 증명사진 is more than the 정장 대여 that goes with it, a 클래스 says less.
            offered: the words before the first price, which tell what is for sale.
        """
        same = "".join(service.split()) in "".join(self.name.split())
        return same or bool(re.fullmatch(handed_words(), service)) or self.name in offered


def find_handed(body: str, thing: str, most: int) -> Handed | None:
    """Find what a brief does with the thing it names; None where the thing itself is sold.

    Args:
        thing: the product's name in the brief's own words; it may hold the word already (한복대여).
        most: how long a name may be, in characters; of several words as many are taken as fit.
    """
    bare = thing
    while (shorter := re.sub(rf"\s?(?:{handed_words()})$", "", bare)) and shorter != bare:
        bare = shorter
    hit = re.search(r"\s*".join(re.escape(char) for char in "".join(bare.split())), body) if bare else None
    if not hit:
        return None
    ends = [hit.end()]
    while word := re.compile(rf"\s?(?:{handed_words()})").match(body, ends[-1]):
        ends.append(word.end())
    behind = re.match(r"[가-힣]*", body[ends[-1] :])
    rest = behind[0] if behind else ""
    is_goods = body[ends[-1] :].lstrip().startswith(_goods())
    if len(ends) == 1 or is_goods or (rest and not rest.startswith(_SHOP) and not is_ending(rest)):
        return None
    names = (re.sub(r"\s+", " ", body[hit.start() : end]) for end in reversed(ends[1:]))
    name = next((name for name in names if line_length(name) <= most), "")
    return Handed(name, bool(re.search(handed_words("lessons"), name[hit.end() - hit.start() :]))) if name else None


def head_of(name: str) -> str:
    """The noun at the end of a name, with what is done with it: ``가죽 지갑 만들기`` → ``지갑 만들기``."""
    done = re.search(rf"(?:\s(?:{handed_words()}))*$", name)
    noun = name[: done.start()] if done else name
    return f"{noun.split()[-1]}{name[len(noun) :]}" if noun.split() else name


def _goods() -> tuple[str, ...]:
    return tuple(read_table(PACKAGED / "handed.yaml")["goods"])
