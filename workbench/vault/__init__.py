"""May, but never tells: the keyring, the network rules, the proxy and its certificate authority, in a process of its own.

control/ has the engine's end and the process (`client`, `process` on one side; `launch`, `program`, `assembly` on the other, `packets`
between them). keeping/ has the secrets at rest and in memory. proxy/ has what leaves the machine: `sandbox_proxy` for sandboxes,
`routes` for the engine, `policy` for what may pass, `substitution` and `redaction` for what becomes of secrets, `exchange` for one
request on its way.
"""
