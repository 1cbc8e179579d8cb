"""Video files and frame folders on disk: listing, naming, opening and counting their frames."""

from __future__ import annotations

from pathlib import Path

from vadkit.data.dataset import Split, Video
from vadkit.data.video.frame import IMAGES, DecodeReport, VideoReader, natural_key
from vadkit.utils.unicode import one_form

VIDEO_SUFFIXES = (".mp4", ".m4v", ".mov", ".3gp", ".3g2", ".f4v", ".mkv", ".webm", ".avi", ".divx",
                  ".ts", ".mts", ".m2ts", ".m2t", ".mpg", ".mpeg", ".vob", ".m2v", ".wmv", ".asf",
                  ".flv", ".ogv", ".mxf", ".gif", ".y4m", ".mjpeg", ".mjpg", ".dav", ".264",
                  ".h264", ".avc", ".265", ".h265", ".hevc")  # fmt: skip

OF_SYSTEMS = {"thumbs.db", "desktop.ini", "lost+found", "system volume information", "__macosx",
              "$recycle.bin", "icon\r", "network trash folder", "temporary items", "@eadir",
              "@recycle", "@recently-snapshot", "@tmp", "#recycle", "#snapshot"}  # fmt: skip
"""Names in lower case, beside those that begin with a dot."""

THUMBNAILS = {"thumbs", "thumbnails"}
"""Folders of images that are no frames, in lower case."""


def open_video(
    path: Path, *, fps: float | None = None, strict: bool = False, unrelated: bool = False
) -> VideoReader:
    """Open a video file, a folder of frames or a file of one picture or several.

    Args:
        path: The file or folder; it is never written to.
        fps: Frames a second to take in place of what the file says.
        strict: Refuse a frame that cannot be decoded; else as `VideoReader.frames` says.
        unrelated: Take all images of a folder, whatever their names.

    Raises:
        DataError: It is missing, empty, too large or not a video.
    """
    # Here, because listing and scoring import this module and want neither library.
    if path.is_dir() or is_image(path):
        from vadkit.data.video.folder_reader import FolderReader

        return FolderReader(path, fps, strict, unrelated)
    from vadkit.data.video.file_reader import FileReader

    return FileReader(path, fps, strict)


def list_videos(folder: Path, split: Split, prefix: str = "") -> list[Video]:
    """The video files and frame folders in a folder, in natural order, named by their stems.

    Args:
        folder: Where they lie; what systems put there and other files are left out.
        split: The split that they belong to.
        prefix: Put before each name, where two splits use the same file names.

    Returns:
        The videos; none where the folder is missing.
    """
    paths = [path for path in entries(folder) if is_video(path)]
    return [Video(prefix + clip_name(path), path, split) for path in paths]


def videos_below(folder: Path, split: Split, prefix: str = "") -> list[Video]:
    """The videos in a folder and in folders of videos in it, as recorders make one for each day.

    Such a folder's name is put before theirs. Thumbnails are left out.
    """
    videos: list[Video] = []
    for video in list_videos(folder, split, prefix):
        if not video.path.is_dir() or holds_images(video.path):
            videos.append(video)
        else:
            videos += videos_below(video.path, split, f"{video.name}-")
    return [video for video in videos if video.path.name.lower() not in THUMBNAILS]


def holds_images(folder: Path) -> bool:
    """Whether images lie straight in a folder, so that it is one of frames."""
    return any(map(is_image, folder.iterdir()))


def entries(folder: Path) -> list[Path]:
    """What lies in a folder, without what systems put there, in natural order of name."""
    paths = folder.iterdir() if folder.is_dir() else ()
    own = [path for path in paths if not is_of_system(path.name)]
    return sorted(own, key=lambda path: natural_key(path.name))


def is_of_system(name: str) -> bool:
    """Whether a file or folder is of an operating system or a network drive, by its name."""
    return name.startswith(".") or name.lower() in OF_SYSTEMS


def clip_name(path: Path) -> str:
    """A video's name: the file's without its ending, or the whole name of a folder."""
    return one_form(path.name if path.is_dir() else path.stem)


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
