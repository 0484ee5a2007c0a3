"""The offline writer: lexicon, tables and rules. No network, no key, the same brief gives the same words."""

from __future__ import annotations

import time
from dataclasses import replace

from ...types import AdCopy, AdPrompt, CopyRequest, Note, PromptRequest
from ..copy.copywriting import write_lines
from ..industries import AUTO, GENERAL, Industry, get_industry
from ..lettering_words import lettering_word
from ..picture.assembler import assemble, dress, enrich
from ..picture.guard import guard_parts, product_words, without_product
from ..picture.look import read_look
from ..picture.routing import choose_scene
from ..picture.shots import read_shot
from ..picture.surfaces import stand_on
from ..picture.trade_subject import give_room, own_food
from ..reading.brief import Brief, read_brief
from ..reading.directions import read_directions
from ..reading.keywords import read_keywords
from ..reading.scan import Match, scan
from ..reading.subject import Subject, industry_votes, name_subject
from ..sentence import scene_parts
from ..styles import choose_style, take_style

NEGATIVE = "text, letters, words, logo, watermark, signature, signage, blurry, low quality, deformed"
_NO_TRADE = Note("prompt.no_trade", "업종을 알 수 있는 말이 없어 일반 광고로 그려요")
_NO_PRODUCT = Note("prompt.no_product", "제품 낱말을 찾지 못해 빈 배경을 그려요. 무엇을 파는지 적으면 제품이 나와요")
_BACKDROP_ONLY = Note("reading.backdrop_only", "배경만 그려요: 제품은 그리지 않아요")


class RulesWriter:
    """Writes prompt and copy from the word tables; implements ``ports.PromptWriter``."""

    name = "rules"

    async def write_prompt(self, request: PromptRequest) -> AdPrompt:
        """Turn a brief into an English prompt and say in Korean notes which words steered what."""
        return compose(request)

    async def write_copy(self, request: CopyRequest) -> AdCopy:
        """Write the Korean words on the ad and beside it; quoted words of the brief stand as they are."""
        read, _ = _read(request.brief)
        matches = scan(read.body)
        shop, _ = choose_industry(read, matches, request.industry)
        return write_lines(read, matches, shop, _subject(read, matches, shop), provider=self.name, request=request)


def compose(request: PromptRequest) -> AdPrompt:
    """Write the prompt of a request by the rules alone.

    Raises:
        InputError: see ``processor.write_prompt``.
    """
    began = time.perf_counter()
    look, style_notes = choose_style(request.style, read_brief(request.brief).body)
    read, style_words = _read(request.brief)
    matches = scan(read.body)
    if request.backdrop_only:
        matches = stand_on(read.body, matches, request.industry)
    shop, notes = choose_industry(read, matches, request.industry)
    subject = product = _subject(read, matches, shop)
    if request.backdrop_only:
        subject = Subject(notes=(_BACKDROP_ONLY,))
    shot = read_shot(request.variant)
    usual, shot = give_room(subject.english, shop, shot)
    directions = read_directions(read.body)
    wishes, account = read_look(read.body, matches), read_keywords(read.body, matches, read.quotes, directions)
    avoid = product_words(product.english) if request.backdrop_only else frozenset()
    route = choose_scene(
        read.body, matches, usual, directions, key=read.text, seed=request.seed, shot=shot, avoid=avoid
    )
    decided = (*route.decided, *(["camera"] if wishes.camera else []))
    side = request.copy_space or route.copy_space
    detail = (route.season.detail if route.season else "") or (shop.detail if subject.english else "")
    parts = scene_parts(route.scene, side, subject=subject.english, detail=detail)
    parts = enrich(parts, route.scene, shop, decided=decided, wishes=wishes, shot=shot, seed=request.seed)
    parts, guard_notes = guard_parts(dress(parts, look))
    if request.backdrop_only:
        parts, product_notes = without_product(parts, product.english)
        guard_notes += product_notes
    return AdPrompt(
        positive=assemble(parts),
        negative=", ".join(part for part in (NEGATIVE, look.negative) if part),
        brief=read.text,
        industry=shop.name,
        style=look.name,
        scene=route.scene,
        copy_space=side,
        provider=RulesWriter.name,
        notes=tuple(
            note
            for note in (
                *notes,
                *style_notes,
                *subject.notes,
                *route.notes,
                *guard_notes,
                *copy_notes(read),
                account.note,
            )
            if note
        ),
        parts=parts,
        keywords=tuple(dict.fromkeys([*(word.korean for word in account.understood if not word.denied), *style_words])),
        seconds=time.perf_counter() - began,
        decided=decided,
    )


