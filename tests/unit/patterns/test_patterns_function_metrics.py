import pytest

from aistudio_templates.config import EnvironmentConfig
from aistudio_templates.errors import ConfigError
from aistudio_templates.patterns.function_metrics import cost_expression, function_metric

DEV = EnvironmentConfig.get("dev")


def usd(*, memory_mib: int, architecture: str, invocations: float, duration_ms: float) -> float:
    expression = cost_expression(
        DEV,
        invocations="invocations",
        duration_sum="duration",
        memory_mib=memory_mib,
        architecture=architecture,
    )
    return float(eval(expression, {"invocations": invocations, "duration": duration_ms}))


def test_a_metric_is_the_functions_own() -> None:
    assert function_metric("${F}", "Errors").body() == [
        "AWS/Lambda",
        "Errors",
        "FunctionName",
        "${F}",
        {"stat": "Sum", "label": "Errors"},
    ]


def test_options_of_a_line_are_passed_on() -> None:
    metric = function_metric(
        "f",
        "Duration",
        label="Slowest",
        statistic="p99",
        id="d",
        visible=False,
        right_axis=True,
        color="#d13212",
    )
    assert metric.body()[-1] == {
        "stat": "p99",
        "label": "Slowest",
        "id": "d",
        "visible": False,
        "yAxis": "right",
        "color": "#d13212",
    }


def test_a_gib_second_and_a_million_requests_cost_what_the_price_list_says() -> None:
    second = usd(memory_mib=1024, architecture="arm64", invocations=0, duration_ms=1000)
    assert second == pytest.approx(0.0000133334)
    million = usd(memory_mib=1024, architecture="arm64", invocations=1e6, duration_ms=0)
    assert million == pytest.approx(0.20)


@pytest.mark.parametrize("memory_mib", [128, 3008, 10_240])
def test_cost_grows_with_memory_and_arm64_is_a_fifth_cheaper(memory_mib: int) -> None:
    arm = usd(memory_mib=memory_mib, architecture="arm64", invocations=0, duration_ms=60_000)
    intel = usd(memory_mib=memory_mib, architecture="x86_64", invocations=0, duration_ms=60_000)
    assert arm == pytest.approx(60 * memory_mib / 1024 * 0.0000133334)
    assert arm / intel == pytest.approx(0.8, abs=0.001)


def test_a_region_without_prices_is_refused() -> None:
    config = DEV.override().model_copy(update={"region": "xx-nowhere-1"})
    with pytest.raises(ConfigError, match="xx-nowhere-1"):
        cost_expression(
            config, invocations="i", duration_sum="d", memory_mib=128, architecture="arm64"
        )
