"""The optimizer against a cluster that another template owns."""

import json

from aistudio_templates.config import EnvironmentConfig
from aistudio_templates.patterns.aurora import ClusterReference
from aistudio_templates.patterns.aurora_alarms import aurora_alarms
from aistudio_templates.patterns.aurora_cost import aurora_cost_optimizer
from aistudio_templates.patterns.aurora_dashboard import aurora_cost_dashboard

EXISTING = ClusterReference(
    identifier="legacy-cluster",
    arn="arn:aws:rds:us-east-1:123456789012:cluster:legacy-cluster",
    readers=0,
)


def test_auto_pause_is_asserted_daily_on_an_existing_cluster() -> None:
    database = EnvironmentConfig.get("dev").database
    optimizer = aurora_cost_optimizer(EXISTING, database, assert_auto_pause=True)
    (schedule,) = optimizer.schedules
    target = schedule.to_dict()["Properties"]["Target"]
    text, variables = target["Input"]["Fn::Sub"]
    assert variables == {"Cluster": "legacy-cluster"}
    assert json.loads(text)["ServerlessV2ScalingConfiguration"] == {
        "MinCapacity": 0,
        "MaxCapacity": 2,
        "SecondsUntilAutoPause": 1800,
    }


def test_a_cluster_of_ours_pauses_natively_and_needs_no_schedule() -> None:
    optimizer = aurora_cost_optimizer(EXISTING, EnvironmentConfig.get("dev").database)
    assert list(optimizer) == []


def test_a_cluster_that_must_not_pause_is_left_alone() -> None:
    database = (
        EnvironmentConfig.get("staging").override(database={"scheduled_capacity": ()}).database
    )
    assert list(aurora_cost_optimizer(EXISTING, database, assert_auto_pause=True)) == []


def test_the_role_may_change_the_existing_cluster_only() -> None:
    database = EnvironmentConfig.get("prod").database
    role = aurora_cost_optimizer(EXISTING, database).role.to_dict()["Properties"]
    statement = role["Policies"][0]["PolicyDocument"]["Statement"][0]
    assert statement["Resource"] == [EXISTING.arn]


def test_dashboard_and_alarms_take_an_existing_cluster() -> None:
    config = EnvironmentConfig.get("dev")
    dashboard = aurora_cost_dashboard(
        config, cluster="legacy-cluster", instances=("legacy-writer",)
    ).to_dict()
    assert (
        '"DBInstanceIdentifier", "legacy-writer"'
        in dashboard["Properties"]["DashboardBody"]["Fn::Sub"]
    )
    for alarm in aurora_alarms(EXISTING, topic_arn="arn:aws:sns:us-east-1:123456789012:t"):
        assert alarm.to_dict()["Properties"]["Dimensions"] == [
            {"Name": "DBClusterIdentifier", "Value": "legacy-cluster"}
        ]
