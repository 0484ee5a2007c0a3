"""From a Korean brief to an English prompt and Korean copy, by the provider of choice."""

from __future__ import annotations

from ..types import AdCopy, AdPrompt
from .industries import AUTO
from .providers import find_writer


def write(
    brief: str,
    *,
    industry: str = AUTO,
    style: str = "realistic",
    provider: str = AUTO,
    backdrop_only: bool = False,
    seed: int = 0,
) -> AdPrompt:
    """Write the picture prompt for a brief.

    Args:
        backdrop_only: leave the product out, for a composite.
        seed: varies only what neither the brief nor the industry's default (seed 0) decides.

    Raises:
        InputError: ``prompt.empty_brief``, ``prompt.brief_too_long``, ``prompt.unknown_industry``,
            ``prompt.unknown_style``, ``prompt.unknown_provider``, ``prompt.bad_table``.
    """
    return find_writer(provider).write_prompt(
        brief, industry=industry, style=style, backdrop_only=backdrop_only, seed=seed
    )


def write_copy(brief: str, *, industry: str = AUTO, provider: str = AUTO) -> AdCopy:
    """Write the Korean words on the ad. Raises as ``write`` does."""
    return find_writer(provider).write_copy(brief, industry=industry)
