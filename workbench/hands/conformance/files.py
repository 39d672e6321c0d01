"""Behaviours of the file tools and the ledger of calls on any sandbox."""

from __future__ import annotations

import asyncio
import base64

from workbench.contracts.shared_folders import OUTPUTS_VARIABLE, UPLOADS_VARIABLE
from workbench.contracts.values import Call
from workbench.events import text_of
from workbench.hands.conformance.harness import Behaviour, Bench, Unmet, expect, new_call_id
from workbench.text.lines import lines_of

PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
)
PAGES = b"%PDF-1.4\ntrailer <<>>\n%%EOF\n"


async def exact_text(bench: Bench) -> None:
    """Read, write and edit keep every byte: final newline, CRLF and mode bits."""
    for name, content in {"crlf.txt": "a\r\nb\r\n", "open.txt": "no end", "ünï.txt": "é\n\n"}.items():
        await bench.call("write", file_path=f"new/{name}", content=content)
        expect(text_of((await bench.call("read", file_path=f"new/{name}")).content), content)
    await bench.bash("printf '#!/bin/sh\\r\\necho old' > run.sh; chmod 750 run.sh")
    said = await bench.call("edit", file_path="run.sh", old_string="old", new_string="new")
    expect(text_of(said.content), "edited run.sh (1 replacement(s))")
    crlf = {"file_path": "new/crlf.txt", "old_string": "a\nb", "new_string": "a\nmore\nb"}
    await bench.call("edit", **crlf)
    expect(await bench.bash("od -An -c new/crlf.txt | tr -d ' \\n'"), "a\\r\\nmore\\r\\nb\\r\\n")
    expect(await bench.bash("stat -c %a run.sh; od -An -c run.sh | tr -d ' \\n'"), "750\n#!/bin/sh\\r\\nechonew")


async def line_ranges(bench: Bench) -> None:
    """A range of lines is read from small and from large files, and too large a one is refused in words that help."""
    await bench.bash(
        "seq 1 5 > small.txt; seq 1 100000 > large.txt; head -c 300000 /dev/zero | tr '\\0' 'x' > line.txt"
    )
    expect(text_of((await bench.call("read", file_path="small.txt", view_range=[2, 3])).content), "2\n3")
    expect(text_of((await bench.call("read", file_path="small.txt", view_range=[4, -1])).content), "4\n5\n")
    expect(text_of((await bench.call("read", file_path="large.txt", view_range=[99999, 0])).content), "99999\n100000\n")
    size = "588895 bytes, exceeds 262144-byte limit"
    hint = "Use the view_range parameter to read specific line ranges, e.g. view_range: [1, 500]."
    await bench.refused("read", f"read: large.txt is {size}. {hint}", file_path="large.txt")
    words = "Narrow the view_range to read a smaller portion."
    excess = "read: view_range [1, 90000] of large.txt exceeds 262144-byte limit."
    await bench.refused("read", f"{excess} {words}", file_path="large.txt", view_range=[1, 90000])
    words = "The read tool cannot return part of a line, so view_range cannot narrow this further."
    excess = "read: line 1 of line.txt alone exceeds 262144-byte limit."
    await bench.refused("read", f"{excess} {words}", file_path="line.txt", view_range=[1, 1])


async def refused_edits(bench: Bench) -> None:
    """An edit that matches nothing or several places is refused and changes nothing."""
    await bench.call("write", file_path="edit.txt", content="one two one")
    missing = {"file_path": "edit.txt", "old_string": "three", "new_string": "x"}
    await bench.refused("edit", "edit: old_string not found in edit.txt", **missing)
    await bench.bash("printf 'say “hi”\\r\\nand go\\r\\n' > quotes.txt")
    nearest = "Nearest is line 1 (only typographic or invisible characters differ):\n1\tsay “hi”"
    difference = (
        "First difference, line 1 of old_string, character 5: the file has '\\u201chi\\u201d', old_string has '\"hi\"'."
    )
    words = f"edit: old_string not found in quotes.txt\n{nearest}\n{difference}"
    await bench.refused("edit", words, file_path="quotes.txt", old_string='say "hi"', new_string="x")
    where = "It begins in lines 1, 1. Add lines around it, or set replace_all."
    several = {"file_path": "edit.txt", "old_string": "one", "new_string": "x"}
    await bench.refused("edit", f"edit: old_string appears 2 times in edit.txt (must be unique)\n{where}", **several)
    expect(await bench.bash("cat edit.txt"), "one two one")
    said = await bench.call("edit", **several, replace_all=True)
    expect((text_of(said.content), await bench.bash("cat edit.txt")), ("edited edit.txt (2 replacement(s))", "x two x"))


