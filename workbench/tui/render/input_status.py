"""The lines above a prompt: what keeps its session from going on, and where each line that waits will land."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from rich.text import Text

from workbench.client.background import told
from workbench.client.missing_commands import Missing
from workbench.text.display import line
from workbench.tui.render.board_lines import DIM, going_on
from workbench.tui.state.conversation import Conversation
from workbench.tui.state.drafts import Draft
from workbench.tui.state.prompt_files import Chip
from workbench.tui.state.rows import RETRYING, WAITING, Row
from workbench.tui.state.troubles import Trouble, trouble_text

_LANDS: Final = {"turn": "after this turn", "step": "sent at the next chance"}


def trouble_lines(row: Row | None, trouble: Trouble | None, key: str, width: int) -> list[Text]:
    """Nothing for a session that is well."""
    if row is None or trouble is None:
        return []
    return [Text(f"{row.mark.shape} {trouble_text(trouble, key, width - 2)}", row.mark.style)]


def progress_lines(row: Row | None, now: datetime, width: int) -> list[Text]:
    """What has to be done before the session can go on, and for how long already; a trouble says it by itself."""
    if row is None or not row.waits_for or row.mark is RETRYING:
        return []
    return [Text(f"◌ {going_on(row, now, width - 2)}", DIM)]


def background_lines(conversation: Conversation | None, width: int) -> list[Text]:
    """What runs beside the session's calls, with the last line of each."""
    said = told(conversation.background) if conversation is not None else ""
    return [Text(line(f"⚙ {said}", width), DIM)] if said else []


def lacking_lines(missing: Missing, key: str, width: int) -> list[Text]:
    """A command that a sandbox did not find, and the key that brings it."""
    brings = f" · {key} adds {missing.says}" if key else ""
    return [Text(line(f"∅ {missing.command} is not in this sandbox{brings}", width), DIM)]


def chip_lines(chips: Sequence[Chip], key: str, width: int) -> list[Text]:
    """The files that go with the message, a line each, and how the last one is taken off."""
    lines: list[Text] = []
    for chip in chips:
        if chip.fault:
            lines.append(Text(line(f"✗ stays text: {chip.fault}", width), "#E69F00"))
            continue
        off = f"   {key} takes it off" if chip is chips[-1] and key else ""
        lines.append(Text.assemble((line(f"▣ {chip.line}", width - len(off)), "#56B4E9"), (off, DIM)))
    return lines


def ended_line(row: Row | None, *, gone: bool) -> str:
    """Why a session takes no message any more; empty while it does, and while nothing is known of it."""
    if row is None:
        return "this session was deleted: nothing can be sent to it" if gone else ""
    return f"{row.name} has ended and takes no message; /fork goes on from here" if row.ended else ""


def waiting_lines(row: Row | None, draft: Draft, sent: Iterable[str]) -> list[Text]:
    """What goes along with the next message, what the engine has already, and what waits here."""
    ended = row is not None and row.ended
    ran = () if ended else draft.ran
    lines = [Text.assemble(("goes with your next message: ", DIM), one.message.partition("\n")[0]) for one in ran]
    lines += [Text.assemble(("sent · at the next step: ", DIM), text.replace("\n", " ")) for text in sent]
    for held in draft.held:
        where = "after your answer" if row is not None and row.mark is WAITING else _LANDS[held.when]
        where = "paused, Enter on an empty line sends it" if draft.paused else where
        where = "not sent: the session has ended" if ended else where
        files = f"  ▣ {len(held.files)}" if held.files else ""
        lines.append(Text.assemble((f"queued · {where}: ", DIM), held.text.replace("\n", " "), (files, "#56B4E9")))
    return lines
