"""``adstudio demo``: three finished ads from real input, with nothing but the embedded model."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import MissingDependency
from ...output.encode import encode, find_format, to_pixels
from ..local.runner import LocalRunner
from ..request import AdRequest
from ..wire import to_data_url
from . import interrupt, made
from .progress import Progress


@dataclass(frozen=True, slots=True)
class DemoAd:
    """One ad of the demo. Its request is made late, because it may carry a photo."""

    title: str
    request: Callable[[], AdRequest]


def demo_ads() -> tuple[DemoAd, ...]:
    """The three ads, one per way of working."""
    return (
        DemoAd("text to image: a Korean brief becomes a picture", _from_words),
        DemoAd("image to image: a real photo is drawn anew", _from_photo),
        DemoAd("product composite: a real cup on a drawn backdrop", _from_product),
    )


def add(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser("demo", help="make three finished ads with the embedded model")
    made.add_options(parser, out="output/demo")
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Make the demo's ads and say where they are."""
    began = time.perf_counter()
    runner = LocalRunner(options.out)
    ads: list[dict[str, Any]] = []
    with Progress(sys.stderr, quiet=options.quiet) as progress, interrupt.cancels(runner.cancel):
        for number, ad in enumerate(demo_ads(), start=1):
            progress.say(f"\n{number}. {ad.title}")
            result = runner.run(ad.request(), progress)
            progress.say(f"  = {made.summary(result.report)}")
            ads.append({"title": ad.title, "pictures": made.pictures(result), "report": result.report.to_dict()})
        if not options.json:
            for number, ad in enumerate(ads, start=1):
                for picture in ad["pictures"]:
                    pace = ad["report"]["seconds_per_step"]
                    sys.stdout.write(f"{number}. {Path(picture['path']).resolve()}  ({pace:.2f} s per step)\n")
        progress.say(f"Three ads in {time.perf_counter() - began:.0f} s.")
    return {"ads": ads, "seconds": round(time.perf_counter() - began, 2)}


def _from_words() -> AdRequest:
    return AdRequest(
        provider="rules",  # the demo asks nobody outside, whatever keys this machine has
        brief="햇살 드는 창가 카페의 딸기 라떼, 봄 신메뉴, 산뜻한 분홍",
        headline="봄을 한 모금",
        sub="딸기 라떼, 이번 주 첫선",
        aspect="4:5",
        seed=7,
    )


def _from_photo() -> AdRequest:
    return AdRequest(
        provider="rules",
        brief="나무 탁자 위 따뜻한 커피 한 잔, 포근한 오후",
        style="watercolor",
        reference=_photo("coffee"),
        aspect="auto",
        strength=0.45,
        headline="오후의 쉼표",
        sub="따뜻한 한 잔",
        seed=11,
    )


def _from_product() -> AdRequest:
    return AdRequest(
        task="composite",
        provider="rules",
        brief="차분한 초록 정원의 나무 탁자, 왼쪽에서 드는 빛",
        context="매일 아침 갓 볶은 원두로 내리는 동네 카페의 커피",
        products=(_photo("coffee"),),
        headline="갓 볶은 아침",
        sub="매일 7시, 첫 잔 20% 할인",
        seed=5,
    )


def _photo(name: str) -> str:
    """Hold one of scikit-image's bundled photos as a request does; they need no network."""
    try:
        from skimage import data
    except ImportError as error:
        raise MissingDependency("skimage", "The demo's photo", "scikit-image") from error
    encoded, _ = encode(to_pixels(getattr(data, name)()), find_format("png"))
    return to_data_url(encoded)
