import gzip
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from vadkit_detectors import FileConfig
from vadkit_detectors.file import File

from vadkit.api import DataError
from vadkit.data.dataset import Split, Video
from vadkit.data.detection import Seen, detect
from vadkit.data.video.frame import Frame
from vadkit.registry.cards import BoxRules

BOXES = Path(__file__).parents[2] / "../shared/data/boxes"
HEADER = "video,frame,x1,y1,x2,y2,confidence\n"


def stream(frames: int) -> Iterator[Seen]:
    image = np.zeros((40, 60, 1), np.uint8)
    for index in range(frames):
        yield Seen(Frame(index, index / 25, image), np.empty((0, 5), np.float32))


def found(config: FileConfig, name: str, frames: int = 3, split: Split = "test") -> list[list]:
    seen = File(config).detect(Video(name, Path(name), split), stream(frames))
    return [one.boxes.tolist() for one in seen]


def written(path: Path, rows: str, header: str = HEADER) -> Path:
    path.write_text(header + rows)
    return path


def test_rows_become_boxes_of_their_frames(tmp_path: Path) -> None:
    path = written(
        tmp_path / "b.csv", "01,2,1,2,3,4,0.5\n01,0,5,6,7,8,1\n01,2,9,9,9,9,nan\n02,0,0,0,1,1,1\n"
    )
    first, second, third = found(FileConfig(path=path), "01")
    assert first == [[5, 6, 7, 8, 1]]
    assert second == []
    assert third[0] == [1, 2, 3, 4, 0.5]
    assert len(third) == 2


def test_a_folder_holds_plain_and_gzip_files_with_columns_in_any_order(tmp_path: Path) -> None:
    written(tmp_path / "a.csv", "0.5,a,0,1,2,3,4\n", "confidence,video,frame,x1,y1,x2,y2\n")
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(f"{HEADER}b,1,1,2,3,4,0.25\n".encode()))
    assert found(FileConfig(path=tmp_path), "a")[0] == [[1, 2, 3, 4, 0.5]]
    assert found(FileConfig(path=tmp_path), "b")[1] == [[1, 2, 3, 4, 0.25]]


def test_a_file_named_by_its_split_speaks_of_that_alone(tmp_path: Path) -> None:
    written(tmp_path / "avenue_train.csv", "01,0,0,0,3,3,1\n")
    written(tmp_path / "avenue_test.csv", "01,0,0,0,2,2,1\n")
    config = FileConfig(path=tmp_path)
    assert found(config, "01", split="train")[0] == [[0, 0, 3, 3, 1]]
    assert found(config, "01", split="test")[0] == [[0, 0, 2, 2, 1]]


@pytest.mark.parametrize(
    ("rows", "header", "told"),
    [
        ("a,7,0,0,9,9,1\n", HEADER, "row 2: a has only 3 frames"),
        ("a,0,30,20,9,9,1\n", HEADER, r"row 2: the box .* ends before it begins"),
        ("a,0,0,0,9,9,90\n", HEADER, "row 2: confidence is 90"),
        ("a,0,0,0,1,1,1\na,-1,0,0,1,1,1\n", HEADER, "row 3: frame is -1, not a whole"),
        ("a,1.5,0,0,1,1,1\n", HEADER, "row 2: frame is 1.5, not a whole"),
        ("a,0,0,0,wide,1,1\n", HEADER, "row 2: x2 is 'wide', not a number"),
        ("a,0,0,0,1\n", HEADER, "row 2: 5 cells, expected video,frame"),
        ("a,0,0,0,1,1\n", "video,frame,x,y,w,h\n", "row 1: the columns are video, frame, x"),
        ("", "", "row 1: the columns are missing"),
    ],
)
def test_what_is_wrong_is_named_by_file_and_row(
    tmp_path: Path, rows: str, header: str, told: str
) -> None:
    path = written(tmp_path / "boxes.csv", rows, header)
    with pytest.raises(DataError, match=rf"boxes\.csv, {told}"):
        found(FileConfig(path=path), "a")


def test_a_video_without_rows_is_an_error_unless_it_may_be_empty(tmp_path: Path) -> None:
    path = written(tmp_path / "boxes.csv", "Test001,0,0,0,1,1,1\n")
    with pytest.raises(DataError, match=r"'Test002'.*Test001.* of its own boxes \(--boxes\)"):
        found(FileConfig(path=path), "Test002")
    assert found(FileConfig(path=path, missing="none"), "Test002") == [[], [], []]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("cut.csv.gz", gzip.compress(HEADER.encode() * 99, mtime=0)[:-9]),
        ("plain.csv.gz", HEADER.encode()),
        ("picture.csv", b"\xff\xd8\xff\xe0"),
    ],
)
def test_a_damaged_file_is_named(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=f"{name}.* cannot be read|{name}, row"):
        found(FileConfig(path=tmp_path / name), "a")