def _read(text: str) -> tuple[Brief, tuple[str, ...]]:
    """Read a brief, with the words for a style taken out of what may steer the picture."""
    read = read_brief(text)
    body, words = take_style(read.body)
    return replace(read, body=body), words


def shop_of(brief: str, industry: str) -> Industry:
    """Tell which kind of shop a brief is of."""
    read, _ = _read(brief)
    return choose_industry(read, scan(read.body), industry)[0]


def choose_industry(read: Brief, matches: tuple[Match, ...], wanted: str) -> tuple[Industry, tuple[str, ...]]:
    """Tell which kind of shop a brief is of, and in Korean notes why."""
    if str(wanted).strip().lower() not in (AUTO, ""):
        chosen = get_industry(wanted)
        return chosen, (
            Note("reading.trade_chosen", "업종: {trade} (직접 고름)", trade=chosen.korean, industry=chosen.name),
        )
    votes = industry_votes(read.body, matches) or industry_votes(*_product_quote(read))
    if not votes:
        return get_industry(GENERAL), (_NO_TRADE,)
    chosen = get_industry(max(votes, key=lambda name: votes[name]))
    return chosen, (Note("reading.trade", "업종: {trade}", trade=chosen.korean, industry=chosen.name),)


def _product_quote(read: Brief) -> tuple[str, tuple[Match, ...]]:
    """A quote that is nothing but a product's name (``'딸기라떼' 광고``) also names the product; others do not."""
    for quote in read.quotes:
        found = scan(quote)
        bare = "".join(quote.split())
        if any(m.of("product") for m in found) and sum(len("".join(m.text.split())) for m in found) == len(bare):
            return quote, found
    return "", ()


def _subject(read: Brief, matches: tuple[Match, ...], shop: Industry) -> Subject:
    if (subject := name_subject(read.body, matches)).english:
        if not (subject.generic and shop.subject and subject.industry not in (shop.name, GENERAL)):
            return subject
        said = "업종 ‘{trade}’의 소품을 그려요: {things}"
        note = Note("prompt.things", said, trade=shop.korean, industry=shop.name, things=shop.subject)
        return Subject(shop.subject, notes=(note,))
    if (subject := name_subject(*_product_quote(read))).english:
        return subject
    if food := own_food(matches, shop):
        return Subject(food, notes=(Note("prompt.own_food", "가게 이름에 있는 음식을 그려요: {food}", food=food),))
    if shop.subject:
        said = "제품 낱말이 없어 업종 ‘{trade}’의 소품을 그려요: {things}"
        note = Note("prompt.things_instead", said, trade=shop.korean, industry=shop.name, things=shop.subject)
        return Subject(shop.subject, notes=(note,))
    return Subject(notes=(_NO_PRODUCT,))


def copy_notes(read: Brief) -> tuple[str, ...]:
    """Say which words of a brief are copy and so not in the picture."""
    notes: tuple[str, ...] = tuple(
        Note("reading.quote", "‘{said}’ → 그림이 아니라 문구로 써요", said=quote) for quote in read.quotes
    )
    if asked := lettering_word(read.body):
        said = "‘{asked}’: 그림에는 글자를 그리지 않아요. 문구는 나중에 얹어요"
        notes += (Note("prompt.no_letters", said, asked=asked),)
    return notes
