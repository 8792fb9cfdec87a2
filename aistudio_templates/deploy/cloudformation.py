"""The door to CloudFormation: one method a call, every page read, errors translated.

It is handed a client and decides nothing; boto3 is not imported here. Texts from AWS
leave it safe to print.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from aistudio_templates.deploy.aws_errors import translated
from aistudio_templates.deploy.aws_failure import code_of
from aistudio_templates.deploy.events import StackEvent
from aistudio_templates.deploy.stack import ChangeSetRequest, Stack, StackResource
from aistudio_templates.deploy.template_text import Template, parse_template
from aistudio_templates.deploy.text import printable
from aistudio_templates.errors import AwsError

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient


class CloudFormation:
    """CloudFormation in one account and region.

    Every method raises :class:`AwsError` for what AWS refuses or cannot answer.
    """

    def __init__(self, client: CloudFormationClient) -> None:
        self._client = client

    def describe_stack(self, stack: str) -> Stack | None:
        """Return a stack by name or ARN, or ``None`` if there is none.

        A deleted stack can still be read by its ARN, for 90 days.
        """
        try:
            with translated("cloudformation:DescribeStacks", stack):
                answer = self._client.describe_stacks(StackName=stack)
        except AwsError as error:
            if _is_missing_stack(error):
                return None
            raise
        return _stack(cast("Mapping[str, Any]", answer["Stacks"][0]))

    def get_template(self, stack: str) -> Template:
        """Return a stack's template as it was submitted.

        Raises:
            TemplateError: The stack has no template that can be read.
        """
        with translated("cloudformation:GetTemplate", stack):
            answer = self._client.get_template(StackName=stack, TemplateStage="Original")
        # boto3 parses JSON templates by itself and hands YAML on as text.
        body: Any = answer["TemplateBody"]
        return body if isinstance(body, dict) else parse_template(body, f"template of {stack}")

    def list_resources(self, stack: str) -> tuple[StackResource, ...]:
        """Return a stack's resources, deleted ones too, all pages."""
        pages = self._pages("ListStackResources", stack, StackName=stack)
        return tuple(
            _resource(summary) for page in pages for summary in page["StackResourceSummaries"]
        )

    def events(self, stack: str) -> Iterator[tuple[StackEvent, ...]]:
        """Yield a stack's events, newest first, page by page; stop when you know the rest."""
        for page in self._pages("DescribeStackEvents", stack, StackName=stack):
            yield tuple(_event(event) for event in page["StackEvents"])

    def create_change_set(self, stack: str, request: ChangeSetRequest) -> str:
        """Start a change set for a stack and its nested stacks; return its ARN."""
        template = (
            {"TemplateBody": request.body} if request.url is None else {"TemplateURL": request.url}
        )
        arguments: dict[str, Any] = {
            "StackName": stack,
            "ChangeSetName": request.name,
            "ChangeSetType": "CREATE" if request.create else "UPDATE",
            "ClientToken": request.name,
            "IncludeNestedStacks": True,
            "Parameters": list(request.parameters),
            "Tags": [{"Key": key, "Value": value} for key, value in sorted(request.tags.items())],
            "Capabilities": list(request.capabilities),
            **template,
        }
        with translated("cloudformation:CreateChangeSet", stack):
            return self._client.create_change_set(**arguments)["Id"]

    def describe_change_set(self, change_set_id: str) -> Sequence[Mapping[str, Any]]:
        """Return a change set's description, all pages.

        Property values are not asked for: they may be secret, and the service is known
        to leave out rows when they are.
        """
        return list(self._pages("DescribeChangeSet", change_set_id, ChangeSetName=change_set_id))

    def execute_change_set(self, change_set_id: str, token: str) -> bool:
        """Execute a change set; return ``False`` if it has become stale or is gone.

        Args:
            change_set_id: Its ARN.
            token: Makes repetitions harmless.
        """
        try:
            with translated("cloudformation:ExecuteChangeSet", change_set_id):
                self._client.execute_change_set(
                    ChangeSetName=change_set_id, ClientRequestToken=token, DisableRollback=False
                )
        except AwsError as error:
            if code_of(error.__cause__) in {"ChangeSetNotFound", "InvalidChangeSetStatus"}:
                return False
            raise
        return True

    def delete_change_set(self, change_set_id: str) -> None:
        """Delete a change set; it is no failure if it is gone."""
        try:
            with translated("cloudformation:DeleteChangeSet", change_set_id):
                self._client.delete_change_set(ChangeSetName=change_set_id)
        except AwsError as error:
            if code_of(error.__cause__) != "ChangeSetNotFound":
                raise

    def delete_stack(self, stack_id: str, token: str) -> None:
        """Start the deletion of a stack.

        Args:
            stack_id: Its ARN, so that a stack made anew under the name is not hit.
            token: Makes repetitions harmless.
        """
        with translated("cloudformation:DeleteStack", stack_id):
            self._client.delete_stack(StackName=stack_id, ClientRequestToken=token)

    def protect(self, stack_id: str) -> None:
        """Switch termination protection on."""
        with translated("cloudformation:UpdateTerminationProtection", stack_id):
            self._client.update_termination_protection(
                StackName=stack_id, EnableTerminationProtection=True
            )

    def _pages(self, call: str, resource: str, **arguments: str) -> Iterator[Mapping[str, Any]]:
        method = getattr(self._client, _METHODS[call])
        token: str | None = None
        while True:
            more = {"NextToken": token} if token is not None else {}
            with translated(f"cloudformation:{call}", resource):
                page: Mapping[str, Any] = method(**arguments, **more)
            yield page
            token = page.get("NextToken")
            if token is None:
                return


