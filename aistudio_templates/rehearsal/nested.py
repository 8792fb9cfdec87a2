"""Nested stacks, run by the emulator's own engine for top-level stacks.

Observed with ministack 1.5.33, whose nested stacks have an engine of their own: a
failed create leaves the child and its resources behind; an update loses the attributes
of every resource that did not change; a delete ignores ``DeletionPolicy`` and reports
no events; dynamic references stay text; no event of the parent names the child's id
before it is complete. The engine for top-level stacks does all of this right.

Runs in the child; may use the emulator.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-nested-stacks.html
"""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Coroutine, Mapping
from typing import Any
from uuid import uuid4

from ministack import app
from ministack.core.responses import get_account_id, get_region, now_iso
from ministack.services import cloudformation
from ministack.services.cloudformation import engine, handlers, helpers, provisioners, stacks

STACK_TYPE = "AWS::CloudFormation::Stack"

_KEPT_FOR_ROLLBACK = (
    "_resources",
    "_template",
    "_template_body",
    "_resolved_params",
    "_conditions",
    "Parameters",
    "Tags",
    "Outputs",
)
"""What the emulator's engine restores when an update fails."""

Properties = Mapping[str, Any]
Stack = dict[str, Any]


def register() -> None:
    """Let the emulator run nested stacks through this module."""
    provisioners._RESOURCE_HANDLERS[STACK_TYPE] = {
        "create": create,
        "update": update,
        "update_with_logical_id": True,
        "delete": delete,
    }


def create(logical_id: str, properties: Properties, parent_name: str) -> tuple[str, dict[str, str]]:
    """Create a nested stack and return its id and its outputs as attributes.

    Raises:
        ValueError: It failed and was deleted again.
    """
    target = _target(properties, {})
    name = f"{parent_name}-{logical_id}-{uuid4().hex[:12].upper()}"
    owner = f"arn:aws:cloudformation:{get_region()}:{get_account_id()}"
    parent = cloudformation._stacks[parent_name]
    stack: Stack = {
        "StackName": name,
        "StackId": f"{owner}:stack/{name}/{uuid4()}",
        "CreationTime": now_iso(),
        "Capabilities": list(parent.get("Capabilities", [])),
        "DisableRollback": parent.get("DisableRollback", False),
        "ParentId": parent["StackId"],
        "RootId": parent.get("RootId") or parent["StackId"],
        "Outputs": [],
        "_region": get_region(),
        "_parent_stack_name": parent_name,
        "_resources": {},
        **target,
    }
    cloudformation._stacks[name] = stack
    cloudformation._stack_events[stack["StackId"]] = []
    _tell_parent(parent, logical_id, stack, "CREATE", "Resource creation Initiated")
    _deploy(stack, "CREATE", previous=None)
    if stack["StackStatus"] != "CREATE_COMPLETE":
        reason = f"Embedded stack {stack['StackId']} was not successfully created: "
        reason += _failure(stack, "create")
        if not stack["DisableRollback"]:
            _on_main_loop(stacks._delete_stack_async(name, stack["StackId"]))
        raise ValueError(reason)
    return stack["StackId"], _attributes(stack)


def update(
    stack_id: str, _old: Properties, new: Properties, parent_name: str, logical_id: str
) -> tuple[str, dict[str, str]]:
    """Update a nested stack and return its id and its outputs as attributes.

    Raises:
        ValueError: It failed and went back to what it was.
    """
    stack = _stack(stack_id)
    target = _target(new, stack["_resolved_params"])
    unchanged = handlers._stack_has_no_updates(
        stack, target["_template"], target["_resolved_params"], target["Tags"], tags_given=True
    )
    if unchanged:
        return stack_id, _attributes(stack)
    parent = cloudformation._stacks[parent_name]
    previous = {key: copy.deepcopy(stack.get(key)) for key in _KEPT_FOR_ROLLBACK}
    stack.update(target)
    _tell_parent(parent, logical_id, stack, "UPDATE", "")
    _deploy(stack, "UPDATE", previous=previous)
    if stack["StackStatus"] != "UPDATE_COMPLETE":
        failure = _failure(stack, "update")
        raise ValueError(f"Embedded stack {stack_id} was not successfully updated: {failure}")
    return stack_id, _attributes(stack)


