"""Names of shops and brands in a brief: copy, never scenery (카페 온기 is not cosy because of its name).

A name is known by its neighbours: it stands behind the word for a shop (꽃집 봄날의온도), before its own branch
(폰닥터 강남점), or is glued to the word for a shop (칠암횟집). What stands there has to be unknown, for 동네빵집 and
카페 라떼 are no names.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..tables import PACKAGED, read_table
from .entries import Entry
from .match import Match
from .trades import GOODS
from .words import Word, read_words

NAME = Entry("name", ())
_SHOP = re.compile(
    r"(?:카페|커피숍|집|샵|숍|점|실|관|원|장|가게|방|소|당|바|펍|살롱|센터|호텔|펜션|스테이|풀빌라|마트|시장|스튜디오|상회|상점|식당|책방|서점|제과|베이커리|"
    r"공방|약국|치과|의원|병원|미용실|부동산|중개사|중개사무소|컴퍼니|스토어|농원|농장|수산|정육|청과|한우촌|횟집|랜드|양조|브루어리|로스터스|다이닝|키친)"
)
_SHOP_END = re.compile(rf".*(?:{_SHOP.pattern})")
_BRANCH = re.compile(r"본점|직영점|분점|[가-힣]{2,4}(?:역|동|구)?점|[가-힣]{2,5}지점")
_SAYS_SO = re.compile(r"\s?(?:입니다|입니당|이에요|예요|이예요|인데요|입니더|이라고)")
_STOP = frozenset(("open", "grand", "new", "the", "and", "for", "with", "since", "est", "sns", "pt"))


def find_names(body: str, matches: Sequence[Match]) -> list[tuple[int, int]]:
    """Find where names stand, in reading order."""
    words = read_words(body, matches)
    found: dict[int, int] = {}
    for k, word in enumerate(words):
        following = words[k + 1] if k + 1 < len(words) else None
        if _is_branch(word) and k and _touch(body, words[k - 1], word) and not words[k - 1].known:
            found[words[k - 1].start] = words[k - 1].end
        if end := _glued(word):
            found[word.start] = end
        elif _precedes(body, word, words[k - 1] if k else None, following):
            found[word.start] = word.end
        elif _leads(word):
            found[word.start] = word.start + len(_bare(word.stem))
        elif following and _touch(body, word, following) and (_is_shop(word) or _is_calling(word)):
            after = words[k + 2] if k + 2 < len(words) else None
            if _is_called(body, following, after):
                found[following.start] = following.end
            elif _is_shop(word) and (end := _behind(body, word, following, matches)):
                found[following.start] = end
        elif _is_latin_name(word, words[k - 1] if k else None, following):
            found[word.start] = word.end
    return sorted(found.items())


def mark_names(body: str, matches: Sequence[Match]) -> list[Match]:
    """Put one match in place of all that was found inside a name; of its words only the trade still counts."""
    marked = list(matches)
    for start, end in find_names(body, matches):
        inside = [m for m in marked if m.start < end and m.end > start]
        trade = tuple(e for m in inside for e in m.entries if e.kind == "industry")
        marked = [m for m in marked if m not in inside]
        marked.append(Match((NAME, *trade), start, end, body[start:end]))
    return sorted(marked, key=lambda m: m.start)


def is_branch(text: str) -> bool:
    """Tell 강남점 and 본점 from 전문점 and 정육점."""
    if not _BRANCH.fullmatch(text):
        return False
    return text in ("본점", "직영점", "분점") or re.sub(r"(?:역|동|구)?점$|지점$", "", text) in _regions()


def _is_branch(word: Word) -> bool:
    return is_branch(word.stem)


def _regions() -> Sequence[str]:
    return read_table(PACKAGED / "regions.yaml")["known"]


def _touch(body: str, first: Word, second: Word) -> bool:
    return not body[first.end : second.start].strip()


def _is_shop(word: Word) -> bool:
    last = next(reversed(word.matches), None)
    return bool(
        last and not last.denied and last.of("industry") and last.end == word.end and _SHOP_END.fullmatch(last.text)
    )


def _glued(word: Word) -> int:
    """Where 칠암횟집 or 하얀치과 ends; 0 for 동네빵집, whose first half is an ordinary word."""
    stem = word.text if _SHOP_END.fullmatch(word.text) else word.stem  # the 과 of 치과 is no particle
    end = word.start + len(stem)
    if not word.known and _SURE.fullmatch(stem):
        return end
    shop = next((m for m in word.matches if m.of("industry") and m.end == end), None)
    if shop is None or shop.start <= word.start or not _SHOP_END.fullmatch(stem):
        return 0
    before = [m for m in word.matches if m.end <= shop.start]
    proud = all(m.text in _PROUD for m in before)
    hue = all(_is_hue(m) for m in before)
    return end if not word.known or (before and (proud or hue)) else 0


def _leads(word: Word) -> bool:
    """Tell 책방이음, a shop's word with two to four unknown syllables glued behind it."""
    shop = word.matches[0] if len(word.matches) == 1 and not word.known else None
    if shop is None or shop.start != word.start or shop.denied or not shop.of("industry"):
        return False
    return bool(_SHOP_END.fullmatch(shop.text)) and 2 <= len(_bare(word.stem)) - len(shop.text) <= 4


