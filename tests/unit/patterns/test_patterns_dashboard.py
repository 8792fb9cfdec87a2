import json

from hypothesis import given
from hypothesis import strategies as st

from aistudio_templates.patterns.dashboard import Metric, dashboard, graph, number, text


def body(rows: list[list[object]]) -> dict[str, object]:
    built = dashboard("D", "d", rows).to_dict()
    return json.loads(built["Properties"]["DashboardBody"]["Fn::Sub"])


def test_rows_are_stacked_below_the_highest_widget_of_the_row_above() -> None:
    line = [Metric(label="l", namespace="N", name="M")]
    widgets = body([[text("t", height=2)], [graph("g", line), number("n", line)], [text("u")]])[
        "widgets"
    ]
    assert [(w["x"], w["y"]) for w in widgets] == [(0, 0), (0, 2), (12, 2), (0, 8)]


def test_a_metric_is_written_as_cloudwatch_reads_it() -> None:
    metric = Metric(
        label="l", namespace="N", name="M", dimensions={"A": "1", "B": "2"}, statistic="p99", id="m"
    )
    assert metric.body() == ["N", "M", "A", "1", "B", "2", {"stat": "p99", "label": "l", "id": "m"}]


def test_an_expression_has_no_namespace() -> None:
    metric = Metric(label="l", expression="a + b", visible=False, right_axis=True)
    assert metric.body() == [
        {"expression": "a + b", "label": "l", "visible": False, "yAxis": "right"}
    ]


@given(st.lists(st.text(max_size=200), min_size=1, max_size=5))
def test_the_body_is_json_whatever_the_texts(texts: list[str]) -> None:
    widgets = body([[text(markdown)] for markdown in texts])["widgets"]
    assert [w["properties"]["markdown"] for w in widgets] == texts
