import json

import pytest

from aistudio_templates.config import EnvironmentConfig
from support.environments import ENVIRONMENTS, assembly, composed, stack
from support.template_view import ABSENT, TemplateView


def database(name: str = "dev", **overrides: object) -> TemplateView:
    return stack(composed(EnvironmentConfig.get(name).override(database=overrides)), "database")


def test_dev_pauses_by_itself() -> None:
    stack(assembly("dev"), "database").only("AWS::RDS::DBCluster").has(
        ServerlessV2ScalingConfiguration={
            "MinCapacity": 0,
            "MaxCapacity": 2,
            "SecondsUntilAutoPause": 1800,
        }
    )


def test_prod_never_pauses_and_is_protected() -> None:
    cluster = stack(assembly("prod"), "database").only("AWS::RDS::DBCluster")
    cluster.has(
        DeletionProtection=True,
        BackupRetentionPeriod=7,
        ServerlessV2ScalingConfiguration={
            "MinCapacity": 2,
            "MaxCapacity": 8,
            "SecondsUntilAutoPause": ABSENT,
        },
    )
    assert cluster.resource["DeletionPolicy"] == "Retain"


def test_an_unprotected_cluster_leaves_a_snapshot() -> None:
    cluster = stack(assembly("dev"), "database").only("AWS::RDS::DBCluster")
    assert cluster.resource["DeletionPolicy"] == "Snapshot"
    assert cluster.resource["UpdateReplacePolicy"] == "Snapshot"


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_every_cluster_is_encrypted_and_reached_through_the_data_api(name: str) -> None:
    view = stack(assembly(name), "database")
    view.only("AWS::RDS::DBCluster").has(
        Engine="aurora-postgresql",
        EnableHttpEndpoint=True,
        EnableIAMDatabaseAuthentication=True,
        StorageEncrypted=True,
        ManageMasterUserPassword=True,
        MasterUserPassword=ABSENT,
        CopyTagsToSnapshot=True,
        EnableCloudwatchLogsExports=["postgresql"],
    )
    view.only("AWS::RDS::DBClusterParameterGroup").has(Parameters={"rds.force_ssl": "1"})
    assert not view.of_type("AWS::SecretsManager::Secret")


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_no_instance_is_public(name: str) -> None:
    for instance in stack(assembly(name), "database").of_type("AWS::RDS::DBInstance").values():
        assert instance["Properties"]["PubliclyAccessible"] is False
        assert instance["Properties"]["DBInstanceClass"] == "db.serverless"


def test_readers_follow_the_writer_one_after_the_other() -> None:
    view = database("prod", readers=2)
    assert set(view.of_type("AWS::RDS::DBInstance")) == {"Writer", "Reader1", "Reader2"}
    assert "DependsOn" not in view.get("Writer").resource
    assert view.get("Reader1").resource["DependsOn"] == "Writer"
    assert view.get("Reader2").resource["DependsOn"] == "Reader1"
    view.get("Writer").has(PromotionTier=0)
    view.get("Reader2").has(PromotionTier=2)


def test_only_prod_has_readers() -> None:
    counts = {
        name: len(stack(assembly(name), "database").of_type("AWS::RDS::DBInstance"))
        for name in ENVIRONMENTS
    }
    assert counts == {"dev": 1, "staging": 1, "prod": 2}


def test_the_security_group_lets_in_named_clients_only() -> None:
    closed = database().get("ClusterSecurityGroup")
    assert closed.properties["SecurityGroupIngress"] == []
    client = "sg-0123456789abcdef0"
    opened = database(client_security_group_ids=(client,)).get("ClusterSecurityGroup")
    (rule,) = opened.properties["SecurityGroupIngress"]
    assert rule["SourceSecurityGroupId"] == client
    assert (rule["FromPort"], rule["ToPort"]) == (5432, 5432)
    assert "CidrIp" not in rule


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_the_log_group_exists_first_under_the_name_that_rds_uses(name: str) -> None:
    view = stack(assembly(name), "database")
    cluster, group = view.get("Cluster"), view.get("ClusterLogGroup")
    assert cluster.resource["DependsOn"] == "ClusterLogGroup"
    identifier, variables = cluster.properties["DBClusterIdentifier"]["Fn::Sub"]
    assert group.properties["LogGroupName"]["Fn::Sub"] == [
        f"/aws/rds/cluster/{identifier}/postgresql",
        variables,
    ]


