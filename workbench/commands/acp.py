"""examples:
workbench acp                                  for an editor's settings: an agent of the Agent Client Protocol, on stdin and stdout
workbench acp --agent reviewer --mode plan     its sessions are of this agent, and begin in this mode
"""

from __future__ import annotations

import argparse
import asyncio
import sys

from workbench import settings
from workbench.client.app import Link
from workbench.commands import run as running
from workbench.commands import surface
from workbench.commands.editor.agent import EditorAgent
from workbench.commands.editor.wire import MOST_LINE_BYTES, Peer
from workbench.commands.surface import Json
from workbench.contracts import modes


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--agent", metavar="AGENT", help="id or name; a general one by default")
    parser.add_argument("--environment", metavar="ENV", help="id or name; a default one by default")
    parser.add_argument("--model", help="another model for its sessions; `offline` needs nothing")
    parser.add_argument("--mode", choices=list(modes.MODES), help="the permission mode in which sessions begin")
    parser.add_argument("--budget", metavar="USD", help="a hard ceiling of what each session may cost")


def run(options: argparse.Namespace) -> int:
    # Started before the editor waits for an answer; afterwards it is asked over its socket.
    surface.client()

    def begin(folder: str) -> Json:
        wanted = running.Wanted(
            agent=options.agent,
            environment=options.environment,
            model=options.model,
            mode=options.mode,
            budget=options.budget,
            project=folder,
        )
        return running.started(surface.client(), wanted, "")

    asyncio.run(_serve(EditorAgent(Link(settings.load().engine_socket), begin)))
    return 0


async def _serve(agent: EditorAgent) -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=MOST_LINE_BYTES)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    transport, protocol = await loop.connect_write_pipe(asyncio.streams.FlowControlMixin, sys.stdout)
    writer = asyncio.StreamWriter(transport, protocol, None, loop)
    agent.peer = Peer(reader, writer, agent.methods())
    await agent.peer.serve()
