"""Programs of workflow runs: what they may be, what they give, and that hostile ones end in words that name their own line."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest

from workbench.contracts.workflows import AgentAnswer, AgentCall, ProgramFault
from workbench.workflows import evaluate
from workbench.workflows.language import checked
from workbench.workflows.processes import ProgramProcesses


@dataclass
class Answers:
    """A host whose agents answer by their prompts, in an order that is turned around."""

    wrong: frozenset[str] = frozenset()
    calls: list[AgentCall] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    backwards: bool = False

    async def agent(self, call: AgentCall) -> AgentAnswer:
        self.calls.append(call)
        for _ in range(100 - len(self.calls) if self.backwards else len(self.calls)):
            await asyncio.sleep(0)
        if call.prompt in self.wrong:
            return AgentAnswer(error="it failed")
        return AgentAnswer({"n": len(call.prompt)} if call.schema else call.prompt.upper())

    async def phase(self, name: str) -> None:
        self.said.append(f"phase {name}")

    async def log(self, text: str) -> None:
        self.said.append(text)


def result(text: str, args: Any = None, host: Answers | None = None) -> Any:
    checked(text)
    return asyncio.run(evaluate.run(text, args, host or Answers()))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("result = 1 + 2 * 3 ** 2 - 7 // 2 % 5", 16),
        ("result = [x * x for x in range(5) if x % 2]", [1, 9]),
        ("result = {k: v for k, v in zip('ab', (1, 2))}", {"a": 1, "b": 2}),
        ("def f(n, d=1):\n    return d if n < 1 else n * f(n - 1)\nresult = f(5)", 120),
        ("a, *b = [1, 2], 3\nresult = 1", None),
        (
            "x = 0\nwhile True:\n    x += 1\n    if x == 3:\n        continue\n    if x > 5:\n        break\nresult = x",
            6,
        ),
        ("try:\n    x = {}['a']\nexcept KeyError as e:\n    result = e", "there is no key 'a'"),
        (
            "try:\n    raise ValueError('so')\nexcept Exception as e:\n    result = f'{e!r:>6}|{3.14159:.2f}'",
            "  'so'|3.14",
        ),
        ("result = ', '.join(sorted(['b', 'a'], key=lambda s: s.upper())).title()", "A, B"),
        ("result = max([{'n': 1}, {'n': 3}], key=lambda d: d['n'])['n']", 3),
        (
            "d = {'a': [1]}\nd['a'].append(2)\nd['b'] = len(d['a'])\nresult = sorted(d.items())",
            [("a", [1, 2]), ("b", 2)],
        ),
        ("result = 'x' if isinstance(args, dict) and not args.get('no') else 'y'", "y"),
        ("result = [a for a in (1, 2, 3)][-1:] + [1 < 2 < 3, 4 in (1, 2)]", [3, True, False]),
        ("s = {1, 2}\ns.add(3)\nassert len(s) == 3, 'three'\nresult = sum(s)", 6),
    ],
)
def test_the_language_is_python_as_far_as_it_goes(text: str, expected: Any) -> None:
    if expected is None:
        with pytest.raises(ProgramFault, match="line 1"):
            result(text)
    else:
        assert result(text) == expected


HOSTILE = [
    ("import os", "line 1: a program imports nothing"),
    ("x = 1\nfrom os import path", "line 2: a program imports nothing"),
    ("class A: pass", "no classes"),
    ("x = ().__class__", "no attribute '__class__'"),
    ("x = 'a'.__len__()", "no attribute '__len__'"),
    ("__builtins__", "begins with _"),
    ("result = open('/etc/passwd')", "no variable 'open'"),
    ("result = eval('1')", "no variable 'eval'"),
    ("result = getattr('a', 'b')", "no variable 'getattr'"),
    ("result = '{0.x}'.format(1)", "no method 'format'"),
    ("result = 'a'.encode()", "no method 'encode'"),
    ("x = len\nresult = x.name", "can only be called"),
    ("result = '%999999999d' % 1", "f-strings"),
    ("result = f'{1:999999999}'", "not one that programs have"),
    ("while True:\n    pass", "line [12]: it took more than 1000000 steps"),
    ("x = 'a'\nwhile True:\n    x = x + x", "line 3: it made more than 16777216 bytes"),
    ("result = 'a' * 17000000", "line 1: it made more than"),
    ("result = [0] * 10 ** 9", "line 1: it made more than"),
    ("result = 9 ** 9 ** 9", "exponent|bits"),
    ("x = 2\nwhile True:\n    x = x * x", "4096 bits"),
    ("result = range(10 ** 9)", "line 1: it made more than"),
    ("result = 'a'.replace('a', 'b' * 9000).replace('b', 'c' * 9000)", "line 1: it made more than"),
    ("result = ','.join(['a' * 9000] * 9000)", "line 1: it made more than"),
    ("def f():\n    return f()\nf()", "line [23]: functions call each other more than 50 deep"),
    ("result = " + "-" * 400 + "1", "nested too deeply"),
    ("try:\n    while True:\n        pass\nexcept Exception:\n    result = 1", "steps"),
    ("async def f(): pass", "no async"),
    ("global x", "no global"),
    ("with x: pass", "no with"),
    ("result = (yield)", "no yield"),
    ("agent = 1", "cannot be assigned"),
    ("x = parallel\nx([1])", "line 1: parallel can only be called"),
    ("for x in [1]:\n    phase('a')", "line 2: phase stands at the top level"),
    ("phase('a')\nphase('a')", "line 2: the phase 'a' was there already"),
    ("return 1", "line 1"),
    ("result = 1 +", "line 1: invalid syntax"),
    ("x = 1\nresult = x[0]", "line 2: int has no items"),
    ("result = missing", "line 1: there is no variable 'missing'"),
    ("agent('')", "line 1: agent takes a prompt"),
    ("agent('x', colour='red')", "line 1: agent takes prompt"),
]


@pytest.mark.parametrize(("text", "words"), HOSTILE)
def test_what_a_program_may_not_is_said_in_its_own_line(text: str, words: str) -> None:
    with pytest.raises(ProgramFault, match=words):
        result(text)


def test_agents_run_side_by_side_and_their_results_are_in_order() -> None:
    text = """
