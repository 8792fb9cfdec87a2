"""Makes up the physical id and the read-only attributes of a recorded resource.

Pure: the same stack, logical id and create-only properties give the same identity, and
a change of a create-only property gives another one. Runs in the child; may use the
standard library and ``schemas``.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aistudio_templates.rehearsal.schemas import (
    PropertyPath,
    ResourceSchema,
    create_only_values,
)

_REF_PROPERTY = {
    "AWS::ApplicationAutoScaling::ScalingPolicy": "Arn",
    "AWS::Cognito::UserPoolIdentityProvider": "ProviderName",
    "AWS::EC2::EIP": "PublicIp",
}
"""What ``Ref`` returns where the schema's several identifiers do not say so.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-eip.html
"""

_ID_PREFIXES = {
    "AllocationId": "eipalloc",
    "AssociationId": "assoc",
    "FlowLog": "fl",
    "InternetGateway": "igw",
    "NatGateway": "nat",
    "NetworkInterface": "eni",
    "SecurityGroup": "sg",
    "SecurityGroupEgress": "sgr",
    "SecurityGroupIngress": "sgr",
    "SubnetId": "subnet",
    "TransitGateway": "tgw",
    "VpcId": "vpc",
}
"""Prefixes of EC2's ids, by attribute or by resource name.

Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html
"""

_SERVICES = {
    "ApplicationAutoScaling": "application-autoscaling",
    "Cognito": "cognito-idp",
    "StepFunctions": "states",
}
"""Services whose name in an ARN is not the resource type's in lower case."""

_TIMESTAMP = "2026-01-01T00:00:00Z"
"""Every made-up time: a report must not differ from run to run."""


@dataclass(frozen=True)
class Place:
    """Where a resource is recorded."""

    stack_name: str
    logical_id: str
    account_id: str
    region: str


@dataclass(frozen=True)
class Identity:
    """What a recorded resource answers to ``Ref`` and ``Fn::GetAtt``.

    Attributes:
        physical_id: The answer to ``Ref``.
        attributes: Attribute names with dots, such as ``Endpoint.Address``.
    """

    physical_id: str
    attributes: Mapping[str, Any]


def identify(schema: ResourceSchema, properties: Mapping[str, Any], place: Place) -> Identity:
    """Return the identity of a resource with ``properties``."""
    inventor = _Inventor(schema, place, _digest(schema, properties, place))
    identifiers = {
        path: properties.get(path[0]) or inventor.value(path)
        for path in schema.paths("primaryIdentifier")
    }
    read_only = {path: inventor.value(path) for path in schema.paths("readOnlyProperties")}
    values = {".".join(path): value for path, value in {**read_only, **identifiers}.items()}
    single = _REF_PROPERTY.get(schema.type_name)
    physical_id = values[single] if single else "|".join(map(str, identifiers.values()))
    return Identity(str(physical_id), _flattened(values))


def _digest(schema: ResourceSchema, properties: Mapping[str, Any], place: Place) -> str:
    essence = [place.stack_name, place.logical_id, create_only_values(schema, properties)]
    return hashlib.sha256(json.dumps(essence, sort_keys=True, default=str).encode()).hexdigest()


def _flattened(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``values`` with every member of an object under a name of its own."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        flat[name] = value
        if isinstance(value, Mapping):
            flat |= _flattened({f"{name}.{key}": member for key, member in value.items()})
    return flat


@dataclass(frozen=True)
class _Inventor:
    """Makes up values for one resource."""

    schema: ResourceSchema
    place: Place
    digest: str

    def value(self, path: PropertyPath) -> Any:
        """Return a plausible value for the property at ``path``."""
        return self._of(self.schema.property(path), path)

    def _of(self, node: Mapping[str, Any], path: PropertyPath) -> Any:
        if "enum" in node:
            return node["enum"][0]
        kind = node.get("type", "string")
        match kind if isinstance(kind, str) else "string":
            case "object":
                return {
                    name: self._of(self.schema.resolve(member), (*path, name))
                    for name, member in node.get("properties", {}).items()
                }
            case "array":
                return [self._of(self.schema.resolve(node.get("items", {})), path)]
            case "integer" | "number":
                return node.get("minimum", 443 if path[-1].endswith("Port") else 1)
            case "boolean":
                return False
        text = self._text(path)
        return text[: node.get("maxLength", len(text))]

    def _text(self, path: PropertyPath) -> str:
        """Return text that looks like what an attribute of that name holds."""
        name = path[-1]
        for endings, invent in _SHAPES:
            if name.endswith(endings):
                return invent(self, name)
        return (
            f"{self.place.stack_name}-{self.place.logical_id}"[-51:].lstrip("-")
            + f"-{self.digest[:12].upper()}"
        )

    def ip_address(self, _name: str) -> str:
        """Return an address for documentation, RFC 5737."""
        return f"203.0.113.{int(self.digest[:2], 16) % 254 + 1}"

    def id(self, name: str) -> str:
        """Return an id in the style of the resource's service."""
        if name in {"AccountId", "OwnerId", "AwsAccountId"}:
            return self.place.account_id
        if name == "AppId":  # Amplify's, the only kind: a d, and no hyphen.
            return f"d{self.digest[:13]}"
        resource = self.schema.type_name.split("::")[2]
        prefix = _ID_PREFIXES.get(name) or _ID_PREFIXES.get(resource) or _kebab(resource)
        return f"{prefix}-{self.digest[:17]}"

    def arn(self, _name: str) -> str:
        """Return an ARN of the resource's service."""
        _, service, resource = self.schema.type_name.split("::")
        name = _SERVICES.get(service, service.lower())
        owner = f"{self.place.region}:{self.place.account_id}"
        return f"arn:aws:{name}:{owner}:{_kebab(resource)}/{self.digest[:17]}"

    def host_name(self, _name: str) -> str:
        """Return a host name that exists nowhere."""
        service = self.schema.type_name.split("::")[1].lower()
        # A reserved name, RFC 2606: nothing can be reached by mistake.
        return f"{self.digest[:12]}.{service}.{self.place.region}.example"


_SHAPES: tuple[tuple[tuple[str, ...], Callable[[_Inventor, str], str]], ...] = (
    (("Arn", "ARN", "arn"), _Inventor.arn),
    (("Time", "Timestamp", "Date", "At"), lambda _inventor, _name: _TIMESTAMP),
    (("Ip",), _Inventor.ip_address),
    (("Url", "URL", "Uri"), lambda inventor, name: f"https://{inventor.host_name(name)}"),
    (("Endpoint", "Address", "Domain", "DomainName", "Host"), _Inventor.host_name),
    (("Id",), _Inventor.id),
    (("Status", "State"), lambda _inventor, _name: "ACTIVE"),
)
"""What an attribute holds, by the endings of its name."""


def _kebab(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", name).lower()
