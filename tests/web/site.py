"""A site on a free port of this machine: each path gives an answer that a test says, byte by byte where it must be wrong."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pypdfium2


@dataclass(frozen=True)
class Answer:
    """What a path gives; a `stream` writes its body itself, without an end that anybody knows."""

    body: bytes = b""
    media_type: str = "text/html"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    stream: Callable[[Any], None] | None = None


@dataclass
class Site:
    """`asked` are the requests as they came: method, path and headers."""

    pages: dict[str, Answer]
    port: int = 0
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def paths(self) -> list[str]:
        return [path for _, path, _ in self.asked]


@contextlib.contextmanager
def site(pages: Mapping[str, Answer]) -> Iterator[Site]:
    """A site that is served until this is left."""
    made = Site(dict(pages))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            made.bodies.append(self.rfile.read(length))
            made.asked.append((self.command, self.path, {key.lower(): value for key, value in self.headers.items()}))
            given = made.pages.get(self.path.partition("?")[0], Answer(b"no such page", "text/plain", 404))
            self.send_response(given.status)
            self.send_header("content-type", given.media_type)
            for name, value in given.headers.items():
                self.send_header(name, value)
            if given.stream is None:
                self.send_header("content-length", str(len(given.body)))
            self.end_headers()
            with contextlib.suppress(OSError):
                if given.stream is None:
                    self.wfile.write(given.body)
                else:
                    self.close_connection = True
                    given.stream(self.wfile)

        do_POST = do_GET  # noqa: N815 (the library's name)

        def log_message(self, *_: Any) -> None:
            """Tells nobody."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    made.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


def pdf(*texts: str, pages: int | None = None) -> bytes:
    """A PDF with these texts, a page each; or so many empty pages."""
    if pages is not None:
        import io

        document = pypdfium2.PdfDocument.new()
        for _ in range(pages):
            document.new_page(200, 200)
        file = io.BytesIO()
        document.save(file)
        return file.getvalue()
    kids = " ".join(f"{3 + 2 * place} 0 R" for place in range(len(texts)))
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", f"<< /Type /Pages /Kids [{kids}] /Count {len(texts)} >>".encode()]
    for place, text in enumerate(texts):
        stream = f"BT /F1 18 Tf 20 100 Td ({text}) Tj ET".encode()
        font = "<< /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >>"
        box = "/MediaBox [0 0 400 200]"
        page = f"<< /Type /Page /Parent 2 0 R {box} /Contents {4 + 2 * place} 0 R /Resources << /Font {font} >> >>"
        objects += [page.encode(), b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream)]
    out, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    count = len(objects) + 1
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (count, len(out))
    return out + b"xref\n0 %d\n0000000000 65535 f \n%s" % (count, table) + trailer