def test_a_restored_cluster_takes_user_and_database_from_its_snapshot() -> None:
    plain = database().get("Cluster").properties
    restored = database(snapshot_identifier="before-upgrade").get("Cluster")
    restored.has(
        SnapshotIdentifier="before-upgrade",
        MasterUsername=ABSENT,
        DatabaseName=ABSENT,
        ManageMasterUserPassword=True,
    )
    assert restored.properties["DBClusterIdentifier"] != plain["DBClusterIdentifier"]


def test_the_proxy_is_off_by_default() -> None:
    for name in ENVIRONMENTS:
        view = stack(assembly(name), "database")
        assert not view.of_type("AWS::RDS::DBProxy")
        assert "ProxyEndpoint" not in view.body["Outputs"]


def test_a_proxy_gets_groups_and_rules_of_its_own() -> None:
    view = database("prod", proxy=True)
    view.only("AWS::RDS::DBProxy").has(
        RequireTLS=True, VpcSubnetIds={"Ref": "NetworkIsolatedSubnetIds"}
    )
    view.get("ClusterFromProxy").has(
        GroupId={"Ref": "ClusterSecurityGroup"},
        SourceSecurityGroupId={"Ref": "ProxySecurityGroup"},
    )
    view.get("ProxyToCluster").has(
        GroupId={"Ref": "ProxySecurityGroup"},
        DestinationSecurityGroupId={"Ref": "ClusterSecurityGroup"},
    )
    (statement,) = view.get("ProxyRole").properties["Policies"][0]["PolicyDocument"]["Statement"]
    assert statement["Resource"] == [{"Fn::GetAtt": ["Cluster", "MasterUserSecret.SecretArn"]}]
    assert "ProxyEndpoint" in view.body["Outputs"]


def test_capacity_follows_local_time_through_the_rds_api() -> None:
    view = stack(assembly("prod"), "database")
    schedules = view.of_type("AWS::Scheduler::Schedule")
    assert len(schedules) == len(EnvironmentConfig.get("prod").database.scheduled_capacity) > 0
    for schedule in schedules.values():
        properties = schedule["Properties"]
        assert properties["ScheduleExpressionTimezone"] == "America/Los_Angeles"
        target = properties["Target"]
        assert target["Arn"]["Fn::Sub"].endswith(":scheduler:::aws-sdk:rds:modifyDBCluster")
        assert target["DeadLetterConfig"]["Arn"] == {
            "Fn::GetAtt": ["CapacityDeadLetterQueue", "Arn"]
        }
        text, variables = target["Input"]["Fn::Sub"]
        request = json.loads(text)
        assert request["DbClusterIdentifier"] == "${Cluster}"
        assert variables == {"Cluster": {"Ref": "Cluster"}}
        capacity = request["ServerlessV2ScalingConfiguration"]
        assert 0 < capacity["MinCapacity"] <= capacity["MaxCapacity"] <= 256


def test_without_schedules_there_is_nothing_to_run_them() -> None:
    view = stack(assembly("dev"), "database")
    for resource_type in ("AWS::Scheduler::Schedule", "AWS::SQS::Queue"):
        assert not view.of_type(resource_type)


def test_the_schedule_role_may_do_two_things_to_two_resources() -> None:
    role = stack(assembly("prod"), "database").get("CapacityScheduleRole")
    statements = role.properties["Policies"][0]["PolicyDocument"]["Statement"]
    assert [statement["Action"] for statement in statements] == [
        ["rds:ModifyDBCluster"],
        ["sqs:SendMessage"],
    ]
    assert all("*" not in statement["Resource"] for statement in statements)


def test_the_schema_is_initialised_after_the_instances() -> None:
    view = database("prod", readers=1)
    schema = view.only("Custom::DatabaseSchema")
    assert schema.resource["DependsOn"] == ["Writer", "Reader1"]
    schema.has(
        ServiceToken={"Fn::GetAtt": ["DatabaseInitializerFunction", "Arn"]},
        DatabaseName="aistudio",
        ServiceTimeout=960,
    )
    digest = schema.properties["MigrationsDigest"]
    key = view.get("DatabaseInitializerFunction").properties["Code"]["S3Key"]
    assert digest not in key, "other code must not run the migrations again"


