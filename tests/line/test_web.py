"""The web's tools from end to end: a person's command, the engine, the vault and the text worker, against a site of this machine."""

from __future__ import annotations

import json

from tests.line.installation import Installation, installation
from tests.messages_server import call, text
from tests.web.site import Answer, pdf, site

PAGE = b"""<html><head><title>Harbour</title></head><body><nav>Home Shop</nav><main><h1>Tides</h1>
<p>High water is at <b>14:20</b>.</p><p><a href="/table.pdf">The table</a></p></main><script>steal()</script></body></html>"""


def _results(here: Installation, session_id: str) -> list[tuple[str, bool]]:
    found = [one for one in here.events(session_id) if one["type"] == "agent.tool_result"]
    return [("".join(block.get("text", "") for block in one["content"]), bool(one["is_error"])) for one in found]


def test_a_page_and_a_pdf_are_read_a_redirect_into_the_private_network_is_refused_and_all_three_are_rows() -> None:
    pages = {
        "/tides": Answer(PAGE),
        "/table.pdf": Answer(pdf("Low water 08:05", "Spring tide"), "application/pdf"),
        "/inside": Answer(b"", status=302, headers={"location": "http://127.0.0.1:9001/secret"}),
    }
    with site(pages) as served:
        script = [
            call("web_fetch", {"url": f"{served.url}/tides"}),
            call("web_fetch", {"url": f"{served.url}/table.pdf"}),
            call("web_fetch", {"url": f"{served.url}/inside"}),
            text("High water is at 14:20."),
        ]
        with installation(script) as here:
            config = here.home / "config"
            config.mkdir()
            (config / "settings.toml").write_text(f'[web]\nprivate_hosts = ["127.0.0.1:{served.port}"]\n')
            said = here.told("run", f"fetch {served.url}/tides and {served.url}/inside and sum it up")
            assert "High water is at 14:20." in said
            [session_id] = [one["id"] for one in here.json("ps")]
            page, table, inside = _results(here, session_id)
            assert not page[1]
            assert "status 200 · HTML" in page[0]
            assert "# Tides\n\nHigh water is at **14:20**." in page[0]
            assert f"[The table]({served.url}/table.pdf)" in page[0]
            assert "steal" not in page[0]
            assert "Home Shop" not in page[0]
            assert not table[1]
            assert "[page 1 of 2]\nLow water 08:05\n\n[page 2 of 2]\nSpring tide" in table[0]
            assert inside[1]
            assert "(private_address)" in inside[0]
            question = f"select host, port, allowed, reason, method from egress where session_id = '{session_id}' order by decided_at"
            rows = json.loads(here.told("sql", "--json", question))
            told = [(row["host"], row["port"], row["allowed"], row["reason"]) for row in rows]
            own = ("127.0.0.1", served.port, True, None)
            assert told == [own, own, own, ("127.0.0.1", 9001, False, "private_address")]
            assert served.paths == ["/tides", "/table.pdf", "/inside"]
