"""A TLS server for measurements, a process of its own: small answers, large ones, and events that carry their moment."""

from __future__ import annotations

import os
import socket
import ssl
import sys
import threading
import time
from pathlib import Path

from workbench.vault.proxy.authority import Authority, new_authority

HOST = "localhost"
SMALL_BYTES = 1024
PIECE = os.urandom(1 << 18)
"""Neither compressible nor all zeros: what a search for secrets meets in an archive or an image."""
EVENTS = 100
PAUSE_S = 0.005


def main(folder: str) -> None:
    """Write the authority that vouches for it, print the port, and serve until its input ends."""
    authority = Authority(new_authority())
    Path(folder, "roots.pem").write_bytes(authority.certificate_pem)
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    context = authority.context(HOST)
    sys.stdout.write(f"{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    threading.Thread(target=_accept, args=(listener, context), daemon=True).start()
    sys.stdin.read()


def _accept(listener: socket.socket, context: ssl.SSLContext) -> None:
    while True:
        connection, _ = listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=_serve, args=(connection, context), daemon=True).start()


def _serve(connection: socket.socket, context: ssl.SSLContext) -> None:
    try:
        with context.wrap_socket(connection, server_side=True) as line:
            while head := line.recv(1 << 16):
                _answer(line, head.split(b" ")[1])
    except OSError:
        # The client has gone: that is how measurements end.
        return


def _answer(line: ssl.SSLSocket, path: bytes) -> None:
    if path == b"/events":
        line.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(EVENTS):
            time.sleep(PAUSE_S)
            event = b"data: %d\n\n" % time.monotonic_ns()
            line.sendall(b"%x\r\n%s\r\n" % (len(event), event))
        line.sendall(b"0\r\n\r\n")
        return
    length = int(path[1:] or SMALL_BYTES)
    line.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: %d\r\n\r\n" % length)
    piece = PIECE
    while length:
        length -= len(sent := piece[: min(length, len(piece))])
        line.sendall(sent)


if __name__ == "__main__":
    main(sys.argv[1])