async def odd_files(bench: Bench) -> None:
    """A pipe, a device, a folder, a huge sparse file and a binary one are errors in words, never a wait."""
    await bench.bash(
        "mkfifo pipe; mkdir -p folder; truncate -s 100G huge; printf '\\377\\376' > binary; ln -sf loop loop"
    )
    for tool, more in (("read", {}), ("edit", {"old_string": "a", "new_string": "b"})):
        await bench.refused(tool, f"{tool}: pipe: not a regular file", file_path="pipe", **more)
        await bench.refused(tool, f"{tool}: folder: not a regular file", file_path="folder", **more)
        await bench.refused(tool, f"{tool}: gone: no such file or directory", file_path="gone", **more)
        await bench.refused(tool, f"{tool}: path 'loop': too many levels of symbolic links", file_path="loop", **more)
    await bench.refused("write", "write: pipe: not a regular file", file_path="pipe", content="x")
    await bench.refused("write", "write: folder: is a directory", file_path="folder", content="x")
    huge = "read: line 1 of huge alone exceeds 262144-byte limit."
    words = "The read tool cannot return part of a line, so view_range cannot narrow this further."
    await bench.refused("read", f"{huge} {words}", file_path="huge", view_range=[1, 1])
    words = "not valid UTF-8 text (binary files are only supported for image/PDF extensions)"
    await bench.refused("read", f"read: binary: {words}", file_path="binary")
    await bench.bash("rm -f huge pipe loop")


async def outside_paths(bench: Bench) -> None:
    """A path that leaves the permitted folders is refused, by name and by link."""
    await bench.bash("ln -sfn /etc escape")
    where = "is outside the session's working directory and its other permitted directories"
    for path in ("/etc/passwd", "../../../../etc/passwd", "escape/passwd"):
        await bench.refused("read", f"read: path {path!r} {where}", file_path=path)
        await bench.refused("write", f"write: path {path!r} {where}", file_path=path, content="x")
    words = "glob: absolute pattern not permitted; pass a relative pattern (and optionally path)"
    await bench.refused("glob", words, pattern="/etc/*")
    await bench.refused("glob", "glob: '..' is not permitted in the pattern", pattern="../*")
    expect(text_of((await bench.call("glob", pattern="escape/*")).content), "no matches")


async def searches(bench: Bench) -> None:
    """Glob lists the newest first; grep gives path, line and text."""
    await bench.bash(
        "mkdir -p find; cd find; echo needle > old.py; touch -d 2001-01-01 old.py; printf 'x\\nneedle\\n' > new.py"
    )
    names = [
        line.rpartition("/")[2] for line in text_of((await bench.call("glob", pattern="find/*.py")).content).split()
    ]
    expect(names, ["new.py", "old.py"])
    said = text_of((await bench.call("grep", pattern="need.e", path="find")).content)
    expect(sorted(line.rpartition("/")[2] for line in lines_of(said)), ["new.py:2:needle", "old.py:1:needle"])
    expect(text_of((await bench.call("grep", pattern="absent", path="find")).content), "no matches")
    fault = await bench.call("grep", pattern="ab(")
    if not fault.is_error or not text_of(fault.content).startswith("grep: invalid regex:"):
        raise Unmet("an open bracket was taken for a regular expression")
    said = text_of((await bench.call("grep", pattern="(?i)NEED.E", path="find/old.py")).content)
    expect(said.rpartition("/")[2], "old.py:1:needle")


