"""The only place that forms names: stacks, files, physical names, SSM paths, tags.

May import the standard library only; knows nothing of AWS clients or templates.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

APPLICATION = "aistudio"
"""Prefix of every physical name and of the SSM parameter tree."""

PROJECT = "AIStudio"
"""Value of the ``Project`` tag."""

OPTIMIZED_LAMBDA = "OptimizedLambda"
"""Value of the ``ManagedBy`` tag of functions: Cost Explorer filters on it."""

STREAMING_NAMESPACE = "AIStudio/Streaming"
"""Namespace of the metrics that the application reports of its streams."""

ROOT_STACK = "root"
"""Name of the root template, as in ``root.yaml``."""

MANIFEST_FILE = "manifest.json"
"""Name of the manifest beside the templates of one environment."""

ENVIRONMENT_PATTERN = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
"""What an environment may be called; at most :data:`ENVIRONMENT_MAX_LENGTH` characters."""

ENVIRONMENT_MAX_LENGTH = 20
"""Keeps the longest derived name (a bucket's, 63 characters) within its limit."""

ARTIFACT_BUCKET_PARAMETER = "ArtifactBucket"
"""Root parameter with the bucket that holds function code."""


def pascal_case(name: str) -> str:
    """Return ``name`` (snake or kebab case) as a logical id: ``vpc_id`` → ``VpcId``."""
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[_\-]", name) if part)


def kebab_case(name: str) -> str:
    """Return a logical id in kebab case: ``FileProcessor`` → ``file-processor``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", name).lower()


def root_stack_name(environment: str) -> str:
    """Return the CloudFormation stack name of an environment's root: ``aistudio-dev``."""
    return f"{APPLICATION}-{environment}"


def template_file(stack: str) -> str:
    """Return the file name of a stack's template: ``network.yaml``."""
    return f"{stack}.yaml"


def input_parameter(stack: str, output: str) -> str:
    """Return the parameter name under which an output of ``stack`` is consumed.

    ``("network", "vpc_id")`` → ``NetworkVpcId``.
    """
    return pascal_case(stack) + pascal_case(output)


def ssm_parameter(environment: str, name: str) -> str:
    """Return the SSM path that readers outside the set use: ``/aistudio/dev/vpc-id``."""
    return f"/{APPLICATION}/{environment}/{name}"


def physical_name(environment: str, name: str) -> str:
    """Return a physical name, for the few things that must have one: ``aistudio-dev-vpc``."""
    return f"{APPLICATION}-{environment}-{name}"


def document_name(environment: str, thing: str) -> str:
    """Return a name of the documents pipeline: ``AIStudio-DocumentJobs-dev``.

    The application knows the pipeline's table, queues and dashboard by these names.
    """
    return f"{PROJECT}-{thing}-{environment}"


def artifact_bucket(account_id: str, region: str) -> str:
    """Return the artifact bucket of an account and region.

    Both are part of the name: S3 bucket names are global, and a template URL
    must lie in the region of the stack.
    """
    return f"{APPLICATION}-artifacts-{account_id}-{region}"


def template_key(sha256: str) -> str:
    """Return the content-addressed S3 key of a template."""
    return f"templates/{sha256}.yaml"


def asset_key(name: str, digest: str) -> str:
    """Return the S3 key of an asset, addressed by its source digest."""
    return f"assets/{name}/{digest}.zip"


def tags(environment: str, stack: str, cost_center: str | None) -> Mapping[str, str]:
    """Return the tags of every taggable resource of ``stack``.

    Cost Explorer filters on them: see https://docs.aws.amazon.com/cost-management/
    latest/userguide/ce-filtering.html.
    """
    values = {
        "Project": PROJECT,
        "Environment": environment,
        "Stack": stack,
        "ManagedBy": "CloudFormation",
    }
    if cost_center is not None:
        values["CostCenter"] = cost_center
    return MappingProxyType(values)
