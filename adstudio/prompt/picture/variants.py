"""Variants: N requests for one ad that differ in composition, light and set, because a turbo model's seeds hardly do.

What the brief says stays. Candidates are worded by the rules, which cost milliseconds, and taken one by one: each the
one that is least like those before it. A language model gets the chosen directions in ``PromptRequest.variant``.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Sequence
from dataclasses import astuple, replace
from itertools import combinations

from ...errors import InputError
from ...types import AdPrompt, Light, Note, PromptRequest
from ..industries import get_industry
from ..lettering_words import latin_words
from ..sentence import shot_table, vocabulary
from .shots import Shot, compositions, word_shot

MOST = 16
LEAST_APART = 0.2  # two prompts that are less unlike than this show nearly the same picture
_CANDIDATES = 60
_ALIKE = "변형 {number}번은 {which}과 거의 같아요: 언어 모델이 다른 방향을 따르지 않았어요"
_EMPTY_WORDS = frozenset(("a", "an", "the", "of", "on", "in", "at", "with", "and", "by", "from", "to", "for", "its"))


def plan_variants(
    request: PromptRequest, count: int, compose: Callable[[PromptRequest], AdPrompt]
) -> tuple[PromptRequest, ...]:
    """Plan ``count`` requests, the first of them the given one; the same request and count give the same plan.

    Args:
        compose: words a request quickly and without chance, as the rules do.

    Raises:
        InputError: ``prompt.variant_count``, and what ``compose`` raises.
    """
    if not 1 <= count <= MOST:
        raise InputError(
            "prompt.variant_count",
            f"1 to {MOST} variants can be written, but {count} came.",
            "Ask for 4.",
            most=MOST,
            came=count,
        )
    chosen, prompts = [request], [compose(request)]
    candidates = [(other, compose(other)) for other in _candidates(request, prompts[0])] if count > 1 else []
    while len(chosen) < count:
        best = max(candidates, key=lambda pair: min(_distance(pair[1], prompt) for prompt in prompts))
        candidates.remove(best)
        chosen.append(best[0])
        prompts.append(best[1])
    return tuple(chosen)


def distinctness(prompts: Sequence[AdPrompt]) -> float:
    """How unlike some prompts are, 0 (all the same) to 1: the mean over all pairs.

    Of a pair it is the mean of two shares: of the content words that only one of them has (Jaccard's distance), and of
    the parts that are worded differently, among those that either has.
    """
    pairs = list(combinations(prompts, 2))
    return sum(_distance(one, other) for one, other in pairs) / len(pairs) if pairs else 0.0


def note_alike(prompts: Sequence[AdPrompt]) -> tuple[AdPrompt, ...]:
    """Say in the notes of which prompts a language model wrote another one over again; see ``LEAST_APART``."""
    noted = []
    for at, prompt in enumerate(prompts):
        others = [n for n, other in enumerate(prompts) if n != at and _is_alike(prompt, other)]
        if others and prompt.provider != "rules":
            which, numbers = (", ".join(f"{n + 1}{unit}" for n in others) for unit in ("번", ""))
            note = Note("prompt.alike", _ALIKE, number=at + 1, which=which, others=numbers)
            prompt = replace(prompt, notes=(*prompt.notes, note))
        noted.append(prompt)
    return tuple(noted)


def _is_alike(one: AdPrompt, other: AdPrompt) -> bool:
    return one.positive == other.positive or _distance(one, other) < LEAST_APART


def _distance(one: AdPrompt, other: AdPrompt) -> float:
    words, others = _content(one.positive), _content(other.positive)
    apart = 1 - len(words & others) / max(1, len(words | others))
    parts = [pair for pair in zip(astuple(one.parts), astuple(other.parts), strict=True) if any(pair)]
    return (apart + sum(a != b for a, b in parts) / max(1, len(parts))) / 2


def _content(text: str) -> frozenset[str]:
    return frozenset(word for word in latin_words(text.lower()) if word not in _EMPTY_WORDS)


def _candidates(request: PromptRequest, usual: AdPrompt) -> list[PromptRequest]:
    """Other shots of the same ad, shuffled by brief and seed so that no brief always gets the same ones."""
    shop, table, words = get_industry(usual.industry), shot_table(), vocabulary()
    key = f"{usual.brief}|{request.seed}|{request.industry}|{request.style}|{request.backdrop_only}"
    rng = random.Random(hashlib.blake2b(key.encode(), digest_size=8).digest())
    is_backdrop = not usual.parts.subject
    views = compositions(backdrop=is_backdrop, copy_space=usual.copy_space)
    places = [place for place in shop.places or tuple(words["places"]) if place != usual.scene.place]
    lights: list[Light] = list(words["lights"])
    qualities = list(table["light"][usual.scene.mood])
    fixed, is_any = set(usual.decided), not shop.colours
    found: dict[Shot, None] = {}
    for _ in range(_CANDIDATES):
        place = "" if "place" in fixed or not places else rng.choice(places)
        shot = Shot(
            place=place,
            light=None if "light" in fixed else rng.choice(lights),
            quality="" if is_any else table["place_light"].get(place or usual.scene.place) or rng.choice(qualities),
            camera="" if "camera" in fixed else rng.choice(views),
            props="" if is_backdrop or len(shop.props) < 2 else " and ".join(rng.sample(shop.props, 2)),
        )
        found[shot] = None
    # The seed stays: colours and mood of one campaign go together, and the light is chosen to suit that mood. Without a
    # trade nothing holds them together: there each variant has a seed, and so a colour and a mood, of its own.
    return [
        replace(request, variant=word_shot(shot), seed=request.seed + (index + 1 if is_any else 0))
        for index, shot in enumerate(found)
    ]
