"""Two sessions on one file and a person who edits it between: every change comes, none is taken back, and a conflict is shown."""

from __future__ import annotations

import shutil

import pytest

from tests.hands.places import podman_only
from tests.line.installation import installation
from tests.line.test_git import _repository, git
from tests.line.test_projects import _ran, _wrote

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")

NUMBERS = "".join(f"number {number}\n" for number in range(1, 31))


def _sed(old: int, new: str) -> str:
    return f"sed -i 's/^number {old}$/{new}/' shared"


@podman_only
def test_two_sessions_on_one_file_and_their_user_all_keep_what_they_changed() -> None:
    script = [
        *_wrote("First.", _sed(5, "first") + "; echo new > made"),
        *_wrote("Second.", _sed(25, "second")),
        *_wrote("Third.", _sed(15, "third") + "; git commit -qam 'agent: third'"),
    ]
    with installation(script) as here:
        project = _repository(here)
        (project / "shared").write_text(NUMBERS)
        git(project, "commit", "--quiet", "-am", "numbers")
        first, second, third = (_ran(here, "-C", str(project), "go") for _ in range(3))
        assert here.told("apply", "-y", first).splitlines() == ["A   made", "M   shared"]
        mine = NUMBERS.replace("number 5\n", "first\n").replace("number 10\n", "number 10\nmine\n")
        (project / "shared").write_text(mine)

        # Only what the session changed is its diff, and it applies to what is there by now.
        lines = here.told("diff", second).splitlines()
        assert [line for line in lines if line[:1] in "+-" and line[:3] not in ("+++", "---")] == [
            "-number 25",
            "+second",
        ]
        assert "M   shared   merged with your changes" in here.told("diff", "--stat", second)
        here.told("apply", "-y", second)
        both = mine.replace("number 25\n", "second\n")
        assert ((project / "shared").read_text(), here.told("diff", second)) == (both, "")
        assert git(project, "status", "--porcelain") == " M shared\n?? made\n"
        assert git(project, "diff", "--numstat") == "3\t2\tshared\n"

        # A branch that is merged by hand leaves nothing to apply, also where its user goes on with the lines.
        here.told("branch", third, "third")
        git(project, "add", "--all")
        git(project, "commit", "--quiet", "-m", "mine")
        git(project, "merge", "--quiet", "-m", "merged", "third")
        (project / "shared").write_text((project / "shared").read_text().replace("third\n", "third, and mine\n"))
        assert here.told("diff", third) == ""

        # What a stash has taken away comes again.
        git(project, "reset", "--quiet", "--hard", "HEAD~1")
        git(project, "reset", "--quiet", "HEAD~1")
        git(project, "stash", "--include-untracked")
        assert (project / "shared").read_text() == NUMBERS
        assert "+second" in here.told("diff", "--applied", second)
        here.told("apply", "-y", "--again", second)
        here.told("apply", "-y", "--again", first)
        text = NUMBERS.replace("number 5\n", "first\n").replace("number 25\n", "second\n")
        assert ((project / "shared").read_text(), (project / "made").read_text()) == (text, "new\n")


@podman_only
def test_lines_in_conflict_are_shown_and_wait_for_a_person_and_so_does_a_merge_in_the_middle() -> None:
    with installation(_wrote("First.", _sed(5, "first") + "; " + _sed(25, "first too"))) as here:
        project = _repository(here)
        (project / "shared").write_text(NUMBERS)
        git(project, "commit", "--quiet", "-am", "numbers")
        session = _ran(here, "-C", str(project), "go")
        mine = NUMBERS.replace("number 5\n", "mine\n")
        (project / "shared").write_text(mine)
        refused = here.say("apply", "-y", session)
        assert refused.code == 2
        for said in ("<<<<<<< yours", "mine", "first", ">>>>>>> the session's", "--take mine, theirs or markers"):
            assert said in refused.err
        assert (project / "shared").read_text() == mine
        assert "! shared   in conflict with your changes" in here.told("diff", "--stat", session)
        (project / ".git" / "MERGE_HEAD").write_text(git(project, "rev-parse", "HEAD"))
        merging = here.say("commit", "-y", session)
        assert (merging.code, "is in the middle of a merge, which git commits as a whole" in merging.err) == (2, True)
        assert (project / "shared").read_text() == mine
        (project / ".git" / "MERGE_HEAD").unlink()
        # What has markers in it, no commit of ours takes.
        assert here.say("commit", "-y", "--take", "markers", session).code == 2
        assert (project / "shared").read_text() == mine
        here.told("commit", "-y", "--take", "mine", "-m", "Both", session)
        assert (project / "shared").read_text() == mine.replace("number 25\n", "first too\n")
        assert git(project, "log", "--format=%s").splitlines() == ["Both", "numbers", "first"]
        assert (git(project, "status", "--porcelain"), here.told("diff", session)) == ("", "")
