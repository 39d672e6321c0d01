"""Where the base image comes from: the machine's own apt sources, one image for each recipe."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

from tests.hands.places import own_settings, podman_only
from workbench.hands.apt import Source, base_sources, sources
from workbench.hands.package_places import PackagePlaces, defaults_file, package_places
from workbench.hands.podman.connection import temporary_podman
from workbench.hands.podman.images import base_recipe, ensure_image

DEB822 = """\
# the distribution
Types: deb deb-src
URIs: http://archive.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian.gpg

Types: deb
Enabled: no
URIs: http://off.example/debian
Suites: bookworm
Components: main

Types: deb
URIs: https://third.example/apt
Suites: bookworm
Components: stable
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abc
"""
ONE_LINE = """\
deb http://archive.example/debian bookworm main # ours
# deb http://commented.example/debian bookworm main
deb-src http://archive.example/debian bookworm main
deb [arch=amd64 signed-by=/k.gpg] http://security.example/debian-security bookworm-security main
"""


def apt_folder(folder: Path) -> Path:
    (folder / "sources.list.d").mkdir(parents=True)
    (folder / "sources.list").write_text(ONE_LINE)
    (folder / "sources.list.d" / "debian.sources").write_text(DEB822)
    (folder / "sources.list.d" / "readme.txt").write_text("deb http://nobody.example bookworm main")
    return folder


def test_sources_of_both_formats_are_read_and_only_the_distributions_own_build_the_image(tmp_path: Path) -> None:
    components = ("main", "contrib")
    key = "/usr/share/keyrings/debian.gpg"
    assert base_sources(sources(apt_folder(tmp_path)), "bookworm") == [
        Source("http://archive.example/debian", "bookworm", ("main",)),
        Source("http://security.example/debian-security", "bookworm-security", ("main",), "/k.gpg"),
        Source("http://archive.example/debian", "bookworm", components, key),
        Source("http://archive.example/debian", "bookworm-updates", components, key),
    ]
    assert Source("http://a.example", "s", ("main",), "/k.gpg").line == "deb [signed-by=/k.gpg] http://a.example s main"


def test_package_hosts_are_those_that_this_machine_is_configured_with_and_no_others(tmp_path: Path) -> None:
    assert package_places({"HOME": str(tmp_path / "home")}, root=tmp_path) == PackagePlaces()
    apt_folder(tmp_path / "etc" / "apt")
    (tmp_path / "etc" / "pip.conf").write_text(
        "[global]\nindex-url = https://Pip.Example/simple\nfind-links = /opt/wheels\n"
    )
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / ".npmrc").write_text(
        "registry=https://npm.example/\n@ours:registry=https://ours.example/npm\n"
    )
    environ = {"HOME": str(tmp_path / "home"), "PIP_INDEX_URL": "https://user:secret@env.example/simple"}
    places = package_places(environ, root=tmp_path)
    debian = ("archive.example", "security.example", "third.example")
    assert places.hosts == (*debian, "env.example", "pip.example", "npm.example", "ours.example")
    assert set(places.plain_http) <= set(debian)
    # As a sandbox may see them: without the login.
    assert dict(places.variables) == {
        "PIP_INDEX_URL": "https://env.example/simple",
        "npm_config_registry": "https://npm.example/",
        "YARN_REGISTRY": "https://npm.example/",
        "YARN_NPM_REGISTRY_SERVER": "https://npm.example/",
        "COREPACK_NPM_REGISTRY": "https://npm.example",
        "COREPACK_ENABLE_DOWNLOAD_PROMPT": "0",
    }


def test_yarn_asks_npms_registry_also_where_only_the_image_names_one(tmp_path: Path) -> None:
    with own_settings() as usual:
        settings = replace(usual, data=tmp_path)
        known = {"urls": ["https://pip.example/simple", "https://npm.example/"], "npm": "https://npm.example/"}
        defaults_file(settings, "localhost/workbench-base:1").write_text(json.dumps(known))
        (tmp_path / "images" / "places-broken.json").write_text("[")
        places = package_places({"HOME": str(tmp_path / "home")}, settings, root=tmp_path)
    assert places.hosts == ("npm.example", "pip.example")
    assert dict(places.variables)["YARN_REGISTRY"] == "https://npm.example/"


def test_another_package_list_is_another_image() -> None:
    recipe = base_recipe()
    assert replace(recipe, packages=(*recipe.packages, "tmux")).reference != recipe.reference
    assert base_recipe() == recipe


@podman_only
def test_concurrent_callers_get_one_image() -> None:
    async def story() -> list[str]:
        with own_settings() as settings:
            async with temporary_podman(settings) as podman:
                return list(await asyncio.gather(*(ensure_image(podman, lambda _: None) for _ in range(3))))

    assert asyncio.run(story()) == [base_recipe().reference] * 3
