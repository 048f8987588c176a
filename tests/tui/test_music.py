"""`music` by keys: the tune on the stave, saved and heard; and `unroll train music`."""

from __future__ import annotations

import json
import stat
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from engine.gated.run.files import load
from engine.sequences import abc
from lessons.data.tunes.read import read
from tests.tui.driving import go, lesson, shown
from tests.tui.test_cli import unroll
from tui.cli.doctor import examine
from tui.machine import sound
from tui.machine.sound import PLAYERS, SOUND, SoundPlayer, find_player

SMALL: Any = {"hidden": 12, "window": 48, "batch": 4}
OPTIONS = ("--hidden", "16", "--window", "20", "--batch", "8", "--updates", "40")


# in the lesson


@pytest.mark.representative("size0")
@pytest.mark.parametrize("size", [(80, 24), (120, 36), (100, 30)])
async def test_a_tune_is_read_judged_and_learned(size: tuple[int, int], tmp_path: Path) -> None:
    async with lesson(tmp_path, size, id="music", **SMALL) as (pilot, screen):
        player = screen.player
        go(screen, "read/t=40")
        stage = shown(screen, "stage")
        assert "✓ 6" in stage
        assert "●" in stage or "◒" in stage
        await pilot.press("tab")
        assert screen.look.cursor is not None
        await pilot.press("escape")
        go(screen, "write/t=20")
        assert player.view().get("pick[20]") is not None
        go(screen, "act 3")
        await pilot.press(*["plus"] * 12, "space")
        for _ in range(200):
            await pilot.pause(0.05)
            if len(player.history) > 52:
                break
        await pilot.press("space")
        assert player.history.state(51).data.net.reading.n == 50
        go(screen, "update 51")
        assert "SRN" in shown(screen, "stage")
        await pilot.press("enter")
        go(screen, "update=51/write/t=3")
        assert player.view().get("pick[3]") is not None


async def test_a_note_is_pointed_at_by_the_mouse(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36), id="music", **SMALL) as (pilot, screen):
        go(screen, "read/t=40")
        note = next(hit for hit in screen.picture.cells if hit.target[1].startswith("x["))
        await pilot.click("#stage", offset=(note.x, note.y))
        assert screen.look.cursor == note.target[1:]
        assert "◉" in shown(screen, "stage")


async def test_numbered_notation_in_chinese(tmp_path: Path) -> None:
    async with lesson(tmp_path, (120, 36), id="music", **SMALL) as (pilot, screen):
        go(screen, "read/t=40")
        english = shown(screen, "stage")
        await pilot.press("l")
        chinese = shown(screen, "stage")
        first = learned(english, chinese)
        assert first[:4] == list("2235"), "A3 ABd in G are 2 2 3 5"


def learned(english: str, chinese: str) -> list[str]:
    """The digits under the letters of the first notes."""
    lines = chinese.splitlines()
    letters = next(n for n, line in enumerate(lines) if line.strip().startswith(("G3", "A3")))
    assert lines[letters].strip().split()[0] in english
    return [each for line in lines[letters + 1 : letters + 3] for each in line if each.isdigit()]


async def test_the_tune_is_saved_under_free_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "music-1.mid").write_bytes(b"mine")
    async with lesson(tmp_path / "store", (120, 36), id="music", **SMALL) as (pilot, screen):
        go(screen, "read/t=1")
        assert "w tune" not in shown(screen, "foot")
        await pilot.press("w")
        assert screen.said == screen.words("say.nothing_here"), "no note was read yet"
        go(screen, "read/t=40")
        assert "w tune  h hear" in shown(screen, "foot")
        await pilot.press("w")
        said = letters(shown(screen, "text") or shown(screen, "foot"))
        assert letters(str(tmp_path / "music-2.abc")) in said, "where it is, in full"
        assert letters(str(tmp_path / "music-2.mid")) in said
    assert (tmp_path / "music-1.mid").read_bytes() == b"mine"
    assert not (tmp_path / "music-1.abc").exists()
    (tune,) = abc.tunes((tmp_path / "music-2.abc").read_text())
    first = read("jigs").tunes[0]
    assert [note.pitches for note in tune.bars[0].notes] == [note.pitches for note in first.bars[0].notes]
    assert (tmp_path / "music-2.mid").read_bytes()[:4] == b"MThd"