phase('read')
found = parallel([agent(f'look at {x}') for x in args])
phase('write')
def check(x):
    return agent('check ' + x, schema={'type': 'object'})
def both(x):
    return x['n'] + 1
result = found + pipeline(args, check, both)
log('done')
"""
    host = Answers()
    assert result(text, ["a", "b"], host) == ["LOOK AT A", "LOOK AT B", 8, 8]
    assert host.said == ["phase read", "phase write", "done"]
    assert checked(text).phases == ("read", "write")


def test_a_failed_agent_stops_the_program_or_is_skipped_or_caught() -> None:
    host = Answers(frozenset({"b"}))
    assert result("result = parallel([agent(x, on_error='skip') for x in 'abc'])", None, host) == ["A", None, "C"]
    with pytest.raises(ProgramFault, match="line 2: an agent failed: it failed"):
        result("x = 1\nagent('b')", None, host)
    assert (
        result("try:\n    agent('b')\nexcept AgentError as e:\n    result = e", None, host)
        == "an agent failed: it failed"
    )


def test_the_place_of_an_agent_is_the_same_whatever_order_things_happen_in() -> None:
    text = """
def two(x):
    return [agent('same'), agent('same'), agent(x)]
result = parallel([two(x) for x in args]) + pipeline(args, lambda x: agent('once ' + x))
for x in args:
    agent('same')
"""
    forward, backward = Answers(), Answers(backwards=True)
    result(text, [str(number) for number in range(12)], forward)
    result(text, [str(number) for number in range(12)], backward)
    places = [call.place for call in forward.calls]
    assert len(set(places)) == len(places) == 12 * 5
    assert set(places) == {call.place for call in backward.calls}


def test_a_program_runs_in_a_process_that_can_open_nothing() -> None:
    async def story() -> None:
        programs, host = ProgramProcesses(), Answers()
        text = "phase('one')\nfound = parallel([agent(x) for x in args])\nresult = {'found': found}"
        assert await programs.run(programs.checked(text), ["a", "b"], host) == {"found": ["A", "B"]}
        assert [call.phase for call in host.calls] == ["one", "one"]
        with pytest.raises(ProgramFault, match="line 1: there is no variable 'x'"):
            await programs.run(programs.checked("result = x"), None, host)
        with pytest.raises(ProgramFault, match=r"16777216 bytes|more memory"):
            await programs.run(programs.checked("result = [[0] * 1000 for x in range(100000)]"), None, host)

    asyncio.run(story())
