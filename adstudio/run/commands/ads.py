"""``adstudio generate``, ``edit`` and ``composite``: one ad from a brief, over a photo, or round a product."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any, get_args

from ...engine.drawing.options import BF16, OFFERED_PRECISIONS
from ...settings import read_settings
from ...types import Side
from ..request import AdRequest, EngineName, Lettering, Lighting
from ..usual import with_usual
from . import copy_options, finish_options, letter_options, made, place, server_option, target_options, words

_GENERATE = """
  adstudio generate "창가 카페의 딸기 라떼, 봄 신메뉴"
  adstudio generate "가을 세일" --headline "가을 한정" --price 9,900원 --old-price 12,900원 --channel 스토리
  adstudio generate "햇살 드는 빵집" --no-text --size 1024x768 --seed 7 -o pictures
"""
_EDIT = """
  adstudio edit cup.jpg "비 오는 창가의 커피" --strength 0.4
  adstudio edit cup.jpg "배경을 눈 내리는 거리로" --engine qwen-edit --server http://127.0.0.1:8188
"""
_COMPOSITE = """
  adstudio composite cup.jpg --background "대리석 탁자, 아침 햇살" --context "갓 볶은 원두 커피"
  adstudio composite a.png b.png --background "나무 선반" --channel kakao_native:2x1 --ai-label
