"""An environment's own image: what it names is what its sessions work in, then and later."""

from __future__ import annotations

import asyncio
import contextlib
import io
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.hands.places import Notes, new_session, own_settings, podman, podman_only, real_hands
from workbench.contracts.values import Call, Outcome, Session
from workbench.events import new_id, text_of
from workbench.hands.podman.own_images import bases_of
from workbench.hands.sandboxes import Sandboxes

SOMEBODY_ELSES = """\
FROM localhost/workbench-base
RUN echo {mark} > /etc/mark && useradd somebody && rm -rf /workspace /run/sandbox /opt/runner /mnt/session
VOLUME /data
ENV ROLE=tester
HEALTHCHECK CMD false
USER somebody
ENTRYPOINT ["/bin/false"]
"""


def users_podman(*arguments: str, given: bytes = b"") -> str:
    """The user's own Podman, whose storage the workbench only reads."""
    done = subprocess.run(["podman", *arguments], input=given, capture_output=True, check=False, timeout=60)
    return done.stdout.decode().strip()


def forget(*names: str) -> None:
    """Remove these images whatever other names they have; every word is a whole name, as Podman takes a letter for an id."""
    for name in names:
        if image_id := podman("image", "inspect", "--format", "{{.Id}}", name):
            podman("rmi", "--force", image_id)


@contextlib.contextmanager
def a_reference() -> Iterator[str]:
    """A name that no other test has, gone with its image at the end."""
    name = f"localhost/{new_id('env').lower()}:1"
    try:
        yield name
    finally:
        forget(name)


def containerfile(folder: Path, text: str) -> Path:
    file = folder / f"{new_id('env')}.containerfile"
    file.write_text(text)
    return file


def session_in(*, image: str | None = None, file: Path | None = None, **packages: list[str]) -> Session:
    session = new_session()
    environment = {**session.environment, "packages": packages}
    return replace(session, environment=environment, image=image, containerfile=str(file) if file else None)


async def bash(hands: Sandboxes, session: Session, command: str) -> str:
    async with asyncio.timeout(60):
        return text_of((await hands.execute(session, Call(new_id("sevt"), "bash", {"command": command}))).content)


def provisioned(session: Session) -> tuple[Outcome, list[str]]:
    """What a session that begins is told, and what a person who waits is told."""

    async def story() -> Outcome:
        with own_settings() as settings:
            hands = real_hands(settings, notes)
            try:
                return await hands.provision(session)
            finally:
                await hands.release_all()
                await hands.close()

    notes = Notes()
    return asyncio.run(story()), notes.sentences


def refusal(session: Session) -> str:
    outcome, _ = provisioned(session)
    assert outcome.is_error
    return text_of(outcome.content)


@podman_only
def test_two_sessions_at_once_share_one_build_and_work_as_root_whatever_the_image_says_of_itself(
    tmp_path: Path,
) -> None:
    async def story() -> tuple[list[str], list[str]]:
        with own_settings() as settings:
            notes = Notes()
            hands = real_hands(settings, notes)
            file = containerfile(tmp_path, SOMEBODY_ELSES.format(mark=new_id("sevt")))
            sessions = [session_in(file=file) for _ in range(2)]
            command = 'id -u; echo "$ROLE"; wc -l < /etc/mark; pwd; touch a && ls; touch /x 2>&1 || true'
            said = await asyncio.gather(*(bash(hands, session, command) for session in sessions))
            images = [str(body["image"]) for body in notes.bodies("sandbox.started")]
            await hands.release_all()
            await hands.close()
            forget(images[0])
            assert f"The image of {file} is being built: STEP 6/7: USER somebody …" in notes.sentences
            return list(said), [
                sentence for sentence in notes.sentences if sentence.startswith("Building the image of ")
            ]

    said, builds = asyncio.run(story())
    works = "0\ntester\n1\n/workspace\na\ntouch: cannot touch '/x': Read-only file system"
    assert (said, len(builds)) == ([works, works], 1)


