"""What a language model is asked when it writes copy, and what of its answer is believed."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ...chat import ChatMessage
from ...particles import Spoken
from ...types import AdCopy, CopyRequest
from ..copy_limits import PART_NAMES, PARTS, CopyLimits, find_excess, get_limits
from ..industries import Industry
from ..reading.brief import Brief, read_brief
from ..tables import PACKAGED, read_table
from .claims import flag_copy
from .contact_facts import read_contact
from .facts import find_inventions
from .hashtags import MIN_TAGS, tidy_tags
from .lines import find_tone
from .offers import Facts

_QUOTES = "\"'“”‘’「」『』«»《》`"
_FOREIGN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]+")
_SLOT = re.compile(r"[{}<>]|\[[^\]]*\]")


class CopyProblems(ValueError):
    """An answer that cannot be used. ``problems`` are Korean sentences that tell the model what to mend."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__(problems)
        self.problems = problems

    def __str__(self) -> str:
        return " ".join(self.problems)


def copy_messages(request: CopyRequest, shop: Industry, facts: Facts, draft: AdCopy) -> list[ChatMessage]:
    """Ask for copy. The brief goes in as JSON data, so that nothing in it can pass for an instruction.

    Args:
        draft: what the rules wrote for the same request.
    """
    brief, limits = read_brief(request.brief), get_limits(request.channel)
    contact = read_contact(brief.body)
    words = read_table(PACKAGED / "copy_task.yaml")
    data = {
        "brief": brief.text,
        "industry": shop.korean,
        "tone": words["tones"][find_tone(request.tone)],
        "channel": limits.korean,
        "limits": {part: limits.describe(part) for part in PARTS},
        "facts": {
            "offers": facts.offers,
            "times": facts.times,
            "place": contact.place,
            "hours": contact.hours,
            "phones": contact.phones,
        },
        "keep": dict(zip(("headline", "sub"), brief.quotes, strict=False)),
        **({"variant": request.seed} if request.seed else {}),
        "draft": {part: getattr(draft, part) for part in PARTS},
    }
    return [
        ChatMessage("system", words["system"].strip()),
        ChatMessage("user", json.dumps(data, ensure_ascii=False, indent=1)),
    ]


def copy_schema(request: CopyRequest) -> dict[str, Any]:
    """The JSON schema of an answer: one flat object."""
    limits = get_limits(request.channel)
    properties: dict[str, Any] = {
        part: {"type": "string", "description": PART_NAMES[part], "maxLength": _longest(limits, part)}
        for part in PARTS
        if part != "hashtags"
    }
    most = limits.most("hashtags")
    properties["hashtags"] = {"type": "array", "items": {"type": "string"}, "maxItems": most}
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def read_copy(answer: Mapping[str, Any], request: CopyRequest, shop: Industry, draft: AdCopy) -> AdCopy:
    """Take from an answer what may be believed; who asks puts in provider, model and figures.

    Raises:
        CopyProblems: a part is missing, of a wrong type, too long, not Korean, or tells what the brief does not.
    """
    brief, limits = read_brief(request.brief), get_limits(request.channel)
    texts = {part: _text(answer, part) for part in PARTS if part != "hashtags"}
    problems = [f"{PART_NAMES[part]}({part})은 글이어야 해요." for part, text in texts.items() if text is None]
    tags = answer.get("hashtags", [])
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        problems.append("해시태그(hashtags)는 글의 목록이어야 해요.")
    if problems:
        raise CopyProblems(tuple(problems))
    told = {part: _tidy(part, text or "", limits) or getattr(draft, part) for part, text in texts.items()}
    if not _tidy("headline", texts["headline"] or "", limits):
        problems.append("제목(headline)이 비어 있어요.")
    told |= dict(zip(("headline", "sub"), brief.quotes, strict=False))
    mine = tidy_tags(tags)
    most = limits.most("hashtags")
    rest = tidy_tags((*mine, *draft.hashtags))[: min(MIN_TAGS, most)] if len(mine) < MIN_TAGS else mine
    copy = replace(draft, **told, hashtags=rest[:most], flags=(), notes=())
    problems += [problem for part in PARTS for problem in _problems(part, copy, brief)]
    if copy.headline == copy.sub:
        problems.append("제목(headline)과 부제(sub)가 같아요. 다르게 써 주세요.")
    excess = find_excess(copy, limits)
    kept = find_excess(replace(AdCopy(""), **_kept(copy, brief)), limits)  # the user's own words stand, too long or not
    problems += [f"{each} 줄여 주세요." for each in excess if each not in kept]
    if problems:
        raise CopyProblems(tuple(dict.fromkeys(problems)))
    notes = tuple(each.kept() for each in kept)
    return replace(copy, flags=flag_copy(copy, shop.name, brief.text), notes=notes)


