"""What functions ask their environment for, held against what the stacks tell them."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from aistudio_templates.config import EnvironmentConfig
from support.environments import composed, stack

FUNCTIONS = Path(__file__).resolve().parents[3] / "aistudio_templates" / "functions"
DATABASE = {"DATABASE_NAME", "DATABASE_RESOURCE_ARN", "DATABASE_SECRET_ARN"}
EVERYWHERE = {"ENVIRONMENT", "DEAD_LETTER_QUEUE_URL", "MAX_RECEIVES"}
"""What every function, or the shared layer for it, may look at."""

OPENAI = {"embedding_provider": "openai", "embedding_secret_name": "aistudio/openai"}

FUNCTION_OF = {
    ("processing", "EmbeddingGenerator"): "embedding_generator",
    ("processing", "FileProcessor"): "file_processor",
    ("processing", "TextractProcessor"): "textract_processor",
    ("processing", "UrlProcessor"): "url_processor",
    ("documents", "StandardDocumentProcessor"): "document_processor",
    ("documents", "HighMemoryDocumentProcessor"): "document_processor",
    ("scheduler", "ScheduleExecutor"): "schedule_executor",
    ("email", "NotificationSender"): "notification_sender",
    ("email", "FeedbackProcessor"): "feedback_processor",
}

NOT_ASKED_FOR = {"HighMemoryDocumentProcessor": {"HIGH_MEMORY_QUEUE_URL", "LARGE_FILE_BYTES"}}
"""What the program asks for in another role only."""


def required_names(folder: Path) -> Iterator[str]:
    """Yield the arguments of all calls of ``required`` below a folder."""
    for path in folder.rglob("*.py"):
        tree = ast.parse(path.read_text())
        constants = {
            target.id: node.value
            for node in tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "required":
                for argument in call.args:
                    starred = argument.value if isinstance(argument, ast.Starred) else argument
                    name = starred.id if isinstance(starred, ast.Name) else ""
                    yield from ast.literal_eval(constants.get(name, ast.Tuple([starred])))


def told(name: str, function: str) -> set[str]:
    config = EnvironmentConfig.get("prod").override(processing=OPENAI)
    resource = stack(composed(config), name).get(f"{function}Function")
    return set(resource.properties["Environment"]["Variables"])


def source(folder: Path) -> str:
    return "\n".join(path.read_text() for path in sorted(folder.rglob("*.py")))


@pytest.mark.parametrize(("name", "function"), FUNCTION_OF)
def test_a_function_is_told_all_that_it_requires(name: str, function: str) -> None:
    folder = FUNCTIONS / FUNCTION_OF[name, function]
    asked = set(required_names(folder)) - NOT_ASKED_FOR.get(function, set())
    if "DataApi" in source(folder):
        asked |= DATABASE
    assert asked, "the function requires nothing: the test looks for the wrong thing"
    assert asked - told(name, function) == set()


@pytest.mark.parametrize(("name", "function"), FUNCTION_OF)
def test_a_function_is_told_nothing_that_it_does_not_use(name: str, function: str) -> None:
    text = source(FUNCTIONS / FUNCTION_OF[name, function])
    known = set(re.findall(r"\b[A-Z][A-Z0-9_]+\b", text)) | EVERYWHERE
    if "DataApi" in text:
        known |= DATABASE
    assert told(name, function) - known == set()


def test_every_function_of_these_stacks_is_looked_at() -> None:
    config = EnvironmentConfig.get("prod")
    found = {
        (name, title.removesuffix("Function"))
        for name in ("processing", "documents", "scheduler", "email")
        for title in stack(composed(config), name).of_type("AWS::Lambda::Function")
    }
    assert found == set(FUNCTION_OF)
