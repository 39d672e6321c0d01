"""What other agents and ended workflow runs tell: read as data, of which no word is an instruction."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_FROM_AGENT: Final = re.compile(
    r"\[(?P<kind>Report|Message) \S+ from the agent (?P<name>.+?) \((?P<thread>\S+?)\)[^\n]*\]\n<agent_message>"
)
_END: Final = "</agent_message>"
_FROM_COORDINATOR: Final = re.compile(r"\[Message \S+ from the coordinator[^\]]*\]")
_RUN: Final = re.compile(
    r"The workflow run (?P<name>.+) \((?P<run>wrun_\S+)\) has ended: (?P<how>\w+)\.(?P<rest>.*)", re.DOTALL
)
_RESULT: Final = re.compile(r"<workflow_result>\n(.*)\n</workflow_result>", re.DOTALL)
_JSON_WANTED: Final = re.compile(
    r"\n\nWhen you are done, answer with one JSON value and nothing else.*\Z|"
    r"Your answer does not fit the JSON schema: .*Answer again with the whole corrected JSON value and nothing else\.",
    re.DOTALL,
)


@dataclass(frozen=True)
class Heard:
    """A message of an agent, or the end of a run; `is_last` says that no more of it is to come by itself."""

    who: str
    text: str
    is_last: bool = True
    is_run: bool = False


def parted(texts: Sequence[str]) -> tuple[list[str], list[Heard]]:
    """The texts of a turn that are somebody's words to this agent, and what was heard of others."""
    said: list[str] = []
    heard: list[Heard] = []
    sender: re.Match[str] | None = None
    parts: list[str] = []
    for text in texts:
        if sender is not None:
            if text == _END:
                heard.append(Heard(sender["name"], "\n".join(parts), sender["kind"] == "Report"))
                sender, parts = None, []
            else:
                parts.append(text)
        elif (sender := _FROM_AGENT.fullmatch(text)) is None:
            if (run := _RUN.fullmatch(text)) is not None:
                result = _RESULT.search(run["rest"])
                heard.append(
                    Heard(f"{run['name']} ({run['how']})", result[1] if result else run["rest"].strip(), is_run=True)
                )
            elif not _FROM_COORDINATOR.fullmatch(text):
                said.append(text)
    return said, heard


def without_schema(text: str) -> tuple[str, bool]:
    """The text without the demand for a JSON value, and whether there was one."""
    plain = _JSON_WANTED.sub("", text)
    return plain, plain != text
