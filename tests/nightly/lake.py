"""A DuckLake on a PostgreSQL of this machine, written by several people at once, in a Python with the release of DuckDB that has its extension as a package."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from tests.line.installation import installation
from tests.messages_server import text
from tests.nightly.summary import Summary
from workbench.log import lake

DUCKDB: Final = "1.5.5"
PACKAGES: Final = (
    f"duckdb=={DUCKDB}",
    f"duckdb-extensions=={DUCKDB}",
    f"duckdb-extension-ducklake=={DUCKDB}",
    f"duckdb-extension-postgres-scanner=={DUCKDB}",
)
_PUSHER: Final = """
import importlib.util, sys
from pathlib import Path
from duckdb_extensions import import_extension
for name in ("ducklake", "postgres_scanner"):
    import_extension(name)
import duckdb
spec = importlib.util.spec_from_file_location("lake", sys.argv[1])
lake = importlib.util.module_from_spec(spec)
sys.modules["lake"] = lake
spec.loader.exec_module(lake)
catalog, data, machine, events, sessions, times = sys.argv[2:8]
connection = duckdb.connect()
for name in ("ducklake", "postgres_scanner"):
    connection.execute(f"LOAD {name}")
connection.execute(f"ATTACH 'ducklake:{catalog}' AS lake (DATA_PATH '{data}')")
team = lake.Lake(connection, machine, "person at " + machine)
if machine == "prepare":
    team.prepare()
elif machine == "ask":
    print(team.ask("SELECT machine, count(*), count(DISTINCT (session_id, seq)) FROM events GROUP BY ALL ORDER BY ALL")[1])
else:
    for _ in range(int(times)):
        for attempt in range(20):
            try:
                team.push(Path(events), Path(sessions))
                break
            except duckdb.Error as error:
                if "onflict" not in str(error):
                    raise
        else:
            raise SystemExit("every attempt met another writer")
    team.tidy()
"""


def run(count: int, choices: random.Random) -> Summary:
    """`count` machines push the log of a real session at once, each several times."""
    summary = Summary()
    programs = _postgres()
    if programs is None:
        summary.faults.append("there is no PostgreSQL here: apt-get install postgresql")
        return summary
    with tempfile.TemporaryDirectory(prefix="lake") as name:
        folder = Path(name)
        python = folder / "venv" / "bin" / "python"
        subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
        events, sessions, of_one = _of_a_session(folder)
        with_server = _started(programs, folder)
        try:
            catalog = f"postgres:dbname=postgres host={folder}"
            words = [str(python), "-c", _PUSHER, lake.__file__, catalog, str(folder / "data") + "/"]
            files = [str(events), str(sessions), "3"]
            subprocess.run([*words, "prepare", *files], check=True)
            pushing = [
                subprocess.Popen([*words, f"machine{one}", *files], stderr=subprocess.PIPE, text=True)
                for one in range(count)
            ]
            for one in pushing:
                _, errors = one.communicate(timeout=300)
                if one.returncode:
                    summary.faults.append(errors.strip().rpartition("\n")[2])
            told = subprocess.run([*words, "ask", *files], check=True, capture_output=True, text=True).stdout
            wanted = [(f"machine{one}", of_one, of_one) for one in range(count)]
            if told.strip() != str(sorted(wanted)):
                summary.faults.append(f"in the lake: {told.strip()}, wanted {wanted}")
            summary.figures |= {"machines": count, "events of each": of_one}
        finally:
            with_server.terminate()
            with_server.wait()
    return summary


def _of_a_session(folder: Path) -> tuple[Path, Path, int]:
    """The events and the record of a session as the product writes them, and how many events that are."""
    with installation([text("One."), text("Two.")]) as here:
        here.told("run", "-C", "none", "hello")
        [session] = here.json("ps")
        for name, statement in (
            ("events", lake.beyond({}, [session["id"]])),
            ("sessions", lake.records_of([session["id"]])),
        ):
            here.told("sql", statement, "--format", "parquet", "-o", str(folder / f"{name}.parquet"))
        many = here.json("sql", "select count(*) as n from events")[0]["n"]
    return folder / "events.parquet", folder / "sessions.parquet", int(many)


def _postgres() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb")) if Path("/usr/lib/postgresql").is_dir() else []
    elsewhere = shutil.which("initdb")
    return found[-1].parent if found else Path(elsewhere).parent if elsewhere else None


def _started(programs: Path, folder: Path) -> subprocess.Popen[bytes]:
    """A server of this user's own, on a socket in the folder."""
    store = folder / "pg"
    subprocess.run([str(programs / "initdb"), "-D", str(store), "-A", "trust"], check=True, stdout=subprocess.DEVNULL)
    options = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={folder}", "-c", "fsync=off"]
    server = subprocess.Popen(
        [str(programs / "postgres"), "-D", str(store), *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    ready = [str(programs / "pg_isready"), "-q", "-h", str(folder), "-t", "60"]
    for _ in range(200):
        if subprocess.run(ready, check=False).returncode == 0:
            return server
    raise AssertionError("PostgreSQL does not start")
