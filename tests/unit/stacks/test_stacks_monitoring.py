import json
from typing import Any

import pytest

from aistudio_templates.application import compose
from aistudio_templates.config import EnvironmentConfig, Organization
from support.environments import ENVIRONMENTS, assembly, composed, stack

ALARMING = ("staging", "prod")
ECS = {"hosting": "ecs", "hosted_zone_id": "Z0123456789ABCDEFGHIJ"}


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_the_topic_lets_in_alarms_and_costs_of_this_account_only(name: str) -> None:
    view = stack(assembly(name), "monitoring")
    statements = view.get("AlarmTopicPolicy").properties["PolicyDocument"]["Statement"]
    allowed = {s["Principal"]["Service"]: s for s in statements if s["Effect"] == "Allow"}
    assert set(allowed) == {
        "cloudwatch.amazonaws.com",
        "budgets.amazonaws.com",
        "costalerts.amazonaws.com",
    }
    for statement in allowed.values():
        account = statement["Condition"]["StringEquals"]
        assert account == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_the_key_lets_the_same_services_encrypt(name: str) -> None:
    view = stack(assembly(name), "monitoring")
    view.get("AlarmTopic").has(KmsMasterKeyId={"Fn::GetAtt": ["AlarmTopicKey", "Arn"]})
    key = view.get("AlarmTopicKey").has(EnableKeyRotation=True)
    services = [
        s["Principal"]["Service"]
        for s in key.properties["KeyPolicy"]["Statement"]
        if "Service" in s["Principal"]
    ]
    assert sorted(services) == [
        "budgets.amazonaws.com",
        "cloudwatch.amazonaws.com",
        "costalerts.amazonaws.com",
    ]


def test_an_address_is_subscribed_only_where_there_is_one() -> None:
    view = stack(assembly("dev"), "monitoring")
    view.only("AWS::SNS::Subscription").has(Protocol="email", Endpoint="alerts@example.com")
    silent = compose(EnvironmentConfig.get("dev"), Organization(base_domain="example.com"))
    assert not stack(silent, "monitoring").of_type("AWS::SNS::Subscription")


@pytest.mark.parametrize(("name", "amount"), [("dev", 150.0), ("staging", 300.0), ("prod", 500.0)])
def test_the_budget_warns_before_and_by_forecast(name: str, amount: float) -> None:
    budget = stack(assembly(name), "monitoring").only("AWS::Budgets::Budget")
    budget.has(
        Budget={
            "BudgetLimit": {"Amount": amount, "Unit": "USD"},
            "TimeUnit": "MONTHLY",
            "FilterExpression": {
                "And": [
                    {
                        "Tags": {
                            "Key": "Project",
                            "Values": ["AIStudio"],
                            "MatchOptions": ["EQUALS"],
                        }
                    },
                    {"Tags": {"Key": "Environment", "Values": [name], "MatchOptions": ["EQUALS"]}},
                ]
            },
        }
    )
    notifications = [
        (n["Notification"]["NotificationType"], n["Notification"]["Threshold"])
        for n in budget.properties["NotificationsWithSubscribers"]
    ]
    assert notifications == [("ACTUAL", 80.0), ("ACTUAL", 100.0), ("FORECASTED", 100.0)]


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_no_member_account_is_asked_to_watch_the_costs_of_a_tag(name: str) -> None:
    assert not {
        r["Type"]
        for r in stack(assembly(name), "monitoring").resources.values()
        if r["Type"].startswith("AWS::CE::")
    }


def test_the_account_that_pays_can_have_unusual_costs_reported_at_once() -> None:
    config = EnvironmentConfig.get("prod").override(cost={"anomaly_detection": True})
    view = stack(composed(config), "monitoring")
    monitor = view.only("AWS::CE::AnomalyMonitor").has(MonitorType="CUSTOM")
    specification = json.loads(monitor.properties["MonitorSpecification"])
    assert specification == {"Tags": {"Key": "Environment", "Values": ["prod"]}}
    subscription = view.only("AWS::CE::AnomalySubscription").has(
        Frequency="IMMEDIATE", Subscribers=[{"Type": "SNS", "Address": {"Ref": "AlarmTopic"}}]
    )
    threshold = json.loads(subscription.properties["ThresholdExpression"])
    assert threshold["Dimensions"]["Values"] == ["20"]
    for kind in ("AWS::CE::AnomalySubscription", "AWS::Budgets::Budget"):
        assert view.only(kind).resource["DependsOn"] == "AlarmTopicPolicy"


@pytest.mark.parametrize("name", ALARMING)
def test_every_area_sums_up_its_alarms_and_notifies_nobody(name: str) -> None:
    view = stack(assembly(name), "monitoring")
    alarms = set(view.of_type("AWS::CloudWatch::Alarm"))
    summed: list[str] = []
    for composite in view.of_type("AWS::CloudWatch::CompositeAlarm").values():
        assert "AlarmActions" not in composite["Properties"]
        rule = composite["Properties"]["AlarmRule"]["Fn::Sub"]
        summed += [part.split("${")[1].split(".Arn}")[0] for part in rule.split(" OR ")]
    assert sorted(summed) == sorted(alarms)


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("ClusterCapacityAlarm", {"Threshold": 90}),
        ("BounceRateAlarm", {"MetricName": "Reputation.BounceRate", "Threshold": 0.05}),
        ("ComplaintRateAlarm", {"MetricName": "Reputation.ComplaintRate", "Threshold": 0.001}),
        ("SseFieldMismatchesAlarm", {"Namespace": "AIStudio/Streaming", "Threshold": 1}),
        ("FileProcessorErrorsAlarm", {"Statistic": "Sum", "Threshold": 1}),
        ("ApplicationLatencyAlarm", {"ExtendedStatistic": "p99", "Threshold": 3}),
    ],
)
def test_alarms_have_the_thresholds_agreed(title: str, expected: dict[str, Any]) -> None:
    stack(assembly("prod"), "monitoring").get(title).has(**expected)


