"""Which predictions are asked again: a drawer with three choices, and how many each is."""

from __future__ import annotations

from lessons.player.questions import KINDS
from tui.canvas.canvas import Canvas, boxed
from tui.picture.boxes import Desk, Drawer, Styled


class Again(Drawer):
    """Skipped, wrong, or all predictions that were met."""

    keys = (("↑↓", "choose"), ("↵", "again"), ("esc", "leave"))

    def __init__(self) -> None:
        self.at = 0

    @property
    def kind(self) -> str:
        """What is chosen."""
        return list(KINDS)[self.at]

    def draw(self, desk: Desk, width: int, height: int) -> Canvas:
        words, questions = desk.words, desk.player.questions
        lines: Styled = []
        for i, (kind, verdicts) in enumerate(KINDS.items()):
            mark, ink = ("►", "head") if i == self.at else (" ", "")
            lines.append((f"{mark} {words(f'again.{kind}', n=len(questions.again(verdicts)))}", ink))
        return boxed(words("drawer.again"), lines, min(width, 40), desk.ascii_only)

    def move(self, desk: Desk, dx: int, dy: int) -> bool:
        self.at = (self.at + dy) % len(KINDS)
        return dy != 0
