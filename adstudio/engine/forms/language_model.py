"""A language model in two pieces: what reads prompts on a device, and what only writing needs there beside it.

Z-Image takes a prompt's embedding before the last layer, so that layer and the norm after it have no say in a picture;
and of the table of all words a prompt needs a few rows, which are taken where the table lies. The pieces are modules of
their own, each with its own place on a device, made of the very layers of the whole: nothing is held twice, and the
whole computes wherever its pieces are.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn


def reader_of(model: Any, layers: int) -> Any:
    """Make a module of the first ``layers`` layers of a ``Qwen3Model``, which shares them; it takes ``rows_of``.

    What it returns as its last state is what the whole hands from that layer to the next, to the bit.
    """
    with torch.device("meta"):
        reader = type(model)(model.config)
    reader.embed_tokens, reader.rotary_emb = None, model.rotary_emb
    reader.layers, reader.norm = nn.ModuleList(model.layers[:layers]), nn.Identity()
    return reader.eval()


def rows_of(model: Any, tokens: list[int], device: torch.device) -> torch.Tensor:
    """Take the rows of some tokens from a model's table, wherever that lies, to a device.

    Shapes: ``[1,tokens,width]``.
    """
    table = model.embed_tokens
    return table(torch.tensor([tokens], device=table.weight.device)).to(device)


class WritersPart(nn.Module):
    """What a model has beside the reader of its first ``layers`` layers: the table, the other layers, the last norm."""

    def __init__(self, model: Any, layers: int) -> None:
        super().__init__()
        self.embed_tokens, self.layers, self.norm = model.embed_tokens, nn.ModuleList(model.layers[layers:]), model.norm
        self.eval()