def _kept(copy: AdCopy, brief: Brief) -> dict[str, str]:
    return {part: getattr(copy, part) for part, _ in zip(("headline", "sub"), brief.quotes, strict=False)}


def _longest(limits: CopyLimits, part: str) -> int:
    """The most characters that can fit: the ad's own measure counts Latin letters and figures half."""
    return limits.most(part) if part in limits.limits or part == "caption" else 2 * limits.most(part)


def _text(answer: Mapping[str, Any], part: str) -> str | None:
    value = answer.get(part, "")
    return value if isinstance(value, str) else None


def _tidy(part: str, text: str, limits: CopyLimits) -> str:
    """Take away what has no place in a part: quotes around it, emoji where none go, hashtags inside the caption."""
    text = unicodedata.normalize("NFC", text)
    if part != "caption":
        return " ".join(_without_emoji(text).split()).strip(_QUOTES + " ")
    text = text if limits.emoji else _without_emoji(text)
    lines = (re.sub(r"(?:^|\s)#[^\s#]+", "", line) for line in text.replace("\r", "\n").split("\n"))
    return "\n".join(tidy for line in lines if (tidy := " ".join(line.split()))).strip(_QUOTES)


def _without_emoji(text: str) -> str:
    return "".join(
        char
        for char in text
        if unicodedata.category(char) not in ("So", "Sk", "Cs", "Co", "Cf", "Cc", "Me") or char in "\n\t"
        if not 0xFE00 <= ord(char) <= 0xFE0F
    )


def _problems(part: str, copy: AdCopy, brief: Brief) -> list[str]:
    """Say what is wrong with one part; the user's own words are right."""
    text = " ".join(copy.hashtags) if part == "hashtags" else getattr(copy, part)
    if not text or text in brief.quotes:
        return []
    name = f"{PART_NAMES[part]}({part})"
    made_up = find_inventions(text, brief.text)
    found = [f"{name}에서 brief에 없는 내용 ‘{item}’{Spoken(item):+을/를} 빼 주세요." for item in made_up]
    foreign = [hit for hit in _FOREIGN.findall(text) if hit not in brief.text]
    if foreign:
        found.append(f"{name}에 한자나 일본어가 있어요: {foreign[0]}. 한국어로 써 주세요.")
    if not _is_korean(text, brief.text):
        found.append(f"{name}: 한국어가 아니에요. 한국어로 써 주세요.")
    if _SLOT.search(text):
        found.append(f"{name}에 채우지 않은 자리 표시가 있어요. 완성된 문장으로 써 주세요.")
    return found


def _is_korean(text: str, brief: str) -> bool:
    known = brief.lower()
    latin = sum(len(word) for word in re.findall(r"[A-Za-zÀ-ÿ]+", text) if word.lower() not in known)
    hangul = len(re.findall(r"[가-힣]", text))
    own_words = bool(re.search(r"[A-Za-z0-9]", text)) and not latin
    return (hangul > latin) or (hangul == 0 and own_words)
