"""What importing costs and does; the walls between rooms are import-linter's business."""

import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import aistudio_templates

ROOT = Path(__file__).resolve().parents[2]

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(aistudio_templates.__path__, "aistudio_templates.")
    if ".functions." not in module.name
)

AUDIT = """
import importlib, os, sys
modules = sys.argv[1:]
watched = []
def audit(event, arguments):
    if event in ("socket.connect", "subprocess.Popen", "os.system"):
        watched.append((event, arguments))
    if event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
        watched.append((event, arguments))
sys.addaudithook(audit)
for module in modules:
    importlib.import_module(module)
print(watched)
"""


def test_importing_any_module_touches_no_network_process_or_file() -> None:
    result = subprocess.run(
        [sys.executable, "-B", "-c", AUDIT, *MODULES],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.strip() == "[]"


def loaded_by(*arguments: str) -> set[str]:
    """Return the top-level packages that a run of the command line imports."""
    script = (
        "import sys\n"
        "from aistudio_templates.cli.app import run\n"
        f"run({list(arguments)!r})\n"
        "print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(result.stderr.splitlines()[-1].split())


@pytest.mark.parametrize("arguments", [["--help"], ["deploy", "--help"], ["--version"]])
def test_help_loads_no_heavy_package(arguments: list[str]) -> None:
    heavy = {"boto3", "botocore", "troposphere", "awacs", "cfnlint", "pydantic", "yaml", "rich"}
    assert loaded_by(*arguments) & heavy == set()


def test_building_loads_no_aws_client() -> None:
    assert loaded_by("build", "--check") & {"boto3", "botocore", "cfnlint", "rich"} == set()


def test_public_names_are_sorted_and_there() -> None:
    names = aistudio_templates.__all__
    assert names == sorted(names)
    for name in names:
        assert getattr(aistudio_templates, name) is not None
    with pytest.raises(AttributeError, match="nonsense"):
        _ = aistudio_templates.nonsense
