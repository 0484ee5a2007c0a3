"""What a run keeps on the device: decided from free memory before it, and again whenever memory runs out in it.

    resident           all three parts stay on the device
    encoder released   the text encoder goes home as soon as the prompt is embedded
    streamed           the blocks of the transformer (or the encoder) come to the device one by one
    tiled              the VAE works on tiles of the picture

Each rung needs less memory than the one above it. All but the last give the same picture. This file only decides; it
touches no device.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from ...types import Note

Stage = Literal["encode", "denoise", "vae"]
RESIDENT, RELEASED, STREAMED, TILED = ("resident", "encoder released", "streamed", "tiled")

_GIB = 2**30
_TILE_SHARES = (1, 2, 4)  # of the side that the checkpoint was made for
_TILE_CELLS = 4  # the VAE's tiling overlaps by a quarter of a tile, which must be whole cells


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile's side in pixels, 0 for the whole picture, and the work bytes of the VAE with it."""

    px: int
    work: int


@dataclass(frozen=True, slots=True)
class Sizes:
    """What a run takes on the device, in bytes.

    Args:
        denoise_work: of one picture; what an evaluation needs beside the weights.
        tiles: the ways in which the VAE can work, the whole picture first and the smallest tile last.
    """

    encoder: int
    encode_work: int
    transformer: int
    transformer_streamed: int
    denoise_work: int
    vae: int
    tiles: tuple[Tile, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is kept where. ``tile`` is an index into ``Sizes.tiles``, ``at_once`` how many pictures share a pass."""

    keep_encoder: bool = True
    stream_encoder: bool = False
    stream_transformer: bool = False
    tile: int = 0
    at_once: int = 1

    @property
    def rung(self) -> str:
        """The lowest rung that the plan stands on."""
        if self.tile:
            return TILED
        if self.stream_transformer or self.stream_encoder:
            return STREAMED
        return RESIDENT if self.keep_encoder else RELEASED


def choose_plan(sizes: Sizes, free: int, pictures: int = 1) -> Plan:
    """Choose the highest rung that fits into ``free`` bytes.

    Whatever is not at work can leave the device, so each stage is measured alone; only ``resident`` holds all at once.
    Where nothing fits, the lowest rung is tried all the same: the figures are estimates, and a refusal helps nobody.

    Args:
        pictures: how many may share a pass; the plan says how many do.
    """
    tile = next(
        (index for index, tile in enumerate(sizes.tiles) if sizes.vae + tile.work <= free), len(sizes.tiles) - 1
    )
    weights = sizes.encoder + sizes.transformer + sizes.vae
    keep = weights + max(sizes.encode_work, sizes.denoise_work, sizes.tiles[0].work) <= free
    stream = sizes.transformer + sizes.denoise_work > free
    held = weights if keep else sizes.transformer_streamed if stream else sizes.transformer
    return Plan(
        keep_encoder=keep,
        stream_encoder=sizes.encoder + sizes.encode_work > free,
        stream_transformer=stream,
        tile=tile,
        at_once=max(1, min(pictures, (free - held) // sizes.denoise_work)),
    )


def lower_plan(plan: Plan, sizes: Sizes, stage: Stage) -> Plan | None:
    """Choose what to try after memory ran out in ``stage``; None when nothing is left to try.

    Every answer needs less than the plan before it, so asking again and again comes to an end.
    """
    if stage == "denoise" and plan.at_once > 1:
        return replace(plan, at_once=(plan.at_once + 1) // 2)
    if plan.keep_encoder:
        return replace(plan, keep_encoder=False)
    if stage == "encode" and not plan.stream_encoder:
        return replace(plan, stream_encoder=True)
    if stage == "denoise" and not plan.stream_transformer:
        return replace(plan, stream_transformer=True)
    if stage == "vae" and plan.tile + 1 < len(sizes.tiles):
        return replace(plan, tile=plan.tile + 1)
    return None


def lower_of(plan: Plan, other: Plan) -> Plan:
    """The plan that asks for no more than either of two."""
    return Plan(
        keep_encoder=plan.keep_encoder and other.keep_encoder,
        stream_encoder=plan.stream_encoder or other.stream_encoder,
        stream_transformer=plan.stream_transformer or other.stream_transformer,
        tile=max(plan.tile, other.tile),
        at_once=min(plan.at_once, other.at_once),
    )


def tile_sides(size: tuple[int, int], base_px: int, scale: int) -> tuple[int, ...]:
    """The ways to cut a picture for the VAE, largest first; 0 = not at all.

    Args:
        scale: pixels per latent cell along a side.
    """
    sides = [base_px // share for share in _TILE_SHARES]
    return (0, *(side for side in sides if side % (scale * _TILE_CELLS) == 0 and side < max(size)))


def describe_plan(plan: Plan, sizes: Sizes, free: int) -> tuple[str, ...]:
    """Say in sentences where the plan leaves the highest rung, and what that does to the picture."""
    notes, needed = [], needed_bytes(sizes)
    # Where there should have been room memory ran out all the same: figures would only puzzle then.
    room = "" if free >= needed else f" ({free / _GIB:.1f} GiB of {needed / _GIB:.1f} GiB are free)"
    if plan.stream_transformer:
        said = "The transformer comes to the device block by block{room}: slower, the same picture."
        notes.append(Note("memory.transformer_streamed", said, room=room))
    elif plan.stream_encoder:
        said = "The text encoder comes to the device block by block{room}: slower, the same picture."
        notes.append(Note("memory.encoder_streamed", said, room=room))
    elif not plan.keep_encoder:
        said = "The text encoder leaves the device after reading the prompt{room}: the same picture."
        notes.append(Note("memory.encoder_released", said, room=room))
    if plan.tile:
        said = "The VAE works in tiles of {px} px{room}: slower, and tones differ from those of a picture in one piece."
        notes.append(Note("memory.tiled", said, px=sizes.tiles[plan.tile].px, room=room))
    return tuple(notes)


def needed_bytes(sizes: Sizes) -> int:
    """What the highest rung takes."""
    weights = sizes.encoder + sizes.transformer + sizes.vae
    return weights + max(sizes.encode_work, sizes.denoise_work, sizes.tiles[0].work)
