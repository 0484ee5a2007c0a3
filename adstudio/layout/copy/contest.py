"""Several proposals for one picture: the best score wins, and the plan says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ...types import LayoutPlan, Note


def choose(proposals: Sequence[LayoutPlan], *, as_is: bool = False) -> LayoutPlan:
    """Take the proposal with the most points; among equals the one that comes first.

    Args:
        proposals: scored, and told apart by their ``provider``.
        as_is: take the first one, whatever it scores.

    Returns:
        the winner; its reasons begin with who won and how far.
    """
    points = [_points(plan) for plan in proposals]
    best = 0 if as_is else points.index(max(points))
    told = ", ".join(f"{plan.provider} {each}점" for plan, each in zip(proposals, points, strict=True))
    ranks = ", ".join(f"{plan.provider} {each}" for plan, each in zip(proposals, points, strict=True))
    winner, provider = proposals[best], proposals[best].provider
    if as_is:
        said = "요청하신 대로 ‘{provider}’의 배치를 그대로 씁니다 ({told})."
        said = Note("layout.as_proposed", said, provider=provider, told=told, ranks=ranks)
    elif points.count(points[best]) > 1:
        said = "점수가 같아 ‘{provider}’의 배치를 골랐습니다 ({told})."
        said = Note("layout.level", said, provider=provider, told=told, ranks=ranks)
    else:
        said = "점수가 가장 높은 ‘{provider}’의 배치를 골랐습니다 ({told})."
        said = Note("layout.winner", said, provider=provider, told=told, ranks=ranks)
    return replace(winner, reasons=(said, *winner.reasons))


def _points(plan: LayoutPlan) -> int:
    """The score as people read it: what they see as equal is equal."""
    return round(100 * plan.score.total) if plan.score else 0
