"""Claude Managed Agents on your own machine: many agent sessions, each in its own container, one log of it all.

The map:

```
workbench/
  __init__.py      the map you are reading, and the version
  __main__.py      `python -m workbench`
  bin/             the `workbench` command as it is installed: Python, isolated
  start.py         starts Python processes that import only what is installed
  cli.py           the `workbench` command: its words, options and exit codes; imports late, so that it answers at once
  setup.py         from a bare machine to a running demo or a green test run; standard library only
  checks.py        what its test command runs
  settings/        where things are (XDG), endpoints, limits: one frozen value, and how the file is read
  events.py        what can happen: the Managed Agents events under short names; parse, dump, new ids
  clock.py         moments as this program makes and writes them
  pricing.py       what model requests cost
  model_names.py   what the name of a model says: family, version, abilities
  light/           packages of others at less than their usual price: late_names (the SDK's modules, each when it is asked for) · unix_http
  skills/          skills as folders and archives: format, faults by file and line, packing
  text/            text on its way to a terminal or a file: hidden signs named, lines, strict JSON · full_text/, words looked for
  contracts/       what the rooms promise each other: Protocols, small values; each tool and each fact once
  engine/          puts the rooms together; the only package that imports them all
                   process (start to stop) · sessions · tasks · feed · resources · network · egress · workspaces · imports
                   wrappers/ around hands and log · dreams/ · teams/ (threads, workflow runs, reviews, talks) · automation/
                    (deployments, triggers/, webhooks, notices, limits) · work/ (queue and leases of self-hosted environments) · telemetry/ (spans for OpenTelemetry)
  log/             journal/ · store/ (schema, views, macros, the part in memory) · full_text/ (the index) · asking/ (people's SQL) · checkpoints (what a wake need not read again)
  catalog/         agents, environments, sessions, vaults …: documents, checked and resolved as the public API says
  brain/           decides: loop, context and compaction (pure), turns, calls · outcomes/ (with their grader) · teams/ · acp/ (turns of agents of others)
  models/          endpoints, streams, faults; offline/, the model made of rules
  permissions/     whether a call may run: policies, people's rules, the bash grammar, the judgement
  hands/           does: sandboxes behind backend.py · podman/ · process/ · files/ · git/ · mcp/ · acp/ (agents of others) · conformance/
  vault/           may, but never tells: proxy/ · keeping/ · control/
  web/             the web's tools: addresses, pages, searches
  extraction/      the text worker: HTML, PDF and pictures of strangers, read in processes that are closed off
  workflows/       programs of workflow runs: their language, checked as a tree, and the closed process that runs them
  confined/        how a process closes itself off before it sees what a stranger made
  memory/          remembers: stores/ · reading/ (own words, one data file a language) · dreaming/
  api/             the engine over HTTP, one file per noun, named as in the public API
  client/          the engine from outside: errors, streams, requests; used by the command line and the terminal app
  commands/        what each word of the command does
  bench/           measures this installation: ratios side by side in one run
  tui/             the terminal app: config/ · state/ · render/ · widgets/ · screens/; a client of the engine and of nothing else
  docs/            the manual: `workbench help TOPIC` and F1 show it
sandboxes/         what runs inside: the base image, the runner (standard library only), environments; agents/ by trade, with skills
tests/             how we know; mirrors workbench/; nightly/ holds long runs by chance
snapshots/         what it looks like: pictures of the terminal app
findings/          surprises about other people's tools, one script each; never in continuous integration
```

Imports point downward only: cli → commands → tui | bench → api | client → engine → rooms → contracts → events | settings → the
small modules. Rooms (brain, models, permissions, hands, catalog, log, memory, vault, web, extraction, workflows) never import rooms. Each package of others has
its doors, which pyproject.toml lists; tests plant a violation of every contract.
"""

__version__ = "0.1.0"
