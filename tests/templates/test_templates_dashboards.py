"""Every dashboard of every environment: its body, and where its metrics and alarms lead."""

import json
import re
from decimal import Decimal
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from aistudio_templates import names
from aistudio_templates.config import EnvironmentConfig
from aistudio_templates.prices import regional_prices
from support.environments import ENVIRONMENTS, assembly, composed
from support.wiring import Wiring

SIZE = {"type": "integer", "minimum": 1, "maximum": 1000}
METRIC_PROPERTIES = {
    "type": "object",
    "additionalProperties": False,
    "required": ["region", "metrics", "view"],
    "properties": {
        "title": {"type": "string"},
        "region": {"type": "string"},
        "view": {"enum": ["timeSeries", "singleValue", "bar", "pie", "gauge", "table"]},
        "stacked": {"type": "boolean"},
        "sparkline": {"type": "boolean"},
        "period": {"type": "integer", "multipleOf": 60, "minimum": 60},
        "metrics": {"type": "array", "minItems": 1, "maxItems": 500},
        "legend": {
            "type": "object",
            "properties": {"position": {"enum": ["right", "bottom", "hidden"]}},
            "additionalProperties": False,
        },
        "yAxis": {
            "type": "object",
            "additionalProperties": False,
            "patternProperties": {
                "^(left|right)$": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {
                        "min": {"type": "number"},
                        "max": {"type": "number"},
                        "label": {"type": "string"},
                        "showUnits": {"type": "boolean"},
                    },
                }
            },
        },
        "annotations": {"type": "object"},
    },
}
PROPERTIES = {
    "metric": METRIC_PROPERTIES,
    "text": {
        "type": "object",
        "required": ["markdown"],
        "properties": {"markdown": {"type": "string"}},
        "additionalProperties": False,
    },
    "alarm": {
        "type": "object",
        "required": ["alarms"],
        "properties": {
            "title": {"type": "string"},
            "alarms": {"type": "array", "minItems": 1, "maxItems": 100},
            "sortBy": {"enum": ["default", "stateUpdatedTimestamp", "timestamp"]},
        },
        "additionalProperties": False,
    },
    "log": {
        "type": "object",
        "required": ["query", "region"],
        "properties": {
            "title": {"type": "string"},
            "region": {"type": "string"},
            "query": {"type": "string", "pattern": "^SOURCE '"},
            "view": {"enum": ["table", "pie", "bar", "timeSeries"]},
        },
        "additionalProperties": False,
    },
}
WIDGET = {
    "type": "object",
    "additionalProperties": False,
    "required": ["type", "x", "y", "width", "height", "properties"],
    "properties": {
        "type": {"enum": sorted(PROPERTIES)},
        "x": {"type": "integer", "minimum": 0, "maximum": 23},
        "y": {"type": "integer", "minimum": 0},
        "width": {"type": "integer", "minimum": 1, "maximum": 24},
        "height": SIZE,
        "properties": {"type": "object"},
    },
}
"""What CloudWatch documents of a dashboard's body, as far as it is used here.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/
CloudWatch-Dashboard-Body-Structure.html
"""

RESOURCES_OF = {
    ("AWS/AmplifyHosting", "App"): "AWS::Amplify::App",
    ("AWS/ApplicationELB", "LoadBalancer"): "AWS::ElasticLoadBalancingV2::LoadBalancer",
    ("AWS/ApplicationELB", "TargetGroup"): "AWS::ElasticLoadBalancingV2::TargetGroup",
    ("AWS/DynamoDB", "TableName"): "AWS::DynamoDB::Table",
    ("AWS/ECS", "ClusterName"): "AWS::ECS::Cluster",
    ("AWS/ECS", "ServiceName"): "AWS::ECS::Service",
    ("ECS/ContainerInsights", "ClusterName"): "AWS::ECS::Cluster",
    ("ECS/ContainerInsights", "ServiceName"): "AWS::ECS::Service",
    ("AWS/Lambda", "FunctionName"): "AWS::Lambda::Function",
    ("AWS/NATGateway", "NatGatewayId"): "AWS::EC2::NatGateway",
    ("AWS/RDS", "DBClusterIdentifier"): "AWS::RDS::DBCluster",
    ("AWS/RDS", "DBInstanceIdentifier"): "AWS::RDS::DBInstance",
    ("AWS/SQS", "QueueName"): "AWS::SQS::Queue",
    ("AWS/Scheduler", "ScheduleGroup"): "AWS::Scheduler::ScheduleGroup",
    ("AWS/States", "StateMachineArn"): "AWS::StepFunctions::StateMachine",
}
"""Resource type behind a dimension of a namespace."""

