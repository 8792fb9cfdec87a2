"""Each test of a gap fails when troposphere repairs it: then its subclass can go."""

import pytest
from troposphere import awslambda, rds

from aistudio_templates.model.troposphere_gaps import (
    LoggingConfig,
    ScalingConfig,
    ServerlessV2ScalingConfiguration,
)


def test_troposphere_still_lacks_log_format() -> None:
    with pytest.raises(AttributeError):
        awslambda.LoggingConfig(LogFormat="JSON")


def test_troposphere_still_lacks_maximum_concurrency() -> None:
    with pytest.raises(AttributeError):
        awslambda.ScalingConfig(MaximumConcurrency=2)


def test_troposphere_still_refuses_a_minimum_of_zero() -> None:
    with pytest.raises(ValueError, match=r"cannot be smaller than 0\.5"):
        rds.ServerlessV2ScalingConfiguration(MinCapacity=0.0)


def test_functions_take_the_logging_subclass() -> None:
    function = awslambda.Function(
        "F",
        Code=awslambda.Code(ImageUri="x"),
        Role="arn:aws:iam::123456789012:role/x",
        LoggingConfig=LoggingConfig(LogFormat="JSON", LogGroup="g"),
    )
    assert function.to_dict()["Properties"]["LoggingConfig"] == {
        "LogFormat": "JSON",
        "LogGroup": "g",
    }


def test_mappings_take_the_scaling_subclass() -> None:
    mapping = awslambda.EventSourceMapping(
        "M", FunctionName="f", ScalingConfig=ScalingConfig(MaximumConcurrency=2)
    )
    assert mapping.to_dict()["Properties"]["ScalingConfig"] == {"MaximumConcurrency": 2}


def test_clusters_take_the_capacity_subclass() -> None:
    cluster = rds.DBCluster(
        "C",
        Engine="aurora-postgresql",
        ServerlessV2ScalingConfiguration=ServerlessV2ScalingConfiguration(
            MinCapacity=0, MaxCapacity=256, SecondsUntilAutoPause=1800
        ),
    )
    assert cluster.to_dict()["Properties"]["ServerlessV2ScalingConfiguration"] == {
        "MinCapacity": 0,
        "MaxCapacity": 256,
        "SecondsUntilAutoPause": 1800,
    }


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("MinCapacity", -0.5),
        ("MinCapacity", 256.5),
        ("MinCapacity", 0.3),
        ("MaxCapacity", 0.5),
        ("MaxCapacity", 257),
    ],
)
def test_capacities_outside_aurora_are_refused(key: str, value: float) -> None:
    with pytest.raises(ValueError, match=key):
        ServerlessV2ScalingConfiguration(**{key: value})


def test_an_unknown_log_format_is_refused() -> None:
    with pytest.raises(ValueError, match="LogFormat"):
        LoggingConfig(LogFormat="XML")
