"""Progress and settings: written whole or not at all, and never overwritten when they cannot be read."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tui.machine.store import Store, write_atomically


def test_what_is_saved_comes_back(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.settings.theme, store.settings.speed = "light", 16
    store.progress.lessons["bptt"] = {"acts": ["forward"]}
    assert store.save_settings()
    assert store.save_progress()
    again = Store(tmp_path)
    assert again.settings == store.settings
    assert again.progress == store.progress
    assert again.trouble == []


@pytest.mark.parametrize("content", ["", "{", "[]", '{"lessons": 3}', "\x00\x01", '{"lessons": {}, "last": 5}'])
def test_a_damaged_file_is_kept_aside(content: str, tmp_path: Path) -> None:
    file = tmp_path / "progress.json"
    file.write_text(content, encoding="utf-8")
    store = Store(tmp_path)
    assert store.progress.lessons == {}
    assert (tmp_path / "progress.json.damaged-1").read_text(encoding="utf-8") == content
    assert len(store.trouble) == 1
    assert store.save_progress()
    file.write_text("again {", encoding="utf-8")
    Store(tmp_path)
    assert (tmp_path / "progress.json.damaged-2").exists()


def test_a_folder_that_cannot_be_written_is_said_and_stops_nothing(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("x")
    store = Store(blocked)
    store.trouble.clear()
    assert not store.save_progress()
    assert len(store.trouble) == 1


def test_a_full_disk_leaves_the_old_file_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "progress.json"
    write_atomically(file, "old")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_atomically(file, "new")
    assert file.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["progress.json"]


def test_in_the_background_the_latest_wins(tmp_path: Path) -> None:
    store = Store(tmp_path, background=True)
    for n in range(200):
        store.progress.lessons = {"bptt": {"n": n}}
        assert store.save_progress()
    store.flush()
    assert Store(tmp_path).progress.lessons["bptt"]["n"] == 199


def test_two_apps_lose_nothing_of_each_other(tmp_path: Path) -> None:
    Store(tmp_path).save_settings()
    one, two = Store(tmp_path), Store(tmp_path)
    one.progress.lessons["bptt"] = {
        "acts": ["forward"],
        "record": {"a": "right"},
        "tries": [{"q": 1}],
        "place": {"n": 1},
    }
    two.progress.lessons["lstm"] = {"acts": ["backward"]}
    one.settings.theme, two.settings.speed = "light", 9.0
    for store in (one, two, one):
        store.save_progress()
        store.save_settings()
    two.progress.lessons["bptt"] = {"acts": ["train"], "record": {"b": "wrong"}, "tries": [{"q": 2}], "place": {"n": 2}}
    two.save_progress()
    one.progress.lessons["bptt"]["tries"].append({"q": 3})
    one.save_progress()
    found = Store(tmp_path)
    assert found.settings.theme == "light"
    assert found.settings.speed == 9
    assert found.progress.lessons["lstm"] == {"acts": ["backward"]}
    bptt = found.progress.lessons["bptt"]
    assert set(bptt["acts"]) == {"forward", "train"}
    assert bptt["record"] == {"a": "right", "b": "wrong"}
    assert sorted(each["q"] for each in bptt["tries"]) == [1, 2, 3]


def test_keys_of_another_version_stay(tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text('{"theme": "light", "colour": 3}', encoding="utf-8")
    (tmp_path / "progress.json").write_text('{"lessons": {"x": {"new": [1]}}, "badges": 5}', encoding="utf-8")
    store = Store(tmp_path)
    store.settings.speed, store.progress.last = 2.0, "bptt"
    store.save_settings()
    store.save_progress()
    assert json.loads((tmp_path / "settings.json").read_text(encoding="utf-8"))["colour"] == 3
    progress = json.loads((tmp_path / "progress.json").read_text(encoding="utf-8"))
    assert (progress["badges"], progress["lessons"]["x"], progress["last"]) == (5, {"new": [1]}, "bptt")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read what it likes")
def test_a_file_that_may_not_be_read_is_kept_aside(tmp_path: Path) -> None:
    file = tmp_path / "progress.json"
    file.write_text('{"lessons": {"x": {}}}', encoding="utf-8")
    file.chmod(0)
    store = Store(tmp_path)
    store.save_progress()
    assert (tmp_path / "progress.json.damaged-1").exists()


def test_half_of_a_pair_of_characters_is_kept(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.progress.lessons["x"] = {"place": {"text": "\ud800"}}
    assert store.save_progress()
    assert Store(tmp_path).progress.lessons["x"]["place"]["text"] == "\ud800"


WRITER = """
import sys
from pathlib import Path
from tui.machine.store import Store
store = Store(Path(sys.argv[1]))
n = 0
while True:
    n += 1
    store.progress.lessons = {"bptt": {"acts": ["x" * 20000], "n": n}}
    store.save_progress()
    print(n, flush=True)
"""


@pytest.mark.parametrize("wait", [0.0, 0.011, 0.023, 0.037])
def test_killed_at_any_instant_nothing_is_torn(wait: float, tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for _ in range(3):
        process.stdout.readline()
    time.sleep(wait)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    found = json.loads((tmp_path / "progress.json").read_text(encoding="utf-8"))
    assert found["lessons"]["bptt"]["n"] >= 3
    assert Store(tmp_path).trouble == []


def test_what_a_killed_process_left_is_swept_away(tmp_path: Path) -> None:
    old, fresh = tmp_path / ".progress.json.abc", tmp_path / ".progress.json.now"
    for file in (old, fresh):
        file.write_text("{")
    os.utime(old, (1, 1))
    assert Store(tmp_path).save_progress()
    assert (old.exists(), fresh.exists()) == (False, True)
