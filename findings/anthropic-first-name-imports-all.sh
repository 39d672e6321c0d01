#!/usr/bin/env bash
# anthropic 2.14.0 (PyPI): the first name that is imported of it imports all of it.
#
# `from anthropic.types.beta.sessions import BetaManagedAgentsUserMessageEvent` needs a handful of classes, and loads 3,152 modules, as
# does `import anthropic`: the package's `__init__` names every client for every cloud, and those name every resource. It is 1.4 s
# of processor time and some 70 MiB where this was found. `DEFER_PYDANTIC_BUILD` (on by default) does not change it: the modules are
# what costs. Names below the package cannot be had without its `__init__`.
#
# Seen on 2026-11-30 with Python 3.11:
#   modules of anthropic for one class of events: 3152
#   modules of anthropic for the package alone: 3152
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check anthropic==2.14.0
counted() {
    "$folder/venv/bin/python" -c "$1; import sys; print(sum(name.split('.')[0] == 'anthropic' for name in sys.modules))"
}
one=$(counted "from anthropic.types.beta.sessions import BetaManagedAgentsUserMessageEvent")
all=$(counted "import anthropic")
echo "modules of anthropic for one class of events: $one"
echo "modules of anthropic for the package alone: $all"
test "$one" -eq "$all"
test "$one" -gt 3000
