#!/usr/bin/env bash
# textual 8.2.8: Alt with b, f, a digit, - or = arrives as another key or as a sign, as terminals send it (ESC and the key).
#
# 1. `alt+b` and `alt+f` can be bound and never come: ESC b is `ctrl+left`, ESC f is `ctrl+right`.
# 2. Alt with a digit comes as the sign that a Mac's keyboard has there: ESC 1 is `¡`, and ESC - is `–`.
# `pilot.press("alt+b")` does reach the binding, so that a test of the app passes; other letters, as in ESC j, come as themselves.
#
# Seen on 2026-11-30 with Python 3.11:
#   ESC b ['ctrl+left']   ESC f ['ctrl+right']   ESC 1 ['inverted_exclamation_mark']   ESC - ['en_dash']   ESC j ['alt+j']
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check textual==8.2.8
"$folder/venv/bin/python" - <<'PY'
from textual._xterm_parser import XTermParser
from textual.events import Key


def arrived(sent):
    parser = XTermParser()
    # An end of its input, as when nothing follows in time.
    return [event.key for event in (*parser.feed(sent), *parser.feed("")) if isinstance(event, Key)]


found = {key: arrived(f"\x1b{key}") for key in "bf1-j"}
print(*(f"ESC {key} {keys}" for key, keys in found.items()), sep="   ")
assert found["b"] == ["ctrl+left"] and found["f"] == ["ctrl+right"] and found["j"] == ["alt+j"]
assert found["1"] != ["alt+1"] and found["-"] != ["alt+minus"]
PY