ECS = {"hosting": "ecs", "hosted_zone_id": "Z0123456789ABCDEFGHIJ"}


def environments() -> dict[str, Wiring]:
    wirings = {name: Wiring(assembly(name)) for name in ENVIRONMENTS}
    for name in ENVIRONMENTS:
        config = EnvironmentConfig.get(name).override(frontend=ECS)
        wirings[f"{name} on ECS"] = Wiring(composed(config))
    return wirings


def in_region(region: str) -> EnvironmentConfig:
    values = EnvironmentConfig.get("dev").model_dump() | {"region": region}
    return EnvironmentConfig.create(values)


WIRINGS = environments()
DASHBOARDS = [
    pytest.param(wiring, place, id=f"{name}: {place[0]}/{place[1]}")
    for name, wiring in WIRINGS.items()
    for place in wiring.resources("AWS::CloudWatch::Dashboard")
]
ALARMS = [
    pytest.param(wiring, place, id=f"{name}: {place[1]}")
    for name, wiring in WIRINGS.items()
    for place in wiring.resources("AWS::CloudWatch::Alarm")
]


def widgets(wiring: Wiring, place: tuple[str, str]) -> list[dict[str, Any]]:
    body = wiring.resource(place)["Properties"]["DashboardBody"]["Fn::Sub"]
    loaded: list[dict[str, Any]] = json.loads(body)["widgets"]
    return loaded


def metrics(wiring: Wiring, place: tuple[str, str]) -> list[list[Any]]:
    return [
        metric
        for widget in widgets(wiring, place)
        if widget["type"] == "metric"
        for metric in widget["properties"]["metrics"]
    ]


@pytest.mark.parametrize(("wiring", "place"), DASHBOARDS)
def test_the_body_is_what_cloudwatch_documents(wiring: Wiring, place: tuple[str, str]) -> None:
    for widget in widgets(wiring, place):
        assert not list(Draft202012Validator(WIDGET).iter_errors(widget)), widget
        schema = PROPERTIES[widget["type"]]
        assert not list(Draft202012Validator(schema).iter_errors(widget["properties"])), widget
        assert widget["x"] + widget["width"] <= 24


@pytest.mark.parametrize(("wiring", "place"), DASHBOARDS)
def test_no_two_widgets_overlap(wiring: Wiring, place: tuple[str, str]) -> None:
    cells = [
        (x, y)
        for w in widgets(wiring, place)
        for x in range(w["x"], w["x"] + w["width"])
        for y in range(w["y"], w["y"] + w["height"])
    ]
    assert len(cells) == len(set(cells))


def check_dimensions(wiring: Wiring, stack: str, namespace: str, pairs: dict[str, Any]) -> None:
    if not namespace.startswith("AWS/") and namespace != "ECS/ContainerInsights":
        assert namespace == names.STREAMING_NAMESPACE
        assert set(pairs) == {"Environment"}
        return
    for dimension, value in pairs.items():
        place = wiring.target(stack, value)
        assert place is not None, (namespace, dimension, value)
        assert wiring.resource(place)["Type"] == RESOURCES_OF[namespace, dimension]


@pytest.mark.parametrize(("wiring", "place"), DASHBOARDS)
def test_every_metric_is_of_a_resource_of_the_set(wiring: Wiring, place: tuple[str, str]) -> None:
    for metric in metrics(wiring, place):
        if isinstance(metric[0], dict):
            continue  # An expression.
        namespace, _name, *pairs, _options = metric
        assert pairs, metric
        dimensions = dict(zip(pairs[::2], pairs[1::2], strict=True))
        check_dimensions(wiring, place[0], namespace, dimensions)


