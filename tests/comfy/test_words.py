"""Names, tooltips and help pages: complete in English and Korean, in step with the schemas, and really served."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from comfy_server import ComfyServer
from comfyui import PACK
from node_words import english, paths, read
from PIL import Image
from shipped import NODES, inputs, ours

HANGUL = re.compile("[가-힣]")


def leaves(words: dict[str, Any], *above: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in words.items():
        found |= leaves(value, *above, key) if isinstance(value, dict) else {".".join((*above, key)): value}
    return found


def test_english_words_are_those_of_the_schemas(server: ComfyServer):
    assert read("en") == english(ours(server)), "run tools/node_words.py"


def test_korean_has_every_word_and_no_other(server: ComfyServer):
    assert paths(read("ko")) == paths(english(ours(server)))


def test_korean_is_korean():
    words = leaves(read("ko"))
    # A term that Koreans write in Latin letters may stand as a name (LoRA, ZIT); a sentence is Korean.
    for key, text in words.items():
        assert text.strip() == text != ""
        if key.endswith(("tooltip", "description", "display_name")):
            assert HANGUL.search(text), f"{key}: {text}"


def test_categories_and_sockets_are_named_in_korean(server: ComfyServer):
    main = read("ko", "main")
    steps = {step for info in ours(server).values() for step in info["category"].split("/")}
    assert steps <= set(main["nodeCategories"])
    sockets = {kind for info in ours(server).values() for kind in info["output"] if kind.startswith("ADSTUDIO_")}
    assert sockets == set(main["dataTypes"])
    assert server.folder in main["templateWorkflows"]["category"]


def test_server_hands_out_both_languages(server: ComfyServer):
    served = server.get("/i18n")
    for language in ("en", "ko"):
        for node in NODES:
            assert served[language]["nodeDefs"][node] == read(language)[node]
        assert served[language]["nodeCategories"]["Ad Studio"]


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("node", NODES)
def test_help_page_explains_every_input_and_output(server: ComfyServer, node: str, language: str):
    page = server.read(f"/extensions/{server.folder}/docs/{node}/{language}.md").decode()
    assert page == (PACK / "web" / "docs" / node / f"{language}.md").read_text(encoding="utf-8")
    info, words = ours(server)[node], read(language)[node]
    assert page.startswith(f"# {words['display_name']}\n")
    assert bool(HANGUL.search(page)) or language == "en"
    rows = re.findall(r"^- \*\*[^*]+\*\* \(`(\w+)`\)", page, re.MULTILINE)
    assert rows == [*inputs(info), *info["output_name"]]


@pytest.mark.parametrize("node", NODES)
def test_help_page_shows_a_picture(server: ComfyServer, node: str):
    for language in ("en", "ko"):
        page = (PACK / "web" / "docs" / node / f"{language}.md").read_text(encoding="utf-8")
        ((words, name),) = re.findall(r"!\[([^\]]+)\]\(assets/([\w.]+)\)", page)
        assert bool(HANGUL.search(words)) == (language == "ko")
        # ComfyUI resolves it against docs/, in whichever language the page is.
        content = server.read(f"/extensions/{server.folder}/docs/assets/{name}")
        with Image.open(io.BytesIO(content)) as picture:
            assert picture.width >= 200
        assert len(content) < 80_000


def test_no_picture_is_kept_that_no_page_shows():
    docs = PACK / "web" / "docs"
    shown = {name for page in docs.rglob("*.md") for name in re.findall(r"\(assets/([^)]+)\)", page.read_text("utf-8"))}
    assert {path.name for path in (docs / "assets").iterdir()} == shown


# Files, fonts, ratios and models are their own names; what a Korean user should read in Korean is not.
OWN_NAMES = re.compile(r"\d+:\d+|rembg:.+|AI.+|bf16|Pretendard|(Nanum|Noto|Spoqa).+|cpu|gpu|.*\.(safetensors|gguf)")


@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_entry_of_every_menu_has_a_name(server: ComfyServer, language: str):
    """The page's `page/options.js` looks there."""
    words = read(language, "main")["adStudio"]
    shared = {"industry": words["panel"]["industries"], "style": words["panel"]["styles"]}
    for node, info in ours(server).items():
        for name, (kind, options) in inputs(info).items():
            for value in map(str, kind if isinstance(kind, list) else options.get("options", ())):
                known = words["options"].get(name, {}) | shared.get(name, {})
                channel, _, size = value.partition(":")
                if name == "channel" and channel in words["panel"]["channels"]:
                    assert not size or re.fullmatch(r"\d+x\d+", size) or size in words["options"]["channel_size"], value
                elif value not in known and not OWN_NAMES.fullmatch(value):
                    raise AssertionError(f"{node}.{name}: {value!r} has no name")