def test_no_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"holds no boxes. .*--boxes"):
        found(FileConfig(path=tmp_path), "a")


def test_the_fingerprint_follows_the_content(tmp_path: Path) -> None:
    path = written(tmp_path / "boxes.csv", "a,0,0,0,1,1,1\n")
    before = File(FileConfig(path=path)).fingerprint()
    assert File(FileConfig(path=tmp_path)).fingerprint() == before
    written(path, "a,0,0,0,1,2,1\n")
    assert File(FileConfig(path=path)).fingerprint() != before


@pytest.mark.data
@pytest.mark.parametrize(
    ("split", "name", "frames"), [("train", "Train001", 120), ("test", "Test012", 180)]
)
def test_published_boxes_fit_their_videos(split: Split, name: str, frames: int) -> None:
    if not BOXES.is_dir():
        pytest.skip(f"{BOXES} is missing")
    image, counts = np.zeros((240, 360, 1), np.uint8), Counter[str]()
    blank = (Seen(Frame(n, n / 10, image), np.empty((0, 5), np.float32)) for n in range(frames))
    video = Video(name, Path(name), split)
    seen = list(detect(video, blank, [File(FileConfig(path=BOXES))], BoxRules(), counts))
    per_frame = sum(len(one.boxes) for one in seen) / frames
    assert 10 < per_frame < 25
    assert counts["boxes_unusable"] == 0


def boxes(*rows: tuple[float, ...], name: str = "a") -> str:
    """A box in each frame."""
    lines = [f"{name},{n},{','.join(map(str, row))},0.9" for n, row in enumerate(rows)]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([(0.1, 0.2, 0.5, 0.9)] * 3, "The 3 boxes of a, whose frames are 60x40, lie between 0"),
        ([(120, 80, 240, 120)] * 3, "Of the 3 boxes of a, .* 3 lie outside, up to 240x120"),
        ([(6, 4, 9, 9)] * 2 + [(60, 4, 66, 9)], "1 lie outside"),
    ],
)  # fmt: skip
def test_boxes_of_another_picture_are_refused(tmp_path: Path, rows, said: str) -> None:
    path = written(tmp_path / "b.csv", boxes(*rows))
    with pytest.raises(DataError, match=f"{said}.*--boxes-size"):
        found(FileConfig(path=path), "a")


@pytest.mark.parametrize(
    ("size", "row"), [((1, 1), (0.1, 0.25, 0.5, 0.75)), ((600, 400), (60, 100, 300, 300))]
)
def test_they_are_scaled_where_their_size_is_said(tmp_path: Path, size, row) -> None:
    path = written(tmp_path / "b.csv", boxes(row))
    (box,) = found(FileConfig(path=path, size=size), "a")[0]
    assert box == pytest.approx([6, 10, 30, 30, 0.9])


def test_frames_that_seem_to_count_from_1_have_to_be_said(tmp_path: Path) -> None:
    rows = "".join(f"{video},{n},6,4,9,9,0.9\n" for video in "ab" for n in (1, 3))
    path = written(tmp_path / "b.csv", rows)
    with pytest.raises(DataError, match="begin in frame 1, of all videos"):
        found(FileConfig(path=path), "a")
    assert [len(of) for of in found(FileConfig(path=path, first=1), "a")] == [1, 0, 1]
    assert [len(of) for of in found(FileConfig(path=path, first=0), "a", 4)] == [0, 1, 0, 1]
    one = written(tmp_path / "c.csv", "".join(f"a,{n},6,4,9,9,0.9\n" for n in range(1, 30)))
    with pytest.raises(DataError, match="begin in frame 1"):
        found(FileConfig(path=one), "a")


def test_a_video_may_be_named_with_its_ending(tmp_path: Path) -> None:
    path = written(tmp_path / "b.csv", boxes((6, 4, 9, 9), name="a.mp4"))
    seen = File(FileConfig(path=path)).detect(Video("a", Path("a.mp4"), "test"), stream(1))
    assert next(seen).boxes[:, :4].tolist() == [[6, 4, 9, 9]]
