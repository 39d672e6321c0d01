"""The vault's process and what engine and vault say to each other."""
