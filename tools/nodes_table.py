"""Write the node tables of the READMEs and docs/nodes.md from the nodes' own schemas.

python tools/nodes_table.py            write
python tools/nodes_table.py --check    exit 1 when a file is not what the schemas give

Reads the source of ``nodes/*.py`` instead of importing it, so it runs where ComfyUI is not. A schema that is not
written down plainly stops it: what this cannot read, a person reads badly too.
"""

from __future__ import annotations

import ast
import copy
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
BEGIN, END = "<!-- nodes: written by tools/nodes_table.py -->", "<!-- /nodes -->"


@dataclass(frozen=True)
class Socket:
    """One input or output of a node."""

    name: str
    kind: str
    tooltip: str = ""
    default: str = ""
    optional: bool = False


@dataclass(frozen=True)
class Node:
    """What a node's schema says."""

    node_id: str
    name: str
    category: str
    description: str
    inputs: tuple[Socket, ...]
    outputs: tuple[Socket, ...]


class _Filled(ast.NodeTransformer):
    """A function's expression with the arguments of one call in place of its parameters."""

    def __init__(self, given: dict[str, ast.expr]) -> None:
        self.given = given

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.given.get(node.id, node)


class Source:
    """One node file: its tree, and the constants and functions at its top level."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.tree = ast.parse(path.read_text(encoding="utf-8"))
        self.values: dict[str, ast.expr] = {}
        self.functions: dict[str, ast.FunctionDef] = {}
        self.classes: dict[str, ast.ClassDef] = {}
        for statement in self.tree.body:
            match statement:
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    self.values[name] = value
                case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                    self.values[name] = value
                case ast.FunctionDef(name=name):
                    self.functions[name] = statement
                case ast.ClassDef(name=name):
                    self.classes[name] = statement

    def resolve(self, node: ast.expr) -> ast.expr:
        """Follow a name, or a call of a function of this file, to the expression it stands for."""
        match node:
            case ast.Name(id=name) if name in self.values:
                return self.resolve(self.values[name])
            case ast.Call(func=ast.Name(id=name)) if name in self.functions:
                function = self.functions[name]
                last = function.body[-1]
                if isinstance(last, ast.Return) and last.value is not None:
                    given = dict(zip((argument.arg for argument in function.args.args), node.args, strict=False))
                    given |= {word.arg: word.value for word in node.keywords if word.arg}
                    return self.resolve(_Filled(given).visit(copy.deepcopy(last.value)))
            case ast.Call(func=ast.Attribute(value=ast.Name(id=module), attr=name)) if module.startswith("_"):
                beside = self.path.with_name(f"{module}.py")  # what several node files share
                if beside.exists() and name in (source := Source(beside)).functions:
                    return source.resolve(ast.Call(ast.Name(name), node.args, node.keywords))
        return node

    def text(self, node: ast.expr | None) -> str:
        """The value of a string expression, as far as it is written down here."""
        if node is None:
            return ""
        match self.resolve(node):
            case ast.Constant(value=value):
                return "" if value is None else str(value)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return self.text(left) + self.text(right)
            case ast.JoinedStr(values=parts):
                return "".join(self.text(part) for part in parts)
            case ast.FormattedValue(value=value):
                return self.text(value)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return "-" + self.text(operand)
        return ""

    def keywords(self, call: ast.Call) -> dict[str, ast.expr]:
        """The keyword arguments of a call, those spread out of a dictionary included."""
        words: dict[str, ast.expr] = {}
        for word in call.keywords:
            if word.arg:
                words[word.arg] = word.value
            elif isinstance(spread := self.resolve(word.value), ast.Dict):
                pairs = zip(spread.keys, spread.values, strict=True)
                words |= {str(key.value): value for key, value in pairs if isinstance(key, ast.Constant)}
        return words

    def items(self, node: ast.expr | None) -> Iterator[ast.expr]:
        """The elements of a list or tuple expression, spread-out parts included."""
        if node is None:
            return
        whole = self.resolve(node)
        if isinstance(whole, ast.BinOp):
            yield from self.items(whole.left)
            yield from self.items(whole.right)
            return
        if not isinstance(whole, ast.List | ast.Tuple):
            raise SystemExit(f"{self.path.name}:{node.lineno}: expected a list written down here")
        for element in whole.elts:
            if isinstance(element, ast.Starred):
                yield from self.items(element.value)
            else:
                yield self.resolve(element)


def read_nodes() -> list[Node]:
    """Read every node of the pack, in the order of ``nodes/__init__.py``."""
    kinds = _socket_kinds()
    return [
        _node(source, source.classes[class_name.id], kinds)
        for source in map(Source, _node_files())
        for class_name in source.items(source.values["NODES"])
        if isinstance(class_name, ast.Name)
    ]


def _node_files() -> list[Path]:
    door = ast.parse((ROOT / "nodes" / "__init__.py").read_text(encoding="utf-8"))
    for node in ast.walk(door):
        match node:
            case ast.Assign(targets=[ast.Name(id="modules")], value=ast.Tuple(elts=names)):
                return [ROOT / "nodes" / f"{ast.unparse(name)}.py" for name in names]
    raise SystemExit("nodes/__init__.py: expected `modules = (…)` with the node files in order")


def _socket_kinds() -> dict[str, str]:
    """Our own socket types: ``{"Zit": "ADSTUDIO_ZIT"}``."""
    own = Source(ROOT / "nodes" / "_io.py")
    return {
        name: own.text(value.args[0])
        for name, value in own.values.items()
        if isinstance(value, ast.Call) and ast.unparse(value.func) == "io.Custom"
    }


def _node(source: Source, cls: ast.ClassDef, kinds: dict[str, str]) -> Node:
    calls = [node for node in ast.walk(cls) if isinstance(node, ast.Call) and ast.unparse(node.func) == "io.Schema"]
    if len(calls) != 1:
        raise SystemExit(f"{source.path.name}: {cls.name} has {len(calls)} io.Schema calls, expected one")
    schema = {word.arg: word.value for word in calls[0].keywords}
    return Node(
        node_id=source.text(schema["node_id"]),
        name=source.text(schema["display_name"]),
        category=source.text(schema["category"]),
        description=source.text(schema.get("description")),
        inputs=tuple(_socket(source, item, kinds) for item in source.items(schema.get("inputs"))),
        outputs=tuple(_socket(source, item, kinds) for item in source.items(schema.get("outputs"))),
    )


def _socket(source: Source, call: ast.expr, kinds: dict[str, str]) -> Socket:
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
        raise SystemExit(f"{source.path.name}:{call.lineno}: expected a socket such as io.Image.Input(…)")
    words = source.keywords(call)
    owner = ast.unparse(call.func.value)
    kind = kinds.get(owner) or owner.removeprefix("io.").upper()
    name = source.text(call.args[0]) if call.args else source.text(words.get("id"))
    if call.func.attr == "Output":
        name = source.text(words.get("display_name")) or name or kind.lower()
    return Socket(
        name=name,
        kind=kind,
        tooltip=source.text(words.get("tooltip")),
        default=source.text(words.get("default")),
        optional=source.text(words.get("optional")) == "True",
    )


def readme_table(nodes: list[Node], locale: dict[str, Any], header: tuple[str, str]) -> str:
    """One line per node; ``locale`` (a nodeDefs.json) overrides names and descriptions."""
    lines = [f"| {header[0]} | {header[1]} |", "|---|---|"]
    for node in nodes:
        words = locale.get(node.node_id, {})
        name, description = words.get("display_name", node.name), words.get("description", node.description)
        first_sentence = re.split(r"(?<=[.!?])\s", description.strip(), maxsplit=1)[0]
        lines.append(f"| **{_cell(name)}** | {_cell(first_sentence)} |")
    return "\n".join(lines)


def reference(nodes: list[Node]) -> str:
    """The page docs/nodes.md."""
    parts = [
        "# Nodes",
        "Every node with its inputs and outputs. Written from the schemas by `tools/nodes_table.py` (`make docs`).",
    ]
    for node in nodes:
        parts += [f"## {node.name}", f"`{node.node_id}` in *{node.category}*. {node.description}".strip()]
        if node.inputs:
            rows = ["| input | type | default | |", "|---|---|---|---|"]
            for socket in node.inputs:
                name = f"`{socket.name}`" + (" (optional)" if socket.optional else "")
                default = f"`{_cell(socket.default)}`" if socket.default else ""
                rows.append(f"| {name} | {socket.kind} | {default} | {_cell(socket.tooltip)} |")
            parts.append("\n".join(rows))
        if node.outputs:
            rows = ["| output | type | |", "|---|---|---|"]
            rows += [f"| `{socket.name}` | {socket.kind} | {_cell(socket.tooltip)} |" for socket in node.outputs]
            parts.append("\n".join(rows))
    return "\n\n".join(parts) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def between_marks(page: str, table: str) -> str:
    """Put ``table`` between the marks of a page."""
    if page.count(BEGIN) != 1 or page.count(END) != 1:
        raise SystemExit(f"expected one {BEGIN} … {END} in the page")
    before, after = page.split(BEGIN)[0], page.split(END)[1]
    return f"{before}{BEGIN}\n{table}\n{END}{after}"


def main(arguments: list[str]) -> int:
    """Write the pages, or with ``--check`` say which ones are behind."""
    nodes = read_nodes()
    korean = json.loads((ROOT / "locales" / "ko" / "nodeDefs.json").read_text(encoding="utf-8"))
    readme, readme_ko = ROOT / "README.md", ROOT / "README.ko.md"
    pages = {
        readme: between_marks(readme.read_text("utf-8"), readme_table(nodes, {}, ("Node", "What it does"))),
        readme_ko: between_marks(readme_ko.read_text("utf-8"), readme_table(nodes, korean, ("노드", "하는 일"))),
        ROOT / "docs" / "nodes.md": reference(nodes),
    }
    behind = [page for page, text in pages.items() if not page.exists() or page.read_text("utf-8") != text]
    for page in behind:
        if "--check" in arguments:
            print(f"{page.relative_to(ROOT)} is not what the nodes' schemas say. Run: make docs", file=sys.stderr)
        else:
            page.write_text(pages[page], encoding="utf-8")
    return 1 if behind and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
