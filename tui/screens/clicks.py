"""What a click on the lesson's screen does, by what it fell on, and the wheel."""

from __future__ import annotations

from collections.abc import Callable

from lessons.contract.card import Lead
from tui.picture.bar import act_ends, position
from tui.screens.modes.answering import Answering
from tui.screens.modes.base import Change, Parts
from tui.screens.modes.stepping import Stepping
from tui.widgets.canvas_view import Lines


class Clicks:
    """Clicks on acts, the address, the bar, options, curves and cells; `take` gets what changed."""

    def __init__(
        self,
        parts: Parts,
        stepping: Stepping,
        answering: Answering,
        take: Callable[[Change], None],
        command: Callable[[str], None],
    ) -> None:
        self.player, self.look, self.transport, self.picture = parts.player, parts.look, parts.transport, parts.picture
        self.stepping, self.answering, self.take, self.command = stepping, answering, take, command

    def click(self, event: Lines.Clicked) -> None:
        player, look = self.player, self.look
        match event.target:
            case ("act", str(act)):
                self.take(self.stepping.to_act(act))
            case ("part", int(part)):
                player.set_grain(part)
                self.take(self.stepping.moved())
            case ("bar", int(x), int(width)):
                self.transport.pause()
                wanted = position(act_ends(player), (event.x - x + 0.5) / width)
                self.take(self.stepping.gone(lambda: player.scrub_to(wanted / max(1, player.progress[1]))))
            case ("lead", Lead() as lead):
                self.take(self.stepping.follow(lead))
            case ("option", int(i)):
                self.take(self.answering.click(i, event.double) or Change())
            case ("curve", float(reach) | int(reach), int(left), int(room)) if self.transport.on_curve:
                self.transport.pause()
                last = len(player.history)
                player.jump(str(min(last, max(0, round((event.x - left) * reach / max(1, room - 1))))))
                if event.double:
                    player.go_in()
                self.take(self.stepping.moved())
            case ("cell", str(symbol), tuple(index)):
                look.cursor = (symbol, index)
                self.take(Change())
                if event.double:
                    self.command("edit")
            case None if look.drawer is not None or look.cursor is not None:
                look.drawer = look.cursor = None
                self.take(Change())

    def wheel(self, event: Lines.Wheel) -> None:
        if event.target is not None and event.target[0] == "bar":
            self.take(self.stepping.forward() if event.by > 0 else self.stepping.back())
        elif self.look.drawer is not None:
            self.look.drawer.move(self.picture.desk(), 0, event.by)
            self.take(Change())
        else:
            self.stepping.scroll(event.by)
            self.take(Change())
