"""The rendered set of one environment, read from disk and checked against its manifest.

Pure but for reading the files: what is deployed is what the manifest's hashes promise,
byte for byte.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aistudio_templates import names
from aistudio_templates.errors import (
    ConfigError,
    StaleTemplatesError,
    TemplateError,
    TemplateLimitError,
    valid_choices,
)

SCHEMA_VERSION = 1
"""The manifest's shape that this module reads."""

MAX_TEMPLATE_BYTES = 1_000_000
"""Largest template that CloudFormation reads from S3, in bytes.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/
cloudformation-limits.html
"""

_RENDER = "run `make templates`"


@dataclass(frozen=True)
class OutputRef:
    """An output of a nested stack."""

    stack: str
    output: str


@dataclass(frozen=True)
class StackEntry:
    """One nested stack of the set.

    Attributes:
        name: Such as ``database``.
        logical_id: Its logical id in the root: ``Database``.
        body: The template file's bytes.
        sha256: Hash of ``body``, in hexadecimal.
        depends_on: Names of the stacks whose outputs it takes.
        inputs: The output behind each of its parameters.
        outputs: Names of its own outputs.
    """

    name: str
    logical_id: str
    body: bytes
    sha256: str
    depends_on: tuple[str, ...]
    inputs: Mapping[str, OutputRef]
    outputs: tuple[str, ...]

    @property
    def key(self) -> str:
        """The template's content-addressed S3 key."""
        return names.template_key(self.sha256)


@dataclass(frozen=True)
class AssetEntry:
    """A function's code: its name, source digest and S3 key."""

    name: str
    digest: str
    key: str


@dataclass(frozen=True)
class TemplateSet:
    """The files of one environment, and what the manifest says of them."""

    directory: Path
    environment: str
    root_stack: str
    root_file: str
    root_body: bytes
    stacks: Mapping[str, StackEntry]
    assets: Mapping[str, AssetEntry]
    tags: Mapping[str, str]

    def stack(self, name: str) -> StackEntry:
        """Return a stack by name.

        Raises:
            ConfigError: The set has no such stack; the hint lists those it has.
        """
        try:
            return self.stacks[name]
        except KeyError as error:
            raise ConfigError(
                f"{self.directory}: has no stack {name!r}", valid_choices(name, self.stacks)
            ) from error


def read_template_set(directory: Path) -> TemplateSet:
    """Read ``templates/<env>`` and check every file against the manifest.

    Raises:
        TemplateError: A file is missing, unreadable, not JSON, or of another version.
        StaleTemplatesError: A file's hash is not the manifest's.
        TemplateLimitError: A template is larger than CloudFormation reads.
    """
    path = directory / names.MANIFEST_FILE
    manifest = _manifest(path)
    try:
        return TemplateSet(
            directory=directory,
            environment=manifest["environment"],
            root_stack=manifest["rootStack"],
            root_file=manifest["root"]["file"],
            root_body=_checked(directory, manifest["root"]),
            stacks={
                name: _stack(directory, name, entry) for name, entry in manifest["stacks"].items()
            },
            assets={
                name: AssetEntry(name, entry["digest"], entry["key"])
                for name, entry in manifest["assets"].items()
            },
            tags=dict(manifest["tags"]),
        )
    except KeyError as error:
        raise TemplateError(f"{path}: key {error.args[0]!r} is missing", _RENDER) from error
    except (TypeError, AttributeError) as error:
        raise TemplateError(f"{path}: has a value of the wrong type: {error}", _RENDER) from error


def _manifest(path: Path) -> dict[str, Any]:
    try:
        manifest = json.loads(_read(path))
    except ValueError as error:
        raise TemplateError(f"{path}: is not JSON: {error}", _RENDER) from error
    if not isinstance(manifest, dict):
        raise TemplateError(f"{path}: is not a JSON object", _RENDER)
    version = manifest.get("schemaVersion")
    if version != SCHEMA_VERSION:
        raise TemplateError(
            f"{path}: schemaVersion is {version!r}, this version reads {SCHEMA_VERSION}",
            f"{_RENDER} with this version of the package",
        )
    return manifest


def _stack(directory: Path, name: str, entry: Mapping[str, Any]) -> StackEntry:
    return StackEntry(
        name=name,
        logical_id=entry["logicalId"],
        body=_checked(directory, entry),
        sha256=entry["sha256"],
        depends_on=tuple(entry["dependsOn"]),
        inputs={
            parameter: OutputRef(source["stack"], source["output"])
            for parameter, source in entry["inputs"].items()
        },
        outputs=tuple(entry["outputs"]),
    )


def _checked(directory: Path, entry: Mapping[str, Any]) -> bytes:
    file = entry["file"]
    if Path(file).name != file:
        raise TemplateError(
            f"{directory / names.MANIFEST_FILE}: file {file!r} is not a plain file name", _RENDER
        )
    path = directory / file
    body = _read(path)
    if hashlib.sha256(body).hexdigest() != entry["sha256"]:
        raise StaleTemplatesError(f"{path}: differs from its hash in the manifest", _RENDER)
    if len(body) > MAX_TEMPLATE_BYTES:
        raise TemplateLimitError(
            f"{path}: has {len(body):,} bytes, CloudFormation reads {MAX_TEMPLATE_BYTES:,}",
            "split the stack in two",
        )
    return body


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise TemplateError(f"{path}: cannot be read: {error.strerror}", _RENDER) from error