@podman_only
def test_a_name_that_moves_on_is_for_new_sessions_and_an_image_that_goes_is_an_error_for_those_that_had_it(
    tmp_path: Path,
) -> None:
    async def story(name: str) -> list[str]:
        with own_settings() as settings:
            notes = Notes()
            hands = real_hands(settings, notes)
            for mark in ("first", "second"):
                file = containerfile(tmp_path, f"FROM localhost/workbench-base\nRUN echo {mark} > /etc/mark\n")
                await bash(hands, session_in(file=file), "true")
            one, two = (str(body["image"]) for body in notes.bodies("sandbox.started"))
            old, new = session_in(image=name), session_in(image=name)
            podman("tag", one, name)
            said = [await bash(hands, old, "cat /etc/mark")]
            podman("tag", two, name)
            await hands.release(old.id)
            said += [await bash(hands, session, "cat /etc/mark") for session in (old, new)]
            await hands.release_all()
            forget(one, two)
            said.append(await bash(hands, old, "cat /etc/mark"))
            await hands.close()
            return [text.replace(old.id, "OLD") for text in said]

    with a_reference() as name:
        first, again, other, gone = asyncio.run(story(name))
    assert (first, again, other) == ("first", "first", "second")
    assert gone.startswith("The image that this session began with (localhost/workbench-own:")
    assert "run `workbench fork OLD`" in gone


@podman_only
def test_a_session_in_another_environment_has_that_ones_image_on_the_same_files_and_comes_back_to_the_first(
    tmp_path: Path,
) -> None:
    async def story() -> list[str]:
        with own_settings() as settings:
            notes = Notes()
            hands = real_hands(settings, notes)
            one, two = (
                containerfile(tmp_path, f"FROM localhost/workbench-base\nRUN echo {mark} > /etc/mark\n")
                for mark in ("one", "two")
            )
            first = session_in(file=one)
            in_two = replace(first, containerfile=str(two))
            plain = replace(first, containerfile=None)
            said = [await bash(hands, first, "cat /etc/mark; echo kept > file")]
            # The file is another one now: who is still in its environment keeps the image of then.
            one.write_text("FROM localhost/workbench-base\nRUN echo newer > /etc/mark\n")
            for session in (first, in_two, plain, in_two):
                await hands.release(session.id)
                said.append(await bash(hands, session, "echo $(cat file /etc/mark 2>&1)"))
            images = {str(body["image"]) for body in notes.bodies("sandbox.started")}
            await hands.release_all()
            await hands.close()
            forget(*(image for image in images if "workbench-own" in image))
            return said

    begun, kept, moved, plain, back = asyncio.run(story())
    assert (begun, kept, moved, back) == ("one", "kept one", "kept two", "kept two")
    assert plain.startswith("kept cat: /etc/mark: No such file")


@podman_only
def test_an_image_whose_registry_is_not_there_is_one_sentence_with_the_cure() -> None:
    outcome, sentences = provisioned(session_in(image="registry.invalid/x:1"))
    assert outcome.is_error
    said = text_of(outcome.content)
    assert said.startswith(
        "The image registry.invalid/x:1 is not on this machine and cannot be pulled: the registry cannot be reached: "
        "see that its name is right and the network is there, or `podman load` it, then try again. (Podman said: "
    )
    assert "Pulling the image registry.invalid/x:1 (once; at most 20 minutes) …" in sentences


@podman_only
def test_a_build_that_fails_says_its_last_words_and_that_it_copies_nothing(tmp_path: Path) -> None:
    failed = containerfile(tmp_path, "FROM localhost/workbench-base\nRUN echo why it fails >&2; exit 3\n")
    said = refusal(session_in(file=failed))
    assert said.startswith(f"The image of {failed} cannot be built: ")
    assert "why it fails" in said
    assert said.endswith("it is built alone, without the folder that it stands in.")
    assert 'building at STEP "COPY a /a"' in refusal(
        session_in(file=containerfile(tmp_path, "FROM localhost/workbench-base\nCOPY a /a\n"))
    )
    assert refusal(session_in(file=tmp_path / "gone")).startswith(f"The Containerfile {tmp_path}/gone cannot be read ")


