"""Rows are checked all at once, before anything is drawn, and know what decides their ad."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from adstudio.errors import InputError
from adstudio.output.store import DEVICES
from adstudio.run.batch.delivery import file_name
from adstudio.run.batch.lanes import in_order
from adstudio.run.batch.photo_paths import PhotoFolder
from adstudio.run.batch.rows import Checked, check_rows
from adstudio.run.batch.table import Record


def check(folder: Path, *cells: dict[str, object], **more: object) -> Checked:
    records = [Record(number, row) for number, row in enumerate(cells, start=2)]
    return check_rows(records, PhotoFolder(folder), **more)  # type: ignore[arg-type]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    Image.new("RGB", (64, 64), "red").save(folder / "컵.png")
    Image.new("RGB", (64, 64), "blue").save(tmp_path / "outside.png")
    return folder


def test_every_problem_is_told_with_its_row_and_column(photos: Path) -> None:
    (photos / "broken.png").write_bytes(b"\x89PNG not really")
    found = check(
        photos,
        {"id": "a", "photo": "../outside.png", "steps": "many"},
        {"id": "A", "photo": "none.png"},
        {"id": "b", "photo": "broken.png", "sytle": "oil"},
        {"id": "c", "brief": "라떼", "width": "640"},
        {"id": "d", "photo": "https://shop.example/cup.png"},
        {"id": "fine", "photo": "컵.png", "brief": "나무 탁자"},
        {"id": "🍓" * 50, "brief": "라떼"},
        {"id": "\ud800", "photo": f"{'가' * 90}.png", "brief": "라떼"},
    )
    told = [(problem.row, problem.column) for problem in found.problems]
    assert told == [
        (0, "sytle"), (2, "steps"), (2, "photo"), (3, "id"), (3, "photo"), (4, "photo"), (5, ""), (6, "photo"),
        (8, "id"), (9, "id"), (9, "photo"),
    ]  # fmt: skip
    assert "was 'style' meant" in str(found.problems[0])
    assert [row.id for row in found.rows] == ["fine"]


def test_photos_stay_in_their_folder(photos: Path, tmp_path: Path) -> None:
    folder = PhotoFolder(photos)
    assert folder.find("컵.png") == str(photos / "컵.png")
    assert folder.find(str(photos / "컵.png")), "an absolute path may lead into it"
    (photos / "link.png").symlink_to(tmp_path / "outside.png")
    for name in ("../outside.png", "link.png", str(tmp_path / "outside.png"), "..\\outside.png"):
        with pytest.raises(InputError) as refused:
            folder.find(name)
        assert refused.value.code == "batch.photo_outside", name
    assert PhotoFolder(tmp_path).find("photos\\컵.png"), "as Windows writes it"


def test_a_row_becomes_the_request_that_it_asks_for(photos: Path) -> None:
    cells = {"아이디": "컵", "사진": "컵.png", "설명": "갓 볶은 원두", "제목": "-", "재고": "7", "_note": "x"}
    found = check(photos, cells, defaults={"steps": "3", "headline": "봄"}, ignore_unknown=True)
    assert not found.problems and found.ignored == ("재고",)
    (row,) = found.rows
    request = row.request
    assert (request.task, request.context, request.headline, request.steps) == ("composite", "갓 볶은 원두", "", 3)
    assert request.products == (str(photos / "컵.png"),) and request.seed is not None
    assert check(photos, cells, ignore_unknown=True).rows[0].request.seed == request.seed, "by its name, not by luck"


def test_what_decides_an_ad_decides_its_digest(photos: Path) -> None:
    row = {"id": "a", "photo": "컵.png", "brief": "탁자"}

    def digest(**more: object) -> str:
        return check(photos, row | more).rows[0].digest

    before = digest()
    assert digest() == before
    assert digest(brief="정원") != before and digest(id="b") != before, "another name has another seed"
    assert digest(id="b", seed="3") == digest(id="c", seed="3")
    Image.new("RGB", (64, 64), "green").save(photos / "컵.png")
    assert digest() != before, "the photo's own bytes count"


def test_rows_share_a_backdrop_and_say_so_where_they_cannot(photos: Path) -> None:
    on = {"photo": "컵.png", "backdrop": "나무"}
    found = check(
        photos,
        {"id": "a", **on, "brief": "나무 탁자", "style": "watercolor"},
        {"id": "b", **on, "context": "라떼"},
        {"id": "c", **on, "brief": "정원"},
        {"id": "d", "brief": "정원", "backdrop": "풀"},
    )
    assert [(problem.row, problem.column) for problem in found.problems] == [(4, "brief"), (5, "backdrop")]
    leader, follower = found.rows[:2]
    assert leader.leader is None and follower.leader is leader
    assert (follower.request.brief, follower.request.style, follower.request.seed) == (
        "나무 탁자", "watercolor", leader.request.seed,
    )  # fmt: skip
    changed = check(photos, {"id": "a", **on, "brief": "바다"}, {"id": "b", **on, "context": "라떼"})
    assert changed.rows[1].digest != follower.digest


def test_rows_of_one_style_go_together(photos: Path) -> None:
    styles = ["anime", "realistic", "anime", "realistic"]
    rows = check(photos, *({"brief": "라떼", "style": style} for style in styles)).rows
    assert [row.number for row in in_order(rows)] == [2, 4, 3, 5]
    assert [row.id for row in rows] == ["2", "3", "4", "5"], "without an id the number is the name"


def test_names_of_files_are_good_everywhere_and_never_the_same() -> None:
    assert file_name("컵-1") == "컵-1"
    names = [file_name(name) for name in ("a/b", "a_b", "a:b", "CON", "com¹.v2", "..", "a.", "cup~2", "컵" * 60)]
    assert len({name.casefold() for name in names}) == len(names)
    for name in names:
        assert not set(name) & set('~<>:"/\\|?*') and name.strip(" .") == name and len(name.encode()) < 240
        assert not DEVICES.fullmatch(f"{name}.png")
