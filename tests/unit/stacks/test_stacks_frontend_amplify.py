"""The web application on Amplify, which is the default; and what both hostings share."""

import json
import re
from typing import Any

import pytest
import yaml

from aistudio_templates.config import EnvironmentConfig
from support.environments import ENVIRONMENTS, assembly, composed, stack
from support.template_view import ABSENT, TemplateView

ZONE = "Z0123456789ABCDEFGHIJ"
REPOSITORY = "https://github.com/example/app"
HOSTS = [("dev", "dev.example.com"), ("staging", "staging.example.com"), ("prod", "example.com")]


def frontend(name: str, **changes: Any) -> TemplateView:
    if not changes:
        return stack(assembly(name), "frontend")
    return stack(composed(EnvironmentConfig.get(name).override(frontend=changes)), "frontend")


def variables(view: TemplateView) -> dict[str, Any]:
    declared = view.get("Application").properties["EnvironmentVariables"]
    return {variable["Name"]: variable["Value"] for variable in declared}


def statements(view: TemplateView, role: str) -> list[dict[str, Any]]:
    (policy,) = view.get(role).properties["Policies"]
    found: list[dict[str, Any]] = policy["PolicyDocument"]["Statement"]
    return found


@pytest.mark.parametrize(
    ("name", "branch"), [("dev", "dev"), ("staging", "staging"), ("prod", "main")]
)
def test_an_environment_serves_one_branch(name: str, branch: str) -> None:
    view = frontend(name, repository_url=REPOSITORY)
    view.get("Application").has(Platform="WEB_COMPUTE")
    view.only("AWS::Amplify::Branch").has(
        BranchName=branch, Framework="Next.js - SSR", EnableAutoBuild=True
    )


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_no_branch_is_in_the_way_of_connecting_a_repository_later(name: str) -> None:
    view = frontend(name, hosted_zone_id=ZONE)
    view.get("Application").has(Repository=ABSENT, AccessToken=ABSENT)
    assert not view.of_type("AWS::Amplify::Branch")
    assert not view.of_type("AWS::Amplify::Domain")


def test_only_that_branch_may_do_what_the_application_does() -> None:
    view = frontend("prod", repository_url=REPOSITORY)
    view.get("Application").has(ComputeRoleArn=ABSENT)
    view.get("Branch").has(
        ComputeRoleArn={"Fn::GetAtt": ["ComputeRole", "Arn"]}, EnablePullRequestPreview=False
    )


def test_a_repository_is_read_with_a_token_from_secrets_manager() -> None:
    view = frontend("dev", repository_url=REPOSITORY)
    view.get("Application").has(
        Repository=REPOSITORY,
        AccessToken="{{resolve:secretsmanager:aistudio-github-token:SecretString}}",
    )


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_the_build_writes_down_named_variables_only(name: str) -> None:
    view = frontend(name)
    specification = yaml.safe_load(view.get("Application").properties["BuildSpec"])
    (command,) = [
        c for c in specification["frontend"]["phases"]["build"]["commands"] if ".env" in c
    ]
    (pattern,) = re.findall(r"grep -E '([^']+)'", command)
    assert set(re.fullmatch(r"\^\((.+)\)=", pattern)[1].split("|")) == set(variables(view))
    for leaked in ("AWS_SECRET_ACCESS_KEY=x", "AUTH_SECRET=x", "MY_AUTH_URL=x", "INTERNAL_API=x"):
        assert not re.search(pattern, leaked)


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_no_secret_is_a_variable(name: str) -> None:
    view = frontend(name)
    found = variables(view)
    assert not re.search(r"resolve:", json.dumps(found))
    secrets = {n for n in found if "SECRET" in n}
    assert secrets == {"AUTH_SECRET_ARN", "INTERNAL_API_SECRET_ARN", "RDS_SECRET_ARN"}
    readable = [
        resource
        for statement in statements(view, "ComputeRole")
        if "secretsmanager:GetSecretValue" in statement["Action"]
        for resource in statement["Resource"]
    ]
    assert sorted(map(str, readable)) == sorted(str(found[name]) for name in secrets)


def test_amplify_reserves_no_name_that_is_used() -> None:
    assert not [name for name in variables(frontend("prod")) if name.startswith("AWS")]


