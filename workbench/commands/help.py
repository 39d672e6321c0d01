"""examples:
workbench help                                 the topics of the manual
workbench help permissions                     one page of it
workbench help run                             a page, or the help of a word of the command
workbench help sql | less
"""

from __future__ import annotations

import argparse

from workbench import docs
from workbench.commands import surface


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("topic", nargs="?", help="a topic of the manual, or a word of the command")
    surface.json_flag(parser)


def run(options: argparse.Namespace) -> int:
    topic: str | None = options.topic
    if topic is None:
        topics = {name: docs.summary(name) for name in docs.TOPICS}
        if options.json:
            surface.print_json(topics)
            return 0
        surface.out(surface.table([[name, what] for name, what in topics.items()], ["topic", "what it is about"]))
        surface.say("workbench help TOPIC shows one; workbench WORD --help has the examples of a word")
        return 0
    if topic in docs.TOPICS:
        text = docs.text(topic)
        surface.print_json({"topic": topic, "text": text}) if options.json else surface.out(text, end="")
        return 0
    surface.complain(f"there is no topic {topic!r}; there are {', '.join(docs.TOPICS)}")
    return 2
