"""Say in a file, for machines, that artificial intelligence had a part in its picture.

The mark is IPTC's *digital source type* in XMP, which platforms read to label pictures; it stays in the file when no
other metadata is wanted. Source: IPTC Photo Metadata Standard 2025.1 and the NewsCodes scheme ``digitalsourcetype``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, Literal

from .metadata import read_xmp

Source = Literal["generated", "composite"]
TOOL = "Ad Studio"
SCHEME = "http://cv.iptc.org/newscodes/digitalsourcetype/"
TYPES: dict[Source, str] = {
    "generated": "trainedAlgorithmicMedia",
    "composite": "compositeWithTrainedAlgorithmicMedia",
}
_ATTRIBUTE = re.compile(r"""Iptc4xmpExt:DigitalSourceType(?:\s*=\s*["']|>\s*)([^"'<\s]+)""")


@dataclass(frozen=True, slots=True)
class Disclosure:
    """What part artificial intelligence had: the whole picture, or a part of it beside real photos.

    Args:
        label: the words that stand on the picture itself; empty = none.
        system: the model that drew it.
    """

    source: Source = "generated"
    label: str = ""
    system: str = ""

    @property
    def uri(self) -> str:
        """IPTC's address of the digital source type."""
        return SCHEME + TYPES[self.source]

    def to_record(self) -> dict[str, Any]:
        """The disclosure in our own record."""
        return {"ai": self.source, "digital_source_type": self.uri, "label": self.label}

    def to_xmp(self) -> str:
        """Write the XMP packet."""
        values = {"Iptc4xmpExt:DigitalSourceType": self.uri, "xmp:CreatorTool": TOOL}
        if self.system:
            values["Iptc4xmpExt:AISystemUsed"] = self.system
        attributes = " ".join(f'{name}="{escape(value)}"' for name, value in values.items())
        return (
            '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
            '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
            '<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" '
            f'xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" {attributes}/>'
            '</rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
        )


def read_source_type(path: str | Path) -> str:
    """Read the digital source type of a picture, whoever wrote it; empty where it has none.

    Raises:
        InputError: ``output.not_a_picture``
    """
    found = _ATTRIBUTE.search(read_xmp(path))
    return found.group(1) if found else ""