def letters(said: str) -> str:
    """What was said without the frame around it, and its lines' ends."""
    return "".join(each for each in said if each.isalnum() or each in "-./")


async def test_h_plays_and_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with lesson(tmp_path / "store", (120, 36), id="music", **SMALL) as (pilot, screen):
        go(screen, "read/t=40")
        monkeypatch.setattr("tui.screens.lesson_files.find_player", lambda: None)
        await pilot.press("h")
        assert "no player" in shown(screen, "foot") + shown(screen, "stage")
        await pilot.press("escape")
        monkeypatch.setattr("tui.screens.lesson_files.find_player", lambda: stand_in(tmp_path, "wav"))
        await pilot.press("h")
        assert SOUND.plays
        heard = wait_for(tmp_path / "heard")
        assert heard[:4] == b"RIFF"
        await pilot.press("h")
        assert not SOUND.plays
        assert screen.said == screen.words("say.silent")


# the player


def stand_in(folder: Path, kind: str) -> SoundPlayer:
    """A player that notes what it is given, and then takes its time."""
    program = folder / "player"
    part, whole = str(folder / "heard.part"), str(folder / "heard")
    program.write_text(
        f"#!{sys.executable}\nimport sys, time\nfrom pathlib import Path\nPath({part!r}).write_bytes("
        f"Path(sys.argv[1]).read_bytes())\nPath({part!r}).rename({whole!r})\ntime.sleep(60)\n"
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return SoundPlayer(kind, (str(program), "{file}"))


def wait_for(path: Path) -> bytes:
    for _ in range(400):
        if path.exists():
            break
        time.sleep(0.02)
    return path.read_bytes()


def test_what_is_played_is_stopped_and_removed(tmp_path: Path) -> None:
    SOUND.start(stand_in(tmp_path, "mid"), b"one")
    file = SOUND._file
    assert wait_for(tmp_path / "heard") == b"one"
    assert file is not None
    assert file.exists()
    (tmp_path / "heard").unlink()
    SOUND.start(stand_in(tmp_path, "mid"), b"two")
    assert not file.exists(), "one tune at a time"
    assert wait_for(tmp_path / "heard") == b"two"
    SOUND.stop()
    assert not SOUND.plays
    SOUND.stop()
    with pytest.raises(OSError, match="none"):
        SOUND.start(SoundPlayer("wav", (str(tmp_path / "none"), "{file}")), b"")
    SOUND.stop()


def test_the_first_player_on_the_path_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_player(lambda name: None) is None
    assert find_player(lambda name: f"/bin/{name}" if name in ("aplay", "paplay") else None) == SoundPlayer(
        "wav", ("/bin/paplay", "{file}")
    )
    assert find_player(lambda name: f"/bin/{name}").name == "timidity"  # type: ignore[union-attr]
    assert all("{file}" in command for _, command in PLAYERS)
    monkeypatch.setattr(sys, "platform", "win32")
    windows = find_player(lambda name: name if name == "powershell" else None)
    assert windows is not None
    assert "{file}" in windows.command[-1]


def test_doctor_says_who_plays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sound, "find_player", lambda: None)
    assert not examine()["sound"]["ok"]
    monkeypatch.setattr(sound, "find_player", lambda: SoundPlayer("wav", ("/usr/bin/aplay", "{file}")))
    assert examine()["sound"] == {"ok": True, "said": "tunes are played by aplay"}


# from the command line


