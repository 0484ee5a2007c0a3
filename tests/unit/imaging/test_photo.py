from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from picture_files import png_header
from PIL import Image, ImageCms

from adstudio.errors import InputError
from adstudio.imaging.photo import read_photo, read_photo_with_alpha
from adstudio.types import Array


def encode(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def halves(mode: str, left: object, right: object, size: tuple[int, int] = (64, 48)) -> Image.Image:
    image = Image.new(mode, size, right)  # pyright: ignore[reportArgumentType]
    image.paste(left, (0, 0, size[0] // 2, size[1]))  # pyright: ignore[reportArgumentType]
    return image


def sides(photo: Array) -> tuple[list[int], list[int]]:
    eight = np.round(photo * 255).astype(int)
    return eight[24, 5].tolist(), eight[24, -5].tolist()


def test_plain_rgb_keeps_every_value() -> None:
    values = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    photo = read_photo(encode(Image.fromarray(values), "PNG"))
    assert photo.dtype == np.float32
    assert (np.round(photo * 255) == values).all()


def test_path_bytes_pillow_and_array_agree(tmp_path: Path) -> None:
    image = halves("RGB", (200, 30, 40), (10, 20, 250))
    path = tmp_path / "상품 사진.png"
    image.save(path)
    read = [read_photo(source) for source in (path, str(path), path.read_bytes(), image, np.asarray(image))]
    assert all((each == read[0]).all() for each in read)
    assert sides(read[0]) == ([200, 30, 40], [10, 20, 250])


def test_exif_rotation_is_applied() -> None:
    image = halves("RGB", (255, 0, 0), (0, 0, 255))
    exif = Image.Exif()
    exif[0x0112] = 6  # turned clockwise to view: what was left is at the top
    photo = read_photo(encode(image, "PNG", exif=exif))
    assert photo.shape == (64, 48, 3)
    assert photo[3, 24].tolist() == [1, 0, 0]
    assert photo[-3, 24].tolist() == [0, 0, 1]


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_damaged_exif_loses_no_pixels() -> None:
    photo = read_photo(encode(halves("RGB", (9, 9, 9), (200, 200, 200)), "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff"))
    assert photo.shape == (48, 64, 3)


@pytest.mark.parametrize(
    ("image", "kind", "left", "right"),
    [
        (halves("L", 40, 220), "PNG", [40] * 3, [220] * 3),
        (halves("1", 0, 1), "PNG", [0] * 3, [255] * 3),
        (halves("RGB", (255, 0, 51), (0, 102, 255)).convert("P"), "PNG", [255, 0, 51], [0, 102, 255]),
        (halves("I;16", 0, 65535), "PNG", [0] * 3, [255] * 3),
        (halves("I;16", 32896, 257), "PNG", [128] * 3, [1] * 3),
        (halves("I", 2**31 - 1, 2**30), "TIFF", [255] * 3, [128] * 3),
        (halves("F", 0.0, 1.0), "TIFF", [0] * 3, [255] * 3),
        (halves("CMYK", (0, 255, 255, 0), (255, 0, 0, 0)), "TIFF", [255, 0, 0], [0, 255, 255]),
    ],
    ids=["grey", "one-bit", "palette", "16-bit", "16-bit-middle", "32-bit", "float", "cmyk"],
)
def test_every_kind_of_pixels(image: Image.Image, kind: str, left: list[int], right: list[int]) -> None:
    assert sides(read_photo(encode(image, kind))) == (left, right)


def test_cmyk_jpeg_is_not_inverted() -> None:
    left, right = sides(read_photo(encode(halves("CMYK", (0, 255, 255, 0), (0, 0, 0, 0)), "JPEG", quality=95)))
    assert left[0] > 240 and left[1] < 20
    assert min(right) > 245


def test_colour_profile_is_applied() -> None:
    swapped = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = swapped.replace("sRGB".encode("utf-16-be"), "swap".encode("utf-16-be"))
    swapped = swapped.replace(b"rXYZ", b"tmp!", 1).replace(b"bXYZ", b"rXYZ", 1).replace(b"tmp!", b"bXYZ", 1)
    image = halves("RGB", (255, 0, 0), (255, 255, 255))
    left, right = sides(read_photo(encode(image, "PNG", icc_profile=swapped)))
    assert left[2] > 250 and left[0] < 5  # this profile's red is blue
    assert min(right) > 250


def test_unreadable_colour_profile_is_no_obstacle() -> None:
    photo = read_photo(encode(halves("RGB", (255, 0, 0), (0, 0, 255)), "PNG", icc_profile=b"not a profile"))
    assert sides(photo) == ([255, 0, 0], [0, 0, 255])


def test_transparency_is_laid_on_white_or_kept() -> None:
    data = encode(halves("RGBA", (0, 0, 0, 0), (10, 20, 30, 255)), "PNG")
    assert sides(read_photo(data)) == ([255, 255, 255], [10, 20, 30])
    colour, alpha = read_photo_with_alpha(data)
    assert alpha is not None
    assert alpha[24, 5] == 0 and alpha[24, -5] == 1
    assert sides(colour)[1] == [10, 20, 30]


def test_opaque_alpha_counts_as_none() -> None:
    lab = ImageCms.profileToProfile(
        halves("RGB", (200, 30, 40), (10, 20, 250)),
        ImageCms.createProfile("sRGB"),
        ImageCms.createProfile("LAB"),
        outputMode="LAB",
    )
    assert lab is not None
    assert read_photo_with_alpha(encode(lab, "TIFF"))[1] is None  # its A is a colour
    assert read_photo_with_alpha(encode(halves("RGBA", (1, 2, 3, 255), (4, 5, 6, 255)), "PNG"))[1] is None


def test_transparent_colour_of_palette_and_grey() -> None:
    for image in (halves("L", 0, 255), halves("RGB", (0, 0, 0), (255, 255, 255)).convert("P")):
        clear = image.getpixel((0, 0))
        _, alpha = read_photo_with_alpha(encode(image, "PNG", transparency=clear))
        assert alpha is not None
        assert alpha[24, 5] == 0 and alpha[24, -5] == 1


def test_arrays_of_other_kinds() -> None:
    grey = np.full((40, 40), 65535, dtype=np.uint16)
    assert read_photo(grey).shape == (40, 40, 3)
    assert read_photo(grey).min() == 1.0
    assert read_photo(np.full((1, 40, 40, 3), 0.25, dtype=np.float64)).max() == 0.25
    frozen = np.zeros((40, 40, 4), dtype=np.float32)
    frozen.flags.writeable = False
    assert read_photo(frozen).min() == 1.0  # clear everywhere: white


NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (200, 200, 3), dtype=np.uint8))


@pytest.mark.parametrize(
    ("source", "code"),
    [
        (b"", "photo.empty"),
        (b"this is a text file", "photo.not_an_image"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "photo.heic"),
        (encode(NOISE, "JPEG")[:4000], "photo.truncated"),
        (encode(NOISE, "PNG")[:4000], "photo.truncated"),
        (encode(NOISE, "PNG").replace(b"IDAT", b"IDAX", 1), "photo.corrupt"),
        (encode(NOISE, "PNG")[:60] + bytes(3000) + encode(NOISE, "PNG")[3060:], "photo.corrupt"),
        (encode(NOISE, "AVIF").replace(b"iloc", b"ilox", 1), "photo.corrupt"),
        (encode(Image.new("RGB", (1, 1)), "PNG"), "photo.too_small"),
        (encode(Image.new("RGB", (900, 12)), "PNG"), "photo.too_small"),
        (png_header(12_000, 9_000), "photo.too_large"),
        (png_header(60_000, 60_000), "photo.too_large"),
        ("/nowhere/photo.jpg", "photo.not_found"),
        ("/", "photo.unreadable"),
        ("bad\0name.png", "photo.unreadable"),
        (np.zeros((40, 40, 7), dtype=np.uint8), "photo.wrong_shape"),
        (np.zeros((0, 40, 3), dtype=np.uint8), "photo.too_small"),
        (np.full((40, 40, 3), np.nan, dtype=np.float32), "photo.not_a_number"),
        (np.full((40, 40, 3), 200.0, dtype=np.float32), "photo.wrong_numbers"),
        (np.zeros((40, 40, 3), dtype=np.int64), "photo.wrong_numbers"),
    ],
    ids=lambda value: value if isinstance(value, str) and value.startswith("photo.") else "",
)
def test_bad_photos_are_named(source: object, code: str) -> None:
    with pytest.raises(InputError) as caught:
        read_photo(source)  # pyright: ignore[reportArgumentType]
    assert caught.value.code == code
    assert caught.value.message.endswith(".") and caught.value.hint
