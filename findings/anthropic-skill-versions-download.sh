#!/usr/bin/env bash
# anthropic 2.14.0 (PyPI): skills left beta, but the content of a skill's version can be downloaded by the beta client alone.
#
# `client.skills` and `client.beta.skills` have the same calls and send the same requests, and a program that moves from the one to
# the other finds `client.skills.versions` without `download`; the helper that fetches a session's skills uses the beta client for
# it. Both create calls name their multipart parts `files[]`, and a zip goes as one such part with the type application/zip.
#
# Seen on 2026-11-29 with Python 3.11:
#   only in beta.skills.versions: ['download']
#   only in skills.versions: []
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check anthropic==2.14.0
"$folder/venv/bin/python" - <<'PY'
import anthropic

client = anthropic.Anthropic(api_key="none", base_url="http://127.0.0.1:9")
plain, beta = (
    {name for name in dir(one) if not name.startswith("_") and not name.startswith("with_")}
    for one in (client.skills.versions, client.beta.skills.versions)
)
print("only in beta.skills.versions:", sorted(beta - plain))
print("only in skills.versions:", sorted(plain - beta))
assert sorted(beta - plain) == ["download"]
assert plain - beta == set()
PY
