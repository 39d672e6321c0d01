"""The text worker from outside: what it may not do, and how every end of it is one answer."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.web.site import pdf
from tests.web.stage import play
from workbench import start
from workbench.contracts.extraction import MOST_BYTES, Extracted, Unreadable, Wanted
from workbench.extraction.worker_process import WorkerProcesses

_TRIES = """
import os, socket, sys
from workbench.confined import closing
from workbench.extraction.worker import CPU_S, MEMORY_BYTES
closing.limit(MEMORY_BYTES, CPU_S)
closing.close_off()

def tried(act):
    try:
        act()
    except (OSError, MemoryError) as error:
        return type(error).__name__
    return "done"

acts = (lambda: open("/etc/passwd"), lambda: open("/tmp/x", "w"), socket.socket, os.fork, lambda: bytearray(1 << 30))
sys.stdout.write(" ".join(map(tried, acts)))
sys.stdout.flush()
while True:
    pass
"""


def test_a_worker_has_no_files_no_network_and_no_children_and_ends_with_its_time() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _TRIES],
        env={"PYTHONPATH": str(start.ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout == "OSError OSError OSError BlockingIOError MemoryError"
    assert done.returncode in (-9, -24)


@pytest.mark.parametrize(
    ("program", "words"),
    [
        ("import time; time.sleep(60)", "takes too long to read (0 s were not enough)"),
        ("import sys; sys.stdin.buffer.read(); print('no answer')", "could not be read"),
        ('import sys; sys.stdin.buffer.read(); print(\'{"text": "half\')', "could not be read"),
        ("raise SystemExit(3)", "could not be read"),
        ("import os; os.abort()", "could not be read"),
        ("import sys\nwhile True: sys.stdout.write('x' * 65536)", "could not be read"),
    ],
)
def test_a_worker_that_fails_is_one_answer_in_words(program: str, words: str) -> None:
    workers = WorkerProcesses(command=(sys.executable, "-I", "-c", program), time_s=0.4 if "sleep" in program else 60.0)

    async def story() -> None:
        given = await workers.extracted(Wanted("text"), b"x" * (1 << 20))
        assert isinstance(given, Unreadable)
        assert words in given.why

    play(story)


def test_what_is_larger_than_a_worker_takes_is_refused_before_it_is_begun() -> None:
    async def story() -> None:
        given = await WorkerProcesses(command=("/nonexistent",)).extracted(Wanted("pdf"), b"\0" * (MOST_BYTES + 1))
        assert isinstance(given, Unreadable)
        assert f"at most {MOST_BYTES} are read" in given.why

    play(story)


def test_whoever_stops_waiting_ends_the_worker(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    os.mkfifo(mark)
    program = f"import os, time; open({str(mark)!r}, 'w').write(str(os.getpid())); time.sleep(600)"

    async def story() -> None:
        waiting = asyncio.create_task(
            WorkerProcesses(command=(sys.executable, "-I", "-c", program)).extracted(Wanted("text"), b"x")
        )
        pid = await asyncio.to_thread(mark.read_text)
        waiting.cancel()
        await asyncio.wait({waiting})
        assert not Path(f"/proc/{pid}").exists()

    play(story)


def test_each_task_gives_what_it_says() -> None:
    async def story() -> None:
        workers = WorkerProcesses()
        page = b"<title>T &amp; U</title><main><h1>H</h1><a href='x'>l</a></main><footer>f</footer>"
        given = await workers.extracted(Wanted("html", base_url="https://e.example/d/"), page)
        assert given == Extracted("# H\n\n[l](https://e.example/d/x)", "T & U")
        code = b"""<main><pre><code class="language-python"><span class="k">def</span> <span class=n>f</span>()<span hidden>no</span></code></pre></main>"""
        given = await workers.extracted(Wanted("html"), code + b"<table><tr><th>A<th>Long<tr><td>1<td>2</table>")
        assert given == Extracted("```python\ndef f()\n```", "")
        given = await workers.extracted(Wanted("html"), b"<table><tr><th>A<th>Long<tr><td>1<td>2</table>")
        assert given == Extracted("| A | Long |\n| --- | --- |\n| 1 | 2 |", "")
        document = pdf("first", "second", "third")
        given = await workers.extracted(Wanted("pdf", first=2, last=9), document)
        assert given == Extracted("[page 2 of 3]\nsecond\n\n[page 3 of 3]\nthird", "", 3)
        drawn = await workers.extracted(Wanted("pdf_pictures", first=2, last=2), document)
        assert isinstance(drawn, Extracted)
        [picture] = drawn.pictures
        assert picture.startswith(b"\x89PNG\r\n\x1a\n")
        assert (drawn.pages, int.from_bytes(picture[16:20]), int.from_bytes(picture[20:24])) == (3, 1568, 784)
        assert await workers.extracted(Wanted("text", "utf-16-le"), "é".encode("utf-16-le")) == Extracted("é")

    play(story)


def test_a_worker_that_ends_before_it_has_read_all_leaves_no_failure_for_the_collector() -> None:
    async def story() -> list[str]:
        told: list[str] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(str(context["message"])))
        program = "import os; os.close(0)"
        for _ in range(5):
            workers = WorkerProcesses(command=(sys.executable, "-I", "-S", "-c", program))
            assert isinstance(await workers.extracted(Wanted("text"), b"x" * (8 << 20)), Unreadable)
        gc.collect()
        await asyncio.sleep(0)
        return told

    assert asyncio.run(story()) == []
