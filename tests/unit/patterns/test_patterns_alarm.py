from typing import Any

import pytest
from troposphere import Ref, cloudwatch

from aistudio_templates.patterns.alarm import (
    BELOW,
    MathMetric,
    MetricAlarm,
    Threshold,
    alarm,
    alarms,
    any_alarm,
    math_alarm,
)

TOPIC = Ref("Topic")


def properties(resource: Any) -> dict[str, Any]:
    found: dict[str, Any] = resource.to_dict()["Properties"]
    return found


def watched(title: str = "A", *, statistic: str = "Sum", **threshold: Any) -> MetricAlarm:
    return MetricAlarm(title, "d", ("AWS/SQS", "Age"), Threshold(1, **threshold), statistic)


def plain(**options: Any) -> dict[str, Any]:
    made = alarm(watched(**options), dimensions={"QueueName": "q"}, topic_arn=TOPIC)
    return properties(made)


def test_it_tells_the_topic_when_it_fires_and_when_it_clears() -> None:
    declared = plain()
    assert declared["AlarmActions"] == declared["OKActions"] == [{"Ref": "Topic"}]
    assert declared["TreatMissingData"] == "notBreaching"
    assert declared["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
    assert plain(comparison=BELOW)["ComparisonOperator"] == "LessThanThreshold"


@pytest.mark.parametrize(("statistic", "key"), [("Sum", "Statistic"), ("p99", "ExtendedStatistic")])
def test_percentiles_have_a_property_of_their_own(statistic: str, key: str) -> None:
    declared = plain(statistic=statistic)
    assert declared[key] == statistic
    assert ("Statistic" in declared) != ("ExtendedStatistic" in declared)


def test_several_alarms_watch_one_resource() -> None:
    one, two = alarms(
        [watched("One"), watched("Two", period_seconds=60)],
        dimensions={"QueueName": "q"},
        topic_arn=TOPIC,
    )
    assert (one.title, two.title) == ("One", "Two")
    assert properties(one)["Dimensions"] == properties(two)["Dimensions"]
    assert (properties(one)["Period"], properties(two)["Period"]) == (300, 60)


def test_an_expression_returns_one_series_and_reads_the_others() -> None:
    metrics = [MathMetric("a", "N", "A", {"D": "d"}), MathMetric("b", "N", "B", {"D": "d"})]
    declared = properties(
        math_alarm(
            "A",
            "d",
            expression="100 * a / b",
            metrics=metrics,
            threshold=Threshold(5, period_seconds=60),
            topic_arn=TOPIC,
        )
    )
    queries = declared["Metrics"]
    assert [q["Id"] for q in queries if q["ReturnData"]] == ["result"]
    assert [q["MetricStat"]["Period"] for q in queries if "MetricStat" in q] == [60, 60]
    assert "Period" not in declared
    assert "MetricName" not in declared


def test_a_composite_names_its_parts_and_notifies_nobody() -> None:
    parts = [cloudwatch.Alarm(title, EvaluationPeriods=1) for title in ("One", "Two")]
    declared = properties(any_alarm("Any", "d", parts))
    assert declared["AlarmRule"] == {"Fn::Sub": 'ALARM("${One.Arn}") OR ALARM("${Two.Arn}")'}
    assert "AlarmActions" not in declared
