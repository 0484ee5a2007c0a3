"""Shots: how a picture is taken and lit, from ``data/shots.yaml``, and the English directions that ask for one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import cast

from ...types import Light, Scene, Side
from ..sentence import shot_table, vocabulary
from .guard import clean_part


@dataclass(frozen=True, slots=True)
class Shot:
    """One way to take a picture; empty fields leave it to the brief, the shop and the seed.

    Args:
        place: id of a place; ``quality`` is the light's, ``camera`` the composition in English.
        props: an English phrase of things that lie about.
    """

    place: str = ""
    light: Light | None = None
    quality: str = ""
    camera: str = ""
    props: str = ""


def light_quality(scene: Scene) -> str:
    """Word the light that suits a scene's place and mood."""
    table = shot_table()
    return table["place_light"].get(scene.place) or table["light"][scene.mood][0]


def compositions(*, backdrop: bool, copy_space: Side) -> tuple[str, ...]:
    """Phrases of the compositions that leave the copy's side free; of a backdrop, those a product can be put into."""
    rows = shot_table()["compositions"].values()
    if backdrop:
        return tuple(row["backdrop"] for row in rows if "backdrop" in row)
    return tuple(row["phrase"] for row in rows if row.get("side") != copy_space)


def usual_camera(*, backdrop: bool) -> str:
    """The composition where nothing else is said."""
    row = next(iter(shot_table()["compositions"].values()))
    return row["backdrop"] if backdrop else row["phrase"]


def word_shot(shot: Shot) -> str:
    """Word a shot as a direction: ``seen straight from above, light from the right, on a soft linen tablecloth``."""
    words = vocabulary()
    parts = (
        shot.camera,
        words["lights"][shot.light]["phrase"] if shot.light else "",
        shot.quality,
        f"on {words['places'][shot.place]['phrase']}" if shot.place else "",
        f"with {shot.props}" if shot.props else "",
    )
    return ", ".join(part for part in parts if part)


def read_shot(direction: str) -> Shot:
    """Read a direction, our own wording or somebody's: what is no place, side or light of ours tells the camera."""
    words = vocabulary()
    rest, _ = clean_part(direction)
    found: dict[str, str] = {}
    tables = {"place": words["places"], "light": words["lights"]}
    for name, table in tables.items():
        for key, row in table.items():
            if row["phrase"] in rest:
                found[name] = key
                rest = re.sub(rf"(?:\bon )?{re.escape(row['phrase'])}", "", rest)
                break
    qualities = {phrase for row in shot_table()["light"].values() for phrase in row}
    camera: list[str] = []
    for phrase in (part.strip() for part in rest.split(",")):
        if phrase in qualities or re.search(
            r"\b(?:light|lighting|sunlight|daylight|backlight|lamp|glow|shadows?)\b", phrase
        ):
            found["quality"] = ", ".join(part for part in (found.get("quality", ""), phrase) if part)
        elif phrase.startswith("with "):
            found["props"] = phrase.removeprefix("with ")
        elif phrase:
            camera.append(phrase)
    return Shot(
        place=found.get("place", ""),
        light=cast("Light | None", found.get("light")),
        quality=found.get("quality", ""),
        camera=", ".join(camera),
        props=found.get("props", ""),
    )
