import json
from typing import Any

from aistudio_templates.config import EnvironmentConfig
from aistudio_templates.patterns.function_code import inline_code
from aistudio_templates.patterns.function_sizing import Size
from aistudio_templates.patterns.optimized_lambda import optimized_lambda
from support.handles import view


def widgets(name: str = "prod") -> dict[str, dict[str, Any]]:
    made = optimized_lambda(
        "FileProcessor",
        EnvironmentConfig.get(name),
        code=inline_code("def handler(event, context): ..."),
        description="Works",
        size=Size(memory_mib=2048),
    )
    dashboard = view(made).only("AWS::CloudWatch::Dashboard")
    dashboard.has(DashboardName=f"aistudio-{name}-file-processor-metrics")
    body = json.loads(dashboard.properties["DashboardBody"]["Fn::Sub"])
    return {w["properties"]["title"]: w["properties"] for w in body["widgets"]}


def test_every_metric_is_of_this_function() -> None:
    lines = [line for w in widgets().values() for line in w["metrics"] if len(line) > 1]
    assert len(lines) > 5
    assert all(line[2:4] == ["FunctionName", "${FileProcessorFunction}"] for line in lines)


def test_no_traffic_is_no_error() -> None:
    *_, rate = widgets()["Error rate"]["metrics"]
    assert rate[0]["expression"] == "IF(invocations > 0, 100 * errors / invocations, 0)"


def test_the_cost_is_that_of_the_functions_own_memory() -> None:
    *hidden, cost = widgets()["Cost of the last hour"]["metrics"]
    assert cost[0]["expression"].startswith("duration / 1000 * 2 * ")
    assert all(line[-1]["visible"] is False for line in hidden)
    assert widgets()["Cost of the last hour"]["period"] == 3600


def test_only_environments_that_pay_for_them_have_dashboards() -> None:
    for name in ("dev", "staging"):
        made = optimized_lambda(
            "FileProcessor",
            EnvironmentConfig.get(name),
            code=inline_code("def handler(event, context): ..."),
            description="Works",
        )
        assert made.dashboard is None
