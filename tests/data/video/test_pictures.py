"""Pictures of every kind that cameras and tools write: the same picture, or refused by name."""

from __future__ import annotations

import io
import struct
import tracemalloc

import cv2
import numpy as np
import pytest
from made_videos import decode, refused, write_frames
from PIL import Image

from vadkit.data.video.open_video import open_video
from vadkit.errors import DataError

pytestmark = pytest.mark.edges
HEIGHT, WIDTH = 48, 64
COLOUR = np.full((HEIGHT, WIDTH, 3), 60, np.uint8)
COLOUR[:, WIDTH // 2 :] = 200
COLOUR[10:20, 10:20] = (200, 20, 20)
RGB = Image.fromarray(COLOUR)
GREY = np.asarray(RGB.convert("L"))
DEEP = GREY.astype(np.uint16) * 257


def stored(image, kind: str, **options) -> bytes:
    """What Pillow writes of an image."""
    file = io.BytesIO()
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(
        file, kind, **options
    )
    return file.getvalue()


def tagged(data: bytes, tag: int, value: int) -> bytes:
    """A TIFF (II) in which a tag has another value."""
    changed = bytearray(data)
    (at,) = struct.unpack_from("<I", data, 4)
    for entry in range(struct.unpack_from("<H", data, at)[0]):
        if struct.unpack_from("<H", data, at + 2 + 12 * entry)[0] == tag:
            struct.pack_into("<H", changed, at + 10 + 12 * entry, value)
    return bytes(changed)


def turned(kind: str) -> bytes:
    """The picture on its side, with the orientation that puts it upright."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return stored(RGB.transpose(Image.Transpose.ROTATE_90), kind, exif=exif, quality=95)


def read(tmp_path, data: bytes, ending: str):
    folder = tmp_path / "clip"
    folder.mkdir(exist_ok=True)
    for name in ("001", "002"):
        (folder / f"{name}{ending}").write_bytes(data)
    return folder


def encoded(ending: str, image: np.ndarray) -> bytes:
    return cv2.imencode(ending, image)[1].tobytes()


PNM = b"%b\n# by a tool\n64 48\n%b"
SAME = {
    "cmyk.jpg": (stored(RGB.convert("CMYK"), "JPEG", quality=95), COLOUR),
    "cmyk.tif": (stored(RGB.convert("CMYK"), "TIFF"), COLOUR),
    "progressive.jpg": (stored(RGB, "JPEG", progressive=True, quality=95), COLOUR),
    "turned.jpg": (turned("JPEG"), COLOUR),
    "turned.png": (turned("PNG"), COLOUR),
    "turned.webp": (turned("WEBP"), COLOUR),
    "turned.tif": (turned("TIFF"), COLOUR),
    "lossy.webp": (stored(RGB, "WEBP", quality=95), COLOUR),
    "lossless.webp": (stored(RGB, "WEBP", lossless=True), COLOUR),
    "named.png": (stored(RGB, "JPEG", quality=95), COLOUR),
    "palette.png": (stored(RGB.convert("P", palette=Image.Palette.ADAPTIVE), "PNG"), COLOUR),
    "rgba.png": (stored(np.dstack([COLOUR, np.full_like(GREY, 128)]), "PNG"), COLOUR),
    "la.png": (stored(Image.fromarray(GREY).convert("LA"), "PNG"), GREY),
    "colour.ppm": (PNM % (b"P6", b"255\n") + COLOUR.tobytes(), COLOUR),
    "grey.pgm": (PNM % (b"P5", b"255\n") + GREY.tobytes(), GREY),
    "grey.pnm": (PNM % (b"P5", b"255\n") + GREY.tobytes(), GREY),
    "to100.pgm": (PNM % (b"P5", b"100\n") + (GREY // 2.55).astype(np.uint8).tobytes(), GREY),
    "bits12.pgm": (PNM % (b"P5", b"4095\n") + (GREY * 16.06).astype(">u2").tobytes(), GREY),
    "bits16.png": (encoded(".png", DEEP), GREY),
    "bits16.tif": (encoded(".tif", DEEP), GREY),
    "int32.tif": (encoded(".tif", GREY.astype(np.int32)), GREY),
    "float255.tif": (encoded(".tif", GREY.astype(np.float32)), GREY),
    "float1.tif": (encoded(".tif", GREY.astype(np.float32) / 255), GREY),
    "double1.tif": (encoded(".tif", COLOUR[..., ::-1] / 255), COLOUR),
    "big.tif": (stored(RGB, "TIFF", big_tiff=True), COLOUR),
    "white0.tif": (tagged(stored(255 - GREY, "TIFF"), 262, 0), GREY),
    "high.tif": (struct.pack(">2sHIH", b"MM", 42, 8, 7) + b"".join(
        struct.pack(">HHI", tag, 3, 1) + struct.pack(">HH", value, 0)
        for tag, value in ((256, WIDTH), (257, HEIGHT), (258, 8), (262, 1), (273, 98),
                           (278, HEIGHT), (279, HEIGHT * WIDTH))
    ) + bytes(4) + GREY.tobytes(), GREY),
}  # fmt: skip


@pytest.mark.parametrize("name", SAME)
def test_a_picture_is_the_same_in_every_form(tmp_path, name):
    data, wanted = SAME[name]
    frames, reader = decode(read(tmp_path, data, name[name.index(".") :]))
    assert (reader.info.width, reader.info.height) == (WIDTH, HEIGHT)
    image = frames[1].image
    for y, x in ((2, 2), (2, -3), (15, 15), (40, 20)):
        assert np.abs(image[y, x].astype(int) - wanted[y, x]).max() <= 8, (y, x)


@pytest.mark.parametrize(
    ("data", "ending", "told"),
    [
        (stored(RGB.convert("LAB"), "TIFF"), ".tif", "colour space .*Interpretation 8"),
        (tagged(encoded(".tif", DEEP), 262, 0), ".tif", "colour space .*Interpretation 0"),
        (stored(RGB, "WEBP", save_all=True, append_images=[RGB.rotate(180)]), ".webp", "animation"),
        (
            encoded(".tif", GREY.astype(np.float32) - 70),
            ".tif",
            "values from -10 to 130, and white",
        ),
        (encoded(".tif", GREY.astype(np.float32) * 10), ".tif", "600 to 2000, and white is 255"),
        (encoded(".tif", GREY.astype(np.float32) / 196), ".tif", "to 1.02041, and white is 1"),
        (encoded(".tif", GREY.astype(np.int32) * 257), ".tif", "15420 to 51400, and white is 255"),
        (encoded(".tif", np.where(GREY > 99, np.nan, 0.5)), ".tif", "values from nan to nan"),
    ],
    ids=["lab", "white0", "webp", "below", "above", "overshoot", "int32", "nan"],
)
def test_what_is_not_read_is_said_with_the_file(tmp_path, data, ending, told):
    refused(read(tmp_path, data, ending), rf"001{ending} .*{told}")


@pytest.mark.parametrize("ending", [".webp", ".pgm", ".ppm"])
def test_a_huge_picture_is_refused_by_its_header(tmp_path, ending):
    lossless = b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0/" + struct.pack("<I", 7999 | 7999 << 14)
    data = lossless if ending == ".webp" else b"P6 8000 8000 255\n"
    refused(read(tmp_path, data, ending), "8000x8000")


def test_a_dark_frame_is_scaled_as_the_others(tmp_path):
    folder = tmp_path / "clip"
    folder.mkdir()
    for n, light in enumerate((200, 1, 90)):
        cv2.imwrite(str(folder / f"{n}.tif"), np.full((8, 8), light, np.float32))
    frames, _ = decode(folder)
    assert [frame.image.max() for frame in frames] == [200, 1, 90]


def test_floats_that_go_beyond_the_first_frames_white_are_refused(tmp_path):
    folder = tmp_path / "clip"
    folder.mkdir()
    for n, light in enumerate((0.5, 1.0, 37.0)):
        cv2.imwrite(str(folder / f"{n}.tif"), np.full((8, 8), light, np.float32))
    with pytest.raises(DataError, match=r"2\.tif holds values from 37 to 37, and white is 1"):
        decode(folder)


@pytest.mark.parametrize("step", [1, 16])
def test_twelve_bits_in_sixteen_are_told(tmp_path, step):
    folder = tmp_path / "clip"
    folder.mkdir()
    for n in range(3):
        cv2.imwrite(str(folder / f"{n}.png"), np.full((8, 8), (4095 - n) * step, np.uint16))
    told = ["no frame is brighter than 16 of 255; 12 bits stored in 16 have to be multiplied by 16"]
    assert decode(folder)[1].report.remarks == (told if step == 1 else [])


def pages(path, count: int, first: int = 0):
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(cv2.imencodemulti(".tif", [paged(first + n) for n in range(count)])[1])
    return path


def paged(index: int) -> np.ndarray:
    return np.full((HEIGHT, WIDTH), index % 256, np.uint8)


def lights(folder) -> list[int]:
    return [int(frame.image.max()) for frame in decode(folder)[0]]


def test_pages_of_a_tiff_are_frames(tmp_path):
    path = pages(tmp_path / "clip/stack_1.tif", 40)
    assert lights(tmp_path / "clip") == lights(path) == [*range(40)]
    pages(tmp_path / "clip/stack_2.tif", 10, first=40)
    assert lights(tmp_path / "clip") == [*range(50)]
    assert decode(path)[1].place(3) == "stack_1.tif, page 4"


def test_pages_of_a_big_tiff_are_frames(tmp_path):
    rest = [Image.fromarray(paged(n)) for n in (1, 2)]
    data = stored(paged(0), "TIFF", big_tiff=True, save_all=True, append_images=rest)
    (tmp_path / "stack.tif").write_bytes(data)
    assert lights(tmp_path / "stack.tif") == [0, 1, 2]


def test_a_page_beyond_the_files_end_is_a_lost_frame(tmp_path):
    path = pages(tmp_path / "clip/stack.tif", 4, first=1)
    path.write_bytes(path.read_bytes()[:-40])
    frames, reader = decode(tmp_path / "clip")
    assert reader.report.repaired == [3]
    assert "stack.tif, page 4 cannot be decoded" in reader.report.warnings[0]
    assert len(frames) == 4


def test_files_of_one_picture_among_stacks_are_frames_too(tmp_path):
    pages(tmp_path / "clip/stack_1.tif", 3, first=1)
    (tmp_path / "clip/stack_2.tif").write_bytes(encoded(".jpg", paged(80)))
    (tmp_path / "clip/stack_3.tif").write_bytes(encoded(".tif", paged(90)))
    (tmp_path / "clip/stack_4.tif").touch()
    frames, reader = decode(tmp_path / "clip")
    assert [int(frame.image.max()) for frame in frames] == [1, 2, 3, 80, 90, 90]
    assert reader.report.repaired == [5]


def test_several_pages_among_files_of_one_are_refused(tmp_path):
    folder = write_frames(tmp_path / "clip", 2, ".tif")
    pages(folder / "003.tif", 3)
    with pytest.raises(DataError, match=r"003\.tif is a TIFF of several pages among files of one"):
        decode(folder)


def test_memory_is_flat_in_the_number_of_pages(tmp_path):
    path = pages(tmp_path / "clip/stack.tif", 300)
    reader = open_video(path)
    tracemalloc.start()
    try:
        assert sum(1 for _ in reader.frames()) == 300
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 40 * WIDTH * HEIGHT
