"""Memory stores: contents, versions, mounts, folders."""
