"""Make a server's picture for a channel: drawn near its size, fitted, checked and saved as it takes it.

What ``channel_stages`` does in this process, with the channel nodes in a graph.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ...output.findings import Finding
from ...output.templates import Template
from ...text.faces.fonts import BUNDLED
from ...types import Array, Channel, LayoutPlan
from ..asked import PARTS, own_copy, shown_copy
from ..channels import inspect, takes_copy, takes_marks
from ..finishing import NO_LABEL, wanted_of
from ..request import AdRequest
from ..target import channel_of, check_copy, check_template, refuse_locked, template_of
from ..templates import OFFICIAL
from .graph import SAVE, Graph, Link
from .uploads import Photos

_ANALYZER, _COMPOSITE, _COPY = "AdStudioTextLayoutAnalyzer", "AdStudioBackgroundComposite", "AdStudioAdCopy"
_DRAWS_WORDS, _PRESET = "AdStudioText2Image", "AdStudioChannelPreset"
_HEADLINE, _SUB = 3, 4  # outputs of the copywriter


def without_barred(request: AdRequest) -> AdRequest:
    """The same request without the copy and the logo that its channel takes none of."""
    channel = channel_of(request)
    if channel is None or template_of(channel) is not None:
        return request
    if not takes_copy(channel):
        nothing: dict[str, Any] = dict.fromkeys(PARTS, "")
        request = replace(request, **nothing)
    return request if takes_marks(channel) else replace(request, logo=None)


def barred_notes(request: AdRequest) -> tuple[str, ...]:
    """What to tell of the words and the logo that a channel leaves no place for, and of a label on a template."""
    channel = channel_of(request)
    if channel is None:
        return ()
    if (template := template_of(channel)) is not None:
        parts = [request.badge, request.legal, request.hours, request.link, request.call_to_action or ""]
        parts += [] if template.lines else [request.headline or "", request.sub or "", request.price]
        left = ", ".join(f"‘{part}’" for part in parts if part)
        notes = [f"정해진 틀에 자리가 없어서 뺐어요: {left}"] if left else []
        notes += ["정해진 틀에 자리가 없어서 로고를 뺐어요."] if request.logo is not None else []
        label = "정해진 틀에는 AI 표시를 넣지 않아요. AI가 그린 부분이 없어요."
        return (*notes, *([label] if request.ai_label.strip() else []))
    kept, notes = without_barred(request), []
    if {name: getattr(kept, name) for name in PARTS} != {name: getattr(request, name) for name in PARTS}:
        notes.append(f"{channel.korean}: 글자를 넣을 수 없는 채널이라 문구를 뺐어요.")
    if kept.logo != request.logo:
        notes.append(f"{channel.korean}: 로고를 넣을 수 없는 채널이라 로고를 뺐어요.")
    return tuple(notes)


def check_channel(request: AdRequest) -> Channel | None:
    """Refuse what the channel of a request does not take, before anything is sent.

    Raises:
        InputError: ``channel.<reason>``, ``template.<reason>``.
    """
    channel = channel_of(request)
    if channel is None:
        return None
    if request.task == "generate":
        refuse_locked(channel)
    check_template(request)
    if template_of(channel) is None and (shown := shown_copy(request, own_copy(request))) is not None:
        check_copy(shown, channel, override=request.override_channel)
    return channel


def size_for(graph: Graph, channel: Channel | None) -> None:
    """Have Z-Image Turbo draw from words in the size that suits a channel, unless that takes no drawn picture."""
    if channel is None or template_of(channel) is not None or not graph.has(_DRAWS_WORDS):
        return
    drawing = graph.nodes[graph.id(_DRAWS_WORDS)]["inputs"]
    preset = graph.add(_PRESET, channel=channel.id, zit=drawing["zit"])
    drawing |= {"width": [preset, 0], "height": [preset, 1]}


def fill_channel(graph: Graph, request: AdRequest, channel: Channel, photos: Photos, names: Mapping[str, str]) -> None:
    """Put the channel's nodes round what draws, letters and saves; the rest of the graph is filled in before."""
    known = [preset for preset in graph.ids(_PRESET) if graph.nodes[preset]["inputs"]["channel"] == channel.id]
    place: Link = [known[0] if known else graph.add(_PRESET, channel=channel.id), 4]
    _fit(graph, place, photos, names)
    if graph.has(_ANALYZER):
        graph.set(_ANALYZER, channel=place)
        if request.logo is not None:
            graph.set(_ANALYZER, logo_slot=takes_marks(channel))
    _check(graph, request, place)
    _save_for(graph, request, channel, place)


