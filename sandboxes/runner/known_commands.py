"""Commands that a sandbox may lack, and what has them."""

from __future__ import annotations

OF_TOOLS = frozenset(
    [
        "bunzip2",
        "bzip2",
        "c++",
        "cc",
        "corepack",
        "file",
        "g++",
        "gcc",
        "ld",
        "make",
        "node",
        "npm",
        "npx",
        "pkg-config",
        "rsync",
        "scp",
        "sftp",
        "sqlite3",
        "ssh",
        "tree",
        "unxz",
        "unzip",
        "uv",
        "uvx",
        "wget",
        "xz",
        "zip",
    ]
)
"""In the tools of the default image; see `sandboxes/base/tools.sh`."""

OF_ENVIRONMENT = {
    "chromedriver": "browser",
    "chromium": "browser",
    "convert": "data",
    "duckdb": "data",
    "identify": "data",
    "pdfinfo": "data",
    "pdftoppm": "data",
    "pdftotext": "data",
    "prettier": "node",
    "tsc": "node",
    "yarn": "node",
}
"""In an environment that comes along; see `sandboxes/environments`."""

OF_PIP = frozenset(
    [
        "black",
        "flake8",
        "hatch",
        "hypothesis",
        "ipython",
        "isort",
        "mypy",
        "nox",
        "pdm",
        "poetry",
        "pre-commit",
        "pyright",
        "ruff",
        "tox",
    ]
)

OF_APT = {
    "cargo": "cargo",
    "clang": "clang",
    "cmake": "cmake",
    "ffmpeg": "ffmpeg",
    "gdb": "gdb",
    "gh": "gh",
    "go": "golang-go",
    "java": "default-jdk-headless",
    "javac": "default-jdk-headless",
    "mvn": "maven",
    "ninja": "ninja-build",
    "php": "php-cli",
    "psql": "postgresql-client",
    "redis-cli": "redis-tools",
    "ruby": "ruby",
    "rustc": "rustc",
    "shellcheck": "shellcheck",
    "strace": "strace",
    "vim": "vim",
}


_SYSTEM_FOLDERS = "nothing can be added to the system folders here"
_OTHERS = {
    **dict.fromkeys(("docker", "docker-compose", "podman"), "no containers run inside a sandbox"),
    **dict.fromkeys(("sudo", "su", "doas"), f"there is no other user, and {_SYSTEM_FOLDERS}"),
}


TOOLS = "tools"
ENVIRONMENT = "environment"


def source_of(command: str) -> tuple[str, str]:
    """What has a command, and its name there: `tools` (of the default image), `environment`, or a package manager of the
    public API; empty where that is unknown."""
    if command in OF_TOOLS:
        return TOOLS, ""
    if command in OF_ENVIRONMENT:
        return ENVIRONMENT, OF_ENVIRONMENT[command]
    if command in OF_PIP:
        return "pip", command
    return ("apt", OF_APT[command]) if command in OF_APT else ("", "")


def told_of(command: str) -> str:
    """A sentence on where a command is; "" where that is unknown."""
    match source_of(command):
        case "tools", _:
            return (
                f"{command} is among the tools of the default image, which this sandbox began without; a new sandbox of the session"
                " has them unless the setting `sandbox.tools` is none: the user starts one with"
                " `workbench set SESSION --environment NAME`, and the files stay"
            )
        case "environment", named:
            return (
                f"the environment `{named}` has {command}: the user moves the session there with"
                f" `workbench set SESSION --environment {named}`, files and all"
            )
        case "pip", package:
            return f"`pip install {package}` brings it, where the network allows package managers"
        case "apt", package:
            return (
                f"{command} is in the Debian package {package}; {_SYSTEM_FOLDERS}, so the user adds it to the session's image"
                f" with `workbench set SESSION --package apt:{package}`, and the files stay"
            )
    return _OTHERS.get(command, "")
