#!/usr/bin/env bash
# textual 8.2.8 (PyPI): one widget that is refreshed has all widgets beside it asked for their lines.
#
# A screen of sixteen panes in one container, of which one is refreshed: all sixteen are asked for their lines (`render_lines`), not
# the one. A widget that makes its lines anew whenever it is asked pays for each token that streams into another one; what is drawn
# of it has to be kept until it is refreshed itself.
#
# Seen on 2026-12-01 with Python 3.11:
#   one of sixteen panes is refreshed; asked for their lines: 16
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check textual==8.2.8
cat >"$folder/asked.py" <<'PROGRAM'
import asyncio
from collections import Counter
from textual.app import App
from textual.containers import Grid
from textual.widgets import Static

asked = Counter()

class Pane(Static):
    def render_lines(self, crop):
        asked[self.id] += 1
        return super().render_lines(crop)

class Sixteen(App):
    CSS = "Grid { grid-size: 4 4; } Pane { height: 1fr; border: round white; }"
    def compose(self):
        with Grid():
            for number in range(16):
                yield Pane("text", id=f"p{number}")

async def main():
    app = Sixteen()
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        asked.clear()
        app.query_one("#p5").refresh()
        await pilot.pause()
    print(f"one of sixteen panes is refreshed; asked for their lines: {len(asked)}")

asyncio.run(main())
PROGRAM
asked=$("$folder/venv/bin/python" "$folder/asked.py")
echo "$asked"
test "$asked" = "one of sixteen panes is refreshed; asked for their lines: 16"
