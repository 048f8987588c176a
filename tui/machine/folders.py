"""Where settings and progress are kept, and the language that the settings name: what a light command asks of them."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import PlatformDirs


def settings_folder() -> Path:
    """Where the settings are kept."""
    return Path(os.environ.get("UNROLL_HOME") or PlatformDirs("unroll", appauthor=False).user_config_dir)


def data_folder() -> Path:
    """Where the progress and the checkpoints of training are kept."""
    return Path(os.environ.get("UNROLL_HOME") or PlatformDirs("unroll", appauthor=False).user_data_dir)


def language_kept() -> str:
    """The language of the settings, "" where none is kept. The file is only looked at: a damaged one stays as it is."""
    try:
        kept = (settings_folder() / "settings.json").read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""
    import json  # 2 ms, which a first `unroll --help` need not wait for

    try:
        found = json.loads(kept)["language"]
    except (ValueError, TypeError, KeyError):
        return ""
    return found if found in ("en", "zh") else ""
