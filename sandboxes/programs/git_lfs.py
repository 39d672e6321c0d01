"""The filter of files that git keeps as pointers of git-lfs, without git-lfs: what the repository does not know stays as it is.

`git_lfs.py clean`: the pointer of a file whose pointer the repository has; of any other file its content, which a
commit would lose. `git_lfs.py smudge FOLDER`: the content that a pointer names, where FOLDER has it; else the pointer.
"""

import hashlib
import re
import shutil
import subprocess
import sys
import tempfile

MOST_BYTES = 1024
IN_MEMORY_BYTES = 32 << 20
CHUNK_BYTES = 1 << 20
_POINTER = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\n(?:.*\n)*?oid sha256:([0-9a-f]{64})\nsize \d+\n\Z"
)


def main() -> None:
    """From the standard input to the standard output, as git asks."""
    with tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES) as content:
        digest, size = hashlib.sha256(), 0
        while chunk := sys.stdin.buffer.read(CHUNK_BYTES):
            content.write(chunk)
            digest.update(chunk)
            size += len(chunk)
        content.seek(0)
        is_pointer = _POINTER.match(content.read(MOST_BYTES)) if size < MOST_BYTES else None
        content.seek(0)
        if sys.argv[1] == "smudge" and is_pointer is not None and len(sys.argv) > 2:
            oid = is_pointer[1].decode()
            try:
                with open(f"{sys.argv[2]}/{oid[:2]}/{oid[2:4]}/{oid}", "rb") as stored:
                    shutil.copyfileobj(stored, sys.stdout.buffer, CHUNK_BYTES)
                    return
            except FileNotFoundError:
                sys.stderr.write(
                    "This version of the file is not on the owner's machine (git lfs fetch): its pointer is.\n"
                )
        if sys.argv[1] == "clean" and size and is_pointer is None:
            pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %d\n"
            pointer %= (digest.hexdigest().encode(), size)
            if _is_known(pointer):
                sys.stdout.buffer.write(pointer)
                return
        shutil.copyfileobj(content, sys.stdout.buffer, CHUNK_BYTES)


def _is_known(pointer: bytes) -> bool:
    named = subprocess.run(["git", "hash-object", "--stdin"], input=pointer, capture_output=True, check=False)
    words = ["git", "cat-file", "-e", named.stdout.strip().decode()]
    return subprocess.run(words, capture_output=True, check=False).returncode == 0


if __name__ == "__main__":
    main()
