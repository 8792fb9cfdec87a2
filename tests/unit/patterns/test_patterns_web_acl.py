"""What the firewall blocks, counts and lets through: a small interpreter of its rules."""

from collections.abc import Mapping
from typing import Any

import pytest

from aistudio_templates.config import EnvironmentConfig
from aistudio_templates.patterns.web_acl import web_acl
from support.template_view import TemplateView

ARN = "arn:aws:amplify:us-east-1:123456789012:apps/d1"
CORE = "awswaf:managed:aws:core-rule-set:"
SQL = "awswaf:managed:aws:sql-database:"


def firewall(**changes: Any) -> TemplateView:
    config = EnvironmentConfig.get("prod").override(frontend=changes)
    made = web_acl(config, scope="CLOUDFRONT", resource_arn=ARN)
    return TemplateView({"Resources": {resource.title: resource.to_dict() for resource in made}})


def rules(view: TemplateView) -> dict[str, dict[str, Any]]:
    return {rule["Name"]: rule for rule in view.get("WebAcl").properties["Rules"]}


def matches(statement: Mapping[str, Any], request: Mapping[str, Any]) -> bool:
    ((kind, body),) = statement.items()
    match kind:
        case "AndStatement":
            return all(matches(inner, request) for inner in body["Statements"])
        case "OrStatement":
            return any(matches(inner, request) for inner in body["Statements"])
        case "NotStatement":
            return not matches(body["Statement"], request)
        case "LabelMatchStatement":
            return body["Key"] in request["labels"]
        case "ByteMatchStatement":
            assert body["PositionalConstraint"] == "STARTS_WITH"
            return str(request["path"]).startswith(body["SearchString"])
        case "SizeConstraintStatement":
            header = request["headers"].get(body["FieldToMatch"]["SingleHeader"]["Name"])
            return header is not None and len(header) > int(body["Size"])
        case _:
            raise AssertionError(kind)


@pytest.mark.parametrize(
    ("path", "headers", "labels", "blocked"),
    [
        pytest.param("/api/nexus/chat", {}, [f"{CORE}CrossSiteScripting_Body"], False, id="code"),
        pytest.param("/api/documents/query", {}, [f"{SQL}SQLi_Body"], False, id="SQL in a prompt"),
        pytest.param(
            "/chat", {"next-action": "4f2a"}, [f"{SQL}SQLi_Body"], False, id="server action"
        ),
        pytest.param("/chat", {"next-action": ""}, [f"{SQL}SQLi_Body"], True, id="empty header"),
        pytest.param("/chat", {}, [f"{CORE}CrossSiteScripting_Body"], True, id="form with script"),
        pytest.param("/login.php", {}, [f"{SQL}SQLiExtendedPatterns_Body"], True, id="scanner"),
        pytest.param("/", {}, [f"{CORE}GenericLFI_Body"], True, id="path traversal"),
        pytest.param("/", {}, [f"{CORE}EC2MetaDataSSRF_Body"], True, id="metadata"),
        pytest.param("/", {}, [f"{CORE}SizeRestrictions_Body"], False, id="long body"),
        pytest.param("/", {}, [f"{CORE}GenericRFI_Body"], False, id="links in text"),
        pytest.param("/chat", {}, [], False, id="nothing found"),
    ],
)
def test_bodies_are_judged_by_where_they_go(
    path: str, headers: dict[str, str], labels: list[str], blocked: bool
) -> None:
    rule = rules(firewall())["BodiesOutsidePrompts"]
    assert rule["Action"] == {"Block": {}}
    request = {"path": path, "headers": headers, "labels": labels}
    assert matches(rule["Statement"], request) is blocked


def test_rules_on_bodies_count_and_all_others_block() -> None:
    found = rules(firewall())
    counted = {
        name: [
            override["Name"]
            for override in rule["Statement"]["ManagedRuleGroupStatement"].get(
                "RuleActionOverrides", []
            )
        ]
        for name, rule in found.items()
        if "ManagedRuleGroupStatement" in rule["Statement"]
    }
    assert counted == {
        "CommonRuleSet": [
            "CrossSiteScripting_BODY",
            "EC2MetaDataSSRF_BODY",
            "GenericLFI_BODY",
            "GenericRFI_BODY",
            "SizeRestrictions_BODY",
        ],
        "KnownBadInputsRuleSet": [],
        "SQLiRuleSet": ["SQLiExtendedPatterns_BODY", "SQLi_BODY"],
    }
    for name in counted:
        assert found[name]["OverrideAction"] == {"None": {}}
        assert "ExcludedRules" not in found[name]["Statement"]["ManagedRuleGroupStatement"]


def test_labels_are_there_before_they_are_judged() -> None:
    priorities = {name: rule["Priority"] for name, rule in rules(firewall()).items()}
    assert sorted(priorities.values()) == list(range(1, len(priorities) + 1))
    assert max(priorities, key=priorities.__getitem__) == "BodiesOutsidePrompts"
    assert min(priorities, key=priorities.__getitem__) == "RateLimit"


def test_a_school_behind_one_address_has_the_configured_rate() -> None:
    rule = rules(firewall(waf_rate_limit=50_000))["RateLimit"]
    limit = rule["Statement"]["RateBasedStatement"]
    assert (limit["Limit"], limit["EvaluationWindowSec"]) == (50_000, 300)
    assert rule["Action"]["Block"]["CustomResponse"]["ResponseCode"] == 429


def test_what_is_stopped_is_logged_without_credentials() -> None:
    view = firewall()
    name = view.get("WebAclLogGroup").properties["LogGroupName"]["Fn::Sub"]
    assert name.startswith("aws-waf-logs-")
    logging = view.get("WebAclLogging").properties
    (destination,) = logging["LogDestinationConfigs"]
    # WAF refuses the form of the ARN that ends with a star.
    assert destination["Fn::Sub"].endswith(":log-group:${WebAclLogGroup}")
    redacted = {field["SingleHeader"]["Name"] for field in logging["RedactedFields"]}
    assert redacted == {"authorization", "cookie"}
    assert logging["LoggingFilter"]["DefaultBehavior"] == "DROP"
    assert view.get("WebAclAssociation").properties["ResourceArn"] == ARN
