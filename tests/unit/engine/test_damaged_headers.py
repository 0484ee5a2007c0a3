"""Whatever stands at the beginning of a file of weights, it is read or refused in a sentence.

ComfyUI's menus are made by reading the headers of all files there are: one that ended with another error would keep
every node from being shown.
"""

from __future__ import annotations

import json
import random
import struct
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from checkpoint_forms import PARTS, tensors_of, write, write_split
from safetensors.torch import save_file

from adstudio.engine.doctor import examine_folder
from adstudio.engine.forms.checkpoint import open_checkpoint
from adstudio.engine.forms.model_files import files_holding
from adstudio.engine.tensors.gguf_file import Packed, read_gguf
from adstudio.engine.tensors.gguf_header import read_gguf_header
from adstudio.engine.tensors.part_tensors import _read_file
from adstudio.engine.tensors.readable import read_json
from adstudio.engine.tensors.safetensors_file import load_mapped
from adstudio.engine.tensors.safetensors_header import read_header
from adstudio.errors import ModelError

CopyOf = Callable[[Path], Path]
FLIPS = 300


def flipped(content: bytes, dice: random.Random, within: int) -> bytes:
    damaged = bytearray(content)
    for _ in range(dice.choice((1, 1, 2, 4))):
        damaged[dice.randrange(min(within, len(damaged)))] = dice.choice((0, 1, 34, 255, dice.randrange(256)))
    return bytes(damaged)


def test_flipped_bytes_of_safetensors(tmp_path: Path):
    path, dice, refused = tmp_path / "a.safetensors", random.Random(2), 0
    save_file({"layer.weight": torch.ones(4, 4), "layer.scale_weight": torch.ones(())}, path, {"a": "b"})
    whole = path.read_bytes()
    for _ in range(FLIPS):
        path.write_bytes(flipped(whole, dice, 200))
        try:
            read_header(path)
            _read_file(path, "")
        except ModelError:
            refused += 1
    assert refused > FLIPS / 2


def test_flipped_bytes_of_gguf(tmp_path: Path):
    gguf = pytest.importorskip("gguf", reason="an optional package")
    path, dice, refused = tmp_path / "a.gguf", random.Random(1), 0
    writer, kind = gguf.GGUFWriter(path, "lumina2"), gguf.GGMLQuantizationType.Q8_0
    writer.add_uint32("general.alignment", 32)
    writer.add_array("tokens", ["a", "b"])
    writer.add_tensor("plain", np.zeros((4, 32), np.float32))
    writer.add_tensor("packed", gguf.quants.quantize(np.ones((4, 64), np.float32), kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    whole = path.read_bytes()
    for _ in range(FLIPS):
        path.write_bytes(flipped(whole, dice, 400))
        try:
            for name, tensor in read_gguf(path).items():
                if isinstance(tensor, Packed) and not tensor.label.startswith("GGUF type"):
                    tensor.unpack(name, torch.empty(tensor.shape))
        except ModelError:
            refused += 1
    assert refused > FLIPS / 3


def gguf_of(values: bytes) -> bytes:
    return b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + values


def value(name: bytes, kind: int, content: bytes) -> bytes:
    return struct.pack("<Q", len(name)) + name + struct.pack("<I", kind) + content


@pytest.mark.parametrize(
    "content",
    [
        gguf_of(value(b"x", 9, struct.pack("<IQ", 9, 1) * 50_000)),
        gguf_of(value(b"general.alignment", 4, struct.pack("<I", 0))),
    ],
    ids=["lists in lists", "an alignment of nothing"],
)
def test_a_gguf_that_makes_no_sense(content: bytes, tmp_path: Path):
    path = tmp_path / "unet" / "a.gguf"
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(ModelError) as caught:
        read_gguf_header(path)
    assert caught.value.code == "checkpoint.not_gguf"
    assert not files_holding("transformer", [path.parent])


def test_a_packed_tensor_of_no_rows_is_refused(tmp_path: Path):
    pytest.importorskip("gguf", reason="an optional package")
    empty = Packed(tmp_path / "a.gguf", np.zeros(0, np.uint8), (0, 64), "Q8_0", 8)
    with pytest.raises(ModelError) as caught:
        empty.unpack("x", torch.empty(0, 64))
    assert caught.value.code == "checkpoint.unsupported_dtype"


@pytest.mark.parametrize("content", [b"[" * 200_000, b"\xff\xfe{}", b"[1]", b"nul"], ids=len)
def test_a_configuration_that_is_none_is_refused(content: bytes, tmp_path: Path):
    (tmp_path / "config.json").write_bytes(content)
    with pytest.raises(ModelError) as caught:
        read_json(tmp_path / "config.json")
    assert caught.value.code == "checkpoint.bad_config"


def entry(**changes: Any) -> dict[str, Any]:
    return {"x": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]} | changes}


