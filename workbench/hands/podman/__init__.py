"""The Podman backend: images, containers, their storage and their seccomp profile, behind backend.py.

Two ways lead to Podman, each for what the other cannot do. podman-py, over the REST socket of a service that the engine starts
(containers.py alone), makes, finds and removes containers: half the time of the command for a start (137 against 256 ms, n=15),
and create's warnings come apart from its id. It is imported at the first sandbox, in a thread, for 160 ms. The command
(command.py) does what must work without a service, or what the service does not take: preparing and examining the machine before
anything runs, images (also for `workbench image` and `doctor`, which start no service), builds with volumes and isolation, pulls
with this process's proxies and logins, one-off runs whose output counts, and the user's own storage.
"""
