"""The web application on ECS, for responses that stream for minutes."""

import json
from typing import Any

import pytest

from aistudio_templates.config import EnvironmentConfig
from support.environments import ENVIRONMENTS, assembly, composed, stack
from support.template_view import ABSENT, TemplateView

ZONE = "Z0123456789ABCDEFGHIJ"
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"
IMAGE = "sha256:" + "a" * 64


def config(name: str, compute: dict[str, Any] | None = None, **changes: Any) -> EnvironmentConfig:
    zone = {} if "certificate_arn" in changes else {"hosted_zone_id": ZONE}
    frontend = {"hosting": "ecs", **zone, **changes}
    return EnvironmentConfig.get(name).override(frontend=frontend, compute=compute or {})


def ecs(name: str, compute: dict[str, Any] | None = None, **changes: Any) -> TemplateView:
    return stack(composed(config(name, compute, **changes)), "frontend")


def container(view: TemplateView) -> dict[str, Any]:
    (found,) = view.get("TaskDefinition").properties["ContainerDefinitions"]
    result: dict[str, Any] = found
    return result


def variables(view: TemplateView) -> dict[str, Any]:
    return {v["Name"]: v["Value"] for v in container(view)["Environment"]}


def grants(view: TemplateView, role: str) -> list[dict[str, Any]]:
    (policy,) = view.get(role).properties["Policies"]
    found: list[dict[str, Any]] = policy["PolicyDocument"]["Statement"]
    return found


def attributes(view: TemplateView, logical_id: str) -> dict[str, Any]:
    properties = view.get(logical_id).properties
    listed = properties.get("LoadBalancerAttributes") or properties["TargetGroupAttributes"]
    return {attribute["Key"]: attribute["Value"] for attribute in listed}


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_nothing_of_amplify_is_left(name: str) -> None:
    view = ecs(name)
    assert not {r["Type"] for r in view.resources.values() if "Amplify" in r["Type"]}
    assert not {output for output in view.body["Outputs"] if output.startswith("Amplify")}


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_tasks_are_private_and_reached_through_the_load_balancer_alone(name: str) -> None:
    view = ecs(name)
    network = view.get("Service").properties["NetworkConfiguration"]["AwsvpcConfiguration"]
    assert network["AssignPublicIp"] == "DISABLED"
    assert network["Subnets"] == {"Ref": "NetworkApplicationSubnetIds"}
    (ingress,) = view.get("ServiceSecurityGroup").properties["SecurityGroupIngress"]
    assert ingress["SourceSecurityGroupId"] == {"Ref": "LoadBalancerSecurityGroup"}
    assert "CidrIp" not in ingress
    assert (ingress["FromPort"], ingress["ToPort"]) == (3000, 3000)
    view.get("LoadBalancerToService").has(
        GroupId={"Ref": "LoadBalancerSecurityGroup"},
        DestinationSecurityGroupId={"Ref": "ServiceSecurityGroup"},
        FromPort=3000,
    )


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_browsers_get_tls_1_2_or_newer_and_nothing_else(name: str) -> None:
    view = ecs(name)
    view.get("HttpsListener").has(
        Port=443,
        SslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06",
        DefaultActions=[{"Type": "forward", "TargetGroupArn": {"Ref": "TargetGroup"}}],
    )
    (action,) = view.get("HttpListener").has(Port=80).properties["DefaultActions"]
    assert action == {
        "Type": "redirect",
        "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"},
    }


def test_answers_have_security_headers() -> None:
    found = {
        a["Key"].removeprefix("routing.http.response."): a["Value"]
        for a in ecs("prod").get("HttpsListener").properties["ListenerAttributes"]
    }
    assert found["strict_transport_security.header_value"] == f"max-age={2 * 365 * 24 * 3600}"
    assert found["x_content_type_options.header_value"] == "nosniff"
    assert found["server.enabled"] == "false"


@pytest.mark.parametrize(("name", "protected"), [("dev", "false"), ("prod", "true")])
def test_the_load_balancer_logs_and_drops_odd_headers(name: str, protected: str) -> None:
    found = attributes(ecs(name), "LoadBalancer")
    assert found["access_logs.s3.enabled"] == "true"
    assert found["access_logs.s3.bucket"] == {"Ref": "StorageAccessLogsBucketName"}
    assert found["routing.http.drop_invalid_header_fields.enabled"] == "true"
    assert found["deletion_protection.enabled"] == protected


