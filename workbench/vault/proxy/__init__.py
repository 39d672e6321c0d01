"""The vault's proxy: policy, placeholders, redaction, TLS and HTTP/1.1 in both directions."""
