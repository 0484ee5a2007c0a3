"""Stand an ad on the backdrop of another one: its words, style, size and seed draw the very same picture again."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ...prompt.providers import RULES
from ...types import AdPrompt
from ..request import AdRequest
from .graph import SAVE, Graph, Link

_WORDS, _COPY, _DRAWS, _BLENDS = (
    "AdStudioPromptProcessor", "AdStudioAdCopy", "AdStudioText2Image", "AdStudioContactBlend",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scene:
    """A backdrop that was drawn for another ad, with the same seed, style and brief.

    Args:
        request: of that ad; what it says of its product coloured the backdrop.
        prompts: the words that it was drawn with, where a language model wrote them and might write others now.
    """

    request: AdRequest
    prompts: tuple[AdPrompt, ...] = ()

    def of(self, request: AdRequest) -> AdRequest:
        """The request as the backdrop was drawn for it."""
        return replace(request, context=self.request.context, channel=self.request.channel)


def fill_scene(graph: Graph, scene: Scene, subject: str, *, industry: str) -> None:
    """Have the words of the scene drawn, and the copy written from the ad's own.

    Args:
        subject: what the backdrop shows.
        industry: of the ad itself, which the copywriter else takes from the words of the picture.
    """
    graph.set(_WORDS, brief=subject)
    graph.unlink(_COPY, "prompt")
    graph.set(_COPY, industry=industry)
    if not scene.prompts:
        return
    words = [prompt.positive for prompt in scene.prompts]
    said: str | Link = words[0]
    if len(words) > 1:
        said = [graph.add("CreateList", **{f"inputs.input{index}": each for index, each in enumerate(words)}), 0]
    graph.unlink(_WORDS, "writer")
    graph.set(_WORDS, provider=RULES)  # read for the copy's side alone
    graph.unlink(SAVE, "ad_prompt")  # it would tell of words that were not drawn
    for kind in filter(graph.has, (_DRAWS, _BLENDS)):
        graph.set(kind, text=said)
