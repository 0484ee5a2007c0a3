"""Tables as shops save them: Excel's encodings and delimiters, JSON Lines, Parquet; Korean column names."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adstudio.errors import InputError
from adstudio.run.batch import columns
from adstudio.run.batch.table import read_table

KOREAN = "상품번호{0}사진{0}제목{0}정가\n컵-1{0}컵.jpg{0}봄을 한 모금{0}5000\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_table_is_read_in_every_encoding_and_delimiter(tmp_path: Path, encoding: str, delimiter: str) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(KOREAN.format(delimiter).encode(encoding))
    (record,) = read_table(path)
    assert record.number == 2, "as a spreadsheet counts"
    assert list(record.cells.values()) == ["컵-1", "컵.jpg", "봄을 한 모금", "5000"]
    assert [columns.find(header) for header in record.cells][:3] == ["id", "photo", "headline"]


def test_a_comma_in_the_copy_is_no_delimiter(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text('id;headline\n1;"달콤, 상큼; 봄"\n\n2;"두 줄\n제목"\n', "utf-8")
    first, second = read_table(path)
    assert first.cells["headline"] == "달콤, 상큼; 봄"
    assert second.number == 4 and second.cells["headline"] == "두 줄\n제목", "blank rows count, lines in a cell do not"


def test_what_is_no_table_is_refused(tmp_path: Path) -> None:
    def code(name: str, data: bytes) -> str:
        (tmp_path / name).write_bytes(data)
        with pytest.raises(InputError) as refused:
            read_table(tmp_path / name)
        return refused.value.code

    assert code("rows.xlsx", b"PK") == "batch.unknown_table"
    assert code("rows.csv", b"id,headline\n") == "batch.empty"
    assert code("rows.csv", b"id,\x81\xff\xff\n1,\xff\xff\n") == "batch.encoding"
    assert code("rows.csv", "제목,headline\n1,2\n".encode()) == "batch.column_twice"
    assert code("rows.csv", b'id,headline\n1,"open\n') == "batch.bad_csv"
    assert code("rows.parquet", b"nonsense") == "batch.bad_parquet"


def test_a_text_may_hold_what_ends_a_line_elsewhere(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    text = "봄\u2028신메뉴\x85"
    path.write_bytes(f"{json.dumps({'headline': text}, ensure_ascii=False)}\r\n{json.dumps({'id': 'b'})}\r\n".encode())
    first, second = read_table(path)
    assert first.cells == {"headline": text} and (second.number, second.cells) == (2, {"id": "b"})


def test_rows_that_cannot_be_read_do_not_hide_the_others(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"id": "a", "steps": 4}\nnonsense\n\n[1]\n{"id": "b"}\n' + "[" * 9999, "utf-8")
    records = read_table(path)
    assert [(record.number, bool(record.trouble)) for record in records] == [
        (1, False),
        (2, True),
        (4, True),
        (5, False),
        (6, True),
    ]
    (tmp_path / "rows.csv").write_text("id,headline\n1,2,3\n2,3,\n", "utf-8")
    assert [bool(record.trouble) for record in read_table(tmp_path / "rows.csv")] == [True, False]


def test_parquet_keeps_its_types(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    table = arrow.table({"아이디": [7, 8], "channels": [["a", "b"], None], "steps": [4, None]})
    parquet.write_table(table, tmp_path / "rows.parquet")
    first, second = read_table(tmp_path / "rows.parquet")
    assert columns.read("id", first.cells["아이디"]) == "7"
    assert columns.read("channels", first.cells["channels"]) == ["a", "b"]
    assert columns.read("steps", first.cells["steps"]) == 4 and columns.read("steps", second.cells["steps"]) is None


@pytest.mark.parametrize(
    ("name", "cell", "value"),
    [
        ("steps", "8.0", 8),
        ("seed", "18446744073709551000", 18446744073709551000),
        ("id", 12.0, "12"),
        ("headline", " - ", ""),
        ("headline", "  ", None),
        ("shadow", "0.5", 0.5),
        ("credentials", "예", True),
        ("auto_layout", 0, False),
        ("photo", "a.jpg; b.jpg", ["a.jpg", "b.jpg"]),
        ("text_style", '{"min_px": 8}', {"min_px": 8}),
    ],
)
def test_cells_are_read_as_a_request_takes_them(name: str, cell: object, value: object) -> None:
    assert columns.read(name, cell) == value


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("steps", "8.5"),
        ("steps", "many"),
        ("shadow", "nan"),
        ("shadow", True),
        ("credentials", "maybe"),
        ("loras", "["),
        ("headline", "\ud83c 세일"),
        ("id", "\ud800"),
        ("channels", ["kakao", "\ud800"]),
    ],
)
def test_cells_of_another_kind_are_refused(name: str, cell: object) -> None:
    with pytest.raises(columns.BadCell):
        columns.read(name, cell)


def test_every_name_of_a_column_is_its_own() -> None:
    for name in columns.names():
        assert columns.find(name) == name and columns.find(f" {name.upper().replace('_', ' ')} ") == name
    assert columns.find("task") is None, "a photo makes a composite"
    assert columns.suggest("headlne") == "headline" and columns.suggest("재고") == ""


@given(st.dictionaries(st.sampled_from(["id", "headline", "sub"]), st.text(max_size=20), min_size=1))
def test_any_text_survives_json_lines(cells: dict[str, str]) -> None:
    for name, value in cells.items():
        read = columns.read(name, json.loads(json.dumps(value)))
        assert read is None or isinstance(read, str)
