import json

from hypothesis import given
from hypothesis import strategies as st
from troposphere import Ref

from aistudio_templates.patterns.dashboard import (
    Metric,
    alarm_status,
    dashboard,
    graph,
    log_query,
    number,
    text,
    text_of,
)


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


def test_a_right_axis_appears_with_its_first_line() -> None:
    left = Metric(label="l", namespace="N", name="M")
    right = Metric(label="r", namespace="N", name="M", right_axis=True)
    assert "right" not in graph("g", [left]).properties["yAxis"]
    assert graph("g", [left, right], right_label="%").properties["yAxis"]["right"] == {
        "min": 0,
        "label": "%",
        "showUnits": False,
    }


def test_a_threshold_is_drawn_as_a_line() -> None:
    drawn = graph("g", [Metric(label="l", namespace="N", name="M")], threshold=("Alarm", 3.0))
    assert drawn.properties["annotations"] == {"horizontal": [{"label": "Alarm", "value": 3.0}]}


def test_a_log_query_names_its_groups_before_its_commands() -> None:
    widget = log_query("q", ["${A}", "${B}"], ["fields @message", "limit 5"], view="pie")
    assert widget.kind == "log"
    assert widget.properties["query"] == (
        "SOURCE '${A}'\n| SOURCE '${B}'\n| fields @message\n| limit 5"
    )
    assert widget.properties["view"] == "pie"


def test_alarm_status_lists_alarms_by_arn() -> None:
    widget = alarm_status("s", ["${A.Arn}"])
    assert (widget.kind, widget.properties["alarms"]) == ("alarm", ["${A.Arn}"])


def test_a_reference_becomes_text_for_sub() -> None:
    assert text_of(Ref("Queue")) == "${Queue}"


def test_a_color_is_an_option_of_the_line() -> None:
    assert Metric(label="l", expression="a", color="#123456").body() == [
        {"expression": "a", "label": "l", "color": "#123456"}
    ]
