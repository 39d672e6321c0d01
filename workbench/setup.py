"""From a bare machine to a running demo or a green test run: `python3 -m workbench.setup demo|test|install`.

Standard library only: it runs before anything is installed. Every step is skipped where its result is there already.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pwd
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from workbench.checks import AT_ONCE, CHECKS
from workbench.text.display import safe

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "locked"
LOCK = ROOT / "requirements.lock"
USER = "workbench"
LEAST_PYTHON = (3, 11)
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

PACKAGES = {
    "podman": "podman",
    "newuidmap": "uidmap",
    "crun": "crun",
    "mmdebstrap": "mmdebstrap",
    "git": "git",
    "tmux": "tmux",
}
"""Command → the Debian package that brings it."""

TEST_PACKAGES = {
    "gnome-keyring-daemon": "gnome-keyring",
    # Named together with the keyring, it stands in for the bus that would bring a whole init system.
    "dbus-launch": "dbus-x11",
    "node": "nodejs",
    "sshd": "openssh-server",
}
"""The same for what only tests need: a keyring, a server whose parser is set against the proxy's, and an sshd."""

KEPT = ("PIP_", "ANTHROPIC_", "SSL_", "LC_", "WORKBENCH_")
_PROXIES = ("http_proxy", "https_proxy", "no_proxy")
KEPT_NAMES = ("TERM", "LANG", "CI", "NO_COLOR", *_PROXIES, *(name.upper() for name in _PROXIES))

USAGE = """\
usage: python3 -m workbench.setup demo|test|install

  install   what is missing: system packages, Python packages, the sandbox image; ~/.local/bin/workbench
  demo      the same, then an agent repairs a small project
  test      the same, then every check and test"""


class SetupStopped(Exception):
    """Something is missing that this program may not bring; the text says what to do."""


def main() -> int:
    """Prepare the machine, then do what was asked; 0 when all of it worked."""
    action = sys.argv[1] if len(sys.argv) == 2 else ""
    if action not in ("demo", "test", "install"):
        is_asked = action in ("-h", "--help")
        print(USAGE, file=sys.stdout if is_asked else sys.stderr)
        return 0 if is_asked else 2
    try:
        if sys.version_info < LEAST_PYTHON:
            raise SetupStopped(
                f"Python {'.'.join(map(str, LEAST_PYTHON))} or later is needed; this is {sys.version.split()[0]}"
            )
        install_system_packages(PACKAGES | _for_tests() if action == "test" else PACKAGES)
        if os.getuid() == 0:
            return as_ordinary_user(action)
        prepare_user()
        install_python_packages()
        # A demo is to begin soon, and brings its own program; the engine adds the tools behind it.
        ensure_sandbox_image(with_tools=action != "demo")
        return {"demo": demo, "test": test, "install": installed}[action]()
    except SetupStopped as stopped:
        print(f"\nsetup: {stopped}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nsetup: interrupted; the same command goes on from here", file=sys.stderr)
        return 130


def say(sentence: str) -> None:
    print(f"setup: {sentence}", flush=True)


def run(command: Sequence[str], what: str, *, env: Mapping[str, str] | None = None) -> None:
    """Run one step with its output shown.

    Raises:
        SetupStopped: it failed.
    """
    say(what)
    result = subprocess.run(command, env=env, check=False)
    if result.returncode:
        raise SetupStopped(f"{what}: failed; to try again by itself: {shlex.join(command)}")


# ── the machine ───────────────────────────────────────────────────────────────────────────────────────────────────────


def install_system_packages(wanted: Mapping[str, str]) -> None:
    """Install what is missing where that is allowed; else print the exact command."""
    missing = sorted(
        {package for command, package in wanted.items() if shutil.which(command, path=SYSTEM_PATH) is None}
    )
    if not is_installed() and not _has_venv():
        missing.append("python3-venv")
    if not missing:
        return
    if shutil.which("apt-get") is None:
        raise SetupStopped(f"install these first (there is no apt-get here): {' '.join(missing)}")
    install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *missing]
    if os.getuid() != 0:
        by_hand = f"sudo apt-get update && sudo {shlex.join(install)}"
        sudo = shutil.which("sudo")
        if sudo is None or subprocess.run([sudo, "-n", "true"], capture_output=True, check=False).returncode:
            raise SetupStopped(
                f"these packages are missing, and installing them needs root: {' '.join(missing)}. Run:\n  {by_hand}"
            )
        install = [sudo, *install]
        run([sudo, "apt-get", "update", "-q"], "package lists (with sudo)")
    else:
        run(["apt-get", "update", "-q"], "package lists")
    run(install, f"system packages: {' '.join(missing)}", env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})


