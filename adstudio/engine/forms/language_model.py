"""A language model in two pieces: what reads prompts, and what only writing needs beside it.

Z-Image takes a prompt's embedding before the last layer, so that layer and the norm after it have no say in a picture.
The pieces are modules of their own, each with its own place on a device, made of the very layers of the whole: nothing
is held twice, and the whole computes wherever its pieces are.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn


def reader_of(model: Any, layers: int) -> Any:
    """Make a module of the first ``layers`` layers of a ``Qwen3Model``, which shares them.

    What it returns as its last state is what the whole hands from that layer to the next, to the bit.
    """
    with torch.device("meta"):
        reader = type(model)(model.config)
    reader.embed_tokens, reader.rotary_emb = model.embed_tokens, model.rotary_emb
    reader.layers, reader.norm = nn.ModuleList(model.layers[:layers]), nn.Identity()
    return reader.eval()


class LastLayers(nn.Module):
    """What a model has beside the reader of its first ``layers`` layers: the other ones, and the norm at its end."""

    def __init__(self, model: Any, layers: int) -> None:
        super().__init__()
        self.layers, self.norm = nn.ModuleList(model.layers[layers:]), model.norm
        self.eval()
