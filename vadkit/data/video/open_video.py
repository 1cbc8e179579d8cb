"""Decoding: video files packet by packet, frame folders in natural order."""

from __future__ import annotations

from pathlib import Path

from vadkit.data.video.frame import VideoReader


def open_video(path: Path, *, fps: float | None = None, strict: bool = False) -> VideoReader:
    """Open a video file or a folder of frames.

    Args:
        path: The file or folder; it is never written to.
        fps: Frames a second to take in place of what the file says.
        strict: Refuse a frame that cannot be decoded; otherwise the frame before it stands in.

    Raises:
        DataError: It is missing, empty, too large or not a video.
    """
    # Here, because listing and scoring import this module and want neither library.
    if path.is_dir():
        from vadkit.data.video.folder_reader import FolderReader

        return FolderReader(path, fps, strict)
    from vadkit.data.video.file_reader import FileReader

    return FileReader(path, fps, strict)