def test_load_balancers_of_this_account_may_write_their_logs() -> None:
    def delivery(source: Any) -> list[dict[str, Any]]:
        policy = stack(source, "storage").get("AccessLogsBucketPolicy").properties
        return [
            s
            for s in policy["PolicyDocument"]["Statement"]
            if "elasticloadbalancing" in json.dumps(s.get("Principal"))
        ]

    assert delivery(assembly("prod")) == []
    (statement,) = delivery(composed(config("prod")))
    prefix = attributes(ecs("prod"), "LoadBalancer")["access_logs.s3.prefix"]
    assert statement["Resource"] == {
        "Fn::Sub": f"${{AccessLogsBucket.Arn}}/{prefix}/AWSLogs/${{AWS::AccountId}}/*"
    }
    source = statement["Condition"]["ArnLike"]["aws:SourceArn"]["Fn::Sub"]
    assert "${AWS::AccountId}:loadbalancer/" in source


def test_streams_survive_silence_and_deploys() -> None:
    view = ecs("prod")
    assert attributes(view, "LoadBalancer")["idle_timeout.timeout_seconds"] == "300"
    assert attributes(view, "TargetGroup")["deregistration_delay.timeout_seconds"] == "300"
    assert "stickiness.enabled" not in attributes(view, "TargetGroup")
    assert container(view)["StopTimeout"] == 120


def test_a_hosted_zone_gives_record_and_certificate() -> None:
    view = ecs("dev")
    view.get("Certificate").has(
        DomainName="dev.example.com",
        DomainValidationOptions=[{"DomainName": "dev.example.com", "HostedZoneId": ZONE}],
    )
    view.get("HttpsListener").has(Certificates=[{"CertificateArn": {"Ref": "Certificate"}}])
    view.get("HostRecord").has(
        Name="dev.example.com",
        Type="A",
        AliasTarget={"DNSName": {"Fn::GetAtt": ["LoadBalancer", "DNSName"]}},
    )


def test_a_certificate_of_ones_own_needs_no_zone() -> None:
    view = ecs("prod", certificate_arn=CERTIFICATE)
    view.get("HttpsListener").has(Certificates=[{"CertificateArn": CERTIFICATE}])
    assert not view.of_type("AWS::Route53::RecordSet")
    assert not view.of_type("AWS::CertificateManager::Certificate")


@pytest.mark.parametrize(
    ("image", "count", "uri"),
    [
        (None, 0, "${Repository.RepositoryUri}:none-yet"),
        ("v1.4.2", 2, "${Repository.RepositoryUri}:v1.4.2"),
        (IMAGE, 2, f"${{Repository.RepositoryUri}}@{IMAGE}"),
    ],
)
def test_no_task_runs_before_there_is_an_image(image: str | None, count: int, uri: str) -> None:
    view = ecs("prod", image=image)
    view.get("Service").has(DesiredCount=count)
    assert container(view)["Image"] == {"Fn::Sub": uri}
    assert bool(view.of_type("AWS::ApplicationAutoScaling::ScalableTarget")) == bool(image)


