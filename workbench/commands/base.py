"""Words about a project's repository: where it stands, what moved since a session began, what came into it."""

from __future__ import annotations

from workbench.client import background, paths
from workbench.client.sync import Client
from workbench.commands import surface
from workbench.commands.surface import Json
from workbench.text import display

MOST_NAMED = 8
SHORT_ID = 9
HOW = {
    "branch": "{commits} on the branch {branch}: git log {branch}, git merge {branch}",
    "forward": "{commits} applied; {branch} has gone forward to {head}",
    "merge": "{commits} merged into {branch}, as {head}",
    "rebase": "{commits} put on top of {branch}, which is at {head}",
    "commit": "committed to {branch}, as {head}",
}


def say_beginning(engine: Client, session_id: str) -> None:
    """One line on what the session sees of the user's repository; nothing where there is none."""
    found = engine.get(paths.own(session_id, "base"))
    if not found["repository"]:
        return
    head = f"{found['branch'] or 'no branch'} {found['head'][:SHORT_ID] or '(no commit yet)'}"
    count = len(found["uncommitted"])
    own = f", your {counted(count, 'uncommitted file')} included" if count else ", nothing uncommitted"
    surface.say(display.line(f"git {head}{own}", 200))


def counted(number: int, noun: str) -> str:
    """So many of something."""
    return f"{number} {noun}{'s' * (number != 1)}"


def say_moves(engine: Client, session_id: str) -> None:
    """Whether the base moved since the session began, and where that meets its own changes."""
    found = engine.get(paths.own(session_id, "base"))
    if found["began_head"] != found["head"] and found["began_head"]:
        before, now = found["began_head"][:SHORT_ID], found["head"][:SHORT_ID]
        surface.say(
            f"the session's git is at {before}, and the repository at {now} now: its next sandbox follows, "
            "unless it has commits of its own"
        )
    if found["moved"]:
        surface.say(f"changed by you since the session began: {_named(found['moved'])}")
        overlap = found["overlap"]
        surface.say(
            f"changed by the session as well: {_named(overlap)}" if overlap else "the session changed none of them"
        )


def say_background(engine: Client, session_id: str) -> None:
    """What runs in the session's background, before its sandbox is ended."""
    if said := background.told(engine.get(paths.own(session_id, "background"))["data"]):
        surface.say(f"this ends {said}")


def show_brought(brought: Json, *, as_json: bool) -> None:
    """What came into the repository, commit by commit."""
    if as_json:
        surface.print_json(brought)
        return
    for commit in brought["commits"]:
        surface.out(f"{commit['id'][:SHORT_ID]} {display.line(commit['subject'], 100)}")
    for one in brought["below"]:
        for commit in one["commits"]:
            surface.out(f"{commit['id'][:SHORT_ID]} {display.line(commit['subject'], 100)}")
        path, branch = display.line(one["path"], 200), display.safe(one["branch"])
        surface.say(f"in {path}: {counted(len(one['commits']), 'commit')} on the branch {branch} of its own repository")
    if not brought["commits"]:
        if not brought["below"]:
            surface.say("nothing was left to apply")
        return
    head, branch = brought["head"][:SHORT_ID], display.safe(brought["branch"] or "what is checked out")
    surface.say(
        HOW[brought["how"]].format(commits=counted(len(brought["commits"]), "commit"), branch=branch, head=head)
    )
    if left := brought.get("uncommitted"):
        surface.say(
            f"changed by the session and in none of these commits: {_named(left)}; workbench diff shows it, workbench commit takes it"
        )
    yours = brought.get("yours")
    if yours and brought["how"] == "commit":
        surface.say(f"in this commit is also what you had not committed: {_named(yours)}")
    elif yours:
        surface.say(
            f"in these commits are changes of yours that you have not committed: {_named(yours)}; git merges them once yours are committed"
        )


def _named(found: list[str]) -> str:
    more = f" and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
    return display.line(", ".join(found[:MOST_NAMED]) + more, 1000)