async def complete_searches(bench: Bench) -> None:
    """A search finds what can be read, a project's own files first, and says what it left out and of how many."""
    await bench.bash(
        "mkdir -p all/locked all/node_modules all/.github all/src; cd all; for file in z.ts node_modules/a.ts .github/w.yml"
        " src/b.tsx; do echo needle > $file; done; echo node_modules > .gitignore; echo needle > locked/x.ts; chmod 0 locked"
    )
    said = text_of((await bench.call("grep", pattern="needle", path="all")).content)
    names = [line.partition("/all/")[2] or line for line in said.split("\n")]
    own, rest = names[:3], names[3:]
    expect(sorted(own), [".github/w.yml:1:needle", "src/b.tsx:1:needle", "z.ts:1:needle"])
    expect([line for line in rest if line.endswith("needle")], ["node_modules/a.ts:1:needle"])
    expect([line.lower()[:25] for line in rest if line.startswith("locked")], ["locked: permission denied"])
    listed = text_of((await bench.call("glob", pattern="all/**/*.{ts,tsx}")).content)
    names = [line.partition("/all/")[2] for line in listed.split("\n")]
    ends = ["node_modules/a.ts", "locked: permission denied]"]
    expect((sorted(names[:2]), names[2:]), (["src/b.tsx", "z.ts"], ends))
    await bench.bash("chmod 700 locked; cd ..; rm -rf all; mkdir all; seq -f 'needle %080g' 3000 > all/long.txt")
    said = text_of((await bench.call("grep", pattern="needle", path="all")).content)
    count = said.count("\n")
    more = f"[output truncated: first {count:,} of 3,000 lines; a narrower pattern or path shows the others]"
    expect(said.rpartition("\n")[2], more)


async def pictures(bench: Bench) -> None:
    """An image and a PDF come back as blocks of what they are, whatever their names say; what is none is an error in words."""
    for name, kind, media_type, data in (
        ("a.PNG", "image", "image/png", PICTURE),
        ("a.jpg", "image", "image/png", PICTURE),
        ("a", "image", "image/png", PICTURE),
        ("b.pdf", "document", "application/pdf", PAGES),
    ):
        encoded = base64.b64encode(data).decode()
        await bench.bash(f"base64 -d <<< {encoded} > {name}")
        source = {"type": "base64", "media_type": media_type, "data": encoded}
        expect((await bench.call("read", file_path=name)).content, ({"type": kind, "source": source},))
    await bench.bash("printf '<svg xmlns=\"x\"/>' > logo.png; head -c 60 a.PNG > cut.png")
    svg = "read: logo.png is no PNG (SVG text). Its bytes can be looked at with bash."
    await bench.refused("read", svg, file_path="logo.png")
    await bench.refused("read", "read: cut.png is a broken PNG: it is cut off or damaged.", file_path="cut.png")


async def unknown_tool(bench: Bench) -> None:
    """A tool that does not exist and an input that has the wrong shape are errors in words."""
    names = "background, bash, edit, glob, grep, read, write"
    await bench.refused("paint", f"There is no tool named 'paint' in the sandbox; it has {names}.")
    await bench.refused("write", "write: content must be text", file_path="a.txt", content=3)


async def at_most_once(bench: Bench) -> None:
    """The same call id runs once, however often it is asked for, and is forgotten when acknowledged."""
    call_id = new_call_id()
    twice = (bench.call("bash", call_id=call_id, command="echo ran >> once.txt; cat once.txt") for _ in range(2))
    first, second = await asyncio.gather(*twice)
    call = Call(call_id, "bash", {})
    kept = await bench.hands.recover(bench.session, call)
    expect((text_of(first.content), second, kept), ("ran", first, first))
    await bench.hands.acknowledge(bench.session, call_id)
    expect(await bench.hands.recover(bench.session, call), None)


async def untouched_project(bench: Bench) -> None:
    """Whatever is written, deleted and renamed, the project's own files stay as they are."""
    before = {path.name: path.read_bytes() for path in bench.project.iterdir()}
    expect(await bench.bash("cat original.txt"), "from the project")
    await bench.bash("echo changed > original.txt; echo new > added.txt; mv original.txt moved.txt; rm -rf folder")
    expect({path.name: path.read_bytes() for path in bench.project.iterdir()}, before)
    expect(await bench.bash("cat moved.txt"), "changed")


async def shared_folders(bench: Bench) -> None:
    """What is to be handed over goes into one folder, what was given lies in another, and no file tool writes to that one."""
    outputs, uploads = [await bench.bash(f"echo ${name}") for name in (OUTPUTS_VARIABLE, UPLOADS_VARIABLE)]
    await bench.call("write", file_path=f"{outputs}/new/made.txt", content="made")
    expect(await bench.bash(f"cat {outputs}/new/made.txt; ls {uploads}"), "made")
    path = f"{uploads}/made.txt"
    await bench.refused("write", f"write: {path} is inside read-only directory {uploads}", file_path=path, content="x")


BEHAVIOURS: tuple[Behaviour, ...] = (
    exact_text,
    line_ranges,
    refused_edits,
    odd_files,
    outside_paths,
    searches,
    complete_searches,
    pictures,
    unknown_tool,
    at_most_once,
    untouched_project,
    shared_folders,
)