@podman_only
def test_the_proxies_of_this_process_are_for_the_steps_of_a_build_and_stay_in_no_image_and_no_sandbox(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> tuple[str, str]:
        with own_settings() as settings:
            notes = Notes()
            hands = real_hands(settings, notes)
            # That a step has them is seen without a word of theirs, which the image's history would keep.
            steps = 'RUN test "${https_proxy#*:9}" = "" && test "${no_proxy#*.}" = example'
            file = containerfile(tmp_path, f"FROM localhost/workbench-base\n{steps}\n")
            said = await bash(hands, session_in(file=file), "env")
            [image] = [str(body["image"]) for body in notes.bodies("sandbox.started")]
            known = podman("image", "inspect", image)
            await hands.release_all()
            await hands.close()
            forget(image)
            return said, known

    monkeypatch.setenv("https_proxy", "http://me:secret@127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "secret.example")
    said, known = asyncio.run(story())
    assert "https_proxy=http://127.0.0.1:3128" in said
    assert '"Config"' in known
    assert "secret" not in said + known


@podman_only
def test_an_image_without_python_is_an_error_that_says_so() -> None:
    with a_reference() as name:
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as tar:
            tar.addfile(tarfile.TarInfo("empty"))
        podman("import", "-", name, given=archive.getvalue())
        assert "The image has no python3, which runs the tools inside;" in refusal(session_in(image=name))


@podman_only
def test_an_image_of_the_users_own_podman_is_copied_and_again_when_it_was_made_anew() -> None:
    def made(mark: str) -> None:
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as tar:
            tar.addfile(tarfile.TarInfo(mark))
        users_podman("import", "-", name, given=archive.getvalue())

    def copies() -> list[str]:
        said = provisioned(session_in(image=name))[1]
        return [sentence for sentence in said if sentence.startswith("Copying the image ")]

    with a_reference() as name:
        try:
            made("first")
            first = copies()
            assert users_podman("image", "inspect", "--format", "{{.Id}}", name) == podman(
                "image", "inspect", "--format", "{{.Id}}", name
            )
            again = copies()
            made("second")
            assert [len(first), len(again), len(copies())] == [1, 0, 1]
        finally:
            users_podman("rmi", "--force", name)


@podman_only
def test_packages_are_a_layer_on_an_own_image_of_debian_packages_and_an_error_on_another(tmp_path: Path) -> None:
    async def story(file: Path) -> str:
        with own_settings() as settings:
            hands = real_hands(settings, Notes())
            said = await bash(
                hands, session_in(file=file, apt=["tree"]), "tree --version | cut -d' ' -f1; cat /etc/mark"
            )
            await hands.release_all()
            await hands.close()
            return said

    ours = "FROM localhost/workbench-base\nRUN echo layered > /etc/mark\n"
    assert asyncio.run(story(containerfile(tmp_path, ours))) == "tree\nlayered"
    without = containerfile(tmp_path, f"{ours}RUN rm /usr/bin/apt-get\nUSER nobody\n")
    assert refusal(session_in(file=without, apt=["tree"])).startswith(
        "The environment's packages cannot be installed: the image is not made of Debian packages "
    )


def test_the_bases_of_a_containerfile_are_its_images_and_not_its_own_stages() -> None:
    text = "ARG X=y\nFROM --platform=linux/amd64 a.example/b:1 AS first\nfrom first\nFROM scratch as last\nFROM $X\nFROM localhost/c\n"
    assert bases_of(text) == ["a.example/b:1", "localhost/c"]
