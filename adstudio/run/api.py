"""The Python API: two calls, each from what a shop owner has to a saved ad."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ..errors import InputError
from ..imaging.photo import read_photo_with_alpha
from ..output.encode import encode, find_format, to_pixels
from ..ports import Host
from ..settings import read_settings
from ..types import Placement, Side, TextStyle, Tone
from .local.runner import LocalRunner
from .recorder import OnEvent
from .request import TO_CHANNEL, AdRequest, AdResult, EngineName, Lettering, Lighting, Task
from .target import usual_format
from .usual import with_usual
from .wire import to_data_url

_MODELS = ("engine", "checkpoint", "text_encoder", "vae")
Picture = str | os.PathLike[str] | bytes | Image.Image | np.ndarray


def generate_and_save_image(
    *,
    user_input: str,
    context: str = "",
    style: str = "realistic",
    aspect_ratio: str = "1:1",
    industry: str = "auto",
    reference_image: Picture | None = None,
    strength: float = 0.6,
    headline: str | None = None,
    sub: str | None = None,
    price: str = "",
    old_price: str = "",
    badge: str = "",
    call_to_action: str | None = "",
    legal: str = "",
    hours: str = "",
    link: str = "",
    logo: Picture | None = None,
    seed: int | None = None,
    output_dir: str | Path = "output",
    checkpoint: str | Path | None = None,
    text_encoder: str | Path = "auto",
    vae: str | Path = "auto",
    precision: str = "bf16",
    steps: int = 8,
    width: int | None = None,
    height: int | None = None,
    count: int = 1,
    provider: str = "auto",
    fallback: bool = False,
    language_model: str = "",
    base_url: str = "",
    tone: Tone = "friendly",
    channel: str = "",
    copy_space: Side | None = None,
    lettering: Lettering = "ignore",
    layout_provider: str = "local",
    layout_as_proposed: bool = False,
    loras: Sequence[tuple[str, float]] = (),
    text_style: TextStyle | None = None,
    format: str | None = None,
    quality: int = 95,
    max_kb: int | None = None,
    ai_label: str = "",
    credentials: bool = False,
    override_channel: bool = False,
    on_event: OnEvent | None = None,
    host: Host | None = None,
    server: str | Sequence[str] | None = None,
    engine: EngineName | None = None,
) -> AdResult:
    """Draw an ad from a Korean brief, or over a photo when ``reference_image`` is given, and save it.

    Args:
        user_input: the brief; for ``qwen-edit``, what to change.
        context: more of what is advertised; the copy is written from it, else from the brief.
        style: ``realistic``, ``illustration`` … ; ``adstudio.prompt.styles.styles()`` names them all.
        aspect_ratio: ``1:1``, ``4:5``, ``16:9`` …; ``auto`` keeps the reference photo's own; ``channel`` makes the ad
            for ``channel``: its exact size, safe zone, format and byte limit.
        industry: ``auto`` finds it in the brief.
        reference_image: a path, the bytes of an image file, a Pillow image or an array.
        strength: how much of the photo is drawn anew, above 0 up to 1.
        headline: None has it written from the brief, ``""`` draws no text.
        price: with ``old_price`` struck through before it; ``badge``, ``legal``, ``hours`` stand on the ad as they are.
        call_to_action: what the button says; None has it written, ``""`` draws none.
        link: what a QR code leads to; ``logo`` a picture, best with transparency.
        seed: None draws one; ``result.report.seeds`` names it.
        checkpoint: ``demo`` is the embedded one; else a folder, the file of a transformer, or a name among the host's
            models. None takes the one of the settings, which is ``demo`` where they name none.
        text_encoder: the file to read prompts with; ``auto`` takes the checkpoint's own, or finds the one that fits.
        vae: the same for the VAE.
        precision: ``fp8 weights`` halves the GPU memory of the picture model; the picture changes a little.
        width: with ``height``, the exact size instead of the aspect's.
        count: how many pictures; each drawn from words is a rewrite of its own in composition, light and set.
        provider: who writes prompt and copy: ``rules`` (offline), ``openai`` (a service; the key stands in the settings
            or the environment), ``local`` (the checkpoint's own text encoder), or ``auto``, the first that is there.
        fallback: have the rules write where the provider fails.
        language_model: which model of ``openai``; ``base_url`` where it is.
        tone: ``polite``, ``friendly``, ``emotional`` or ``bold``; ``channel`` limits the lengths of the copy.
        copy_space: the side to keep free for the copy; None reads it from the brief.
        layout_provider: who lays out: ``local``, ``openai`` (a model that looks at the picture) or ``auto``;
            ``layout_as_proposed`` takes its layout even where the local one scores better.
        lettering: ``report`` says where a drawn picture seems lettered, ``redraw`` draws it anew in other words.
        format: ``png``, ``jpeg``, ``webp`` or ``avif``; None = png, or with the aspect ``channel`` the channel's own.
        max_kb: the most a file may take, in thousands of bytes; refused where it would look bad.
        ai_label: what is written on the picture to say that it comes from AI; the mark in the file is always there.
        credentials: sign the file; certificate and key stand in the settings.
        override_channel: save even what the channel would refuse.
        on_event: called with every ``RunEvent``.
        server: draw on this ComfyUI instead of here, or on the least busy of several: ``http://127.0.0.1:8188``. What
            its nodes cannot do is refused by name; ``host`` then means nothing.
        engine: which model draws; any but ``zit`` (Z-Image Turbo) on a server only, where its files have to be. None
            takes the one of the settings: ``zit`` where they name none, or a ``checkpoint`` is named.

    Raises:
        AdStudioError: with what is wrong and what to do; nothing half-written is left behind.
    """
    given = locals()
    reference = None if reference_image is None else _to_source(reference_image)
    request = _request("generate", given, brief=user_input, reference=reference)
    return _run(request, output_dir, on_event, host, server)


def generate_product_composite(
    *,
    product_image: Picture | Sequence[Picture],
    background_prompt: str = "",
    context: str = "",
    auto_layout: bool = True,
    style: str = "realistic",
    aspect_ratio: str = "1:1",
    industry: str = "auto",
    headline: str | None = None,
    sub: str | None = None,
    price: str = "",
    old_price: str = "",
    badge: str = "",
    call_to_action: str | None = "",
    legal: str = "",
    hours: str = "",
    link: str = "",
    logo: Picture | None = None,
    seed: int | None = None,
    output_dir: str | Path = "output",
    checkpoint: str | Path | None = None,
    text_encoder: str | Path = "auto",
    vae: str | Path = "auto",
    precision: str = "bf16",
    steps: int = 8,
    width: int | None = None,
    height: int | None = None,
    count: int = 1,
    provider: str = "auto",
    fallback: bool = False,
    language_model: str = "",
    base_url: str = "",
    tone: Tone = "friendly",
    channel: str = "",
    copy_space: Side | None = None,
    lettering: Lettering = "ignore",
    layout_provider: str = "local",
    layout_as_proposed: bool = False,
    loras: Sequence[tuple[str, float]] = (),
    cutout: str = "auto",
    placements: Sequence[Placement] = (),
    shadow: float = 1.0,
    harmonize: float = 0.3,
    detail: float = 0.5,
    reflection: float = 0.0,
    lighting: Lighting | None = None,
    fidelity_limit: float | None = None,
    contact: float = 0.0,
    text_style: TextStyle | None = None,
    format: str | None = None,
    quality: int = 95,
    max_kb: int | None = None,
    ai_label: str = "",
    credentials: bool = False,
    override_channel: bool = False,
    on_event: OnEvent | None = None,
    host: Host | None = None,
    server: str | Sequence[str] | None = None,
    engine: EngineName | None = None,
) -> AdResult:
    """Cut a product out of its photo, put it on a drawn backdrop with shadow and copy, and save it.

    Args:
        product_image: one photo or several; a photo with transparency counts as cut out already.
        background_prompt: what the backdrop shows, in Korean; empty takes it from ``context``.
        context: what is advertised; the copy is written from it.
        auto_layout: find the product's place where ``placements`` names none; False takes the middle of the lower edge.
        cutout: ``auto``, or a method of ``adstudio.imaging.cutout.matting.methods()``.
        shadow: 0 draws none, 1 a natural one.
        harmonize: how far the product takes on the backdrop's light, ``detail`` its grain and sharpness, 0..1.
        reflection: how far a glossy ground mirrors the product, 0..1.
        lighting: where the light comes from; None reads it from the backdrop.
        fidelity_limit: refuse a picture in which a product's mean colour change (CIEDE2000) is larger.
        contact: share of the schedule that draws the ground under the product anew, such as 0.4; the product's own
            pixels stay exactly as they are. 0 = off.

    The other arguments are those of ``generate_and_save_image``.
    """
    given = locals()
    several = isinstance(product_image, Sequence) and not isinstance(product_image, (str, bytes, bytearray))
    photos: Sequence[Picture] = product_image if several else [product_image]  # type: ignore[assignment,list-item]
    products = tuple(_to_source(photo) for photo in photos)
    request = _request("composite", given, brief=background_prompt, products=products)
    return _run(request, output_dir, on_event, host, server)


def _request(task: Task, given: Mapping[str, Any], **made: Any) -> AdRequest:
    """The request that a call's arguments make: those with the name of a field as they are, the others here."""
    models = {name: os.fspath(given[name]) for name in _MODELS if given[name] is not None}
    names = {field.name for field in fields(AdRequest)} - {*_MODELS}
    values = {name: value for name, value in given.items() if name in names}
    made |= {
        "aspect": given["aspect_ratio"],
        "logo": None if given["logo"] is None else _to_source(given["logo"]),
        "loras": tuple((name, float(weight)) for name, weight in given["loras"]),
        "placements": tuple(given.get("placements", ())),
        "lighting": given.get("lighting") or Lighting(),
        "text_style": given["text_style"] or TextStyle(),
        "format": given["format"] or _format_for(given["aspect_ratio"], given["channel"]),
    }
    return AdRequest(task=task, **{**values, **with_usual(models, read_settings()), **made})


def _run(
    request: AdRequest,
    output_dir: str | Path,
    on_event: OnEvent | None,
    host: Host | None,
    server: str | Sequence[str] | None,
) -> AdResult:
    if server is None:
        return LocalRunner(output_dir, host=host).run(request, on_event)
    from .remote.runner import ComfyRunner

    with ComfyRunner(server, output_dir) as runner:
        return runner.run(request, on_event)


def _format_for(aspect: str, channel: str) -> str:
    return usual_format(channel) if aspect == TO_CHANNEL else "png"


def _to_source(picture: Picture) -> str:
    """Name a picture as a request does: a path stays one, anything else becomes a ``data:`` URL."""
    if isinstance(picture, (str, os.PathLike)):
        return os.fspath(picture)
    if isinstance(picture, (bytes, bytearray)):
        return to_data_url(bytes(picture), "application/octet-stream")
    if isinstance(picture, (Image.Image, np.ndarray)):
        colours, alpha = read_photo_with_alpha(picture)
        whole = colours if alpha is None else np.concatenate([colours, alpha[..., None]], axis=-1)
        data, _ = encode(to_pixels(whole), find_format("png"))
        return to_data_url(data)
    raise InputError(
        "request.bad_picture",
        f"A picture must be a path, the bytes of an image file, a Pillow image or an array; "
        f"{type(picture).__name__} came.",
        "Pass the path of the photo.",
    )
