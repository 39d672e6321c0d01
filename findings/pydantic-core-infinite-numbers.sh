#!/usr/bin/env bash
# pydantic-core 2.50.4: from_json(…, allow_inf_nan=False) refuses the words NaN and Infinity, and takes 1e999 as the float inf.
#
# Whoever reads JSON with it to keep infinities out has them let in by a number that is merely too large for a float; the same text
# written again by json.dumps is then `Infinity`, which no strict reader takes. (The standard library's json.loads has the same gap
# with parse_constant, which is not called for such a number.)
#
# Seen on 2026-11-28 with Python 3.11:
#   NaN refused
#   Infinity refused
#   1e999 -> inf
#   json.loads with parse_constant: 1e999 -> inf
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check pydantic-core==2.50.4
"$folder/venv/bin/python" - <<'PY'
import json
import math

from pydantic_core import from_json

for word in ("NaN", "Infinity"):
    try:
        from_json(word, allow_inf_nan=False)
    except ValueError:
        print(word, "refused")
    else:
        raise AssertionError(f"{word} was taken")

number = from_json("1e999", allow_inf_nan=False)
print("1e999 ->", number)
assert math.isinf(number)


def refuse(word: str) -> None:
    raise ValueError(word)


number = json.loads("1e999", parse_constant=refuse)
print("json.loads with parse_constant: 1e999 ->", number)
assert math.isinf(number)
PY
