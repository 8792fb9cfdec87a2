"""Documentation says what is: commands exist, links lead somewhere, tables are complete."""

import configparser
import re
from pathlib import Path

import pytest

from aistudio_templates import errors
from aistudio_templates.cli.app import COMMANDS, run

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
README = (ROOT / "README.md").read_text()
COVERAGE = (ROOT / "docs" / "coverage.md").read_text()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_relative_links_lead_to_files(page: Path) -> None:
    prose = re.sub(r"```.*?```|`[^`]*`", "", page.read_text(), flags=re.DOTALL)
    for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", prose):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_mentioned_files_of_the_package_exist(page: Path) -> None:
    for target in re.findall(r"`(aistudio_templates/[\w/.-]+|tests/[\w/.-]+)`", page.read_text()):
        assert (ROOT / target).exists(), target


def test_the_first_screen_has_both_commands() -> None:
    first_screen = "\n".join(README.splitlines()[:50])
    assert "$ make rehearse" in first_screen
    assert "$ make test" in first_screen


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_in_the_text_exist(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in re.findall(r"(?:python cli\.py|`aistudio) (\w+)", page.read_text()):
        assert command in COMMANDS
        assert run([command, "--help"]) == 0
    capsys.readouterr()


def test_make_targets_in_the_readme_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"\$ make (\w+)", README)) <= targets
    assert targets == {
        *("help", "setup", "templates", "lint", "check", "test"),
        *("rehearse", "deploy", "benchmark", "clean"),
    }


def test_the_readme_lists_every_exit_code_of_the_error_tree() -> None:
    used = {
        value.exit_code
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, errors.AIStudioError)
    }
    listed = {int(code) for code in re.findall(r"^\| (\d+) \|", README, re.MULTILINE)}
    assert used <= listed
    assert listed == {0, 1, 2, 3, 4, 5, 6, 7, 8, 130}


def test_the_error_tree_is_drawn_complete() -> None:
    tree = errors.__doc__ or ""
    for name, value in vars(errors).items():
        if isinstance(value, type) and issubclass(value, errors.AIStudioError):
            assert name in tree


def test_every_dependency_is_justified() -> None:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    sections = [setup["options"]["install_requires"], *setup["options.extras_require"].values()]
    packages = {
        re.split(r"[\[<>=~!]", line.strip())[0]
        for section in sections
        for line in section.splitlines()
        if line.strip() and not line.strip().startswith("%")
    }
    justified = set(
        re.findall(
            r"^\| ([\w-]+) \|", (ROOT / "docs" / "dependencies.md").read_text(), re.MULTILINE
        )
    )
    assert packages - {""} <= justified


def test_every_known_defect_is_covered_once() -> None:
    rows = re.findall(r"^\| (\d+) \| [DSLXCM] \|", COVERAGE, re.MULTILINE)
    assert [int(row) for row in rows] == list(range(1, 65))


def test_every_known_defect_of_the_functions_is_covered_once() -> None:
    rows = re.findall(r"^\| b(\d+) \| [ABC] \|", COVERAGE, re.MULTILINE)
    assert [int(row) for row in rows] == list(range(1, 47))


def requirements() -> list[list[str]]:
    section = COVERAGE.split("## Requirements of the user")[1].split("\n## ")[0]
    rows = re.findall(r"^\| \d+ \|.*$", section, re.MULTILINE)
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def test_every_requirement_is_covered() -> None:
    assert {int(row[0]) for row in requirements()} == set(range(1, 24))


@pytest.mark.parametrize("row", requirements(), ids=lambda row: f"{row[0]} {row[1]}")
def test_module_resource_and_test_of_a_requirement_exist(row: list[str]) -> None:
    _, _, module, resource, test = row
    if module.startswith("later") and not resource:
        return
    for path in re.findall(r"`([\w/]+\.py)`", module):
        assert (ROOT / "aistudio_templates" / path).is_file(), path
    assert (ROOT / test.strip("`")).is_file(), test
    named = re.fullmatch(r"`(\w+)/(\w+)`", resource)
    if named:
        stack, logical_id = named.groups()
        files = (ROOT / "templates").glob(f"*/{stack}.yaml")
        assert any(re.search(rf"^  {logical_id}:$", f.read_text(), re.MULTILINE) for f in files)
    else:
        assert resource.startswith(("with ", "any ", "where ", "in ")), resource