@pytest.mark.parametrize(("wiring", "place"), DASHBOARDS)
def test_expressions_name_lines_of_their_own_widget(wiring: Wiring, place: tuple[str, str]) -> None:
    for widget in widgets(wiring, place):
        lines = widget["properties"].get("metrics", [])
        options = [line[-1] for line in lines]
        ids = [option["id"] for option in options if "id" in option]
        assert len(ids) == len(set(ids))
        for option in options:
            expression = option.get("expression", "")
            if "SEARCH(" in expression:
                continue
            expression = re.sub(r"METRICS\('(\w+)'\)", "", expression)
            used = set(re.findall(r"\b[a-z][A-Za-z0-9_]*\b", re.sub(r"'[^']*'", "", expression)))
            assert used <= set(ids), expression


@pytest.mark.parametrize(("wiring", "place"), DASHBOARDS)
def test_alarms_and_log_groups_are_of_the_set(wiring: Wiring, place: tuple[str, str]) -> None:
    for widget in widgets(wiring, place):
        for arn in widget["properties"].get("alarms", []):
            target = wiring.target(place[0], arn)
            assert target is not None
            assert wiring.resource(target)["Type"].endswith("Alarm")
        for group in re.findall(r"SOURCE '([^']+)'", widget["properties"].get("query", "")):
            target = wiring.target(place[0], group)
            assert target is not None, group
            assert wiring.resource(target)["Type"] == "AWS::Logs::LogGroup"


@pytest.mark.parametrize(("wiring", "place"), ALARMS)
def test_every_alarm_watches_a_resource_of_the_set(wiring: Wiring, place: tuple[str, str]) -> None:
    properties = wiring.resource(place)["Properties"]
    sources = [
        q["MetricStat"]["Metric"] for q in properties.get("Metrics", []) if "MetricStat" in q
    ]
    for metric in sources or [properties]:
        dimensions = {d["Name"]: d["Value"] for d in metric.get("Dimensions", [])}
        if metric["Namespace"] == "AWS/SES":
            assert dimensions == {}  # SES judges the whole account.
            continue
        assert dimensions
        check_dimensions(wiring, place[0], metric["Namespace"], dimensions)


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_the_documented_dashboards_are_there(name: str) -> None:
    found = {
        d["Properties"]["DashboardName"]
        for d in WIRINGS[name].resources("AWS::CloudWatch::Dashboard").values()
    }
    expected = {
        f"AIStudio-{name}-Monitoring",
        f"AIStudio-DocumentProcessing-{name}",
        f"aurora-cost-{name}",
        f"lambda-cost-{name}",
    }
    assert expected <= found


def test_prod_has_a_dashboard_for_every_watched_function() -> None:
    found = {
        d["Properties"]["DashboardName"]
        for d in WIRINGS["prod"].resources("AWS::CloudWatch::Dashboard").values()
    }
    for (stack, _), function in WIRINGS["prod"].resources("AWS::Lambda::Function").items():
        if stack == "power_tuning":
            continue  # Started by hand: six dashboards would cost more than they show.
        assert f"{function['Properties']['FunctionName']}-metrics" in found


@pytest.mark.parametrize("region", ["us-east-1", "us-west-2"])
def test_costs_are_computed_with_the_price_book_of_the_region(region: str) -> None:
    wiring = Wiring(composed(in_region(region)))
    place = ("monitoring", "LambdaCostDashboard")
    text = wiring.resource(place)["Properties"]["DashboardBody"]["Fn::Sub"]
    prices = regional_prices(region)
    for item in ("lambda.duration.arm64", "lambda.requests"):
        assert f"{prices.usd(item):f}" in text
    x86: Decimal = prices.usd("lambda.duration.x86_64")
    assert f"{x86:f}" not in text
