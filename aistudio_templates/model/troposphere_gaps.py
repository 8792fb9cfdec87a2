"""Properties that troposphere 4.11 lacks or refuses, as subclasses with the right ones.

Each gap is a name clash or a stale validator of a generated class. troposphere takes a
subclass wherever it takes the class, so nothing of its own is changed. The tests of
this module fail when troposphere repairs a gap; its subclass goes then.
"""

from __future__ import annotations

from typing import ClassVar

from troposphere import awslambda, rds
from troposphere.validators import integer


def _log_format(value: str) -> str:
    if value not in {"JSON", "Text"}:
        raise ValueError(f"LogFormat: {value!r}, valid: JSON, Text")
    return value


def _min_capacity_acu(value: float) -> float:
    return _capacity_acu("MinCapacity", value, smallest=0)


def _max_capacity_acu(value: float) -> float:
    return _capacity_acu("MaxCapacity", value, smallest=1)


def _capacity_acu(name: str, value: float, *, smallest: float) -> float:
    if not smallest <= value <= 256 or value * 2 != int(value * 2):
        raise ValueError(f"{name}: {value}, valid: {smallest} to 256 in steps of 0.5")
    return value


class LoggingConfig(awslambda.LoggingConfig):  # type: ignore[misc] # troposphere is untyped
    """A function's logging, with ``LogFormat`` (``JSON`` or ``Text``).

    Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/
    aws-properties-lambda-function-loggingconfig.html
    """

    props: ClassVar = {
        "ApplicationLogLevel": (str, False),
        "LogFormat": (_log_format, False),
        "LogGroup": (str, False),
        "SystemLogLevel": (str, False),
    }


class ScalingConfig(awslambda.ScalingConfig):  # type: ignore[misc] # troposphere is untyped
    """An event source mapping's scaling, with ``MaximumConcurrency`` (2 to 1,000).

    Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/
    aws-properties-lambda-eventsourcemapping-scalingconfig.html
    """

    props: ClassVar = {"MaximumConcurrency": (integer, False)}


class ServerlessV2ScalingConfiguration(
    rds.ServerlessV2ScalingConfiguration  # type: ignore[misc] # troposphere is untyped
):
    """An Aurora cluster's capacity in ACU: minimum 0 (pauses) to 256, maximum 1 to 256.

    Source: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/
    aurora-serverless-v2.setting-capacity.html
    """

    props: ClassVar = {
        "MaxCapacity": (_max_capacity_acu, False),
        "MinCapacity": (_min_capacity_acu, False),
        "SecondsUntilAutoPause": (integer, False),
    }
