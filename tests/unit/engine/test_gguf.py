"""Every kind of packing that the package ``gguf`` unpacks is read where it lies in the file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from adstudio.engine.tensors.gguf_file import Packed, read_gguf
from adstudio.engine.tensors.gguf_header import KINDS, read_gguf_header

gguf = pytest.importorskip("gguf", reason="an optional package")
PACKED = {number: kind for number, kind in KINDS.items() if kind[1] > 1}


def test_names_and_sizes_are_those_of_the_package():
    for number, (name, block, size) in KINDS.items():
        kind = gguf.GGMLQuantizationType(number)
        assert (kind.name, *gguf.GGML_QUANT_SIZES[kind]) == (name, block, size)


def test_what_lies_in_a_file_is_unpacked_as_the_package_does(tmp_path: Path):
    """An encoder of the community: most of it in one packing, some of it in another, norms in float32."""
    writer, path = gguf.GGUFWriter(tmp_path / "some.gguf", "qwen3"), tmp_path / "some.gguf"
    random, wanted = np.random.default_rng(3), {}
    for number, (name, block, size) in PACKED.items():
        kind = gguf.GGMLQuantizationType(number)
        content = random.integers(0, 60, (3, 512 // block * size), dtype=np.uint8)  # small ones: no scale is infinite
        writer.add_tensor(name, content, raw_dtype=kind)
        wanted[name] = gguf.quants.dequantize(content, kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    assert {name: info.shape for name, (info, _) in read_gguf_header(path).items()} == dict.fromkeys(wanted, (3, 512))
    for name, packed in read_gguf(path).items():
        assert isinstance(packed, Packed)
        found = packed.unpack(name, torch.empty(3, 512, dtype=torch.float32))
        np.testing.assert_array_equal(found.numpy(), wanted[name], err_msg=name)