@pytest.mark.parametrize(
    ("name", "spot", "expected"),
    [
        ("dev", True, [("FARGATE", 1, 1), ("FARGATE_SPOT", None, 3)]),
        ("prod", False, [("FARGATE", 2, 1)]),
        ("prod", True, [("FARGATE", 2, 1), ("FARGATE_SPOT", None, 3)]),
    ],
)
def test_some_tasks_are_never_on_spot(
    name: str, spot: bool, expected: list[tuple[str, int | None, int]]
) -> None:
    view = ecs(name, {"ecs_fargate_spot": spot})
    strategy = view.get("Service").properties["CapacityProviderStrategy"]
    assert [(s["CapacityProvider"], s.get("Base"), s["Weight"]) for s in strategy] == expected
    associated = view.get("ClusterCapacityProviders").properties["CapacityProviders"]
    assert {provider for provider, _, _ in expected} <= set(associated)


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_capacity_providers_wait_until_a_new_account_knows_ecs(name: str) -> None:
    view = ecs(name)
    assert "CapacityProviders" not in view.get("Cluster").properties
    providers = view.get("ClusterCapacityProviders").has(Cluster={"Ref": "Cluster"})
    assert providers.resource["DependsOn"] == "LoadBalancer"
    assert "ClusterCapacityProviders" in view.get("Service").resource["DependsOn"]


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_a_failed_deploy_goes_back_and_interrupts_nobody(name: str) -> None:
    service = ecs(name).get("Service")
    service.has(
        DeploymentConfiguration={
            "MinimumHealthyPercent": 100,
            "MaximumPercent": 200,
            "DeploymentCircuitBreaker": {"Enable": True, "Rollback": True},
        }
    )
    assert "HttpsListener" in service.resource["DependsOn"]


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_the_task_is_arm64_sized_by_configuration_and_cannot_change_itself(name: str) -> None:
    view = ecs(name)
    compute = EnvironmentConfig.get(name).compute
    view.get("TaskDefinition").has(
        Cpu=str(compute.ecs_task_cpu),
        Memory=str(compute.ecs_task_memory_mib),
        RuntimePlatform={"CpuArchitecture": "ARM64", "OperatingSystemFamily": "LINUX"},
    )
    found = container(view)
    assert found["ReadonlyRootFilesystem"] is True
    mounted = {point["ContainerPath"] for point in found["MountPoints"]}
    assert mounted == {"/tmp", "/app/.next/cache", "/home/nextjs"}
    volumes = {volume["Name"] for volume in view.get("TaskDefinition").properties["Volumes"]}
    assert {point["SourceVolume"] for point in found["MountPoints"]} == volumes


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_nobody_opens_a_shell_unless_configuration_says_so(name: str) -> None:
    view = ecs(name)
    view.get("Service").has(EnableExecuteCommand=False)
    assert "ssmmessages" not in json.dumps(view.body)
    opened = ecs(name, {"ecs_execute_command": True})
    opened.get("Service").has(EnableExecuteCommand=True)
    assert container(opened)["ReadonlyRootFilesystem"] is False
    assert "ssmmessages:OpenDataChannel" in json.dumps(grants(opened, "TaskRole"))


def test_secrets_reach_the_container_by_reference() -> None:
    view = ecs("prod")
    secrets = {s["Name"]: s["ValueFrom"]["Fn::Sub"][1]["Arn"] for s in container(view)["Secrets"]}
    assert secrets == {
        "AUTH_SECRET": {"Ref": "AuthAuthSecretArn"},
        "INTERNAL_API_SECRET": {"Ref": "SchedulerInternalApiSecretArn"},
    }
    assert {n for n in variables(view) if "SECRET" in n} == {"RDS_SECRET_ARN"}
    started = json.dumps(grants(view, "TaskExecutionRole"))
    running = json.dumps(grants(view, "TaskRole"))
    for parameter in ("AuthAuthSecretArn", "SchedulerInternalApiSecretArn"):
        assert parameter in started
        assert parameter not in running


def test_what_a_build_writes_into_pages_is_no_variable_of_the_task() -> None:
    assert not [name for name in variables(ecs("prod")) if name.startswith("NEXT_PUBLIC")]


@pytest.mark.parametrize(("name", "heap"), [("dev", 716), ("prod", 1433)])
def test_the_heap_leaves_room_in_the_task(name: str, heap: int) -> None:
    assert variables(ecs(name))["NODE_OPTIONS"] == f"--max-old-space-size={heap}"


def test_ecs_pulls_from_its_own_repository_only() -> None:
    statements = grants(ecs("prod"), "TaskExecutionRole")
    (pull,) = [s for s in statements if "ecr:BatchGetImage" in s["Action"]]
    assert pull["Resource"] == [{"Fn::GetAtt": ["Repository", "Arn"]}]
    everywhere = [s["Action"] for s in statements if s["Resource"] == ["*"]]
    assert everywhere == [["ecr:GetAuthorizationToken"]]


def test_images_are_scanned_immutable_and_kept() -> None:
    repository = (
        ecs("dev")
        .get("Repository")
        .has(
            RepositoryName=ABSENT,
            ImageTagMutability="IMMUTABLE",
            ImageScanningConfiguration={"ScanOnPush": True},
            EmptyOnDelete=False,
        )
    )
    assert repository.resource["DeletionPolicy"] == "Retain"
    rules = json.loads(repository.properties["LifecyclePolicy"]["LifecyclePolicyText"])["rules"]
    assert [rule["selection"]["tagStatus"] for rule in rules] == ["untagged", "any"]


