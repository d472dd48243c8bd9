"""pyproject.toml, requirements.lock and environment.yml name the same packages."""

import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def locked() -> dict[str, str]:
    found = re.findall(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;\\]+)", LOCK, flags=re.MULTILINE)
    return {normal(name): version for name, version in found}


def numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version.split("+")[0]))


def test_every_package_is_locked_within_its_bounds():
    wanted = [*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["dev"]]
    versions = locked()
    for requirement in wanted:
        name, bounds = re.fullmatch(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?\s*(.*)", requirement).groups()
        assert normal(name) in versions, f"{name} is not in requirements.lock; run `make lock`"
        version = numbers(versions[normal(name)])
        for sign, limit in re.findall(r"(>=|<)\s*([0-9.]+)", bounds):
            enough = version >= numbers(limit) if sign == ">=" else version < numbers(limit)
            assert enough, (
                f"{name} {versions[normal(name)]} is locked, {requirement} is wanted; run `make lock`"
            )


def test_every_locked_package_has_a_hash():
    entries = [entry for entry in re.split(r"\n(?=[A-Za-z0-9])", LOCK) if "==" in entry]
    assert len(entries) == len(locked()) > 50
    assert all("--hash=sha256:" in entry for entry in entries)


def test_lock_names_no_host():
    assert "://" not in LOCK and "index-url" not in LOCK and "find-links" not in LOCK


def test_conda_takes_the_lock_and_a_python_that_the_project_allows():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    python = next(item for item in environment["dependencies"] if str(item).startswith("python="))
    version = numbers(python.split("=")[1])
    lower, upper = re.findall(r"[0-9.]+", PROJECT["project"]["requires-python"])
    assert numbers(lower) <= version < numbers(upper)
    pip = next(item["pip"] for item in environment["dependencies"] if isinstance(item, dict))
    assert pip == ["-r requirements.lock"]
    assert environment["name"] == PROJECT["project"]["name"]


def test_citation_and_changelog_know_the_version():
    version = PROJECT["project"]["version"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == version
    assert f"## {version}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
