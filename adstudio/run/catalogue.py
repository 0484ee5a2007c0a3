"""What a request may choose from, as plain values for a program or a menu."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ..output.channels import channel_names, get_channel
from ..prompt.industries import industries
from ..prompt.styles import styles


def list_industries() -> list[dict[str, Any]]:
    """The kinds of shops, with the words of a brief that tell them."""
    return [
        {"id": each.name, "korean": each.korean, "words": list(each.words), "channels": list(each.channels)}
        for each in industries().values()
    ]


def list_styles() -> list[dict[str, Any]]:
    """How pictures are rendered; ``lora`` names the adapter that a style asks for."""
    return [
        {"id": each.name, "korean": each.korean, "lora": each.lora, "aliases": list(each.aliases)}
        for each in styles().values()
    ]


def list_channels() -> list[dict[str, Any]]:
    """The places that show ads, with sizes and limits where they are known."""
    return [asdict(get_channel(name)) for name in channel_names()]
