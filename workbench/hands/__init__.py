"""Tool calls in a session's sandbox, by the backend that its environment chose.

sandboxes.py is policy: which session has a sandbox, its adoption after a restart, its way out, its end · sandbox.py is one
live sandbox · channel.py the engine's end of its socket, conversations.py what is spoken with programs over it ·
sandbox_record.py what a restarted engine finds · backend.py the promise behind which sandboxes are run, registry.py its
implementations by name: `podman` (a rootless container), `process` (no container; only where the settings allow it), `ssh` (a machine that the user has named) ·
environment.py the variables inside · no_egress.py no way out · measuring.py what sandboxes use · `files` a session's files on
the host · `git` its repository inside and its commits on their way back · `mcp` its MCP servers · `conformance` what every sandbox promises, for the tests and `workbench doctor`.
"""
