"""The Podman backend: images, containers, their storage and their seccomp profile, behind backend.py.

Podman is reached in one way: podman-py, over the REST socket of a service (client.py alone; connection.py for the event loop).
A start takes half the time of the command's (137 against 256 ms, n=15), create's warnings come apart from its id, and a build tells
its steps as they come. The engine's service makes sandboxes and has no proxy in its environment. A pull and a build get a service of
their own, which has this process's proxies where it needs them and ends with the work: Podman 4.3 goes on with a step whose client has
gone. The command (command.py) is run for nothing but what the API cannot do: its version, the service itself, the user namespace.
"""