def test_shares_of_failures_need_traffic_to_say_anything() -> None:
    view = stack(assembly("prod"), "monitoring")
    for title in ("ApplicationErrorsAlarm", "SseStreamFailuresAlarm"):
        expressions = [
            m["Expression"] for m in view.get(title).properties["Metrics"] if "Expression" in m
        ]
        assert len(expressions) == 1
        assert expressions[0].startswith("IF(")
        assert ">= 20" in expressions[0]


def test_the_cluster_is_watched_and_only_where_the_environment_alarms() -> None:
    assert not stack(assembly("dev"), "monitoring").of_type("AWS::CloudWatch::Alarm")
    expected = {
        "CapacityScheduleAlarm",
        "ClusterCapacityAlarm",
        "ClusterCpuAlarm",
        "ClusterDeadlocksAlarm",
        "ClusterMemoryAlarm",
        "ReplicaLagAlarm",
    }
    assert expected <= set(stack(assembly("prod"), "monitoring").of_type("AWS::CloudWatch::Alarm"))


def test_refused_sign_ups_are_no_alarm_each() -> None:
    view = stack(assembly("prod"), "monitoring")
    assert view.get("PreSignUpErrorsAlarm").properties["Threshold"] > 10
    view.get("FileProcessorErrorsAlarm").has(Threshold=1)


def test_readers_and_schedules_have_alarms_only_where_they_are() -> None:
    prod = stack(assembly("prod"), "monitoring").of_type("AWS::CloudWatch::Alarm")
    staging = stack(assembly("staging"), "monitoring").of_type("AWS::CloudWatch::Alarm")
    for title in ("ReplicaLagAlarm", "CapacityScheduleAlarm", "CapacityDeadLetterQueueAlarm"):
        assert title in prod
        assert title not in staging


def test_on_ecs_targets_and_tasks_are_watched() -> None:
    config = EnvironmentConfig.get("prod").override(frontend=ECS)
    alarms = stack(composed(config), "monitoring").of_type("AWS::CloudWatch::Alarm")
    expected = {
        "LoadBalancerErrorsAlarm",
        "NoHealthyTargetAlarm",
        "ServiceCpuAlarm",
        "ServiceMemoryAlarm",
        "UnhealthyTargetsAlarm",
    }
    assert expected <= set(alarms)
    amplify = stack(assembly("prod"), "monitoring").of_type("AWS::CloudWatch::Alarm")
    assert not expected & set(amplify)


@pytest.mark.parametrize(("image", "missing"), [("v1", "breaching"), (None, "notBreaching")])
def test_a_service_without_any_task_is_down_once_there_is_an_image(
    image: str | None, missing: str
) -> None:
    config = EnvironmentConfig.get("prod").override(frontend={**ECS, "image": image})
    view = stack(composed(config), "monitoring")
    view.get("NoHealthyTargetAlarm").has(TreatMissingData=missing)


def test_what_the_load_balancer_answers_itself_is_watched_apart_from_tasks() -> None:
    config = EnvironmentConfig.get("prod").override(frontend=ECS)
    alarm = stack(composed(config), "monitoring").get("LoadBalancerErrorsAlarm")
    alarm.has(MetricName="HTTPCode_ELB_5XX_Count", Statistic="Sum")
    dimensions = {d["Name"] for d in alarm.properties["Dimensions"]}
    assert dimensions == {"LoadBalancer"}


def test_log_groups_that_aws_makes_get_a_retention_every_day() -> None:
    arn = "arn:aws:lambda:us-east-1:580247275435:layer:LambdaInsightsExtension-Arm64:5"
    config = EnvironmentConfig.get("prod").override(
        frontend=ECS, monitoring={"lambda_insights_layer_arn": arn}
    )
    view = stack(composed(config), "monitoring")
    schedules = view.of_type("AWS::Scheduler::Schedule")
    assert set(schedules) == {
        "LambdaInsightsRetentionSchedule",
        "ContainerInsightsRetentionSchedule",
    }
    for schedule in schedules.values():
        template, names = schedule["Properties"]["Target"]["Input"]["Fn::Sub"]
        assert json.loads(template) == {"LogGroupName": "${Name}", "RetentionInDays": 30}
        assert "Name" in names
    assert not stack(assembly("prod"), "monitoring").of_type("AWS::Scheduler::Schedule")


def test_without_dashboards_none_is_made_and_no_price_is_needed() -> None:
    values = EnvironmentConfig.get("staging").model_dump() | {"region": "eu-central-1"}
    config = EnvironmentConfig.create(values).override(
        monitoring={"dashboards_enabled": False, "function_dashboards_enabled": False},
        power_tuning={"enabled": False},
    )
    for closed in composed(config).stacks:
        assert not stack(composed(config), closed.name).of_type("AWS::CloudWatch::Dashboard")
