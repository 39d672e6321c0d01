#!/usr/bin/env bash
# httpx2 2.16.2 (PyPI): a transport that speaks over a Unix socket reads all certificate authorities of the system when it is made.
#
# `AsyncHTTPTransport(uds=…)` is for plain HTTP to a socket of this machine, yet it makes a TLS context with every root, as one that goes out
# to the internet does: 60 ms of processor time on the machine where this was found, on the event loop, for each transport. A program that
# makes one for a request pays it with each request. Given an empty context as `verify`, it reads none.
#
# Seen on 2026-11-30 with Python 3.11:
#   roots in the transport of a Unix socket: more than a hundred
#   roots with an empty context: 0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check httpx2==2.16.2
"$folder/venv/bin/python" - <<'PY'
import ssl

import httpx2


def roots(transport):
    return transport._pool._ssl_context.cert_store_stats()["x509_ca"]


usual = roots(httpx2.AsyncHTTPTransport(uds="/nowhere.sock"))
empty = roots(httpx2.AsyncHTTPTransport(uds="/nowhere.sock", verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)))
print("roots in the transport of a Unix socket:", "more than a hundred" if usual > 100 else usual)
print("roots with an empty context:", empty)
assert usual > 100
assert empty == 0
PY