def delete(stack_id: str, _properties: Properties) -> None:
    """Delete a nested stack, minding the deletion policies of its resources.

    Raises:
        ValueError: A resource could not be deleted.
    """
    stack = _stack(stack_id)
    if stack["StackStatus"] == "DELETE_COMPLETE":
        return
    _on_main_loop(stacks._delete_stack_async(stack["StackName"], stack_id))
    if stack["StackStatus"] != "DELETE_COMPLETE":
        raise ValueError(stack.get("StackStatusReason", stack["StackStatus"]))


def _target(properties: Properties, previous_parameters: Mapping[str, Any]) -> Stack:
    """Return the members of a stack's record that follow from its properties.

    Raises:
        ValueError: The template cannot be read, is not valid, or lacks a parameter.
    """
    url = properties["TemplateURL"]
    body, error = helpers._resolve_template({"TemplateURL": [url]})
    if error is not None or not body:
        raise ValueError(f"S3 error: no template at {url}")
    template = engine._parse_template(body)
    given = [
        {"Key": key, "Value": _parameter_text(key, value)}
        for key, value in (properties.get("Parameters") or {}).items()
    ]
    parameters = engine._resolve_parameters(template, given, previous_parameters)
    conditions = engine._evaluate_conditions(template, parameters)
    engine.validate_template_support(template, conditions, params=parameters)
    return {
        "Description": template.get("Description", ""),
        "Parameters": [
            {"ParameterKey": key, "ParameterValue": value["Value"], "NoEcho": value["NoEcho"]}
            for key, value in parameters.items()
        ],
        "Tags": [tag for tag in properties.get("Tags") or () if not tag["Key"].startswith("aws:")],
        "_template": template,
        "_template_body": body,
        "_resolved_params": parameters,
        "_conditions": conditions,
    }


def _parameter_text(key: str, value: object) -> str:
    """Return a parameter's value as the child gets it.

    Raises:
        ValueError: The value is a list or a map, which CloudFormation refuses.
    """
    if isinstance(value, list | Mapping):
        raise ValueError(  # noqa: TRY004 - what every handler of the emulator raises
            "Value of property Parameters must be an object with String (or simple type) "
            f"properties: {key} is a {type(value).__name__}"
        )
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def _deploy(stack: Stack, operation: str, *, previous: Stack | None) -> None:
    """Run one operation on ``stack`` to its end, rollback included."""
    name, stack_id = stack["StackName"], stack["StackId"]
    stack["StackStatus"] = f"{operation}_IN_PROGRESS"
    stack["StackStatusReason"] = ""
    stack["LastUpdatedTime"] = now_iso()
    stacks._add_event(
        stack_id, name, name, STACK_TYPE, stack["StackStatus"], "User Initiated", stack_id
    )
    _on_main_loop(
        stacks._deploy_stack_async(
            name,
            stack_id,
            stack["_template"],
            stack["_resolved_params"],
            stack["DisableRollback"],
            stack["Tags"],
            is_update=previous is not None,
            previous_stack=previous,
        )
    )


def _on_main_loop(operation: Coroutine[Any, Any, None]) -> None:
    """Run ``operation`` where top-level stacks run, and wait for it.

    The emulator provisions nested stacks on a worker thread, so its loop is free.
    """
    asyncio.run_coroutine_threadsafe(operation, app._MAIN_LOOP).result()


def _tell_parent(parent: Stack, logical_id: str, stack: Stack, operation: str, reason: str) -> None:
    """Add the parent's event that names the child's id, by which it can be followed."""
    stacks._add_event(
        parent["StackId"],
        parent["StackName"],
        logical_id,
        STACK_TYPE,
        f"{operation}_IN_PROGRESS",
        reason,
        stack["StackId"],
    )


def _failure(stack: Stack, verb: str) -> str:
    """Return CloudFormation's sentence for what failed in the last operation."""
    failed: list[str] = []
    for event in reversed(cloudformation._stack_events[stack["StackId"]]):
        if event["ResourceStatusReason"] == "User Initiated":
            break
        own = event["LogicalResourceId"] == stack["StackName"]
        if event["ResourceStatus"].endswith(("CREATE_FAILED", "UPDATE_FAILED")) and not own:
            failed.insert(0, event["LogicalResourceId"])
    if not failed:
        return str(stack.get("StackStatusReason") or stack["StackStatus"])
    return f"The following resource(s) failed to {verb}: [{', '.join(failed)}]."


def _attributes(stack: Stack) -> dict[str, str]:
    return {f"Outputs.{output['OutputKey']}": output["OutputValue"] for output in stack["Outputs"]}


def _stack(stack_id: str) -> Stack:
    stack: Stack = handlers._resolve_stack(stack_id)
    return stack