@pytest.mark.parametrize(("name", "host"), HOSTS)
def test_the_application_knows_its_own_address(name: str, host: str) -> None:
    view = frontend(name)
    assert variables(view)["AUTH_URL"] == f"https://{host}"
    assert view.body["Outputs"]["ApplicationUrl"]["Value"] == f"https://{host}"
    view.get("EcsInternalEndpointParameter").has(
        Name=f"/aistudio/{name}/ecs-internal-endpoint", Value=f"https://{host}"
    )
    view.get("AmplifyAppIdParameter").has(
        Name=f"/aistudio/{name}/amplify-app-id", Value={"Fn::GetAtt": ["Application", "AppId"]}
    )


def test_keys_of_tokens_come_from_the_issuer() -> None:
    found = variables(frontend("prod"))
    assert found["COGNITO_JWKS_URL"] == {
        "Fn::Sub": ["${Issuer}/.well-known/jwks.json", {"Issuer": found["AUTH_COGNITO_ISSUER"]}]
    }
    assert found["COGNITO_ACCESS_TOKEN_LIFETIME_SECONDS"] == "3600"


@pytest.mark.parametrize(("name", "host"), HOSTS)
def test_a_hosted_zone_gives_the_application_its_host(name: str, host: str) -> None:
    assert "Domain" not in frontend(name, repository_url=REPOSITORY).resources
    domain = frontend(name, repository_url=REPOSITORY, hosted_zone_id=ZONE).get("Domain")
    domain.has(
        DomainName=host,
        SubDomainSettings=[
            {"BranchName": EnvironmentConfig.get(name).frontend.branch, "Prefix": ""}
        ],
        CertificateSettings={"CertificateType": "AMPLIFY_MANAGED"},
    )
    assert domain.resource["DependsOn"] == "Branch"


def test_amplify_writes_to_a_log_group_that_forgets() -> None:
    view = frontend("prod", repository_url=REPOSITORY)
    group = view.get("ApplicationLogGroup").has(
        LogGroupName={"Fn::Sub": "/aws/amplify/${Application.AppId}"}, RetentionInDays=30
    )
    assert view.get("Branch").resource["DependsOn"] == group.logical_id
    view.get("Application").has(IAMServiceRole={"Fn::GetAtt": ["AmplifyServiceRole", "Arn"]})
    policy = view.get("AmplifyServicePolicy").has(Roles=[{"Ref": "AmplifyServiceRole"}])
    write, find = policy.properties["PolicyDocument"]["Statement"]
    assert write["Resource"] == [{"Fn::GetAtt": ["ApplicationLogGroup", "Arn"]}]
    assert find["Action"] == ["logs:DescribeLogGroups"]


