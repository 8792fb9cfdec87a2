import pytest

from aistudio_templates.patterns.function_alarms import function_alarms, queue_alarm
from aistudio_templates.patterns.function_facts import FunctionFacts
from aistudio_templates.patterns.function_sizing import Profile
from aistudio_templates.patterns.queue import QueueFacts
from support.handles import view

TOPIC = "arn:aws:sns:us-east-1:123456789012:alarms"
FUNCTION = FunctionFacts("aistudio-dev-worker", "Worker", 180, 512, "arm64", Profile.STANDARD)


def test_a_function_is_watched_for_errors_throttles_and_slowness() -> None:
    alarms = view(function_alarms(FUNCTION, topic_arn=TOPIC))
    assert set(alarms.resources) == {
        "WorkerErrorsAlarm",
        "WorkerThrottlesAlarm",
        "WorkerDurationAlarm",
    }
    for title in alarms.resources:
        alarms.get(title).has(
            Namespace="AWS/Lambda",
            Dimensions=[{"Name": "FunctionName", "Value": "aistudio-dev-worker"}],
            AlarmActions=[TOPIC],
            OKActions=[TOPIC],
        )


@pytest.mark.parametrize(("timeout_seconds", "threshold_ms"), [(180, 162_000), (900, 810_000)])
def test_slowness_is_nine_tenths_of_the_timeout(timeout_seconds: int, threshold_ms: float) -> None:
    facts = FunctionFacts("f", "Worker", timeout_seconds, 512, "arm64", Profile.STANDARD)
    alarms = view(function_alarms(facts, topic_arn=TOPIC))
    alarm = alarms.get("WorkerDurationAlarm").has(Statistic="Maximum", MetricName="Duration")
    assert alarm.properties["Threshold"] == pytest.approx(threshold_ms)
    assert f"{timeout_seconds} s" in alarm.properties["AlarmDescription"]


def test_one_error_is_enough() -> None:
    view(function_alarms(FUNCTION, topic_arn=TOPIC)).get("WorkerErrorsAlarm").has(
        MetricName="Errors",
        Statistic="Sum",
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="notBreaching",
    )


def test_a_queue_is_watched_for_age() -> None:
    facts = QueueFacts("jobs", "JobsQueue", dead_letter=False, max_age_seconds=600)
    view([queue_alarm(facts, topic_arn=TOPIC)]).get("JobsQueueAgeAlarm").has(
        Namespace="AWS/SQS",
        MetricName="ApproximateAgeOfOldestMessage",
        Dimensions=[{"Name": "QueueName", "Value": "jobs"}],
        Threshold=600,
        Statistic="Maximum",
    )


def test_a_dead_letter_queue_is_watched_for_any_message() -> None:
    facts = QueueFacts("failed", "JobsDlq", dead_letter=True, max_age_seconds=0)
    view([queue_alarm(facts, topic_arn=TOPIC)]).get("JobsDlqAlarm").has(
        MetricName="ApproximateNumberOfMessagesVisible",
        Dimensions=[{"Name": "QueueName", "Value": "failed"}],
        Threshold=1,
        EvaluationPeriods=1,
    )
