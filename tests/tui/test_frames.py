"""When text is painted: what is typed comes first, one pane a frame, in turn, and nothing at all while nothing changes."""

from __future__ import annotations

from workbench.tui.render.block_renderer import KEPT, BlockRenderer
from workbench.tui.state.conversation import Block
from workbench.tui.widgets.paint_clock import MOST_HELD, NEWS_HZ, NEWS_SHARE, TYPING_S, PaintClock


class Pane:
    """Writes down when it is painted."""

    def __init__(self, name: str, painted: list[str]) -> None:
        self.name = name
        self.dirty = False
        self._painted = painted

    def flush(self) -> bool:
        self.dirty = False
        self._painted.append(self.name)
        return True


class Stage:
    """Frames at a clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now, self.ticks = 100.0, list[bool]()
        self.painted = list[str]()
        self.frames = PaintClock(
            lambda: self.ticks.append(True), lambda: self.ticks.append(False), self._draw, lambda: self.now
        )
        self.takes_s = 0.0
        self.panes = [Pane(name, self.painted) for name in "abc"]

    def _draw(self) -> None:
        self.painted.append("news")
        self.now += self.takes_s


def test_each_frame_paints_one_pane_and_all_have_their_turn() -> None:
    stage = Stage()
    for _ in range(2):
        for pane in stage.panes:
            stage.frames.mark(pane)
        for _ in stage.panes:
            stage.frames.tick()
    assert stage.painted == list("abcabc")


def test_while_somebody_types_panes_wait_but_not_for_long() -> None:
    stage = Stage()
    stage.frames.mark(stage.panes[0])
    stage.frames.last_key = stage.now - TYPING_S / 2
    for _ in range(MOST_HELD):
        stage.frames.tick()
    assert stage.painted == []
    stage.frames.tick()
    assert stage.painted == ["a"]


def test_ticks_come_only_while_something_is_to_be_painted() -> None:
    stage = Stage()
    stage.frames.mark(stage.panes[0])
    stage.frames.mark(stage.panes[0])
    stage.frames.tick()
    assert (stage.ticks, stage.painted) == ([True, False], ["a"])


def test_what_is_remembered_of_painted_text_is_bounded_however_much_streams() -> None:
    painter, text = BlockRenderer(), ""
    for number in range(KEPT + 100):
        text = f"{text[-200:]} word{number}"
        painter.rows(Block("tail", "agent", text), 40, unfolded=False)
    assert len(painter._kept) == KEPT


def test_what_is_new_after_a_rest_is_drawn_at_once_and_the_rest_of_a_burst_together_and_to_its_end() -> None:
    stage = Stage()
    for _ in range(500):
        stage.frames.news()
    assert stage.painted == ["news"]
    stage.frames.tick()
    assert (stage.ticks[-1], stage.painted) == (True, ["news"])
    stage.now += 1 / NEWS_HZ
    stage.frames.tick()
    assert (stage.ticks[-1], stage.painted) == (False, ["news", "news"])


def test_drawing_what_is_new_takes_a_quarter_of_the_time_at_most_and_waits_for_who_types_but_not_for_long() -> None:
    stage = Stage()
    stage.takes_s = 0.1
    stage.frames.news()
    stage.now += stage.takes_s * (NEWS_SHARE - 1) - 0.001
    stage.frames.news()
    stage.frames.tick()
    assert stage.painted == ["news"]
    stage.now += 0.002
    stage.frames.last_key = stage.now
    stage.frames.news()
    for _ in range(MOST_HELD):
        stage.frames.tick()
    assert stage.painted == ["news"]
    stage.frames.tick()
    assert stage.painted == ["news", "news"]


def test_what_is_new_and_panes_share_the_frames() -> None:
    stage = Stage()
    stage.frames.news()
    stage.now += 1 / NEWS_HZ
    stage.frames.last_key = stage.now
    stage.frames.news()
    stage.frames.mark(stage.panes[0])
    stage.now += 1
    stage.frames.tick()
    stage.frames.tick()
    assert (stage.painted, stage.ticks[-1]) == (["news", "news", "a"], False)