@pytest.fixture(scope="module")
def tunes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some tunes as a file, and one that cannot be read."""
    path = tmp_path_factory.mktemp("tunes") / "own.abc"
    found = [
        f"X:{n}\nM:6/8\nL:1/8\nK:{tune.header['K']}\n{tune.body}\n" for n, tune in enumerate(read("jigs").tunes[:8])
    ]
    path.write_text("\n".join([*found, "X:9\nM:6/8\nK:G\nGAB|?|\n"]))
    return path


def test_train_music_writes_a_net_a_tune_and_its_midi(tunes: Path, tmp_path: Path) -> None:
    out, score, notes = tmp_path / "net.npz", tmp_path / "tune.abc", tmp_path / "tune.mid"
    done = unroll("train", "music", str(tunes), *OPTIONS, "--rate", ".02", "--out", str(out), "--abc", str(score),
                  "--midi", str(notes), "--json")  # fmt: skip
    said = json.loads(done.stdout)
    assert (said["updates"], said["tunes"], said["left_out"], said["settings"]["cell"]) == (40, 8, 1, "gru")
    assert said["bits"] < said["even"]
    assert said["bars"]["right"] <= said["bars"]["bars"]
    assert score.read_text() == said["sample"]
    assert abc.tunes(said["sample"])[0].header["M"] == "6/8"
    assert notes.read_bytes()[:4] == b"MThd"
    assert f"{tunes}, line" in done.stderr
    assert "'?'" in done.stderr
    assert load(out).letters == said["letters"]
    wrote = unroll("generate", str(out), "--start", "K:G\n", "--length", "40").stdout
    assert wrote.startswith("K:G\n")
    again = unroll("train", "music", str(tunes), *OPTIONS, "--out", str(out), "--abc", str(score), code=2)
    assert "--force" in again.stderr
    assert len(again.stderr.splitlines()) == 1
    unroll("train", "music", str(tunes), *OPTIONS, "--out", str(out), "--abc", str(score), "--force", "--quiet")


def test_a_run_goes_on_from_its_checkpoint(tunes: Path, tmp_path: Path) -> None:
    whole, out = tmp_path / "whole.npz", tmp_path / "net.npz"
    unroll("train", "music", str(tunes), *OPTIONS, "--out", str(whole))
    refused = unroll("train", "music", str(tunes), *OPTIONS, "--out", str(out), "--resume", code=2)
    assert "checkpoint" in refused.stderr
    kept = train_and_keep(tunes, out)
    assert kept.exists()
    unroll("train", "music", str(tunes), *OPTIONS, "--out", str(out), "--resume")
    assert out.read_bytes() == whole.read_bytes(), "to the same bits"
    assert not kept.exists()


def train_and_keep(tunes: Path, out: Path) -> Path:
    """A run that is stopped after its first look, with a checkpoint."""
    from engine.device import HOST
    from tui.cli.music import MusicTraining

    options = {"cell": "gru", "layers": 1, "hidden": 16, "window": 20, "batch": 8, "updates": 40, "rate": 0.004,
               "optimiser": "adam", "clip": 1.0, "temperature": 0.8, "seed": 0, "out": out, "abc": None, "midi": None,
               "keep_every": 0.0, "resume": False, "force": False, "quiet": True,
               "lower": False, "symbols": 500}  # fmt: skip
    run = MusicTraining((tunes,), HOST, False, options)
    begun = run.begin()
    run.stopped = 2
    assert run.learn(begun).n == 1
    return run.checkpoint


@pytest.mark.parametrize(
    ("data", "said"),
    [(b"", "empty"), (b"\0\1binary", "binary"), (b"X:1\nK:G\n", "no bars"),
     (b"X:1\nT:words\nK:G\n%%\n?;?|\n", "line 5"),
     (b"X:1\nM:6/8\nK:G\nGAB c3|G6|\n", "too few")],
)  # fmt: skip
def test_what_is_no_music_is_refused(data: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.abc"
    path.write_bytes(data)
    refused = unroll("train", "music", str(path), "--out", str(tmp_path / "n.npz"), code=2)
    assert said in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
    assert not (tmp_path / "n.npz").exists()


def test_slide_30_opens_it(tmp_path: Path) -> None:
    assert "MUSIC" in unroll("show", "music", "--at", "read/t=9", "--set", "hidden=8").stdout
    assert "乐" in unroll("--lang", "zh", "train", "music", "--help").stdout or "曲" in unroll(
        "--lang", "zh", "train", "music", "--help"
    ).stdout  # fmt: skip
