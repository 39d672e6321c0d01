"""Sandboxes by rootless Podman: images, containers, their storage and their seccomp profile."""
