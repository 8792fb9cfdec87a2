"""The task that serves the web application: one container, no write to its own files.

The image runs on ``compute.architecture``, has Node.js on its path, listens on port 3000,
and declares a volume for each of :data:`WRITABLE_PATHS`, owned by its user: without that,
Fargate gives them to root.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from troposphere import GetAtt, Ref, Region, Sub, ecs, iam

from aistudio_templates.config import EnvironmentConfig
from aistudio_templates.model import Value
from aistudio_templates.patterns.application_access import ApplicationAccess, SecretVariable
from aistudio_templates.patterns.handle import Handle
from aistudio_templates.patterns.log_group import log_group
from aistudio_templates.policies.grants import policy, read_secret, write_logs
from aistudio_templates.policies.service_grants import open_shells, pull_images
from aistudio_templates.policies.trust import service_trust

CONTAINER = "application"
"""Name of the container; services refer to it."""

PORT = 3000
"""Where the application listens."""

HEALTH_PATH = "/api/healthz"
"""What answers 200 while the application is well."""

WRITABLE_PATHS: Mapping[str, str] = {
    "tmp": "/tmp",  # noqa: S108 # the container's own
    "nextjs-cache": "/app/.next/cache",
    "nextjs-home": "/home/nextjs",
}
"""Volume → path in the container."""

_HEAP_SHARE = 0.7
"""Of the task's memory, for JavaScript's heap; buffers and threads need the rest."""

_STOP_SECONDS = 120
"""Between asking a container to stop and ending it: the longest that Fargate allows.

Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html
"""

_OPEN_FILES = 65_536
_TASK_ARN = "arn:${AWS::Partition}:ecs:${AWS::Region}:${AWS::AccountId}:*"
_ARCHITECTURES = {"arm64": "ARM64", "x86_64": "X86_64"}


@dataclass(frozen=True)
class EcsTask(Handle):
    """The task definition, what it may do, and where it logs.

    Attributes:
        definition: The task definition.
        task_role: What the application may do.
        execution_role: What ECS may do to start it.
        log_group: Where it logs.
    """

    definition: Any
    task_role: Any
    execution_role: Any
    log_group: Any


def ecs_task(
    config: EnvironmentConfig, access: ApplicationAccess, *, repository: Any, image: Value
) -> EcsTask:
    """Return the task of the web application.

    Args:
        config: CPU, memory, architecture, and whether operators may open a shell.
        access: What the application is told, and may do.
        repository: Where the image is.
        image: Its URI, with a tag or digest.

    Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/
    security-tasks-containers.html
    """
    group = log_group("ApplicationLogGroup", retention_days=config.monitoring.log_retention_days)
    shells = open_shells() if config.compute.ecs_execute_command else ()
    task_role = _role("Task", [*access.server.statements, *shells])
    secrets = [read_secret(secret.arn) for secret in access.secrets]
    pulls = pull_images(GetAtt(repository, "Arn"))
    execution_role = _role("TaskExecution", [*pulls, *write_logs(group), *secrets])
    definition = ecs.TaskDefinition(
        "TaskDefinition",
        RequiresCompatibilities=["FARGATE"],
        NetworkMode="awsvpc",
        Cpu=str(config.compute.ecs_task_cpu),
        Memory=str(config.compute.ecs_task_memory_mib),
        RuntimePlatform=ecs.RuntimePlatform(
            CpuArchitecture=_ARCHITECTURES[config.compute.architecture],
            OperatingSystemFamily="LINUX",
        ),
        TaskRoleArn=GetAtt(task_role, "Arn"),
        ExecutionRoleArn=GetAtt(execution_role, "Arn"),
        ContainerDefinitions=[_container(config, access, image=image, group=group)],
        Volumes=[ecs.Volume(Name=volume) for volume in WRITABLE_PATHS],
    )
    return EcsTask(definition, task_role, execution_role, group)


def _role(title: str, grants: Sequence[Any]) -> Any:
    return iam.Role(
        f"{title}Role",
        AssumeRolePolicyDocument=service_trust(
            "ecs-tasks.amazonaws.com", source_arn=Sub(_TASK_ARN)
        ),
        Policies=[iam.Policy(PolicyName="Grants", PolicyDocument=policy(grants))],
    )


def _container(
    config: EnvironmentConfig, access: ApplicationAccess, *, image: Value, group: Any
) -> Any:
    variables = {**access.server.environment, **_runtime(config)}
    return ecs.ContainerDefinition(
        Name=CONTAINER,
        Image=image,
        Essential=True,
        PortMappings=[ecs.PortMapping(ContainerPort=PORT, Protocol="tcp")],
        Environment=[
            ecs.Environment(Name=name, Value=value) for name, value in sorted(variables.items())
        ],
        Secrets=[_secret(secret) for secret in access.secrets],
        HealthCheck=_health_check(),
        LogConfiguration=_logging(group),
        # The agent behind a shell has to write.
        ReadonlyRootFilesystem=not config.compute.ecs_execute_command,
        MountPoints=[
            ecs.MountPoint(SourceVolume=volume, ContainerPath=path, ReadOnly=False)
            for volume, path in WRITABLE_PATHS.items()
        ],
        LinuxParameters=ecs.LinuxParameters(InitProcessEnabled=True),
        StopTimeout=_STOP_SECONDS,
        Ulimits=[ecs.Ulimit(Name="nofile", SoftLimit=_OPEN_FILES, HardLimit=_OPEN_FILES)],
    )


def _runtime(config: EnvironmentConfig) -> dict[str, Value]:
    heap_mib = int(config.compute.ecs_task_memory_mib * _HEAP_SHARE)
    return {
        "AWS_REGION": Region,
        "NODE_ENV": "production",
        "NODE_OPTIONS": f"--max-old-space-size={heap_mib}",
        "PORT": str(PORT),
    }


def _secret(secret: SecretVariable) -> Any:
    # Both empty parts stand for the current version.
    return ecs.Secret(
        Name=secret.name, ValueFrom=Sub("${Arn}:${Key}::", Arn=secret.arn, Key=secret.name)
    )


def _health_check() -> Any:
    # Small images have no curl; Node.js is there anyway.
    script = (
        f"fetch('http://127.0.0.1:{PORT}{HEALTH_PATH}')"
        ".then(answer => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"
    )
    return ecs.HealthCheck(
        Command=["CMD", "node", "-e", script], Interval=30, Timeout=5, Retries=3, StartPeriod=60
    )


def _logging(group: Any) -> Any:
    return ecs.LogConfiguration(
        LogDriver="awslogs",
        Options={
            "awslogs-group": Ref(group),
            "awslogs-region": Region,
            "awslogs-stream-prefix": "frontend",
            # A slow log must never stop the application.
            "mode": "non-blocking",
            "max-buffer-size": "25m",
        },
    )
