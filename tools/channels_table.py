"""Write the lists of docs/channels.md and docs/channels.ko.md: every channel with its sources, every code of a check.

python tools/channels_table.py            write
python tools/channels_table.py --check    exit 1 when a page is not what the tables say
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from adstudio.output.channel_table import PACKAGED, Entry, Fact, show_bytes  # noqa: E402
from adstudio.output.channel_table import read_file as read_entries  # noqa: E402
from adstudio.output.check import CHECKS  # noqa: E402
from adstudio.output.findings import kinds  # noqa: E402

BEGIN, END = "<!-- {}: written by tools/channels_table.py -->", "<!-- /{} -->"
HEADS = {
    "en": {
        "channels": "| id | channel | sizes (px) | file | rules |",
        "sources": "| channel | what | number | source | checked | |",
        "codes": "| code | level | what it says |",
        "none": "unknown",
    },
    "ko": {
        "channels": "| 아이디 | 채널 | 크기(px) | 파일 | 규칙 |",
        "sources": "| 채널 | 무엇 | 숫자 | 출처 | 확인한 날 | |",
        "codes": "| 코드 | 단계 | 내용 |",
        "none": "모름",
    },
}
VERIFIED = {
    "en": {"official": "official", "third-party": "third party", "disputed": "disputed"},
    "ko": {"official": "공식", "third-party": "제3자", "disputed": "엇갈림"},
}
# The rules that the other columns of the list show already.
SHOWN = ("size", "ratio", "formats")


def channels_table(language: str) -> str:
    """One line per channel."""
    return _table(HEADS[language]["channels"], [_row(entry, language) for entry in read_entries(PACKAGED).values()])


def sources_table(language: str) -> str:
    """One line per number."""
    return _table(
        HEADS[language]["sources"],
        [_source(entry, fact, language) for entry in read_entries(PACKAGED).values() for fact in entry.facts],
    )


def codes_table(language: str) -> str:
    """One line per code."""
    return _table(
        HEADS[language]["codes"],
        [
            [f"`{kind.code}`", kind.level, _plain(kind.english if language == "en" else kind.korean)]
            for kind in kinds().values()
        ],
    )


def page_text(page: Path, language: str) -> str:
    """A page with its lists renewed."""
    text = page.read_text("utf-8")
    for name, table in (("channels", channels_table), ("sources", sources_table), ("codes", codes_table)):
        begin, end = BEGIN.format(name), END.format(name)
        if text.count(begin) != 1 or text.count(end) != 1:
            raise SystemExit(f"{page.name}: expected one {begin} … {end}")
        before, rest = text.split(begin)
        text = f"{before}{begin}\n{table(language)}\n{end}{rest.split(end)[1]}"
    return text


def main(arguments: list[str]) -> int:
    """Write both pages, or with ``--check`` say which one is behind."""
    unchecked = {rule for entry in read_entries(PACKAGED).values() for rule, _ in entry.sizeless.rules} - set(CHECKS)
    if unchecked:
        raise SystemExit(f"rules without a check: {', '.join(sorted(unchecked))}")
    behind = []
    for page, language in ((ROOT / "docs/channels.md", "en"), (ROOT / "docs/channels.ko.md", "ko")):
        text = page_text(page, language)
        if page.read_text("utf-8") == text:
            continue
        behind.append(page)
        if "--check" in arguments:
            print(f"{page.name} is behind. Run: python tools/channels_table.py", file=sys.stderr)
        else:
            page.write_text(text, "utf-8")
    return 1 if behind and "--check" in arguments else 0


def _row(entry: Entry, language: str) -> list[str]:
    sizes = [f"{size.size_px[0]}x{size.size_px[1]} `:{name}`" for name, size in entry.sizes.items()]
    limit = entry.sizeless.max_bytes
    formats = next((fact.value for fact in entry.facts if fact.name == "formats"), "")
    rules = ", ".join(f"`{rule}`" for rule, _ in entry.sizeless.rules if not rule.startswith(SHOWN))
    return [
        f"`{entry.id}`",
        entry.english if language == "en" else entry.korean,
        "<br>".join(sizes) or HEADS[language]["none"],
        ", ".join(part for part in (formats, f"≤ {show_bytes(limit)}" if limit else "") if part),
        rules,
    ]


def _source(entry: Entry, fact: Fact, language: str) -> list[str]:
    return [f"`{entry.id}`", fact.name, fact.value, fact.source, fact.checked, VERIFIED[language][fact.verified]]


def _plain(sentence: str) -> str:
    """A sentence with its blanks as they are read: ``{came:이/가}`` is ``{came}이/가``, ``{came:+이/가}`` 이/가."""
    sentence = re.sub(r"\{\w+:\+([^}]*)\}", r"\1", sentence)
    return re.sub(r"\{(\w+):([^}]*)\}", r"{\1}\2", sentence).replace("|", "\\|")


def _table(head: str, rows: list[list[str]]) -> str:
    rule = "|" + "---|" * (head.count("|") - 1)
    return "\n".join([head, rule, *("| " + " | ".join(cell.replace("\n", " ") for cell in row) + " |" for row in rows)])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