_METHODS = {
    "DescribeChangeSet": "describe_change_set",
    "DescribeStackEvents": "describe_stack_events",
    "ListStackResources": "list_stack_resources",
}


def _is_missing_stack(error: AwsError) -> bool:
    # CloudFormation has no code of its own for it.
    return code_of(error.__cause__) == "ValidationError" and "does not exist" in error.message


def _stack(answer: Mapping[str, Any]) -> Stack:
    return Stack(
        stack_id=answer["StackId"],
        name=answer["StackName"],
        status=answer["StackStatus"],
        reason=_reason(answer.get("StackStatusReason")),
        updated=answer.get("LastUpdatedTime", answer["CreationTime"]),
        outputs={
            output["OutputKey"]: printable(output["OutputValue"])
            for output in answer.get("Outputs", [])
        },
        parameters={
            parameter["ParameterKey"]: parameter.get("ParameterValue", "")
            for parameter in answer.get("Parameters", [])
        },
        resolved_parameters={
            parameter["ParameterKey"]: parameter.get(
                "ResolvedValue", parameter.get("ParameterValue", "")
            )
            for parameter in answer.get("Parameters", [])
        },
        tags={tag["Key"]: tag["Value"] for tag in answer.get("Tags", [])},
        termination_protection=answer.get("EnableTerminationProtection", False),
    )


def _resource(summary: Mapping[str, Any]) -> StackResource:
    return StackResource(
        logical_id=printable(summary["LogicalResourceId"]),
        physical_id=summary.get("PhysicalResourceId", ""),
        resource_type=summary["ResourceType"],
        status=summary["ResourceStatus"],
        reason=_reason(summary.get("ResourceStatusReason")),
    )


def _event(event: Mapping[str, Any]) -> StackEvent:
    return StackEvent(
        event_id=event["EventId"],
        stack_id=event["StackId"],
        stack_name=event["StackName"],
        logical_id=printable(event.get("LogicalResourceId", "")),
        physical_id=event.get("PhysicalResourceId", ""),
        resource_type=event.get("ResourceType", ""),
        status=event.get("ResourceStatus", ""),
        reason=_reason(event.get("ResourceStatusReason")),
        timestamp=event["Timestamp"],
    )


def _reason(text: str | None) -> str | None:
    return (printable(text) or None) if text else None
