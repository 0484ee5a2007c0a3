"""The races of card.py: plain diffusers and ours with each option, in turns on the same weights."""

from __future__ import annotations

import argparse
import statistics
import traceback
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import numpy as np

from adstudio.engine.drawing.options import Options
from adstudio.engine.drawing.precision import with_options
from benchmarks.card_gauges import Card, say
from benchmarks.sampling import pipeline


def speed(options: argparse.Namespace) -> None:
    """Plain diffusers and every option that needs no compiling, in turns."""
    _race(
        options,
        {
            "ours": Options(),
            "ours, channels last": Options(channels_last=True),
            "ours, fp8 weights": Options(precision="fp8 weights"),
            "ours, fp8 products": Options(precision="fp8 products"),
            "ours, flash attention": Options(attention="flash"),
            "ours, cudnn attention": Options(attention="cudnn"),
            "ours, efficient attention": Options(attention="efficient"),
        },
    )


def fast(options: argparse.Namespace) -> None:
    """Plain diffusers, ours, and ours with all that makes it faster."""
    quick = Options(precision="fp8 products", compiled=True, channels_last=True)
    roads = {"ours": Options(), "ours, fast": quick, "ours, compiled": Options(compiled=True)}
    _race(options, {"ours": Options()} if options.tiny else roads)


def _race(options: argparse.Namespace, roads: dict[str, Any]) -> None:
    """Every road warmed up, then in turns, so that whatever the machine does falls on all alike."""
    card = Card(options)
    zit = card.load()
    # Over the very modules that ours draws with: a 24 GB card has no room for two of each.
    parts = zit.components
    theirs = pipeline(str(card.folder), card.base, 8, parts)

    def plain(seed: int) -> Any:
        with ExitStack() as lent:
            for module in (parts.transformer, parts.text_encoder, parts.writer, parts.vae):
                lent.enter_context(card.host.on_device(module))
            return theirs(seed)

    draws: dict[str, Callable[[int], Any]] = {"diffusers": plain}
    for name, chosen in roads.items():
        made = with_options(zit, chosen, card.host)
        draws[name] = lambda seed, made=made: card.draw(made, seed).images[0]
    firsts: dict[str, Any] = {}
    for name, draw in list(draws.items()):
        try:
            first, firsts[name] = card.time(lambda draw=draw: draw(1))
            draw(2)
        except Exception as error:  # a kernel that this card lacks, no compiler: the others are measured all the same
            traceback.print_exc()
            say(f"{name}, failed", 1, "", f"{type(error).__name__}: {error}".splitlines()[0][:200])
            del draws[name]
            if name in ("diffusers", "ours"):
                raise
            continue
        say(f"{name}, first picture", first, "s")
    seconds: dict[str, list[float]] = {name: [] for name in draws}
    for seed in range(3, 3 + card.rounds):
        for name, draw in draws.items():
            if card.is_small:
                draw(seed)  # brings back what the road before has sent home
            seconds[name].append(card.time(lambda draw=draw, seed=seed: draw(seed))[0])
    base = statistics.median(seconds["diffusers"])
    for name, times in seconds.items():
        middle = statistics.median(times)
        say(
            f"{name}, warm",
            middle,
            "s",
            f"{card.base}x{card.base}, 8 evaluations; {min(times):.3f} to {max(times):.3f}",
        )
        if name != "diffusers":
            say(f"{name}, x diffusers", middle / base, "x")
            difference = np.abs(firsts[name] - firsts["diffusers"])
            say(f"{name}, mean difference", float(difference.mean()), "of 1", f"largest {float(difference.max()):.4f}")
