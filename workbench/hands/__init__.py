"""Does: a rootless container for each session, and the tool calls in it.

sandboxes.py keeps one sandbox a session · sandbox.py is one live container · channel.py the engine's end of its socket ·
specification.py, workspace.py, seccomp.py what it is made of · posture.py whether it became so · egress.py, policy.py,
packages.py its way out · images.py, apt.py its base image, own_images.py an environment's own, layers.py an environment's packages on it · containers.py,
service.py, host.py, sweep.py Podman · standing.py what a restarted engine finds · conformance.py what `workbench doctor`
and the tests check: diagnosis.py the host, behaviours_*.py the sandbox, on the bench of bench.py · trouble.py why there is
no sandbox · ending.py how a task ends.
"""