def _is_hue(match: Match) -> bool:
    describes = match.of("modifier")
    hue = match.of("colour", "light") or (describes and "colour" in describes.hints)
    return bool(hue) and not match.of("place", "product", "mood")


_BARE = re.compile(r"(?:입니다|이에요|예요|인데요|에서는|에서|으로|까지|부터|이랑|하고)$")
_PROUD = frozenset(
    ("행복", "사랑", "믿음", "소망", "희망", "미소", "마음", "진심", "정성", "하나", "으뜸", "제일")
)  # 행복부동산
_SURE = re.compile(
    r"[가-힣]{1,6}(?:상회|식당|책방|제과|공방|약국|치과|한의원|의원|중개사|부동산|살롱|농원|횟집|컴퍼니|스토어|베이커리|로스터스|양조장|런드리|하우스|반찬|필라테스|요가|서점|인테리어|디자인)"
)


def _behind(body: str, shop: Word, word: Word, matches: Sequence[Match]) -> int:
    """Where the name after a shop's word ends; 0 when what stands there may be its product or an ordinary word."""
    end = word.start + len(_bare(word.text))
    if word.known:
        if (
            word.matches[0].of("industry")
            and len(word.matches) > 1
            and all(m.of("function", "plain", "audience") for m in word.matches[1:])
        ):
            return end  # 네일샵 네일하루
        plain = all(
            m.of("mood", "season", "plain", "light", "function") and not m.of("place", "product") for m in word.matches
        )
        # 카페 온기입니다, but 카페 사진입니다
        nothing = any(m.of("function") for m in word.matches)
        last = max(m.end for m in word.matches)
        return last if plain and not nothing and _SAYS_SO.match(body, last) else 0
    if not word.text[0].isalpha() or word.text.lower() in _STOP:
        return 0
    trade = next((e.value for m in shop.matches if (e := m.of("industry"))), "")
    told = [m for m in matches if not m.denied and (m.start >= word.end or m.end <= shop.start)]
    later = any(m.of("product", "industry") for m in told)
    return end if trade not in GOODS or later else 0


# A colour, a season or a mood that a shop may be called after; what describes one in ads is no name (헤어샵 고급).
_CALLED_NOTHING = re.compile(
    r".*[한운은는게고색빛톤]|봄|여름|가을|겨울|감성|고급|럭셔리|프리미엄|미니멀|모던|심플|빈티지|레트로|내추럴|클래식|세련|우아|아늑|힐링|"
    r"깔끔|차분|깨끗|화사|따뜻|포근|시원|상큼|로맨틱|시크|야경|최고급|명품"
)
_CALLING = frozenset(("네일", "헤어", "뷰티", "플라워", "에스테틱", "필라테스", "요가"))
_PHRASE_ENDS = re.compile(r"\s*(?:$|[,.!?/|·\n])")
_FOODS = ("cafe", "bakery", "dessert", "tea", "bar", "korean_food", "chicken", "pizza", "snack", "asian_food")


def _is_calling(word: Word) -> bool:
    """Tell a trade's short word that shops are called by: 네일 블랙."""
    return word.text in _CALLING and any(m.of("industry") for m in word.matches)


def _may_be_called(word: Word) -> bool:
    if len(word.matches) != 1 or (match := word.matches[0]).text != word.text or _CALLED_NOTHING.fullmatch(word.text):
        return False
    if match.of("product", "place", "industry"):
        return False
    return _is_hue(match) or bool(match.of("mood")) or (bool(match.of("season")) and word.text.endswith("날"))


def _is_called(body: str, word: Word, after: Word | None) -> bool:
    """Tell a name of known words behind a shop's: 카페 온기, 헤어샵 봄날, 카페 블루 아메리카노 (no coffee is blue)."""
    if not _may_be_called(word):
        return False
    listed = after and after.matches and _is_hue(after.matches[0]) and _is_hue(word.matches[0])  # 꽃집 노랑, 흰색 꽃
    if _PHRASE_ENDS.match(body, word.end) or (after and _is_branch(after)):
        return not listed
    if after is None or not _touch(body, word, after):
        return False
    product = after.matches[0].of("product") if after.matches else None
    return bool(product and product.value in _FOODS)


def _precedes(body: str, word: Word, before: Word | None, shop: Word | None) -> bool:
    """Tell a name of known words before a shop of services: 레드 헤어살롱, but 핑크 카페 is a pink one."""
    if shop is None or not _touch(body, word, shop) or not _is_shop(shop) or not _may_be_called(word):
        return False
    trades = [entry for m in shop.matches if (entry := m.of("industry"))]
    if before and _touch(body, before, word):
        return False
    return all(trade.value not in GOODS and trade.value != "nail" for trade in trades)


def _bare(text: str) -> str:
    bare = _BARE.sub("", text)
    return bare if len(bare) >= 2 else text


def _is_latin_name(word: Word, before: Word | None, after: Word | None) -> bool:
    """``LUNA 헤어``, ``Cafe ONGI``: an unknown word with a capital beside the word for a trade."""
    text = word.text
    if word.known or not text[0].isupper() or not text.isascii() or len(text) < 2 or text.lower() in _STOP:
        return False
    return any(w and any(m.of("industry") for m in w.matches) for w in (before, after))
