"""Have a language model describe the picture of a brief, part by part, and check every part."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, astuple, dataclass, replace
from typing import Any, cast

from ...chat.answers import UnusableAnswer
from ...chat.task import TEXT, TEXTS, Task, ask, flat_schema, text_field, texts_field
from ...types import AdPrompt, PromptParts, PromptRequest, Side
from ..industries import AUTO, get_industry, industries
from ..picture.brand_names import without_names
from ..picture.guard import clean_part, without_product
from ..sentence import vocabulary
from .instructions import instruction

MAX_TOKENS = 900
# In characters; together with our own words far below what the picture model reads.
_LIMITS = {
    "subject": 180, "setting": 240, "props": 180, "palette": 120, "light": 180, "mood": 80, "camera": 140,
}  # fmt: skip
_MAX_KEYWORDS, _MAX_NOTES = 8, 3
_NOT_FOR_THE_MODEL = ("name", "words", "tags", "places", "colours", "moods", "subject", "channels")


@dataclass(frozen=True, slots=True)
class ReadPrompt:
    """What of an answer may go into the prompt."""

    parts: PromptParts
    industry: str
    copy_space: Side
    keywords: tuple[str, ...]
    notes: tuple[str, ...]


def prompt_task(request: PromptRequest, draft: AdPrompt, product: str) -> Task[ReadPrompt]:
    """Ask for the parts of a prompt.

    Args:
        draft: how the rules read the brief; it stands where an answer has nothing to say.
        product: English words for the brief's product, which a backdrop must not show.
    """
    schema = _schema(request, draft)
    instructions = instruction("prompt") + (instruction("backdrop") if request.backdrop_only else "")
    instructions += instruction("direction") if request.variant else ""
    messages = ask(instructions, _data(request, draft), schema)

    def read(answer: Mapping[str, Any]) -> ReadPrompt:
        return _read(answer, request, draft, product)

    return Task("prompt", messages, schema, MAX_TOKENS, read)


def _schema(request: PromptRequest, draft: AdPrompt) -> dict[str, Any]:
    shops = [*industries()] if _is_open(request) else [draft.industry]
    sides = [*vocabulary()["copy_spaces"]] if request.copy_space is None else [request.copy_space]
    return flat_schema(
        {
            "industry": {"type": "string", "enum": shops},
            **{name: {**TEXT, "maxLength": limit} for name, limit in _LIMITS.items()},
            "copy_space": {"type": "string", "enum": sides},
            "keywords": {**TEXTS, "maxItems": _MAX_KEYWORDS},
            "language_notes": {**TEXTS, "maxItems": _MAX_NOTES},
        }
    )


def _is_open(request: PromptRequest) -> bool:
    return str(request.industry).strip().lower() in (AUTO, "")


def _data(request: PromptRequest, draft: AdPrompt) -> dict[str, Any]:
    shop, parts = get_industry(draft.industry), asdict(draft.parts)
    hints = {name: value for name, value in asdict(shop).items() if name not in _NOT_FOR_THE_MODEL and value}
    read_as = {name: parts[name] for name in _LIMITS if parts[name]}
    return {
        "brief": draft.brief,
        "style": draft.parts.style,
        "draft": {"industry": draft.industry, **read_as, "copy_space": draft.copy_space},
        "about_this_industry": hints,
        **({"direction": request.variant} if request.variant else {}),
    }


def _read(answer: Mapping[str, Any], request: PromptRequest, draft: AdPrompt, product: str) -> ReadPrompt:
    notes: list[str] = []
    found: dict[str, str] = {}
    known = " ".join((product, *astuple(draft.parts)))
    for name, limit in _LIMITS.items():
        phrase, removed = clean_part(text_field(answer, name))
        phrase, named = without_names(phrase, known)
        notes += (*removed, *named)
        found[name] = _clamp(phrase, limit)
    if request.backdrop_only:
        bare, removed = without_product(PromptParts(**found), product)
        found |= {name: getattr(bare, name) for name in _LIMITS}
        notes += removed
    for name in ("subject", "setting"):
        if not found[name] and (name != "subject" or not request.backdrop_only):
            raise UnusableAnswer(f"'{name}' should describe in English what is seen; nothing of it can be used")
    side = _one_of(answer.get("copy_space"), [*vocabulary()["copy_spaces"]], request.copy_space, draft.copy_space)
    own = {name: found[name] or getattr(draft.parts, name) for name in _LIMITS if name != "subject"}
    own["light"] = _lit_alike(own["light"], draft.parts.light)
    return ReadPrompt(
        parts=replace(draft.parts, subject=found["subject"], copy_space=vocabulary()["copy_spaces"][side], **own),
        industry=_one_of(
            answer.get("industry"), [*industries()], None if _is_open(request) else draft.industry, draft.industry
        ),
        copy_space=cast(Side, side),
        keywords=_keywords(answer, draft),
        notes=(*dict.fromkeys(notes), *texts_field(answer, "language_notes", most=_MAX_NOTES, chars=200)),
    )


def _one_of(value: object, allowed: list[str], fixed: str | None, draft: str) -> str:
    if fixed is not None:
        return fixed
    return value if isinstance(value, str) and value in allowed else draft


def _keywords(answer: Mapping[str, Any], draft: AdPrompt) -> tuple[str, ...]:
    """Only words that the brief really has: they are shown as what steered the picture."""
    found = texts_field(answer, "keywords", most=100, chars=40)
    return tuple(word for word in found if word in draft.brief)[:_MAX_KEYWORDS] or draft.keywords


def _clamp(phrase: str, limit: int) -> str:
    """Cut a phrase at a comma, or else between two words."""
    if len(phrase) <= limit:
        return phrase
    cut = phrase[: limit + 1]
    at = cut.rfind(",") if cut.rfind(",") > limit // 2 else cut.rfind(" ")
    return cut[: at if at > 0 else limit].rstrip(" ,-")


_SIDES = re.compile(r"\b(left|right|above|overhead)\b")
_ORIGIN = re.compile(r"\bfrom (?:[\w-]+ ){0,5}?(left|right|above|overhead)\b")


def _lit_alike(light: str, draft: str) -> str:
    """Keep the light on the side that shadows and composites count on.

    ``from the left, with shadows to the right`` comes from the left.
    """
    wanted = set(_SIDES.findall(draft))
    told = set(_ORIGIN.findall(light.lower())) or set(_SIDES.findall(light.lower()))
    told = {"above" if side == "overhead" else side for side in told}
    if not light or told - wanted:
        return draft
    return light if told else f"{light}, {draft}"
