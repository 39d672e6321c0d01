"""May, but never tells: the keyring, the network rules, the proxy and its certificate authority, in a process of its own."""
