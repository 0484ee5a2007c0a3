"""Dress set copy: what lies behind it, what its letters are filled with, and which of all that lies over which."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count, groupby

import numpy as np

from ...srgb import ratio
from ...types import ROLE_NAMES, Array, Mark, TextBlock, TextStyle
from ..lines.characters import normalise
from ..lines.fitting import Setting
from ..lines.rows import Edges
from ..lines.spot import Spot, spot_of
from ..roles import role_style
from .brush import draw_lines, paint_letters, paint_rim, paint_shadow, strike, underline
from .ground import Fill, Ground, Wish, choose_ground, lay_ground, wanted_fill
from .ink import Colour, Palette, brightness, enough, palette, to_hex
from .mark import paint_logo, paint_qr
from .sheet import Piece, Sheet
from .spot import paint_spot

NAMES: dict[str, str] = {**ROLE_NAMES, "qr": "QR 코드", "logo": "로고"}
_GROUNDS = {"scrim": "그늘", "panel": "판"}
_NEIGHBOURS = 0.06  # blocks nearer than this share of the height are read, and given a ground, together
_LOUDEST_FIRST = ("headline", "price", "sub", "note", "cta", "badge", "hours", "legal")
_LIGHT = 0.3  # luminance from which letters count as light: only those are lifted by a shadow
_GROUND, _MARK, _LETTERS, _SPOT = range(4)  # what lies over what at the same z


@dataclass(eq=False)
class _Block:
    """A block with all that is set of it; ``ground`` and ``fills`` follow when its cluster is dressed."""

    settings: list[Setting]
    spot: Spot | None
    wish: Wish
    floor: float = -np.inf
    ground: Ground | None = None
    fills: tuple[Fill, ...] = ()
    shares: tuple[float, ...] = ()

    @property
    def block(self) -> TextBlock:
        return self.settings[0].block

    @property
    def edges(self) -> tuple[float, float, float, float]:
        if self.spot is not None:
            return self.spot.edges
        inks = np.array([setting.ink for setting in self.settings])
        return (*inks[:, :2].min(axis=0).tolist(), *inks[:, 2:].max(axis=0).tolist())


@dataclass
class Dressed:
    """A picture with its copy on it, the pieces that were laid from the lowest up, and what was chosen."""

    image: Array
    pieces: list[Piece] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def dress(
    image: Array, settings: Sequence[Setting], marks: Sequence[Mark], style: TextStyle, logos: Mapping[str, Array]
) -> Dressed:
    """Dress all copy and all marks of a plan for ``image [H,W,3]``, which stays as it is."""
    return _Dresser(image, style).dress(settings, marks, logos)


class _Dresser:
    def __init__(self, image: Array, style: TextStyle) -> None:
        self.out = np.array(image[..., :3], np.float32, order="C")  # sheets are laid on rows of it
        self.style = style
        self.tints: Palette = palette(self.out)
        self.done = Dressed(self.out)
        self.height, self.width = self.out.shape[:2]
        self.numbers: dict[str, Iterator[int]] = {}
        self.pills: list[Edges] = []

    def dress(self, settings: Sequence[Setting], marks: Sequence[Mark], logos: Mapping[str, Array]) -> Dressed:
        blocks = self._blocks(settings, marks)
        jobs: list[tuple[tuple[float, int, int], Callable[[], None]]] = [
            ((mark.z, _MARK, 0), lambda mark=mark: self._mark(mark, logos)) for mark in marks
        ]
        self.pills = [each.spot.edges for each in blocks if each.spot is not None and each.spot.kind == "pill"]
        plain = [each for each in blocks if each.spot is None]
        for cluster in _clusters(plain, _NEIGHBOURS * self.height):
            jobs.append(
                ((min(each.block.z for each in cluster), _GROUND, 0), lambda group=cluster: self._ground(group))
            )
        for each in blocks:
            step, paint = (_LETTERS, self._letters) if each.spot is None else (_SPOT, self._spot)
            rank = _LOUDEST_FIRST.index(each.block.role)
            jobs.append(((each.block.z, step, rank), lambda each=each, paint=paint: paint(each)))
        for _, paint in sorted(jobs, key=lambda job: job[0]):
            paint()
        if logos and not any(mark.kind == "logo" for mark in marks):
            self.done.notes.append("로고: 배치에 자리가 없어 넣지 않았습니다.")
        return self.done

    def _blocks(self, settings: Sequence[Setting], marks: Sequence[Mark]) -> list[_Block]:
        size = (self.width, self.height)
        groups = [list(group) for _, group in groupby(settings, key=lambda setting: id(setting.block))]
        blocks = [_Block(group, spot_of(group[0], size), self._wish(group[0].block)) for group in groups]
        solid = [(each.block.z, each.edges) for each in blocks if each.spot is not None]
        solid += [(mark.z, tuple(map(float, mark.box.pixels(*size)))) for mark in marks]
        for each in blocks:  # what lies on a spot or a mark is read against that, not with its neighbours
            under = [z for z, edges in solid if z < each.block.z and _gap(edges, each.edges) <= 0]
            each.floor = max(under, default=-np.inf)
        return blocks

    def _wish(self, block: TextBlock) -> Wish:
        if block.plate in ("none", "scrim", "panel"):
            return block.plate
        # An outline carries its own contrast, so only an explicit wish adds a plate to it.
        asked = role_style(block.role).plate
        auto: Wish = "none" if self._has_outline(block) else "auto" if asked == "pill" else asked
        wishes: dict[str, Wish] = {"auto": auto, "always": "panel", "never": "none"}
        return wishes[self.style.plate]

    def _has_outline(self, block: TextBlock) -> bool:
        return self.style.outline and role_style(block.role).outline

    def _mark(self, mark: Mark, logos: Mapping[str, Array]) -> None:
        if mark.kind == "qr":
            sheets, note = paint_qr(mark, (self.width, self.height), self.tints)
        else:
            sheets, note = paint_logo(mark, logos, self.out)
        self._lay(NAMES[mark.kind], sheets)
        self.done.notes.append(note)

    def _ground(self, cluster: list[_Block]) -> None:
        settings = [setting for each in cluster for setting in each.settings]
        wanted = [wanted_fill(setting.block) for setting in settings]
        ground = choose_ground(self.out, settings, wanted, self.tints, cluster[0].wish)
        fills, shares = iter(ground.fills), iter(ground.shares)
        for each in cluster:
            each.ground = ground
            each.fills = tuple(next(fills) for _ in each.settings)
            each.shares = tuple(next(shares) for _ in each.settings)
        sheet = lay_ground(self.out, settings, ground, self.pills)
        if sheet is not None:
            self._lay(_GROUNDS[ground.kind], [sheet])

    def _letters(self, each: _Block) -> None:
        ground, tints = each.ground, self.tints
        assert ground is not None  # its cluster's ground comes before it
        lines = [draw_lines(setting) for setting in each.settings]
        sheets: list[Sheet] = []
        is_light = _luminance(each.fills[0]) > _LIGHT
        has_outline, has_shadow = (
            self._has_outline(each.block),
            self.style.shadow and role_style(each.block.role).shadow,
        )
        if has_shadow and is_light and ground.kind != "panel" and not has_outline:
            for setting, covers in zip(each.settings, lines, strict=True):
                sheets += paint_shadow(setting, covers, tints.dark[0])
        for setting, covers, fill in zip(each.settings, lines, each.fills, strict=True):
            if has_outline:
                sheets += paint_rim(setting, self._rim(fill))
            sheets += paint_letters(setting, covers, fill)
        if normalise(each.block.was):  # else the new price is the first that was set
            sheets += strike(each.settings[0], each.fills[0])
        if each.block.role == "cta" and not each.block.vertical:  # without its pill a button is a link
            sheets += underline(each.settings[-1], each.fills[-1])
        self._lay(NAMES[each.block.role], sheets)
        self._say(each, ground)

    def _spot(self, each: _Block) -> None:
        (setting,), spot = each.settings, each.spot
        assert spot is not None
        sheets, fill, ink, share = paint_spot(self.out, setting, spot, self.tints, shadow=self.style.shadow)
        self._lay(NAMES[each.block.role], sheets)
        need = enough(setting.size, setting.face.weight, (self.width, self.height))
        said = f"{NAMES[each.block.role]}: {_hex(fill)} 바탕에 {to_hex(ink)} 글자"
        self.done.notes.append(f"{said}, 대비 {share * need:.1f}:1 (필요 {need:g}:1)")

    def _rim(self, fill: Fill) -> Colour:
        return self.tints.dark[1] if _luminance(fill) > _LIGHT else self.tints.light[1]

    def _say(self, each: _Block, ground: Ground) -> None:
        worst = each.shares.index(min(each.shares))
        setting, share = each.settings[worst], each.shares[worst]
        need = enough(setting.size, setting.face.weight, (self.width, self.height))
        name, fill, behind = NAMES[each.block.role], each.fills[worst], _GROUNDS.get(ground.kind)
        if self._has_outline(each.block) and not behind:
            rim = self._rim(fill)
            contrast = min(ratio(brightness(colour), brightness(rim)) for colour in fill)
            self.done.notes.append(f"{name}: {_hex(fill)}, 외곽선 {to_hex(rim)}과의 대비 {contrast:.1f}:1")
            return
        said = f"{name}: {_hex(fill)}, 대비 {share * need:.1f}:1 (필요 {need:g}:1), "
        said += f"{behind} {ground.strength:.0%}" if behind else "바탕 없이"
        if share < 1:
            cause = "지정하신 색이라 바꾸지 않았습니다" if each.block.color else "바탕을 깔지 않기로 하셨습니다"
            said += f". 잘 읽히지 않을 수 있으나 {cause}."
        self.done.notes.append(said)

    def _lay(self, name: str, sheets: Sequence[Sheet]) -> None:
        for sheet in sheets:
            sheet.lay(self.out)
        number = next(self.numbers.setdefault(name, count(1)))
        self.done.pieces.append(Piece(name if number == 1 else f"{name} {number}", tuple(sheets)))


def _clusters(blocks: Sequence[_Block], near: float) -> list[list[_Block]]:
    """Group blocks that stand close together and are grounded alike, so that they share inks and ground."""
    clusters: list[list[_Block]] = []
    for block in blocks:
        joined = [
            c for c in clusters if any(_alike(block, each) and _gap(block.edges, each.edges) <= near for each in c)
        ]
        merged = [block, *(member for cluster in joined for member in cluster)]
        clusters = [c for c in clusters if c not in joined] + [merged]
    return clusters


def _alike(one: _Block, other: _Block) -> bool:
    return one.wish == other.wish and one.floor == other.floor


def _gap(one: Sequence[float], other: Sequence[float]) -> float:
    across = max(one[0], other[0]) - min(one[2], other[2])
    down = max(one[1], other[1]) - min(one[3], other[3])
    return max(across, down)


def _luminance(fill: Fill) -> float:
    return sum(map(brightness, fill)) / len(fill)


def _hex(fill: Sequence[Colour]) -> str:
    return "→".join(map(to_hex, fill))