def fill_template(
    graph: Graph, request: AdRequest, channel: Channel, template: Template, cutout: Link, style: str
) -> None:
    """Set the ad by the template that its channel fixes: nothing is drawn, and no model is loaded."""
    graph.set("AdStudioPromptProcessor", style=style)
    graph.unlink("AdStudioLanguageModel", "zit")
    headline: str | Link = graph.output(_COPY, _HEADLINE) if request.headline is None else request.headline
    written = request.headline is None and request.sub is None
    sub: str | Link = graph.output(_COPY, _SUB) if written else request.sub or ""
    if price := request.price.strip():
        joined = {"string_a": price, "string_b": sub, "delimiter": " "}
        sub = [graph.add("StringConcatenate", **joined), 0] if written else f"{price} {sub}".strip()
    words = {"headline": headline, "sub": sub, "old_price": request.old_price.strip()}
    made = graph.add(
        "AdStudioChannelTemplate",
        cutout=cutout,
        template=template.id,
        advertiser="",
        font=OFFICIAL if request.text_style.font == BUNDLED else request.text_style.font,
        channel=channel.id,
        override=request.override_channel,
        **(words if template.lines else dict.fromkeys(words, "")),
    )
    graph.unlink(SAVE, "original", "product_layout")
    graph.set(SAVE, image=[made, 0], layout=[made, 1], ai_label=NO_LABEL)
    _save_for(graph, request, channel, [made, 2])


Found = tuple[tuple[Finding, ...], ...]


def findings_of(request: AdRequest, pictures: Sequence[Array], layouts: Sequence[LayoutPlan]) -> Found:
    """What the channel of a request says to each finished picture, as in this process."""
    channel = channel_of(request)
    if channel is None:
        return ()
    wanted = wanted_of(request, channel)
    return tuple(
        inspect(
            picture,
            channel,
            plan=plan,
            style=request.text_style,
            font=request.text_style.font,
            format=wanted.settled_format(),
            size_bytes=wanted.max_bytes(),
        )
        for picture, plan in zip(pictures, layouts, strict=True)
    )


def _fit(graph: Graph, place: Link, photos: Photos, names: Mapping[str, str]) -> None:
    """Bring the drawn picture to the exact size, its subject in view, before products and copy come on it."""
    if graph.has(_COMPOSITE):
        drawn = graph.nodes[graph.id(_COMPOSITE)]["inputs"]["backdrop"]
    else:
        saved = graph.nodes[graph.id(SAVE)]["inputs"]
        drawn = saved.get("original", saved["image"])
    seen: dict[str, Link] = {}
    if photos.subject is not None:
        seen["keep"] = [graph.add("LoadImageMask", image=names[photos.subject.name], channel="red"), 0]
    fit = graph.add("AdStudioFitToChannel", image=drawn, channel=place, lean=0.5, **seen)
    graph.relink(drawn, [fit, 0], beside=[fit])
    if seen and graph.has(_ANALYZER):
        graph.set(_ANALYZER, keep_clear=[fit, 1])


def _check(graph: Graph, request: AdRequest, place: Link) -> None:
    saved = graph.nodes[graph.id(SAVE)]["inputs"]
    more = {"layout": saved["layout"]} if "layout" in saved else {}
    more |= {"product": graph.output(_COMPOSITE, 1)} if graph.has(_COMPOSITE) else {}
    check = graph.add(
        "AdStudioChannelCheck",
        image=saved["image"],
        channel=place,
        advertiser="",
        override=request.override_channel,
        font=request.text_style.font,
        **more,
    )
    graph.set(SAVE, image=[check, 0])


def _save_for(graph: Graph, request: AdRequest, channel: Channel, place: Link) -> None:
    """Save in the channel's format and bytes; what it would refuse is refused there, unless that is overridden."""
    if not request.override_channel:
        graph.set(SAVE, channel=place)
        return
    wanted = wanted_of(request, channel)
    graph.set(SAVE, format=wanted.settled_format(), max_kb=(wanted.max_bytes() or 0) // 1000)
