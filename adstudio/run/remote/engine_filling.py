"""Fill in the part of a workflow that draws, where core's own nodes do it with another engine."""

from __future__ import annotations

from collections.abc import Mapping

from ..asked import style_of
from ..engines import ENGINES, size_of
from ..request import AdRequest
from .graph import Graph, Link
from .uploads import Photos

_WORDS, _COPY, _WRITER = "AdStudioPromptProcessor", "AdStudioAdCopy", "AdStudioLanguageModel"
_SEEDS = {"RandomNoise": "noise_seed", "KSampler": "seed"}
_SIZED = ("EmptyFlux2LatentImage", "Flux2Scheduler", "EmptyLatentImage")
_STEPPED = ("Flux2Scheduler", "KSampler")
_CONTROL, _INSTRUCTION, _SCALE = "ControlNetApplyAdvanced", "TextEncodeQwenImageEditPlus", "FluxKontextImageScale"


def fill_engine(graph: Graph, request: AdRequest, photos: Photos, names: Mapping[str, str], seed: int | Link) -> None:
    """Fill in style, writer, seed, steps, size and photo."""
    writer: Link = [graph.add(_WRITER), 0]
    graph.set(_WORDS, style=style_of(request), writer=writer)
    graph.set(_COPY, writer=writer)
    width, height = photos.size or size_of(request, None)
    steps = ENGINES[request.engine].steps if request.steps == AdRequest().steps else request.steps
    for kind in filter(graph.has, _SEEDS):
        graph.set(kind, **{_SEEDS[kind]: seed})
    for kind in filter(graph.has, _SIZED):
        graph.set(kind, width=width, height=height)
    for kind in filter(graph.has, _STEPPED):
        graph.set(kind, steps=steps)
    if photos.reference is not None:
        graph.set("LoadImage", image=names[photos.reference.name])
    elif graph.has(_CONTROL):  # nothing to follow
        held = graph.nodes[graph.id(_CONTROL)]["inputs"]
        for slot, name in enumerate(("positive", "negative")):
            graph.relink(graph.output(_CONTROL, slot), held[name])
    if graph.has(_SCALE):  # the photo comes in its size
        graph.relink(graph.output(_SCALE), graph.output("LoadImage"))
    for number in graph.ids(_INSTRUCTION):
        inputs = graph.nodes[number]["inputs"]
        inputs["prompt"] = request.brief if inputs["prompt"] else ""  # the other one is the negative
