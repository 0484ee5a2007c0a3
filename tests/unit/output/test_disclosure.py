"""The mark for machines: in every format, as IPTC writes it, whatever other metadata is wanted."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from adstudio.errors import InputError
from adstudio.output.disclosure import TYPES, Disclosure, Source, read_source_type
from adstudio.output.encode import FORMATS
from adstudio.output.metadata import read_metadata, read_xmp
from adstudio.output.save import save_picture

PICTURE = np.linspace(0, 1, 32 * 32 * 3, dtype=np.float32).reshape(32, 32, 3)
NEWSCODES = "http://cv.iptc.org/newscodes/digitalsourcetype/"


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("source", TYPES)
def test_every_format_carries_it_without_any_other_metadata(tmp_path: Path, format: str, source: Source) -> None:
    saved = save_picture(PICTURE, tmp_path, format=format, disclosure=Disclosure(source))
    expected = {"generated": "trainedAlgorithmicMedia", "composite": "compositeWithTrainedAlgorithmicMedia"}[source]
    assert read_source_type(saved.path) == NEWSCODES + expected
    assert read_metadata(saved.path) == {}


@pytest.mark.parametrize("format", FORMATS)
def test_it_is_xml_that_others_can_read(tmp_path: Path, format: str) -> None:
    disclosure = Disclosure("generated", system='Z-Image "Turbo" <6B> & more')
    path = save_picture(PICTURE, tmp_path, format=format, disclosure=disclosure).path
    body = re.sub(r"<\?xpacket.*?\?>", "", read_xmp(path))
    description = next(ElementTree.fromstring(body).iter("{http://www.w3.org/1999/02/22-rdf-syntax-ns#}Description"))
    iptc = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}"
    assert description.get(f"{iptc}DigitalSourceType") == NEWSCODES + "trainedAlgorithmicMedia"
    assert description.get(f"{iptc}AISystemUsed") == disclosure.system
    assert description.get("{http://ns.adobe.com/xap/1.0/}CreatorTool") == "Ad Studio"


def test_the_record_and_the_report_beside_say_it_too(tmp_path: Path) -> None:
    disclosure = Disclosure("composite", label="AI 생성 이미지")
    saved = save_picture(PICTURE, tmp_path, original=1 - PICTURE, metadata={"adstudio": {}}, disclosure=disclosure)
    said = {
        "ai": "composite",
        "digital_source_type": NEWSCODES + "compositeWithTrainedAlgorithmicMedia",
        "label": "AI 생성 이미지",
    }
    assert read_metadata(saved.path)["adstudio"]["disclosure"] == said  # type: ignore[index]
    assert saved.report_path and json.loads(saved.report_path.read_text())["adstudio"]["disclosure"] == said
    assert saved.origin_path and read_source_type(saved.origin_path) == said["digital_source_type"]


def test_others_write_it_as_an_element(tmp_path: Path) -> None:
    path = tmp_path / "other.jpg"
    xmp = f"<rdf:li><Iptc4xmpExt:DigitalSourceType> {NEWSCODES}digitalCapture</Iptc4xmpExt:DigitalSourceType></rdf:li>"
    Image.new("RGB", (8, 8)).save(path, xmp=xmp.encode())
    assert read_source_type(path) == NEWSCODES + "digitalCapture"


def test_of_a_damaged_file_what_comes_before_the_damage_is_read(tmp_path: Path) -> None:
    path = save_picture(PICTURE, tmp_path, metadata={"adstudio": {"seed": 1}}, disclosure=Disclosure()).path
    path.write_bytes(path.read_bytes()[:-60])
    assert read_source_type(path) and read_metadata(path)["adstudio"]["seed"] == 1  # type: ignore[index]


def test_without_a_mark_nothing_is_found_and_no_picture_is_told(tmp_path: Path) -> None:
    assert read_source_type(save_picture(PICTURE, tmp_path).path) == ""
    for content in (b"", b"no picture"):
        (tmp_path / "x").write_bytes(content)
        with pytest.raises(InputError) as refused:
            read_source_type(tmp_path / "x")
        assert refused.value.code == "output.not_a_picture"