def test_amplify_acts_for_applications_of_this_account_only() -> None:
    trust = frontend("prod").get("AmplifyServiceRole").properties["AssumeRolePolicyDocument"]
    condition = trust["Statement"][0]["Condition"]
    assert condition["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    assert condition["ArnLike"]["aws:SourceArn"]["Fn::Sub"].endswith(":apps/*")


def test_the_firewall_protects_the_application_where_it_is_enabled() -> None:
    assert not frontend("dev").of_type("AWS::WAFv2::WebACL")
    view = frontend("prod")
    view.get("WebAcl").has(Scope="CLOUDFRONT")
    view.get("WebAclAssociation").has(
        ResourceArn={"Fn::GetAtt": ["Application", "Arn"]},
        WebACLArn={"Fn::GetAtt": ["WebAcl", "Arn"]},
    )
    assert view.body["Outputs"]["WebAclName"]["Value"] == "aistudio-prod-web"


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_every_resource_that_is_named_may_be_used_and_no_other(name: str) -> None:
    """Variables and grants come from the same outputs."""
    view = frontend(name)
    told = json.dumps(list(variables(view).values()))
    granted = json.dumps([s["Resource"] for s in statements(view, "ComputeRole")])
    for stem in (
        "StorageDocumentsBucket",
        "StorageRepositoriesBucket",
        "DatabaseClusterArn",
        "ProcessingEmbeddingQueue",
        "ProcessingFileProcessingQueue",
        "DocumentsProcessingQueue",
        "DocumentsHighMemoryQueue",
        "EmailNotificationQueue",
        "DocumentsJobsTable",
        "ProcessingJobStatusTable",
        "ProcessingEmbeddingGenerator",
        "ProcessingUrlProcessor",
        "SchedulerExecutorArn",
    ):
        assert f'"{stem}' in told
        assert re.search(rf'["{{]{stem}', granted)


def test_the_application_scans_no_table_and_lists_no_account() -> None:
    actions = {a for s in statements(frontend("prod"), "ComputeRole") for a in s["Action"]}
    assert "dynamodb:Scan" not in actions
    assert not {a for a in actions if a.endswith("*")}


def test_models_are_those_of_the_configuration() -> None:
    view = frontend("prod", bedrock_model_ids=("meta.llama3-*",))
    (models,) = [s for s in statements(view, "ComputeRole") if "bedrock:InvokeModel" in s["Action"]]
    assert [r["Fn::Sub"].partition(":bedrock:")[2] for r in models["Resource"]] == [
        "*::foundation-model/meta.llama3-*",
        "${AWS::Region}:${AWS::AccountId}:inference-profile/*.meta.llama3-*",
    ]


def test_metrics_go_to_one_namespace() -> None:
    (metrics,) = [
        s
        for s in statements(frontend("prod"), "ComputeRole")
        if s["Action"] == ["cloudwatch:PutMetricData"]
    ]
    assert metrics["Condition"] == {"StringEquals": {"cloudwatch:namespace": "AIStudio/Streaming"}}


def test_static_assets_are_read_by_their_distribution_only() -> None:
    view = frontend("prod")
    policy = view.get("StaticAssetsBucketPolicy").properties["PolicyDocument"]
    (allowed,) = [s for s in policy["Statement"] if s["Effect"] == "Allow"]
    assert allowed["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    assert allowed["Action"] == "s3:GetObject"
    arn = allowed["Condition"]["StringEquals"]["aws:SourceArn"]["Fn::Sub"]
    assert arn.endswith("distribution/${StaticAssetsDistribution}")
    assert view.get("StaticAssetsBucket").resource["DeletionPolicy"] == "Retain"
    view.get("StaticAssetsBucket").has(
        LoggingConfiguration={
            "DestinationBucketName": {"Ref": "StorageAccessLogsBucketName"},
            "LogFilePrefix": "StaticAssetsBucket/",
        }
    )


def test_without_a_zone_assets_have_cloudfronts_own_domain() -> None:
    view = frontend("prod")
    settings = view.get("StaticAssetsDistribution").properties["DistributionConfig"]
    assert "Aliases" not in settings
    assert settings["ViewerCertificate"] == {"CloudFrontDefaultCertificate": True}
    domain = {"Fn::GetAtt": ["StaticAssetsDistribution", "DomainName"]}
    assert variables(view)["STATIC_ASSETS_URL"] == {
        "Fn::Sub": ["https://${Domain}", {"Domain": domain}]
    }


@pytest.mark.parametrize(("name", "host"), HOSTS)
def test_a_zone_gives_assets_a_host_with_modern_tls(name: str, host: str) -> None:
    view = frontend(name, hosted_zone_id=ZONE)
    settings = view.get("StaticAssetsDistribution").properties["DistributionConfig"]
    assert settings["Aliases"] == [f"static.{host}"]
    assert settings["ViewerCertificate"]["MinimumProtocolVersion"] == "TLSv1.2_2021"
    records = view.of_type("AWS::Route53::RecordSet").values()
    assert {(r["Properties"]["Type"], r["Properties"]["Name"]) for r in records} == {
        ("A", f"static.{host}"),
        ("AAAA", f"static.{host}"),
    }


def test_outside_us_east_1_assets_have_no_host() -> None:
    values = EnvironmentConfig.get("dev").model_dump() | {"region": "us-west-2"}
    config = EnvironmentConfig.create(values).override(frontend={"hosted_zone_id": ZONE})
    view = stack(composed(config), "frontend")
    assert not view.of_type("AWS::CertificateManager::Certificate")
    assert "Aliases" not in view.get("StaticAssetsDistribution").properties["DistributionConfig"]


def test_assets_can_be_switched_off() -> None:
    view = frontend("dev", cloudfront_enabled=False)
    assert not view.of_type("AWS::CloudFront::Distribution")
    assert not view.of_type("AWS::S3::Bucket")
    assert "STATIC_ASSETS_URL" not in variables(view)
    assert not {o for o in view.body["Outputs"] if o.startswith(("Static", "Distribution"))}
