"""Put the parts of a prompt together: the one place that knows the order in which the model listens."""

from __future__ import annotations

import re
from dataclasses import replace

from ...types import PromptParts, Scene, Side, Style
from ..industries import Industry
from ..sentence import scene_parts, shot_table, text_free_clauses, vocabulary
from .guard import guard_parts
from .look import Look
from .shots import Shot, light_quality, usual_camera

OPENING = "Advertising photograph of"
BACKDROP = "Empty advertising backdrop"
_PROPS = 2  # of the shop's own: more of them and the product is one thing among many


_SMALL_WORDS = frozenset(
    (
        "and",
        "the",
        "with",
        "small",
        "soft",
        "few",
        "fresh",
        "plain",
        "folded",
        "warm",
        "light",
        "natural",
        "korean",
        "clean",
        "bright",
        "dark",
        "white",
    )
)
_COLD = re.compile(r"\b(?:cold|iced?|icy|chilled|frozen|sushi|sashimi|raw|salad|sherbet|shaved)\b")
_NO_WISHES = Look()
_NO_SHOT = Shot()


def assemble(parts: PromptParts) -> str:
    """Word one prompt: what it shows first, then how it is lit, seen and rendered, and last that nothing is lettered.

    The scene's own phrases (palette, side of the light, mood, copy space, style, text-free clause) stay together at the
    end, in the order of the embedded model's captions. It follows them there whatever stands before, and loses light
    and mood when anything stands between them (``benchmarks/variants.py`` measures it). Whatever the parts hold, no
    quotes, no Hangul and nothing that asks for lettering comes out; see ``guard_parts``.
    """
    parts, _ = guard_parts(parts)
    on = f" on {parts.setting}" if parts.setting else ""
    opening = f"{parts.opening or OPENING} {parts.subject}{on}"
    if not parts.subject:
        opening = ", ".join(part for part in (parts.opening or BACKDROP, parts.setting) if part)
    sides = [row["phrase"] for row in vocabulary()["lights"].values()]
    light, quality = _apart(parts.light, [phrase for phrase in _phrases(parts.light) if phrase in sides])
    style, rendering = _apart(parts.style, _phrases(parts.style)[:1])
    clause = next((own for own in text_free_clauses() if parts.text_free.endswith(own)), vocabulary()["text_free"])
    unmarked = parts.text_free.removesuffix(clause).rstrip(", ")
    details = (parts.props, quality, parts.camera, rendering, unmarked)
    scene = (parts.palette, light, parts.mood, parts.copy_space, style, clause)
    return ", ".join(phrase for phrase in (opening, *details, *scene) if phrase) + "."


def scene_sentence(
    scene: Scene, copy_space: Side, *, subject: str = "", style_phrase: str = "", detail: str = ""
) -> str:
    """Word a scene for the picture model in one go; the demo model's captions are made so."""
    return assemble(scene_parts(scene, copy_space, subject=subject, style_phrase=style_phrase, detail=detail))


def enrich(
    parts: PromptParts,
    scene: Scene,
    shop: Industry,
    *,
    decided: tuple[str, ...] = (),
    wishes: Look = _NO_WISHES,
    shot: Shot = _NO_SHOT,
    seed: int = 0,
) -> PromptParts:
    """Make a scene's words long and concrete: the brief's wishes, then the shot's, then what the shop is like.

    A backdrop (no subject) takes nothing from the shop: its props, light and camera are made for the product itself.

    Args:
        decided: what the brief's own words decided; nothing is laid over it.
        seed: which of the shop's props lie about.
    """
    is_backdrop = not parts.subject
    props = [*wishes.props]
    if wishes.material and not _telling(wishes.material) <= _telling(f"{parts.subject} {parts.setting}"):
        props.append(wishes.material)
    if shot.props:
        props.append(shot.props)
    if not _telling(parts.props) & _telling(" ".join((parts.subject, *props))):
        props.insert(0, parts.props)
    if not shot.props and not is_backdrop and shop.props:
        first = seed % len(shop.props)
        told = _telling(" ".join((parts.subject, *props)))
        props += [prop for prop in (*shop.props[first:], *shop.props[:first]) if not _telling(prop) & told][:_PROPS]
    # The shop's light is made for its usual mood: bright daylight would contradict a dark one.
    is_usual_light = (not shop.moods or scene.mood == shop.moods[0]) and scene.place not in shot_table()["place_light"]
    own_light = shop.light if is_usual_light and not is_backdrop and not _steams_cold(parts.subject, shop.light) else ""
    asked = shot.quality if scene.place not in shot_table()["place_light"] else ""
    quality = wishes.light_quality or asked or own_light or light_quality(scene)
    is_usual_colour = "colour" not in decided and scene.colour in shop.colours[:1]
    palette = f"{parts.palette} with {shop.palette}" if is_usual_colour and shop.palette and not is_backdrop else ""
    own_camera = ", ".join(phrase for phrase in _phrases(shop.camera) if not _steams_cold(parts.subject, phrase))
    camera = wishes.camera or shot.camera or ("" if is_backdrop else own_camera) or usual_camera(backdrop=is_backdrop)
    unmarked = "" if is_backdrop else shop.unmarked
    return replace(
        parts,
        props=_join(*props),
        palette=palette or parts.palette,
        light=_join(parts.light, quality),
        camera=_join(parts.camera, camera),
        text_free=_join(unmarked, parts.text_free or vocabulary()["text_free"]),
    )


def dress(parts: PromptParts, style: Style) -> PromptParts:
    """Render the parts in a style: its opening and words, no lens where it has none, nothing that it leaves out."""

    def fit(text: str) -> str:
        return ", ".join(phrase for phrase in _phrases(text) if not _holds(phrase, style.leave_out))

    return replace(
        parts,
        opening=style.opening if parts.subject else style.backdrop,
        props=fit(parts.props),
        light=fit(parts.light),
        camera=fit(parts.camera) if style.has_lens else fit(_view(parts.camera)),
        style=_join(style.phrase, style.rendering),
    )


def _steams_cold(subject: str, phrase: str) -> bool:
    """Tell what would let cold food steam: 냉면 in a shop whose soups do."""
    return "steam" in phrase and bool(_COLD.search(subject))


def _telling(phrase: str) -> set[str]:
    """The words of a phrase that name things: what is told once needs no second mention."""
    words = re.findall(r"[a-zé]{3,}", phrase.lower())
    return {word.removesuffix("s").removesuffix("en") for word in words if word not in _SMALL_WORDS}


def _view(camera: str) -> str:
    """Keep what a draughtsman can do too: from where it is seen, not with which lens."""
    seen = re.compile(r"\b(?:view|seen|angle|composition|third|eye level|close-up|flat lay)\b", re.I)
    return ", ".join(phrase for phrase in _phrases(camera) if seen.search(phrase))


def _holds(phrase: str, words: tuple[str, ...]) -> bool:
    return any(re.search(rf"\b{re.escape(word)}\b", phrase, re.I) for word in words)


def _phrases(text: str) -> list[str]:
    return [phrase for phrase in text.split(", ") if phrase]


def _apart(text: str, first: list[str]) -> tuple[str, str]:
    """Some phrases of a part, and the rest of them."""
    return ", ".join(first), ", ".join(phrase for phrase in _phrases(text) if phrase not in first)


def _join(*parts: str) -> str:
    """Join phrases, each once."""
    return ", ".join(dict.fromkeys(phrase for part in parts for phrase in _phrases(part)))
