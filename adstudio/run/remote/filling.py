"""Fill a shipped workflow from a request. What no node can do is refused by name, so nothing is lost silently."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace

from ... import config
from ...imaging.composite.light import find_lamp
from ...output.templates import Template
from ...prompt.industries import AUTO, get_industry
from ...types import AdPrompt, Channel
from ..asked import PLAIN_PLACE, limits_name, style_of, subject_of, wants_copy
from ..engines import ENGINES
from ..request import TO_CHANNEL, ZIT, AdRequest
from ..target import channel_of, template_of
from .channel_filling import fill_channel, fill_template, size_for
from .engine_filling import fill_engine
from .graph import SAVE, Graph, Link
from .letters import fill_analyzer, fill_letters, fill_saving
from .masks import show_mask
from .refusals import LARGEST_SEED, check_fits, refused
from .scene import Scene, fill_scene
from .uploads import Photos

PLACED = 5  # the composite's output that tells where its products stand


@dataclass(frozen=True, slots=True)
class Filled:
    """A graph ready to be sent. ``draft`` is the prompt as the rules word it: what the server does not tell."""

    graph: Graph
    draft: AdPrompt


def fill(
    request: AdRequest,
    photos: Photos,
    names: Mapping[str, str],
    *,
    folder: str = "ads",
    scene: Scene | None = None,
    masks: bool = False,
) -> Filled:
    """Put every field of a seeded request into the workflow of its task.

    Args:
        names: what the server calls each photo that was sent, by ``Photo.name``.
        folder: where in its output folder the server saves.
        scene: whose backdrop is drawn, with Z-Image Turbo; None = the request's own.
        masks: have the server show, too, what of the picture must stay in view.

    Raises:
        InputError: ``request.not_on_server``, or what the writers of words refuse.
    """
    draft = check_fits(request)
    channel = channel_of(request)
    if channel is not None and (template := template_of(channel)) is not None:
        return Filled(_fill_locked(request, photos, names, draft, channel, template, folder), draft)
    graph = Graph.shipped(ENGINES[request.engine].workflow_of(request))
    drawn = request if scene is None else scene.of(request)
    seed = _seeds(graph, request)
    if request.engine == ZIT:
        _fill_model(graph, drawn)
        _fill_picture(graph, drawn, photos, names, seed)
        size_for(graph, channel_of(drawn))
    else:
        fill_engine(graph, request, photos, names, seed)
    _fill_words(graph, request, draft)
    if scene is not None:
        fill_scene(graph, scene, subject_of(drawn), industry=draft.industry)
        draft = scene.prompts[0] if scene.prompts else check_fits(drawn)
    if request.products:
        _fill_products(graph, request, photos, names, draft)
    fill_letters(graph, request, photos, names)
    fill_saving(graph, request, folder)
    if request.products:
        graph.set(SAVE, product_layout=graph.output("AdStudioBackgroundComposite", PLACED))
    if channel is not None:
        fill_channel(graph, request, channel, photos, names)
    graph.keep_for(SAVE)
    if masks:
        show_mask(graph)
    return Filled(graph, draft)


def _fill_locked(
    request: AdRequest,
    photos: Photos,
    names: Mapping[str, str],
    draft: AdPrompt,
    channel: Channel,
    template: Template,
    folder: str,
) -> Graph:
    """The graph of a channel that fixes the picture: a cut-out on its template."""
    graph = Graph.shipped(ENGINES[ZIT].composite)
    _fill_words(graph, request, draft)
    cutout = _fill_cutouts(graph, request, photos, names)["cutout"]
    fill_saving(graph, request, folder)
    fill_template(graph, request, channel, template, cutout, style_of(request))
    graph.keep_for(SAVE)
    return graph


def with_seed(request: AdRequest) -> AdRequest:
    """The same request, with a seed drawn that a server takes where it names none."""
    if request.seed is not None:
        return request
    return replace(request, seed=secrets.randbelow(LARGEST_SEED - request.count))


def _fill_model(graph: Graph, request: AdRequest) -> None:
    graph.set(
        "AdStudioZitLoader",
        checkpoint=config.EMBEDDED_NAME if request.checkpoint == config.EMBEDDED else request.checkpoint,
        text_encoder=request.text_encoder,
        vae=request.vae,
        hub_id="",
        precision=request.precision,
    )
    style = style_of(request)
    graph.set("AdStudioLoraStyle", style=style, lora="by style", weight=1.0)
    first = last = graph.output("AdStudioLoraStyle")
    for name, weight in request.loras:
        last = [graph.add("AdStudioLoraStyle", zit=last, style=style, lora=name, weight=weight), 0]
    chain = graph.ids("AdStudioLoraStyle")
    graph.relink(first, last, beside=chain)


def _fill_words(graph: Graph, request: AdRequest, draft: AdPrompt) -> None:
    graph.set(
        "AdStudioLanguageModel",
        provider=request.provider,
        fallback=request.fallback,
        language_model=request.language_model,
    )
    asked = request.industry.strip() or AUTO
    industry = AUTO if asked.lower() == AUTO else get_industry(asked).name
    graph.set(
        "AdStudioPromptProcessor",
        brief=subject_of(request),
        industry=industry,
        backdrop_only=request.task == "composite",
        variation=request.seed,
        # Over a photo the composition is the photo's: a rewrite would only fight it.
        variants=1 if request.reference is not None else request.count,
        copy_space=request.copy_space or AUTO,
    )
    graph.set(
        "AdStudioAdCopy",
        brief=request.context if request.context.strip() else request.brief,
        industry=AUTO,
        tone=request.tone,
        channel=(limits_name(request.channel) if request.channel.strip() else "") or "none",
        variation=request.seed,
    )
    if request.count > 1:  # several prompts would have it write several times
        graph.unlink("AdStudioAdCopy", "prompt")
        graph.set("AdStudioAdCopy", industry=draft.industry)


def _seeds(graph: Graph, request: AdRequest) -> int | Link:
    """The seed, or a list of them: prompt n is drawn with seed + n, as in this process."""
    seed = request.seed or 0
    if request.count == 1:
        return seed
    return [graph.add("CreateList", **{f"inputs.input{index}": seed + index for index in range(request.count)}), 0]


def _fill_picture(graph: Graph, request: AdRequest, photos: Photos, names: Mapping[str, str], seed: int | Link) -> None:
    if photos.reference is not None:
        graph.set("LoadImage", image=names[photos.reference.name])
        graph.set("AdStudioImage2Image", strength=request.strength, seed=seed, steps=request.steps, size="model")
        return
    graph.set(
        "AdStudioText2Image",
        aspect="1:1" if request.aspect in (AUTO, TO_CHANNEL) else request.aspect,
        width=request.width or 0,
        height=request.height or 0,
        seed=seed,
        steps=request.steps,
        batch=1,
        lettering=request.lettering,
    )
    if request.contact > 0 and request.products:
        graph.set("AdStudioContactBlend", strength=request.contact, seed=seed, steps=request.steps)


def _fill_cutouts(graph: Graph, request: AdRequest, photos: Photos, names: Mapping[str, str]) -> dict[str, Link]:
    """Fill in the photos of the products; the cut-outs come back by the input that takes each."""
    graph.set("LoadImage", image=names[photos.products[0].name])
    graph.set("AdStudioBackgroundRemoval", method=request.cutout)
    loader, cutter = graph.id("LoadImage"), graph.id("AdStudioBackgroundRemoval")
    blank = dict(graph.nodes[cutter]["inputs"])
    cutouts: dict[str, Link] = {}
    for number, photo in enumerate(photos.products):
        if number:
            loader = graph.add("LoadImage", image=names[photo.name])
            cutter = graph.add("AdStudioBackgroundRemoval", **blank)
        shown: Link = [loader, 0]
        if photo.has_alpha:
            shown = [graph.add("JoinImageWithAlpha", image=[loader, 0], alpha=[loader, 1]), 0]
        graph.nodes[cutter]["inputs"]["image"] = shown
        cutouts["cutout" if number == 0 else f"cutout_{number + 1}"] = [cutter, 0]
    return cutouts


def _fill_products(graph: Graph, request: AdRequest, photos: Photos, names: Mapping[str, str], draft: AdPrompt) -> None:
    cutouts = _fill_cutouts(graph, request, photos, names)
    graph.set("AdStudioProductLayoutAnalyzer", **cutouts, x=-1.0, base_y=-1.0, height=0.0)
    graph.set("AdStudioProductLayoutAnalyzer", copy_space=draft.copy_space if wants_copy(request) else AUTO)
    fill_analyzer(graph, "AdStudioProductLayoutAnalyzer", request)
    graph.set(
        "AdStudioBackgroundComposite",
        **cutouts,
        **_light(graph, request),
        manual_placement=False,
        stance="auto",
        rotation=0.0,
        shadow=request.shadow,
        harmonize=request.harmonize,
        detail=request.detail,
        reflection=request.reflection,
        fidelity_limit=request.fidelity_limit or 0.0,
    )
    by_hand = request.placements or (() if request.auto_layout else (PLAIN_PLACE,))
    for place in by_hand:
        graph.unlink("AdStudioBackgroundComposite", "layout")
        graph.set("AdStudioBackgroundComposite", manual_placement=True, x=place.x, base_y=place.base_y)
        graph.set("AdStudioBackgroundComposite", height=place.height, rotation=place.rotation, stance=place.stance)
    if request.contact == 0 and graph.has("AdStudioContactBlend"):
        graph.relink(graph.output("AdStudioContactBlend"), graph.output("AdStudioBackgroundComposite"))


def _light(graph: Graph, request: AdRequest) -> dict[str, object]:
    """The lamp's widgets. What a side brings along is written out, as the node's own ``angle`` starts from above."""
    light = request.lighting
    graph.unlink("AdStudioBackgroundComposite", "softness")
    if light.angle is None:
        soft = {} if light.softness is None else {"softness": light.softness}
        return {"light": light.side, "light_height": light.height or 0.0, **soft}
    if light.side == AUTO and (light.height is None or light.softness is None):
        raise refused(
            "lighting.angle", "beside it the server reads nothing from the backdrop", "Set height and softness"
        )
    lamp = find_lamp(light.side, angle_deg=light.angle, height_deg=light.height, softness=light.softness)
    return {
        "light": "angle",
        "light_angle": lamp.angle_deg,
        "light_height": lamp.height_deg,
        "softness": lamp.softness,
    }
