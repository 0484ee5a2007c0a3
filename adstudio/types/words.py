"""What is said: the brief, the prompt that comes of it, the copy."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from .layout import Side

Tone = Literal["polite", "friendly", "emotional", "bold"]
Light = Literal["left", "right", "above"]


@dataclass(frozen=True, slots=True)
class Scene:
    """What the backdrop shows, by the ids of ``prompt/data/scenes.yaml``."""

    place: str
    colour: str
    light: Light
    mood: str


@dataclass(frozen=True, slots=True)
class Style:
    """A named look: words for the prompt and, where the checkpoint has one, an adapter.

    ``triggers`` are the words the adapter was trained with; they join the prompt only where it is really put on.

    Args:
        opening: what the prompt begins with, before the subject; empty = the assembler's own, of a photograph.
        backdrop: the same where the picture shows no product.
        rendering: further words on how it is rendered, after ``phrase``.
        has_lens: it is taken with a camera, so words about cameras may stand in the prompt.
        leave_out: words that no phrase of props, light or camera may hold.
        words: words of a brief that ask for the style by themselves.
    """

    name: str
    phrase: str
    negative: str = ""
    lora: str | None = None
    weight: float = 1.0
    korean: str = ""
    aliases: tuple[str, ...] = ()
    triggers: tuple[str, ...] = ()
    opening: str = ""
    backdrop: str = ""
    rendering: str = ""
    has_lens: bool = True
    leave_out: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PromptRequest:
    """What a picture prompt is asked for.

    Args:
        backdrop_only: leave the product out, for a composite.
        copy_space: the side to keep free for copy; None leaves it to the brief.
        seed: varies what neither the brief nor the industry's default (seed 0) decides.
        variant: an English direction for this one of several pictures, such as ``"seen from above, light from the
            right"``; it decides what the brief leaves open.
    """

    brief: str
    industry: str = "auto"
    style: str = "realistic"
    backdrop_only: bool = False
    copy_space: Side | None = None
    seed: int = 0
    variant: str = ""


@dataclass(frozen=True, slots=True)
class PromptParts:
    """What a prompt says, in English phrases; an empty one is left out.

    ``opening`` and ``text_free`` are the assembler's own words where they are empty.
    """

    subject: str = ""
    setting: str = ""
    props: str = ""
    palette: str = ""
    light: str = ""
    mood: str = ""
    camera: str = ""
    copy_space: str = ""
    style: str = ""
    opening: str = ""
    text_free: str = ""


@dataclass(frozen=True, slots=True)
class AdPrompt:
    """An English prompt for the picture, and how it came about.

    Args:
        negative: for models that use one; Z-Image Turbo does not.
        keywords: words of the brief that steered the picture.
        provider: who wrote it, ``rules``, ``local`` or ``openai``; with ``model``, which one.
        fallback_from: the provider that failed before ``provider`` wrote it; empty where none did.
        tokens: what a language model read and wrote.
        decided: what the brief's own words decided, of ``place``, ``colour``, ``mood``, ``light``, ``camera``; no
            variant and no rewording changes it.
    """

    positive: str
    negative: str
    brief: str
    industry: str
    style: str
    scene: Scene
    copy_space: Side
    provider: str
    notes: tuple[str, ...] = ()
    parts: PromptParts = PromptParts()
    keywords: tuple[str, ...] = ()
    model: str = ""
    fallback_from: str = ""
    tokens: int = field(default=0, compare=False)
    seconds: float = field(default=0.0, compare=False)
    decided: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CopyRequest:
    """What ad copy is asked for.

    ``channel`` limits the lengths; empty = the limits of the ad itself, ``auto`` = those of the trade's usual channel.
    """

    brief: str
    industry: str = "auto"
    tone: Tone = "friendly"
    channel: str = ""
    seed: int = 0


@dataclass(frozen=True, slots=True)
class CopyFlag:
    """A claim in the copy that Korean advertising law treats strictly: where it stands, why, and by which source.

    ``reason`` is in Korean; ``english`` says the same, where whoever made the rule has written it.
    """

    text: str
    field: str
    reason: str
    source: str
    english: str = ""


@dataclass(frozen=True, slots=True)
class AdCopy:
    """The Korean words on the ad and beside it; ``caption`` is the post's text, ``hashtags`` begin with ``#``.

    Args:
        price: what it costs now; ``old_price`` stands struck through before it.
        badge: one or two words in a spot, such as ``1+1``.
        legal: the small print; ``hours`` the opening hours.
        link: what a QR code on the ad leads to.
    """

    headline: str
    sub: str = ""
    hashtags: tuple[str, ...] = ()
    provider: str = "user"
    call_to_action: str = ""
    caption: str = ""
    flags: tuple[CopyFlag, ...] = ()
    notes: tuple[str, ...] = ()
    model: str = ""
    fallback_from: str = ""
    tokens: int = field(default=0, compare=False)
    seconds: float = field(default=0.0, compare=False)
    price: str = ""
    old_price: str = ""
    badge: str = ""
    legal: str = ""
    hours: str = ""
    link: str = ""
