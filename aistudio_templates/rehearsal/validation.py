"""Checks a resource's properties against its schema, as CloudFormation does.

Runs in the child. May use cfn-lint's JSON schema validator, the only one among our
dependencies that reads these schemas' patterns; it is loaded at the first check.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/troubleshooting.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from typing import Any

from aistudio_templates.rehearsal.schemas import ResourceSchema


def check_properties(
    schema: ResourceSchema, properties: Mapping[str, Any], *, logical_id: str
) -> None:
    """Return if CloudFormation would accept ``properties``.

    Args:
        schema: The resource type's schema.
        properties: With every intrinsic function resolved. Text that reads as a number
            or a truth value is accepted as one, for parameters of a stack are text.
        logical_id: Names the resource in the reason.

    Raises:
        ValueError: Why not, all faults at once. The emulator makes it the reason of
            the resource's failure.
    """
    faults = [*_read_only(schema, properties), *_violations(schema, properties)]
    if faults:
        raise ValueError(
            f"Properties validation failed for resource {logical_id} with message: "
            f"[{'; '.join(sorted(faults))}]"
        )


def _read_only(schema: ResourceSchema, properties: Mapping[str, Any]) -> Iterator[str]:
    for pointer in schema.document.get("readOnlyProperties", ()):
        # A pointer into a list or an object leaves the rest of it to be written.
        name = pointer.removeprefix("/properties/")
        if name in properties:
            yield f"#: read-only key [{name}] is not permitted"


def _violations(schema: ResourceSchema, properties: Mapping[str, Any]) -> Iterator[str]:
    for error in _validator()(schema.document).iter_errors(properties):
        location = "/".join(["#", *(str(step) for step in error.path)])
        yield f"{location}: {_message(error)}"


def _message(error: Any) -> str:
    """Return a fault in CloudFormation's words where we know them."""
    quoted = re.match(r"'(.+?)' is a required property", error.message)
    if error.validator == "required" and quoted:
        return f"required key [{quoted[1]}] not found"
    if error.validator == "additionalProperties":
        return f"extraneous key [{error.path[-1]}] is not permitted"
    if error.validator == "enum":
        return f"{error.instance} is not a valid enum value"
    return str(error.message)


@cache
def _validator() -> Callable[[Mapping[str, Any]], Any]:
    # It takes longer to load than the whole emulator, and not every rehearsal needs it.
    import regex  # type: ignore[import-untyped]  # noqa: PLC0415 - no stubs; see above
    from cfnlint.jsonschema import StandardValidator  # noqa: PLC0415 - see above
    from cfnlint.jsonschema.exceptions import ValidationError  # noqa: PLC0415 - see above

    standard = StandardValidator({})

    def of_type(_validator: Any, types: Any, instance: Any, _schema: Any) -> Iterator[Any]:
        names = [types] if isinstance(types, str) else types
        if not any(_is_of_type(instance, name) for name in names):
            yield ValidationError(f"expected type: {' or '.join(names)}, found: {instance!r}")

    def of_pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> Iterator[Any]:
        # Some schemas hold Java patterns with surrogate pairs, which Python cannot read.
        with suppress(regex.error):
            yield from standard.validators["pattern"](validator, pattern, instance, schema)

    extended: Callable[[Mapping[str, Any]], Any] = standard.extend(
        {"type": of_type, "pattern": of_pattern}
    )
    return extended


def _is_of_type(instance: object, name: str) -> bool:
    """Return whether CloudFormation takes ``instance`` for the JSON type ``name``."""
    scalar = isinstance(instance, str | int | float)
    text = str(instance).lower()
    accepted = {
        "string": scalar,
        "boolean": text in {"true", "false"},
        "integer": scalar and bool(re.fullmatch(r"[+-]?\d+(\.0*)?", text)),
        "number": scalar and bool(re.fullmatch(r"[+-]?\d+(\.\d*)?(e[+-]?\d+)?", text)),
        "object": isinstance(instance, Mapping),
        "array": isinstance(instance, list),
        "null": instance is None,
    }
    return accepted[name]