@pytest.mark.parametrize(
    "header",
    [
        json.dumps(entry(shape=[float("inf")])),
        json.dumps(entry(shape=[-4])),
        json.dumps(entry(data_offsets=["a", "b"])),
        json.dumps(entry(data_offsets=[0.5, 16])),
        json.dumps(entry(dtype=["F32"])),
        json.dumps(entry(shape=[5])),
        json.dumps(entry(dtype="BF16")),
        json.dumps(entry(data_offsets=[16, 0])),
        json.dumps(entry() | {"y": entry()["x"]}),
        json.dumps({"y": entry()["x"] | {"data_offsets": [20, 36]}} | entry()),
        json.dumps({"__metadata__": {"a": 5}} | entry()),
        json.dumps({"__metadata__": [5]} | entry()),
        "[" * 200_000,
        '{"a":' * 200_000,
    ],
    ids=lambda header: header[:40],
)
def test_a_header_of_safetensors_that_makes_no_sense(header: str, tmp_path: Path):
    path = tmp_path / "a.safetensors"
    path.write_bytes(struct.pack("<Q", len(header)) + header.encode() + bytes(16))
    with pytest.raises(ModelError) as caught:
        read_header(path)
    assert caught.value.code == "checkpoint.not_safetensors"
    assert not files_holding("transformer", [tmp_path])


def test_a_dtype_that_nobody_knows_is_refused_when_it_is_read(tmp_path: Path):
    path, header = tmp_path / "a.safetensors", json.dumps(entry(dtype="F5"))
    path.write_bytes(struct.pack("<Q", len(header)) + header.encode() + bytes(16))
    assert read_header(path).tensors["x"].dtype == "F5"
    with pytest.raises(ModelError) as caught:
        load_mapped(path)
    assert caught.value.code == "checkpoint.not_safetensors"


NOTES: dict[str, Any] = {
    "a list for a table": "[5]",
    "a list for a form": '{"layers": {"layers.0": {"format": ["float8_e4m3fn"]}}}',
    "a list for what belongs to a form": '{"layers": {"layers.0": {"format": "float8_e4m3fn", "params": [1]}}}',
    "a number for a layer": '{"layers": {"layers.0": 5}}',
}


@pytest.mark.parametrize("case", NOTES)
def test_a_note_on_quantised_layers_that_makes_no_sense_ends_nothing(case: str, tiny: Path, copy_of: CopyOf):
    path = copy_of(tiny)
    write(path / PARTS["transformer"], tensors_of(path, "transformer"), {"_quantization_metadata": NOTES[case]})
    examine_folder(path)
    if "layers" not in NOTES[case] or "params" in NOTES[case]:
        assert open_checkpoint(path).dtype == "bfloat16"
        return
    with pytest.raises(ModelError) as caught:
        open_checkpoint(path)
    assert caught.value.code == "checkpoint.unsupported_dtype"


@pytest.mark.parametrize("note", [torch.zeros(2, 3), torch.zeros(()), torch.zeros(0, dtype=torch.uint8)], ids=str)
def test_a_note_beside_a_layer_that_is_none_is_told(note: torch.Tensor, tiny: Path, copy_of: CopyOf):
    path = copy_of(tiny)
    write(path / PARTS["vae"], {**tensors_of(path, "vae"), "decoder.conv_in.comfy_quant": note})
    with pytest.raises(ModelError) as caught:
        open_checkpoint(path)
    assert caught.value.code == "checkpoint.unsupported_dtype"


# The tensors from which sizes are read, in a shape that tells none.
SHAPELESS = {
    "transformer": ("cap_embedder.1.weight", "all_x_embedder.2-1.weight", "layers.0.attention.norm_q.weight"),
    "text_encoder": ("embed_tokens.weight", "layers.0.self_attn.q_norm.weight", "layers.0.self_attn.k_proj.weight"),
    "vae": ("decoder.conv_in.weight", "encoder.conv_in.weight", "encoder.down_blocks.0.resnets.0.conv1.weight"),
}


@pytest.mark.parametrize("change", [lambda t: t.new_zeros(()), lambda t: t[:0], lambda t: t[None, None, None]])
@pytest.mark.parametrize("part", SHAPELESS)
def test_tensors_whose_sides_tell_no_size(
    part: str, change: Callable[[torch.Tensor], torch.Tensor], typical: Path, copy_of: CopyOf
):
    path = copy_of(typical)
    for name in SHAPELESS[part]:
        tensors = tensors_of(typical, part)
        tensors[name] = change(tensors[name])
        write(path / PARTS[part], tensors)
        rules = {finding.rule for finding in examine_folder(path).findings}
        assert name != "decoder.conv_in.weight" or "vae.kind" in rules
        main = write_split(path, path.parent / "split")
        for place in (path, main):
            with suppress(ModelError):  # some are put right by what others tell, and refused only when they are filled
                open_checkpoint(place)
