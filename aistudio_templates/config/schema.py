"""The JSON Schema of ``aistudio.toml``, for editors, from the models themselves."""

from __future__ import annotations

from typing import Any

from aistudio_templates import names
from aistudio_templates.config.environments import ENVIRONMENTS
from aistudio_templates.config.model import SECTIONS, EnvironmentConfig
from aistudio_templates.config.settings import Extensions, Organization, Place

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_REFERENCE = "#/$defs/{model}"


def json_schema() -> dict[str, Any]:
    """Return the schema: every table and key with description, range and default.

    Keys of an environment are all optional, for they override a default.
    """
    environment, definitions = _split(EnvironmentConfig)
    for definition in definitions.values():
        definition.pop("required", None)
    place, _ = _split(Place)
    sections = {key: value for key, value in environment["properties"].items() if key in SECTIONS}
    definitions["Environment"] = {
        "type": "object",
        "description": "Overrides of one environment.",
        "additionalProperties": False,
        "properties": {**place["properties"], **sections},
    }
    definitions["Organization"], _ = _split(Organization)
    definitions["Extensions"], _ = _split(Extensions)
    return {
        "$schema": _DIALECT,
        "title": "aistudio.toml",
        "type": "object",
        "additionalProperties": False,
        "required": ["organization"],
        "properties": {
            "organization": {"$ref": "#/$defs/Organization"},
            "extensions": {"$ref": "#/$defs/Extensions"},
            "environments": {
                "type": "object",
                "description": f"By name; {', '.join(ENVIRONMENTS)} always exist.",
                "propertyNames": {
                    "pattern": f"^{names.ENVIRONMENT_PATTERN.pattern}$",
                    "maxLength": names.ENVIRONMENT_MAX_LENGTH,
                },
                "additionalProperties": {"$ref": "#/$defs/Environment"},
            },
        },
        "$defs": dict(sorted(definitions.items())),
    }


def _split(model: type[Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    schema: dict[str, Any] = model.model_json_schema(ref_template=_REFERENCE)
    return schema, schema.pop("$defs", {})