def test_the_initialiser_may_use_one_cluster_and_one_secret() -> None:
    role = stack(assembly("dev"), "database").get("DatabaseInitializerRole")
    statements = role.properties["Policies"][0]["PolicyDocument"]["Statement"]
    allowed = {action: s["Resource"] for s in statements for action in s["Action"]}
    cluster = [
        {"Fn::Sub": "arn:${AWS::Partition}:rds:${AWS::Region}:${AWS::AccountId}:cluster:${Cluster}"}
    ]
    secret = [{"Fn::GetAtt": ["Cluster", "MasterUserSecret.SecretArn"]}]
    log = [{"Fn::GetAtt": ["DatabaseInitializerLogGroup", "Arn"]}]
    assert allowed == {
        "logs:CreateLogStream": log,
        "logs:PutLogEvents": log,
        "rds-data:BatchExecuteStatement": cluster,
        "rds-data:BeginTransaction": cluster,
        "rds-data:CommitTransaction": cluster,
        "rds-data:ExecuteStatement": cluster,
        "rds-data:RollbackTransaction": cluster,
        "secretsmanager:DescribeSecret": secret,
        "secretsmanager:GetSecretValue": secret,
    }


def test_the_schema_hook_can_be_off() -> None:
    view = database(initialize_schema=False)
    assert not view.of_type("Custom::DatabaseSchema")
    assert not view.of_type("AWS::Lambda::Function")
    assert "ArtifactBucket" not in view.body["Parameters"]


def test_functions_are_arm64_with_json_logs_and_a_log_group_of_their_own() -> None:
    for name in ENVIRONMENTS:
        for function in stack(assembly(name), "database").of_type("AWS::Lambda::Function").values():
            properties = function["Properties"]
            assert properties["Architectures"] == ["arm64"]
            assert properties["LoggingConfig"]["LogFormat"] == "JSON"
            assert "Ref" in properties["LoggingConfig"]["LogGroup"]
            tags = {tag["Key"]: tag["Value"] for tag in properties["Tags"]}
            assert tags["ManagedBy"] == "OptimizedLambda"


def test_the_cost_dashboard_sums_instances_and_states_the_real_settings() -> None:
    view = stack(assembly("prod"), "database")
    dashboard = view.get("AuroraCostDashboard").has(DashboardName="aurora-cost-prod")
    body = json.loads(dashboard.properties["DashboardBody"]["Fn::Sub"])
    text = body["widgets"][0]["properties"]["markdown"]
    assert "2 to 8 ACU" in text
    assert "Auto-pause: off" in text
    graphs = {w["properties"].get("title"): w["properties"] for w in body["widgets"]}
    instances = [line[3] for line in graphs["Capacity by instance"]["metrics"]]
    assert instances == ["${Writer}", "${Reader1}"]
    assert graphs["Cost per hour"]["metrics"][-1][0]["expression"] == "SUM(METRICS('acu')) * 0.12"


def test_a_savings_plan_lowers_the_cost_on_the_dashboard() -> None:
    config = EnvironmentConfig.get("prod").override(
        database={"savings_plan_discount_percent": 35.0}
    )
    view = stack(composed(config), "database").get("AuroraCostDashboard")
    text = view.properties["DashboardBody"]["Fn::Sub"]
    assert "SUM(METRICS('acu')) * 0.078" in text
    assert "savings plan: 35 %" in text


def test_dashboard_widgets_do_not_overlap() -> None:
    for name in ENVIRONMENTS:
        view = stack(assembly(name), "database")
        body = json.loads(view.get("AuroraCostDashboard").properties["DashboardBody"]["Fn::Sub"])
        cells = [
            (x, y)
            for w in body["widgets"]
            for x in range(w["x"], w["x"] + w["width"])
            for y in range(w["y"], w["y"] + w["height"])
        ]
        assert len(cells) == len(set(cells))
        assert max(x for x, _ in cells) < 24
