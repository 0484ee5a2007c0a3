"""Draw the pictures of prompts, look for lettering on them, and draw those that show some anew, in other words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...types import AdPrompt, Array

if TYPE_CHECKING:
    import torch

    from ...engine.drawing.sampling import Samples

REDRAWS = {"report": 0, "redraw": 2}
Draw = Callable[[list[str], int], "Samples"]


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """Pictures, each with the words that it was drawn from in the end, and what to tell of them.

    Shapes: as those of ``Samples``; ``latents`` holds one ``[1,C,h,w]`` per picture.
    """

    images: tuple[Array, ...]
    words: tuple[str, ...]
    latents: tuple[torch.Tensor, ...]
    seeds: tuple[int, ...]
    evaluations: int
    size: tuple[int, int]
    notes: tuple[str, ...] = ()


def draw_pictures(draw: Draw, prompts: Sequence[AdPrompt | str], lettering: str = "ignore") -> Drawn:
    """Draw a picture for each prompt.

    Args:
        prompts: a text is a user's own English, drawn as it stands.
        draw: draws a batch from its words; is told the number of its first picture too, which its seed counts from.
        lettering: ``ignore`` does not look, ``report`` notes what it sees, ``redraw`` draws anew where it sees some.
    """
    words = [prompt if isinstance(prompt, str) else prompt.positive for prompt in prompts]
    first = draw(words, 0)
    made = [_One(first, index, said) for index, said in enumerate(words)]
    notes = [first.notes]
    if lettering in REDRAWS:
        from ...prompt.picture.rewording import reword, reword_text
        from .lettering_guard import keep_unlettered

        def redraw(which: int, attempt: int) -> _One:
            prompt = prompts[which]
            said = reword_text(prompt, attempt) if isinstance(prompt, str) else reword(prompt, attempt).positive
            samples = draw([said], which)
            notes.append(samples.notes)
            return _One(samples, 0, said)

        guarded = keep_unlettered(made, redraw, retries=REDRAWS[lettering])
        made = list(guarded.kept)
        notes.append(guarded.notes)
    return Drawn(
        images=tuple(one.image for one in made),
        words=tuple(one.words for one in made),
        latents=tuple(one.samples.latents[one.index : one.index + 1] for one in made),
        seeds=first.seeds,
        evaluations=first.evaluations,
        size=first.size,
        notes=tuple(dict.fromkeys(note for several in notes for note in several)),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _One:
    samples: Samples
    index: int
    words: str

    @property
    def image(self) -> Array:
        return self.samples.images[self.index]
