"""The words of a brief, each with what is known inside it and whether that accounts for all of it.

A known noun inside a longer unknown one (떡 in 모락떡) leaves a rest that is no ending: then the whole word is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .match import Match

_WORD = re.compile(r"[가-힣]+|[ㄱ-ㅣ]+|[A-Za-zÀ-ÿ]+(?:['&-][A-Za-zÀ-ÿ]+)*|\d+")
_PREFIXES = re.compile(
    "햇|신|왕|꿀|생|수|찰|홈|참|흑|백|통|냉|온|핫|초|애|민|첫|갓|막|더|제일|최고|순|올|풀|빅|실|한|두|세|친|무|큰|작은|각|매|특|새|헌|노|여|남|총|맨|겉|속|"
    "완전|진짜|레알|개|찐|넘|젤|꼭|잘|안|못|딱|쏙|확|싹|쫙|쭉"
)
_PARTICLE = (
    "은|는|이|가|을|를|의|에|와|과|도|만|로|으로|에서|에게|께|한테|까지|까진|부터|이나|나|랑|이랑|하고|처럼|보다|마다|밖에|라도|이라도|이란|란|"
    "든지|이든|들|쯤|씩|째|뿐|대로|만큼|요|용|염|님|적|엔|에는|에도|에서는|에서만|에만|으론|로는|로도|만의|까지만|부터는|이야|야|아|여"
)
_VERBAL = (
    # 하다, 스럽다, 롭다, 되다, 지다, 나다 after a noun or an adjective's stem
    "하|한|할|함|해|했|하는|하게|하고|하며|하면|하면서|하지|하지만|한데|하니|하네|하네요|하자|합니다|합니당|해요|해용|해염|해여|했어요|했습니다|한거|한게|한걸|"
    "하여|해서|하도록|하기|하던|하시는|하신|하실|하세요|하십니다|하죠|하쥬|해유|하이소|하소|하입시다|한께|해부러|"
    "스러운|스럽게|스런|스럽고|스러워|스러워요|스레|로운|롭게|롭고|로이|로워요|러운|러워|러워요|럽게|럽고|러|럼|"
    "된|되는|되게|되고|돼|돼요|됩니다|될|되어|되었|됐어요|되도록|되나요|됨|되|"
    "진|지는|지게|지고|져요|졌어요|질|지도록|난|나는|나게|나고|나요|납니다|날|나도록|나네|"
    "시킨|시켜|시키는|받은|받는|받고|받아|받으세요|있는|있게|있고|있어|있어요|있어용|있습니다|있음|없는|없이|없게|없어요|같은|같이|같아요|같게|"
    "다운|답게|답고|거리는|거려요|대는|이는|인|이다|입니다|입니당|임|이에요|예요|이예요|에요|이네|이네요|네요|네|이고|이며|이라|라서|이라서|라는|이라는|라고|"
    "인데|인데요|이던|이신|이죠|죠|쥬|지요|이지|지라|이지라|이랑께|랑께|당께|는당께|데이|임더|아입니까|입니더|습니더|니더|니다|서예|예|제|제이|잉|이어라|어라|이여|"
    # a verb's or adjective's own endings
    "서|어|어요|아요|여요|습니다|습니당|는데|는데요|은데|ㄴ데|던|고|고요|구요|구|며|면|면서|지만|거나|거든요|지|자|다|게|게요|기|음|는거|은거|는것|은것|거|것|걸|"
    "ㄹ|을|려고|러고|려면|도록|듯|듯한|듯이|는|은|운|워|워요|운거|운데|우면|울|던데|잖아요|습니까|나요|까요|ㄹ까|을까|어서|아서|여서|고서|자마자|다가|었|았|었어요|았어요|"
    # with a helping verb
    "(?:어|아|여|해|고|게)?(?:주세요|주세용|주세염|주셔요|주이소|주시|주시고|주시면|주실|줘요|줘|주는|주면|주기|드려요|드려용|드립니다|드립니당|드릴|드릴게요|드려|드리는|드리고|"
    "드세요|드셔보세요|드셔보셔유|드이소|보세요|보셔요|보셔유|봐요|보기|보는|본|놓은|놓고|둔|두고|있는|있어요|있습니다|있게|싶은|싶어요|싶은데|"
    "가세요|가이소|가는|갑니다|오세요|오이소|오랑께|오는|왔어요|왔습니다|오셔요|지는|지게|졌어요|진|질|한|하는|해요|해주세요|해줘|해주이소|해드려요|해드립니다|"
    "부탁드려요|부탁드립니다|부탁해요|부탁|만들어주세요|만들어줘|버려요|버린|냈어요|낸|낸다|나온|나왔어요|나왔습니다|나오는|나오게|나와요|되는|됩니다|됐어요)"
)
_KIND = "식|산|표|풍|급|류|맛|향|색|빛|톤|컬러|뷰|룩|샷|컷|세트|집|날|철|감|제|형"  # 제주산, 방앗간표, 부산식
_ENDING = re.compile(rf"(?:{_KIND})?(?:{_VERBAL})?(?:{_PARTICLE}){{0,2}}|(?:{_VERBAL}){{2}}")
_TAIL = re.compile(
    r"(?:입니다|이에요|예요|인데요|이랑|에서는|에서|에게|으로|까지|부터|처럼|하고|은|는|이|가|을|를|의|에|와|과|도|만|로|랑|요)$"
)


@dataclass(frozen=True, slots=True)
class Word:
    """One written word at ``[start, end)``; ``known`` = its matches, copy spans and endings account for all of it."""

    start: int
    end: int
    text: str
    matches: tuple[Match, ...]
    known: bool

    @property
    def stem(self) -> str:
        """The word without the particle at its end, where two syllables are left."""
        bare = _TAIL.sub("", self.text)
        return bare if len(bare) >= 2 else self.text


def read_words(body: str, matches: Sequence[Match], copy: Sequence[tuple[int, int]] = ()) -> list[Word]:
    """Split a brief into words and account for every letter of each.

    Args:
        copy: spans that are already told to be copy; a word that lies in one is left out.
    """
    words: list[Word] = []
    spans = sorted([(m.start, m.end) for m in matches] + list(copy))
    first = 0
    for hit in _WORD.finditer(body):
        start, end = hit.span()
        while first < len(spans) and spans[first][1] <= start:
            first += 1
        covered = [span for span in spans[first:] if span[0] < end and span[1] > start]
        if any(a <= start and end <= b for a, b in copy):
            continue
        inside = tuple(m for m in matches if m.start < end and m.end > start)
        words.append(Word(start, end, hit[0], inside, _accounts(body, start, end, covered)))
    return words


def is_ending(text: str) -> bool:
    """Tell whether a text is only particles and endings."""
    return bool(_ENDING.fullmatch(text))


def _accounts(body: str, start: int, end: int, covered: Sequence[tuple[int, int]]) -> bool:
    if not covered:
        return False
    at = start
    for a, b in covered:
        if a > at:
            rest = body[at:a]
            if not (_PREFIXES.fullmatch(rest) if at == start else is_ending(rest)):
                return False
        at = max(at, b)
    return at >= end or is_ending(body[at:end])
