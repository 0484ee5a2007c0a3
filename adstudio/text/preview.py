"""The copy of a plan for an editor, as the drawing itself would dress it; what cannot be drawn yet is left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ..errors import AdStudioError
from ..types import Array, LayoutPlan, Mark, TextStyle
from .lettering import letter
from .paint.ink import palette
from .paint.mark import paint_logo, paint_qr
from .proof import set_blocks

_ENOUGH = 16  # one pixel in so many tells whether a code can be drawn


def draw_copy(
    image: Array, plan: LayoutPlan, style: TextStyle, logos: Mapping[str, Array] | None = None
) -> tuple[Array, dict[int, AdStudioError]]:
    """Draw the copy and the marks of a plan on a clear ground.

    A person is still at work on the plan: a line too long for its box, a code with no address or a logo that is not
    there must not hide the rest, so each is left out alone.

    Args:
        image: ``[H,W,3] float32 sRGB 0..1``; inks and grounds are chosen to read on it.

    Returns:
        ``[H,W,4]`` with straight alpha, to be laid over the picture; and what is wrong with each mark that was left
        out, by its place in the plan. Of blocks ``proof.set_blocks`` tells that.
    """
    size = (image.shape[1], image.shape[0])
    answers = set_blocks(plan.texts, style, size)
    texts = tuple(block for block, answer in zip(plan.texts, answers, strict=True) if answer.lines)
    problems = {index: _problem(mark, image, logos or {}) for index, mark in enumerate(plan.marks)}
    marks = tuple(mark for index, mark in enumerate(plan.marks) if problems[index] is None)
    left_out = {index: problem for index, problem in problems.items() if problem is not None}
    if not texts and not marks:
        return np.zeros((*image.shape[:2], 4), np.float32), left_out
    return letter(image, replace(plan, texts=texts, marks=marks), style, logos).plate, left_out


def _problem(mark: Mark, image: Array, logos: Mapping[str, Array]) -> AdStudioError | None:
    try:
        if mark.kind == "logo":
            paint_logo(mark, logos, image)
        else:
            paint_qr(mark, (image.shape[1], image.shape[0]), palette(image[::_ENOUGH, ::_ENOUGH]))
    except AdStudioError as error:
        return error
    return None
