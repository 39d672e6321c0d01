"""Claude Managed Agents on your own machine: many agent sessions, each in its own container, one log of it all.

The map:

```
workbench/
  __init__.py      the map you are reading
  __main__.py      `python -m workbench`
  bin/             the `workbench` command as it is installed: Python, isolated
  start.py         starts Python processes that import only what is installed
  cli.py           the `workbench` command: its words, options and exit codes; imports late, so that it answers at once
  commands/        what each word of the command does
  setup.py         from a bare machine to a running demo or a green test run; standard library only
  settings.py      where things are (XDG), endpoints, limits: one frozen value
  model_names.py   what the name of a model says
  prices.py        what model requests cost
  saved.py         saved questions of the log, for the SQL screen and the command line
  text.py          words of agents and tools as text for a terminal
  signs.py         signs that hide, or steer a terminal, made visible
  text_lines.py    lines as files have them
  amounts.py       amounts in dollars as people write them
  moments.py       moments as this program makes and writes them
  strict_json.py   JSON that everybody can read: finite numbers, whole text, bounded depth
  events.py        what can happen: the Managed Agents events under short names; parse, dump, new ids
  contracts/       what the rooms promise each other: Protocols of at most six methods, and a few small values
  outside.py       the engine's side of its vault: what it decides is recorded, and where models are reached through it
  engine.py        puts the rooms together: what clients can do with sessions, and what follows from it
  collecting.py    collects cyclic garbage when nobody waits for it
  work.py          one task for each session at work: wake, interrupt, recover
  audience.py      who listens to a session, and what was sent while nobody did
  newcomers.py     sessions in which nothing happened yet, told to people beside the others
  workspaces.py    what a person does with a session's files and history: changes, diff, apply, fork, rewind
  console.py       a person's own commands in a session's sandbox
  remembering.py   what a person and a session do with memory stores
  session_ways.py  what each session's sandbox may reach, and what stands there in place of its secrets
  belongings.py    what a session has been given besides its agent, and changing it
  cloning.py       clones a session's repositories into its sandbox
  tokens.py        takes repositories' tokens out of requests and into the vault
  redacting.py     takes a session's secrets out of what its tools give
  serving.py       MCP servers that run in a session's own sandbox, which is prepared for them as for its tools
  importing.py     sessions of elsewhere, taken in as finished history
  dreams/          dreams put together: records, life, a model's wording, review, schedule
  history.py       where a session's log rests, and the same log under new ids (pure)
  checkpointed.py  the log as the brain gets it: a checkpoint of the files at each rest
  log/             what happened: the journal, the DuckDB file behind it, one writer, inbox and log, views, people's SQL
  catalog/         agents, environments, sessions: documents, checked and resolved as the public API says
  brain/           decides: loop, context and compaction (pure), model, gate (permissions; pure), tools, the offline model
  hands/           does: sandboxes, images, the runner's other end, egress; reads, applies and keeps what they changed
  vault/           may, but never tells: placeholders; the keyring, the proxy and its authority in a process of their own
  memory/          remembers: what stores hold, the same in folders, mined from the log, dreamt
  api/             the engine over HTTP, one file per noun, named as in the public API
  bench/           measures this installation: ratios side by side in one run
  replies.py       whether an engine answers, what, and how it refuses
  client.py        the engine from outside, over its socket; used by the command line and the terminal app
  tui/             the terminal app: a client of the engine and of nothing else
sandboxes/         what runs inside: the base image, the runner (standard library only)
tests/             how we know; mirrors workbench/; nightly/ holds long runs by chance
snapshots/         what it looks like: pictures of the terminal app
```

Imports point downward only: cli → commands → tui | api → engine → brain | hands | vault | catalog | log | memory →
contracts → events | settings | text. `tui` imports `client` and nothing of the engine.
Rooms never import rooms; they meet in `engine.py`. Each vendor has one door: duckdb in `log/`, podman in `hands/`,
starlette and uvicorn in `api/`, textual in `tui/`, anthropic in `events.py` (types) and `brain/` (calls).
"""