def _for_tests() -> dict[str, str]:
    """Without an sshd where systemd would start it as a service of the whole machine: what needs one is skipped there."""
    starts_services = Path("/run/systemd/system").exists()
    return {command: package for command, package in TEST_PACKAGES.items() if command != "sshd" or not starts_services}


def _has_venv() -> bool:
    python = ordinary_python()
    probe = [python, "-c", "import ensurepip, venv"]
    return subprocess.run(probe, capture_output=True, check=False).returncode == 0


def ordinary_python() -> str:
    """A Python that every user can run: root's own one, under /root, cannot be."""
    if os.getuid() != 0 and importlib.util.find_spec("ensurepip"):
        return sys.executable
    found = shutil.which("python3", path=SYSTEM_PATH)
    if found is None:
        raise SetupStopped("there is no python3 in the system's folders; apt-get install -y python3 python3-venv")
    return found


# ── as root ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def as_ordinary_user(action: str) -> int:
    """Rootless containers need a user who is not root: make one, give it a copy of this tree, go on as it."""
    try:
        account = pwd.getpwnam(USER)
    except KeyError:
        run(
            ["useradd", "-m", "-s", "/bin/bash", USER],
            f"the ordinary user {USER!r} (rootless containers are not for root)",
        )
        account = pwd.getpwnam(USER)
    _give_subordinate_ids()
    runtime = Path(f"/run/user/{account.pw_uid}")
    runtime.parent.mkdir(mode=0o755, exist_ok=True)
    runtime.mkdir(mode=0o700, exist_ok=True)
    os.chown(runtime, account.pw_uid, account.pw_gid)
    home = Path(account.pw_dir)
    if not home.is_dir():
        run(["install", "-d", "-m", "700", "-o", USER, "-g", USER, str(home)], f"a home for {USER}")
    tree = home / "workbench"
    if tree != ROOT:
        say(f"a copy of this tree for {USER}: {tree}")
        _copy_tree(tree)
    run(["chown", "-R", f"{USER}:", str(tree)], "its owner")
    kept = {name: value for name, value in os.environ.items() if name.startswith(KEPT) or name in KEPT_NAMES}
    env = {
        **kept,
        "HOME": account.pw_dir,
        "USER": USER,
        "LOGNAME": USER,
        "PATH": SYSTEM_PATH,
        "XDG_RUNTIME_DIR": str(runtime),
    }
    identity = [f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--init-groups", "--inh-caps=-all"]
    command = ["setpriv", *identity, "--", ordinary_python(), "-m", "workbench.setup", action]
    say(f"going on as {USER}")
    code = subprocess.run(command, env=env, cwd=tree, check=False).returncode
    say(f"the installation is {USER}'s, in {tree}; this folder stays as it was. To use it: su - {USER}")
    return code


def _give_subordinate_ids() -> None:
    for file, option in (("/etc/subuid", "--add-subuids"), ("/etc/subgid", "--add-subgids")):
        known = Path(file).read_text(encoding="utf-8") if Path(file).exists() else ""
        if not any(line.startswith(f"{USER}:") for line in known.splitlines()):
            run(["usermod", option, "300000-365535", USER], f"subordinate ids in {file}")


def _copy_tree(tree: Path) -> None:
    tree.mkdir(exist_ok=True)
    for old in tree.iterdir():
        if old.name != VENV.name:
            shutil.rmtree(old) if old.is_dir() and not old.is_symlink() else old.unlink()
    unwanted = shutil.ignore_patterns(
        VENV.name, "__pycache__", ".mypy_cache", ".ruff_cache", ".hypothesis", "*.egg-info"
    )
    shutil.copytree(ROOT, tree, symlinks=True, ignore=unwanted, dirs_exist_ok=True)


# ── as the user ───────────────────────────────────────────────────────────────────────────────────────────────────────


def prepare_user() -> None:
    """The subordinate ids that rootless containers need; Podman's settings are the workbench's own."""
    name = pwd.getpwuid(os.getuid()).pw_name
    for file, option in (("/etc/subuid", "--add-subuids"), ("/etc/subgid", "--add-subgids")):
        known = Path(file).read_text(encoding="utf-8") if Path(file).exists() else ""
        if not any(line.startswith((f"{name}:", f"{os.getuid()}:")) for line in known.splitlines()):
            raise SetupStopped(
                f"{name} has no line in {file}, which needs root. Run:\n  sudo usermod {option} 300000-365535 {name}"
            )


def install_python_packages() -> None:
    """The locked environment, in .venv; untouched where it is installed."""
    if is_installed():
        return
    pip = [str(VENV / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install", "-q"]
    run([ordinary_python(), "-m", "venv", "--clear", str(VENV)], "a Python environment in .venv")
    try:
        run([*pip, "--require-hashes", "-r", str(LOCK)], "Python packages, as locked (about a minute)")
    except SetupStopped as stopped:
        raise SetupStopped(
            f"{stopped}\n  Where it found no package at all, this machine does not reach its package index."
        ) from None
    run([*pip, "--no-deps", "--no-build-isolation", "-e", str(ROOT)], "the workbench itself")
    # Its own modules too: the first start is somebody's first impression.
    run([str(VENV / "bin" / "python"), "-m", "compileall", "-q", str(ROOT / "workbench")], "its modules, compiled")
    STAMP.write_text(locked(), encoding="utf-8")
    link = Path.home() / ".local" / "bin" / "workbench"
    link.parent.mkdir(parents=True, exist_ok=True)
    if link.is_symlink() or not link.exists():
        link.unlink(missing_ok=True)
        link.symlink_to(VENV / "bin" / "workbench")


def is_installed(root: Path = ROOT) -> bool:
    """Whether its .venv is whole, as locked, was made in this place, and has the Python that it was made with."""
    venv, config = root / VENV.name, root / VENV.name / "pyvenv.cfg"
    stamp = venv / STAMP.name
    if not (config.exists() and stamp.exists() and stamp.read_text(encoding="utf-8") == locked(root)):
        return False
    made = dict(line.partition(" = ")[::2] for line in config.read_text(encoding="utf-8").splitlines())
    is_here = made.get("command", "").endswith(f" {venv}")
    packages = venv.glob("lib/python*/site-packages/workbench-*.dist-info")
    return is_here and made.get("executable") == os.path.realpath(venv / "bin" / "python") and any(packages)


def locked(root: Path = ROOT) -> str:
    """What the environment of this tree was installed from, as `is_installed` finds it in the stamp."""
    return hashlib.sha256((root / LOCK.name).read_bytes() + (root / "pyproject.toml").read_bytes()).hexdigest()


def ensure_sandbox_image(*, with_tools: bool) -> None:
    """The image, looked for first without another Python."""
    # Late: it is needed once, and by no other step.
    from workbench import settings
    from workbench.hands.podman.present import present_image

    if found := present_image(settings.load(), with_tools=with_tools):
        say(f"the sandbox image is there: {found}")
        return
    tools = ("--tools",) if with_tools else ()
    run([str(VENV / "bin" / "workbench"), "image", *tools], "the sandbox image")


def demo() -> int:
    code = subprocess.run([str(VENV / "bin" / "workbench"), "demo"], check=False).returncode
    return code or installed()


def installed() -> int:
    """Where the command is, and what a shell lacks that does not find it."""
    command = Path.home() / ".local" / "bin" / "workbench"
    found = shutil.which("workbench")
    if found is not None and Path(found).resolve() == command.resolve():
        say("ready: workbench")
    else:
        say(f'ready: {command}; for the word alone: export PATH="$HOME/.local/bin:$PATH", or a new login shell')
    return 0


def test() -> int:
    """Every check, with what it took; 0 when all passed."""
    env = {**os.environ, "PATH": f"{VENV / 'bin'}:{SYSTEM_PATH}"}
    # A folder of this run's own: another user of the same name may have left one where pytest would look.
    with tempfile.TemporaryDirectory(prefix="workbench-test-", ignore_cleanup_errors=True) as temporary:
        failed = _failed_checks({**env, "PYTEST_DEBUG_TEMPROOT": temporary})
    if failed:
        print(f"setup: failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _failed_checks(env: Mapping[str, str]) -> list[str]:
    """Those that failed; each is told when it has ended."""
    since, failed = time.monotonic(), []
    say(f"{len(CHECKS)} checks, {AT_ONCE} at a time")
    with ThreadPoolExecutor(AT_ONCE) as threads:
        running = {threads.submit(_ended, command, env): name for name, command in CHECKS.items()}
        for one in as_completed(running):
            name, (code, told, seconds) = running[one], one.result()
            say(f"{name}: {shlex.join(CHECKS[name])}")
            print(safe(told), flush=True)
            say(f"{name}: {'FAILED' if code else 'passed'} in {seconds:.0f} s")
            failed += [name] if code else []
    say(f"all of it in {time.monotonic() - since:.0f} s")
    return failed


def _ended(command: Sequence[str], env: Mapping[str, str]) -> tuple[int, str, float]:
    since = time.monotonic()
    done = subprocess.run(
        _program(command), cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    return done.returncode, done.stdout.decode(errors="replace"), time.monotonic() - since


def _program(command: Sequence[str]) -> list[str]:
    return [str(VENV / "bin" / command[0]), *command[1:]]


if __name__ == "__main__":
    sys.exit(main())
