"""May, but never tells: the keyring, the network rules, the proxy and its certificate authority, in a process of its own.

The engine's end: client.py, process.py (starts it, starts it again), control.py (what they say to each other), deposits.py
(a command's secret, past the engine). The process: launch.py, program.py, assembly.py, which puts together the secrets
(secrets.py, holding.py, oauth.py; stores.py, choosing.py, os_keyring.py, vault_file.py) and the ways out: ways.py,
sandbox_way.py with outgoing.py, routes.py; exchange.py carries one request on wire.py, encryption.py and relay.py. Rules:
policy.py, names.py, addresses.py, resolving.py, heads.py, greeting.py, signing.py. What becomes of secrets: placeholders.py,
substitution.py, needles.py, redaction.py, decoding.py. authority.py vouches for hosts to sandboxes, which trust only that.
"""
