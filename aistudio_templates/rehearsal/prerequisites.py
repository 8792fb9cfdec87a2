"""What must exist before a deploy: made up where templates refer to it.

An operator makes it once (a Google client, a Git token, a hosted zone), so that no template
can. Here each comes into being when it is first referred to, with invented values, and is
told in the report. A secret referred to by ARN is of the set itself and never made up.

Runs in the child; may use the emulator.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/
dynamic-references-secretsmanager.html
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from ministack.services import route53, secretsmanager
from ministack.services.cloudformation import engine, provisioners

REASON = "must exist before a deploy to AWS, made up here"
"""Why the report has them as recorded."""

_RECORD_SET = "AWS::Route53::RecordSet"

_PREFIX = "{{resolve:secretsmanager:"


def make_up_secrets(on_secret: Callable[[str], None]) -> None:
    """Make up secrets that dynamic references name; called once, before serving.

    Args:
        on_secret: Called with the name of every secret that was made up.
    """
    resolve = engine._resolve_dynamic_reference
    made_up: dict[str, dict[str, str]] = {}

    @functools.wraps(resolve)
    def resolving(literal: str) -> str:
        name, key = _named(literal)
        if name in made_up:
            made_up[name][key] = _value(name, key)
            secretsmanager.put_secret_value_in_process(name, _content(made_up[name]))
        elif name and secretsmanager.resolve_secret_string(name) is None:
            made_up[name] = {key: _value(name, key)}
            secretsmanager.create_secret_in_process(name, _content(made_up[name]))
            on_secret(name)
        value: str = resolve(literal)
        return value

    engine._resolve_dynamic_reference = resolving


def make_up_hosted_zones(on_zone: Callable[[str], None]) -> None:
    """Make up hosted zones that record sets name by id; called once, before serving.

    Args:
        on_zone: Called with the id of every zone that was made up.
    """
    handler = provisioners._RESOURCE_HANDLERS[_RECORD_SET]
    create = handler["create"]

    @functools.wraps(create)
    def creating(logical_id: str, properties: Mapping[str, Any], stack_name: str) -> Any:
        zone_id = properties.get("HostedZoneId")
        if zone_id and zone_id not in route53._zones:
            _add_zone(zone_id, ".".join(str(properties["Name"]).rstrip(".").split(".")[-2:]))
            on_zone(zone_id)
        return create(logical_id, properties, stack_name)

    handler["create"] = creating


def _add_zone(zone_id: str, domain: str) -> None:
    _, attributes = provisioners._r53_hosted_zone_create("", {"Name": domain}, "")
    zone = route53._zones.pop(attributes["Id"])
    route53._zones[zone_id] = {**zone, "id": zone_id}
    route53._records[zone_id] = route53._records.pop(attributes["Id"])


def _named(literal: str) -> tuple[str, str]:
    """Return the secret's name and JSON key; no name for other references and for ARNs."""
    if not literal.startswith(_PREFIX) or literal.startswith(f"{_PREFIX}arn:"):
        return "", ""
    name, _, rest = literal.removeprefix(_PREFIX).rstrip("}").partition(":")
    return name, [*rest.split(":"), ""][1]


def _content(values: dict[str, str]) -> str:
    """Return the secret's text: its values as JSON, or the one that has no key."""
    return values.get("") or json.dumps(values)


def _value(name: str, key: str) -> str:
    return "made-up-" + hashlib.sha256(f"{name}:{key}".encode()).hexdigest()[:24]