"""


def add(commands: Any) -> None:
    """Add the three commands to the command line."""
    generate = _parser(commands, "generate", "draw an ad from a brief, or over a photo", _GENERATE)
    generate.add_argument("brief", metavar="BRIEF", help="what the ad shows, in Korean")
    generate.add_argument("--reference", metavar="PHOTO", help="draw over this photo")
    _add_strength(generate)
    _add_picture(generate)
    generate.set_defaults(command=run_generate)

    edit = _parser(commands, "edit", "draw an ad over a photo", _EDIT)
    edit.add_argument("reference", metavar="PHOTO", help="the photo")
    edit.add_argument("brief", metavar="BRIEF", help="what the ad shows, in Korean; for qwen-edit, what to change")
    _add_strength(edit)
    _add_picture(edit, aspect="auto")
    edit.set_defaults(command=run_generate)

    composite = _parser(commands, "composite", "put a product photo on a drawn backdrop", _COMPOSITE)
    composite.add_argument("product", metavar="PRODUCT", nargs="+", help="product photo; several stand side by side")
    composite.add_argument("--background", default="", metavar="TEXT", help="what the backdrop shows, in Korean")
    _add_picture(composite)
    group = composite.add_argument_group("the products")
    group.add_argument("--cutout", default="auto", metavar="METHOD", help="how they are cut out: cutout --list (auto)")
    where = group.add_mutually_exclusive_group()
    where.add_argument("--layout", type=Path, metavar="PLAN", help="stand them where this layout plan says")
    where.add_argument("--no-auto-layout", action="store_true", help="the middle of the lower edge, without looking")
    place.add_finish(group)
    group.add_argument(
        "--contact", type=float, default=0.0, help="draw the ground under them anew, 0.4; 0 leaves it (0)"
    )
    composite.set_defaults(command=run_composite)


def run_generate(options: argparse.Namespace) -> dict[str, Any]:
    """Draw from words, or over a photo."""
    request = AdRequest(
        task="generate",
        brief=options.brief,
        reference=options.reference,
        strength=options.strength,
        **_picture_fields(options),
    )
    return _run(options, request)


def run_composite(options: argparse.Namespace) -> dict[str, Any]:
    """Cut out, draw a backdrop and put the products on it."""
    request = AdRequest(
        task="composite",
        brief=options.background,
        products=tuple(options.product),
        cutout=options.cutout,
        auto_layout=not options.no_auto_layout,
        placements=() if options.layout is None else place.read_plan(options.layout).products,
        shadow=options.shadow,
        harmonize=options.harmonize,
        detail=options.detail,
        reflection=options.reflection,
        lighting=Lighting(options.light, options.light_angle, options.light_height, options.softness),
        fidelity_limit=options.fidelity_limit,
        contact=options.contact,
        **_picture_fields(options),
    )
    return _run(options, request)


def _parser(commands: Any, name: str, says: str, examples: str) -> argparse.ArgumentParser:
    return commands.add_parser(
        name,
        help=says,
        description=f"{says[0].upper()}{says[1:]}. The finished file's path is printed.",
        epilog=f"examples:{examples}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def _add_strength(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--strength",
        type=float,
        default=AdRequest().strength,
        help=f"how much of the photo is drawn anew, above 0 up to 1 ({AdRequest().strength:g})",
    )


def _add_picture(parser: argparse.ArgumentParser, aspect: str = "1:1") -> None:
    usual = AdRequest()
    parser.add_argument(
        "--context", default="", metavar="TEXT", help="what is advertised; the copy is written from it (the brief)"
    )
    picture = parser.add_argument_group("the picture")
    picture.add_argument("--style", default=usual.style, help=f"how it is rendered: adstudio styles ({usual.style})")
    picture.add_argument(
        "--industry", default=usual.industry, help="kind of shop: adstudio industries; read from the brief (auto)"
    )
    target_options.add(picture, aspect)
    picture.add_argument(
        "--seed", type=int, metavar="N", help="the same seed gives the same picture (another each time)"
    )
    picture.add_argument("--count", type=int, default=usual.count, metavar="N", help="how many pictures (1)")
    picture.add_argument("--copy-space", choices=get_args(Side), help="the side to keep free; read from the brief")
    picture.add_argument(
        "--lettering",
        default=usual.lettering,
        choices=get_args(Lettering),
        help="where a drawn picture seems lettered: say so, or draw it anew in other words (ignore)",
    )
    copy = parser.add_argument_group("what stands on it")
    copy.add_argument("--headline", metavar="TEXT", help="written from the brief when left out")
    copy.add_argument("--sub", metavar="TEXT", help="the smaller line under the headline")
    copy_options.add(copy)
    copy.add_argument("--no-text", action="store_true", help="draw no text")
    letter_options.add(copy)
    writers = parser.add_argument_group("who writes and lays out")
    words.add_service(writers)
    words.add_tone(writers, "how the copy speaks")
    words.add_layout_provider(writers)
    model = parser.add_argument_group("who draws")
    server_option.add(model)
    model.add_argument(
        "--engine",
        choices=get_args(EngineName),
        help="which model; any but zit with --server only (that of the settings; zit)",
    )
    model.add_argument(
        "--checkpoint",
        metavar="NAME",
        help="'demo', a folder, a transformer's file, or the name of one (that of the settings; demo)",
    )
    model.add_argument("--text-encoder", default="auto", metavar="FILE", help="which one, where several fit (auto)")
    model.add_argument("--vae", default="auto", metavar="FILE", help="which one, where several fit (auto)")
    model.add_argument("--precision", default=BF16, choices=OFFERED_PRECISIONS, help="fp8: half the GPU memory (bf16)")
    model.add_argument(
        "--lora", action="append", default=[], type=_lora, metavar="NAME[:WEIGHT]", help="a further adapter, at 1"
    )
    model.add_argument("--steps", type=int, default=usual.steps, metavar="N", help=f"of the model ({usual.steps})")
    finished = parser.add_argument_group("the file")
    finished.add_argument(
        "--quality",
        type=int,
        default=usual.quality,
        metavar="N",
        help=f"of jpeg, webp and avif, 1 to 100 ({usual.quality})",
    )
    finish_options.add_options(finished)
    made.add_options(finished, out="output")
    parser.set_defaults(plain_aspect=aspect)


def _picture_fields(options: argparse.Namespace) -> dict[str, Any]:
    named = {name: value for name in ("engine", "checkpoint") if (value := getattr(options, name)) is not None}
    return {
        **with_usual(named, read_settings()),
        "context": options.context,
        "style": options.style,
        "industry": options.industry,
        **target_options.fields(options),
        "headline": "" if options.no_text else options.headline,
        "sub": "" if options.no_text else options.sub,
        **copy_options.fields(options),
        "text_style": letter_options.style_of(options),
        "tone": options.tone,
        "copy_space": options.copy_space,
        "lettering": options.lettering,
        "layout_provider": options.layout_provider,
        "layout_as_proposed": options.layout_as_proposed,
        "fallback": options.fallback,
        "language_model": options.language_model,
        "base_url": options.base_url,
        "seed": options.seed,
        "steps": options.steps,
        "count": options.count,
        "text_encoder": options.text_encoder,
        "vae": options.vae,
        "precision": options.precision,
        "loras": tuple(options.lora),
        "provider": options.provider,
        "quality": options.quality,
        **finish_options.request_fields(options),
    }


def _run(options: argparse.Namespace, request: AdRequest) -> dict[str, Any]:
    with server_option.running(options) as (runner, progress, on_event):
        result = runner.run(request, on_event)
    if not options.json:
        sys.stdout.write("".join(f"{path}\n" for path in result.paths))
        progress.say(made.summary(result.report))
    return {"pictures": made.pictures(result), "report": result.report.to_dict()}


def _lora(text: str) -> tuple[str, float]:
    name, colon, weight = text.rpartition(":")
    if not colon:
        return text, 1.0
    try:
        return name, float(weight)
    except ValueError:
        return text, 1.0  # a colon of the path itself, as in C:\styles\ink.safetensors
