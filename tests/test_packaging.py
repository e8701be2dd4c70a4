"""What is shipped: no secrets, every package pinned, and a container that is limited and looked after."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

import pathspec
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
DOCKERFILE = (ROOT / "Dockerfile").read_text()


def requirements(name: str) -> list[Requirement]:
    lines = (ROOT / name).read_text().splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith(("-", "#"))]


@pytest.mark.parametrize("file", [".gitignore", ".dockerignore"])
@pytest.mark.parametrize("secret", [".streamlit/secrets.toml", ".env", "key.pem", "server.key"])
def test_secrets_go_neither_into_git_nor_into_the_image(file: str, secret: str) -> None:
    ignored = pathspec.GitIgnoreSpec.from_lines((ROOT / file).read_text().splitlines())
    assert ignored.match_file(secret)
    assert not ignored.match_file(".streamlit/config.toml")


def test_every_package_that_is_brought_along_is_pinned() -> None:
    assert "-c constraints.txt" in (ROOT / "requirements.txt").read_text().splitlines()
    pinned = {canonicalize_name(pin.name): pin for pin in requirements("constraints.txt")}
    waiting = [*requirements("requirements.txt"), *requirements("requirements-dev.txt")]
    seen: set[tuple[str, str]] = set()
    while waiting:
        wanted = waiting.pop()
        pin = pinned[canonicalize_name(wanted.name)]
        assert re.fullmatch(r"==[^,*]+", str(pin.specifier)), pin
        assert wanted.specifier.contains(str(pin.specifier)[2:], prereleases=True), (wanted, pin)
        for extra in wanted.extras or {""}:
            if (wanted.name, extra) in seen:
                continue
            seen.add((wanted.name, extra))
            further = map(Requirement, metadata.requires(wanted.name) or ())
            waiting += [one for one in further if one.marker is None or one.marker.evaluate({"extra": extra})]


def test_the_image_is_pinned_looked_after_and_runs_as_nobody_special() -> None:
    assert re.search(r"^ARG BASE=python:\d+\.\d+\.\d+-slim-\w+$", DOCKERFILE, re.MULTILINE)
    assert re.search(r"^COPY .*constraints\.txt", DOCKERFILE, re.MULTILINE)
    assert not re.search(r"^COPY (\.|\.streamlit/?) ", DOCKERFILE, re.MULTILINE)
    assert "libgomp1" in DOCKERFILE  # LightGBM needs the system's OpenMP, which a slim image lacks
    assert "/_stcore/health" in DOCKERFILE[DOCKERFILE.index("HEALTHCHECK") :]
    users = re.findall(r"^USER (\S+)$", DOCKERFILE, re.MULTILINE)
    assert users
    assert int(users[-1]) > 0


def test_each_service_has_a_limit_and_only_the_app_can_be_reached() -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    for name, service in services.items():
        assert service["deploy"]["resources"]["limits"]["memory"], name
        assert name == "app" or service["healthcheck"], name  # the app's is the image's
        assert name == "app" or service["networks"] == ["cluster"], name
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", [])), name
