"""``docs/configuration.md``: every key with its type, range and defaults, generated."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from aistudio_templates.config.environments import ENVIRONMENTS
from aistudio_templates.config.model import SECTIONS, EnvironmentConfig
from aistudio_templates.config.schema import json_schema

_INTRODUCTION = """\
# Configuration reference

Generated from the models in `aistudio_templates/config`; a test compares it with them.

`aistudio.toml` holds the organisation's settings and overrides of the environments `dev`,
`staging` and `prod`, which exist without it. An environment of another name says with
`based_on` whose defaults it takes. `python cli.py config show --env prod` prints what is in
force and where it came from; `python cli.py config schema` prints a JSON Schema for editors
(`docs/aistudio.schema.json` is its committed copy).

A wrong key, type or range, or values that do not fit together, is an error that names the
file, the key, the value and what is valid; the exit code is 4.
"""


def reference_markdown() -> str:
    """Return the reference as Markdown."""
    definitions = json_schema()["$defs"]
    environments = {name: EnvironmentConfig.get(name).model_dump() for name in ENVIRONMENTS}
    parts = [
        _INTRODUCTION,
        _table("[organization]", definitions["Organization"], definitions),
        _table("[extensions]", definitions["Extensions"], definitions),
        _table("[environments.NAME]", _place(definitions), definitions),
    ]
    for section in SECTIONS:
        model = type(getattr(EnvironmentConfig.get("dev"), section)).__name__
        defaults = {name: values[section] for name, values in environments.items()}
        heading = f"[environments.NAME.{section}]"
        parts.append(_table(heading, definitions[model], definitions, defaults))
    parts += [
        _table("Tables of `network.subnet_cidrs`", definitions["SubnetCidrs"], definitions),
        _table("Tables of `network.existing_vpc`", definitions["ExistingVpc"], definitions),
        _table(
            "Entries of `database.scheduled_capacity`", definitions["CapacitySchedule"], definitions
        ),
        _table(
            "Entries of `compute.ecs_scheduled_counts`", definitions["TaskSchedule"], definitions
        ),
        _table("Entries of `compute.tuned_functions`", definitions["TunedFunction"], definitions),
    ]
    return "\n".join(parts)


def _place(definitions: Mapping[str, Any]) -> dict[str, Any]:
    properties = definitions["Environment"]["properties"]
    own = {key: value for key, value in properties.items() if "$ref" not in value}
    return {"properties": own}


def _table(
    heading: str,
    model: Mapping[str, Any],
    definitions: Mapping[str, Any],
    defaults: Mapping[str, Mapping[str, Any]] | None = None,
) -> str:
    title = f"`{heading}`" if heading.startswith("[") else heading
    columns = ["key", "type and range", *(defaults or ["default"]), "meaning"]
    lines = [f"## {title}\n", _row(columns), _row(["---"] * len(columns))]
    for key, field in model["properties"].items():
        values = (
            [_value(values[key]) for values in defaults.values()]
            if defaults
            else [_value(field["default"]) if "default" in field else "required"]
        )
        described = field.get("description", "")
        lines.append(_row([f"`{key}`", _range(field, definitions), *values, described]))
    return "\n".join(lines) + "\n"


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _value(value: Any) -> str:
    if value is None or value in ((), []):
        return "none" if value is None else "empty"
    if isinstance(value, tuple) and isinstance(value[0], Mapping):
        return ", ".join(f"`{item['name']}`" for item in value)
    return f"`{json.dumps(value)}`"


def _range(field: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    if "anyOf" in field:
        options = [option for option in field["anyOf"] if option.get("type") != "null"]
        return _range(options[0], definitions)
    if "$ref" in field:
        return "table"
    if "enum" in field:
        return "one of " + ", ".join(str(value) for value in field["enum"])
    return "".join(_facts(field))


def _facts(field: Mapping[str, Any]) -> Iterator[str]:
    yield {"array": "list", "number": "number", "integer": "whole number"}.get(
        field.get("type", ""), field.get("type", "text").replace("string", "text")
    )
    low = field.get("minimum", field.get("exclusiveMinimum"))
    if low is not None:
        yield f", {low:g} to {field['maximum']:g}"
    if "multipleOf" in field:
        yield f", steps of {field['multipleOf']:g}"
    if "pattern" in field:
        yield f", `{field['pattern']}`"
