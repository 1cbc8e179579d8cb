"""Where vadkit keeps what can be made again."""

from __future__ import annotations

import os
from pathlib import Path


def cache_home(home: Path | None = None) -> Path:
    """Folder of all caches: as given, else `VADKIT_HOME`, else the platform's cache folder."""
    import platformdirs  # not needed where somebody says

    return Path(home or os.environ.get("VADKIT_HOME") or platformdirs.user_cache_dir("vadkit"))
