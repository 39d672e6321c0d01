"""Where secrets rest: keyring, vault file or memory; and the refresh of OAuth tokens."""
