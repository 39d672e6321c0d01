"""Run by ssh as its ProxyCommand: gives it a connection to a worker's socket, and is gone. Standard library only."""

from __future__ import annotations

import array
import socket
import sys


def main() -> None:
    """`ProxyUseFdpass`: the connection itself goes to ssh, over this process's output."""
    with socket.socket(socket.AF_UNIX) as worker:
        try:
            worker.connect(sys.argv[1])
        except OSError:
            raise SystemExit("the worker is not connected; it comes back by itself where it runs") from None
        with socket.socket(fileno=1) as ssh:
            ssh.sendmsg([b"\0"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [worker.fileno()]))])


if __name__ == "__main__":
    main()