@pytest.mark.parametrize("name", ["staging", "prod"])
def test_tasks_scale_by_cpu_memory_and_requests(name: str) -> None:
    view = ecs(name, image="v1")
    compute = EnvironmentConfig.get(name).compute
    view.get("ScalableTarget").has(
        MinCapacity=compute.ecs_min_count,
        MaxCapacity=compute.ecs_max_count,
        ResourceId={"Fn::Sub": "service/${Cluster}/${Service.Name}"},
    )
    key = "TargetTrackingScalingPolicyConfiguration"
    policies = [p["Properties"][key] for p in view.of_type(POLICY).values()]
    metrics = {p["PredefinedMetricSpecification"]["PredefinedMetricType"] for p in policies}
    assert metrics == {
        "ECSServiceAverageCPUUtilization",
        "ECSServiceAverageMemoryUtilization",
        "ALBRequestCountPerTarget",
    }
    assert all(p["ScaleInCooldown"] > p["ScaleOutCooldown"] for p in policies)


POLICY = "AWS::ApplicationAutoScaling::ScalingPolicy"


def test_where_tasks_do_not_scale_their_number_is_fixed() -> None:
    view = ecs("dev", image="v1")
    view.get("Service").has(DesiredCount=1)
    assert not view.of_type(POLICY)


def test_prod_scales_by_school_hours_in_local_time() -> None:
    actions = ecs("prod", image="v1").get("ScalableTarget").properties["ScheduledActions"]
    limits = {a["ScheduledActionName"]: a["ScalableTargetAction"] for a in actions}
    assert limits == {
        "business-hours": {"MinCapacity": 4, "MaxCapacity": 20},
        "after-hours": {"MinCapacity": 2, "MaxCapacity": 10},
    }
    assert {a["Timezone"] for a in actions} == {"America/Los_Angeles"}
    ecs("staging", image="v1").get("ScalableTarget").has(ScheduledActions=ABSENT)


@pytest.mark.parametrize(
    ("name", "insights", "namespace", "metric"),
    [
        ("dev", "disabled", "AWS/ECS", "CPUUtilization"),
        ("prod", "enabled", "ECS/ContainerInsights", "RunningTaskCount"),
    ],
)
def test_the_dashboard_counts_tasks_where_they_are_counted(
    name: str, insights: str, namespace: str, metric: str
) -> None:
    view = ecs(name)
    view.get("Cluster").has(ClusterSettings=[{"Name": "containerInsights", "Value": insights}])
    dashboard = view.get("EcsDashboard").has(DashboardName=f"aistudio-ecs-{name}")
    widgets = json.loads(dashboard.properties["DashboardBody"]["Fn::Sub"])["widgets"]
    (tasks,) = [w for w in widgets if w["properties"].get("title") == "Tasks"]
    running = tasks["properties"]["metrics"][0]
    assert running[:2] == [namespace, metric]
    assert ["AWS/ECS", "RunningTaskCount"] not in [
        line[:2] for w in widgets for line in w["properties"].get("metrics", [])
    ]


def test_the_firewall_stands_before_the_load_balancer() -> None:
    view = ecs("prod")
    view.get("WebAcl").has(Scope="REGIONAL")
    view.get("WebAclAssociation").has(ResourceArn={"Ref": "LoadBalancer"})
    assert not ecs("dev").of_type("AWS::WAFv2::WebACL")


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_deploy_scripts_find_repository_cluster_and_service(name: str) -> None:
    view = ecs(name)
    published = {p["Properties"]["Name"] for p in view.of_type("AWS::SSM::Parameter").values()}
    assert published == {
        f"/aistudio/{name}/{key}"
        for key in (
            "alb-dns-name",
            "ecr-repository-uri",
            "ecs-cluster-name",
            "ecs-internal-endpoint",
            "ecs-service-name",
        )
    }


def test_monitoring_gets_the_names_that_cloudwatch_uses() -> None:
    outputs = ecs("prod").body["Outputs"]
    assert outputs["LoadBalancerName"]["Value"] == {
        "Fn::GetAtt": ["LoadBalancer", "LoadBalancerFullName"]
    }
    assert outputs["TargetGroupName"]["Value"] == {
        "Fn::GetAtt": ["TargetGroup", "TargetGroupFullName"]
    }
