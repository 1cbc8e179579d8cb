"""Video files and frame folders on disk: listing, naming, opening and counting their frames."""

from __future__ import annotations

from pathlib import Path

from vadkit.data.dataset import Split, Video
from vadkit.data.video.frame import IMAGES, DecodeReport, VideoReader, natural_key

VIDEO_SUFFIXES = (".mp4", ".m4v", ".mov", ".3gp", ".3g2", ".f4v", ".mkv", ".webm", ".avi", ".divx",
                  ".ts", ".mts", ".m2ts", ".m2t", ".mpg", ".mpeg", ".vob", ".m2v", ".wmv", ".asf",
                  ".flv", ".ogv", ".mxf", ".gif", ".y4m", ".mjpeg", ".mjpg", ".dav", ".264",
                  ".h264", ".avc", ".265", ".h265", ".hevc")  # fmt: skip


def open_video(path: Path, *, fps: float | None = None, strict: bool = False) -> VideoReader:
    """Open a video file or a folder of frames.

    Args:
        path: The file or folder; it is never written to.
        fps: Frames a second to take in place of what the file says.
        strict: Refuse a frame that cannot be decoded; else as `VideoReader.frames` says.

    Raises:
        DataError: It is missing, empty, too large or not a video.
    """
    # Here, because listing and scoring import this module and want neither library.
    if path.is_dir():
        from vadkit.data.video.folder_reader import FolderReader

        return FolderReader(path, fps, strict)
    from vadkit.data.video.file_reader import FileReader

    return FileReader(path, fps, strict)


def list_videos(folder: Path, split: Split, prefix: str = "") -> list[Video]:
    """The video files and frame folders in a folder, in natural order, named by their stems.

    Args:
        folder: Where they lie; files beginning with a dot and other files are left out.
        split: The split that they belong to.
        prefix: Put before each name, where two splits use the same file names.

    Returns:
        The videos; none where the folder is missing.
    """
    entries = folder.iterdir() if folder.is_dir() else ()
    paths = [path for path in entries if is_video(path) and not path.name.startswith(".")]
    paths.sort(key=lambda path: natural_key(path.name))
    return [Video(prefix + clip_name(path), path, split) for path in paths]


def clip_name(path: Path) -> str:
    """A video's name: the file's without its ending, or the whole name of a folder."""
    return path.name if path.is_dir() else path.stem


def is_video(path: Path) -> bool:
    """Whether a path is a folder, or a file with a video's ending."""
    return path.is_dir() or path.suffix.lower() in VIDEO_SUFFIXES


def is_image(path: Path) -> bool:
    """Whether a file has the ending of an image that can be a frame."""
    return path.suffix.lower() in IMAGES


def count_frames(path: Path) -> int:
    """Number of frames: as the file's index counts them, or decoded where it does not.

    Raises:
        DataError: It is missing or not a video.
    """
    reader = open_video(path)
    return reader.info.frames or decode_all(reader).frames


def decode_all(reader: VideoReader) -> DecodeReport:
    """Decode a whole video for its report."""
    for _ in reader.frames():
        pass
    return reader.report
