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


def told_of(command: str) -> str:
    """A sentence on where a command is; "" where that is unknown."""
    if command in OF_TOOLS:
        return (
            f"{command} is among the tools of the default image, which this sandbox began without; a new sandbox of the session"
            " may have them: the user starts one with `workbench set SESSION --environment NAME`, and the files stay"
        )
    if named := OF_ENVIRONMENT.get(command):
        return (
            f"the environment `{named}` has {command}: the user moves the session there with"
            f" `workbench set SESSION --environment {named}`, files and all"
        )
    if command in OF_PIP:
        return f"`pip install {command}` brings it, where the network allows package managers"
    if package := OF_APT.get(command):
        return (
            f"{command} is in the Debian package {package}; {_SYSTEM_FOLDERS}, so it belongs into the packages of the session's"
            " environment: `workbench help environments`"
        )
    return _OTHERS.get(command, "")
