"""The pages that people read: every link leads to a file, and to a heading, that is there."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "adstudio").rglob("*.md")])
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?:\]\(|(?:href|src)=\")<?([^)>\s\"]+)")
ELSEWHERE = re.compile(r"[a-z][a-z+.-]*:")  # https:, mailto:


@cache
def anchors(page: Path) -> set[str]:
    """The names that GitHub gives a page's headings."""
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    seen: Counter[str] = Counter()
    names = set(re.findall(r"<a (?:id|name)=\"([^\"]+)\"", text))
    for heading in re.findall(r"^#+ +(.+?) *$", text, re.MULTILINE):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        name = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
        names.add(f"{name}-{seen[name]}" if seen[name] else name)
        seen[name] += 1
    return names


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path):
    text = re.sub(r"`[^`\n]*`", "", FENCED.sub("", page.read_text(encoding="utf-8")))
    lost = []
    for link in LINK.findall(text):
        if ELSEWHERE.match(link):
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            lost.append(link)
    assert not lost


def test_every_page_in_two_languages_names_the_other():
    for korean in (page for page in PAGES if page.name.endswith(".ko.md")):
        english = korean.with_name(korean.name.replace(".ko.md", ".md"))
        assert english.exists(), korean
        assert korean.name in english.read_text(encoding="utf-8"), f"{english} does not name {korean.name}"
        assert english.name in korean.read_text(encoding="utf-8"), f"{korean} does not name {english.name}"
