"""What works here and what does not: terminal, language, devices, lessons, versions, folders."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import distribution, version
from typing import Any

from engine import threads
from lessons.contract.card import Broken, Card
from lessons.contract.knobs import Refused
from lessons.contract.phrases import reason
from lessons.course import course, open_lesson
from tui.canvas.visible import visible
from tui.cli.common import language_spoken, words_of
from tui.machine.terminal import speaks_utf8, wants_ascii
from unroll_nn import FIRST, foreign


def entry(ok: bool, said: str) -> dict[str, Any]:
    """One line of the report."""
    return {"ok": ok, "said": said}


def examine() -> dict[str, dict[str, Any]]:
    """The report, by subject."""
    words = words_of()
    python = words("doctor.python", version=platform.python_version(), platform=platform.platform())
    found = {"python": entry(sys.version_info >= (3, 11), python)}
    packages = ("unroll-nn", "textual", "rich", "numpy", "click")
    found["versions"] = entry(True, ", ".join(f"{name} {version(name)}" for name in packages))
    found["packages"] = _packages()
    found["terminal"] = _terminal()
    found["glyphs"] = entry(True, words("doctor.ascii" if wants_ascii("auto") else "doctor.unicode"))
    found["language"] = entry(True, words("doctor.language"))
    for device in ("cpu", "gpu"):
        found[device] = _device(device)
    found["threads"] = _threads()
    for name, card in course().items():
        found[f"lesson {name}"] = _lesson(card)
    found["folders"] = _folders()
    found["training"] = _training()
    found["sound"] = _sound()
    return found


def name_of(subject: str) -> str:
    """A subject of the report as it is printed."""
    kind, _, lesson = subject.partition(" ")
    return words_of().get(f"doctor.name.{kind}", subject).format(id=lesson)


def _packages() -> dict[str, Any]:
    """Whether `engine`, `lessons` and `tui` are our own, whole, and nobody else's."""
    from importlib.metadata import packages_distributions

    wrong = foreign(lang=words_of().lang)
    if wrong:
        return entry(False, wrong)
    others = packages_distributions()
    also = sorted({name for each in FIRST for name in others.get(each, ()) if name != "unroll-nn"})
    if also:
        return entry(False, words_of()("doctor.also", others=", ".join(also), names=", ".join(FIRST)))
    changed = _changed()
    if changed:
        return entry(False, words_of()("doctor.changed", n=len(changed), first=changed[0]))
    return entry(True, words_of()("doctor.packages", names=", ".join(FIRST)))


def _changed() -> list[str]:
    """Files of the three packages that are not as they were installed."""
    import base64
    import hashlib

    def differs(file: Any) -> bool:
        path = file.locate()
        if not path.is_file():
            return True
        digest = hashlib.new(file.hash.mode, path.read_bytes()).digest()
        return bool(base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != file.hash.value)

    listed = [file for file in distribution("unroll-nn").files or () if file.hash and file.parts[0] in FIRST]
    return [str(file) for file in listed if differs(file)]


def _terminal() -> dict[str, Any]:
    words = words_of()
    if not sys.stdout.isatty():
        return entry(False, words("doctor.no_terminal"))
    size = os.get_terminal_size()
    ok = size.columns >= 60 and size.lines >= 20
    encoding = "UTF-8" if speaks_utf8() else words("doctor.no_utf8", encoding=sys.stdout.encoding)
    name = os.environ.get("TERM", "?")
    said = words("doctor.terminal", name=name, columns=size.columns, lines=size.lines, encoding=encoding)
    return entry(ok, said if ok else words("doctor.small", said=said))


def _device(name: str) -> dict[str, Any]:
    from engine.device import DeviceError, open_device

    try:
        device = open_device(name)
        total = device.get(device.put([[1.0, 2.0], [3.0, 4.0]]) @ device.put([[1.0], [1.0]])).sum()
        return entry(float(total) == 10.0, words_of()("doctor.computes"))
    except DeviceError as error:
        return entry(False, words_of()(f"error.device_{error.key}", device=name))


def _threads() -> dict[str, Any]:
    """Which library makes products, on how many threads, and whether that is slower than it could be."""
    found, words = threads.libraries(), words_of()
    if not found:
        return entry(True, words("doctor.no_threads"))
    made = ", ".join(f"{each.name} {each.version}" for each in found)
    most, cores = max(each.threads for each in found), threads.cores()
    said = words("doctor.threads", library=made, count=most, cores=cores)
    given = ", ".join(f"{name}={value}" for name, value in threads.given().items())
    if not given:
        return entry(True, words("doctor.threads_chosen", said=said))
    judged = "doctor.threads_slow" if most > 1 else "doctor.threads_set"
    return entry(most <= cores, words(judged, said=said, given=given))


def _lesson(card: Card | Broken) -> dict[str, Any]:
    from engine.device import HOST
    from lessons.player.player import Player

    try:
        Player(open_lesson(card), HOST, language=language_spoken()).view()
    except Refused as refused:
        return entry(False, refused.say(words_of()))
    except Exception as error:  # somebody else's lesson may fail in any way
        kind, said = type(error).__name__, visible(str(error).partition("\n")[0])
        return entry(False, Refused("load", lesson=card.id, error=f"{kind}: {said}").say(words_of()))
    return entry(True, words_of()("doctor.loads"))


def _folders() -> dict[str, Any]:
    from tui.machine.store import Store

    store = Store()
    if store.trouble:
        return entry(False, store.trouble[0])
    ok = store.save_progress()
    return entry(ok, words_of()("doctor.folders", config=store.config, data=store.data) if ok else store.trouble[0])


def _sound() -> dict[str, Any]:
    from tui.machine.sound import find_player

    player, words = find_player(), words_of()
    return entry(player is not None, words("doctor.sound", player=player.name) if player else words("doctor.no_sound"))


def _training() -> dict[str, Any]:
    from tui.machine.run_files import MOST_BYTES, MOST_FILES, MOST_TOGETHER
    from tui.machine.store import Store

    runs = Store().runs
    usage = runs.usage()
    fields = {"files": usage.files, "size": f"{usage.size / 1e6:.1f}", "folder": runs.folder, "most": MOST_FILES}
    bounds = {"each": f"{MOST_BYTES / 1e6:.0f}", "together": f"{MOST_TOGETHER / 1e6:.0f}"}
    return entry(True, words_of()("doctor.training", **fields, **bounds))


def clear_training() -> str:
    """Remove the checkpoints of training; what was removed, in words. Raises Refused."""
    from tui.machine.store import Store

    store = Store()
    runs = store.runs
    try:
        usage = runs.clear()
        for path in (store.data / "texts").glob("*.txt"):  # gathered anew where one is asked for
            path.unlink()
    except OSError as error:
        raise Refused("file_write", file=runs.folder, error=reason(error)) from None
    fields = {"files": usage.files, "size": f"{usage.size / 1e6:.1f}", "folder": runs.folder}
    return words_of()("doctor.cleared", **fields)
