from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from aistudio_templates.model.yaml import dump


class _Loader(yaml.SafeLoader):
    """Reads short-form intrinsics back into their long form."""


def _long_form(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        text = loader.construct_scalar(node)
        return {name: text.split(".") if suffix == "GetAtt" else text}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    assert isinstance(node, yaml.MappingNode)
    return {name: loader.construct_mapping(node, deep=True)}


_Loader.add_multi_constructor("!", _long_form)


def load(text: str) -> Any:
    return yaml.load(text, _Loader)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"A": {"Ref": "B"}}, "A: !Ref B\n"),
        ({"A": {"Fn::GetAtt": ["B", "Outputs.C"]}}, "A: !GetAtt B.Outputs.C\n"),
        ({"A": {"Fn::GetAZs": {"Ref": "AWS::Region"}}}, "A:\n  Fn::GetAZs: !Ref AWS::Region\n"),
        ({"A": {"Fn::Join": [",", ["x"]]}}, "A: !Join\n- ','\n- - x\n"),
        ({"B": 1, "A": 2}, "A: 2\nB: 1\n"),
        ({"A": "line\nline"}, "A: |-\n  line\n  line\n"),
        ({"Condition": {"StringEquals": {"a": "b"}}}, "Condition:\n  StringEquals:\n    a: b\n"),
    ],
)
def test_short_forms(body: dict[str, Any], text: str) -> None:
    assert dump(body) == text


@pytest.mark.parametrize(
    "scalar",
    ["012345678901", "on", "yes", "null", "2012-10-17", "12:30:45", "0o17", "1e3", "", "~", "1_0"],
)
def test_text_that_looks_like_something_else_stays_text(scalar: str) -> None:
    assert load(dump({"A": scalar})) == {"A": scalar}


_names = st.from_regex(r"[A-Za-z0-9]{1,8}", fullmatch=True)
_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=20)
    | _names.map(lambda n: {"Ref": n}),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(_names.map("P".__add__), inner, max_size=3)
        | st.lists(inner, min_size=1, max_size=3).map(lambda items: {"Fn::Join": [",", items]})
    ),
    max_leaves=12,
)


@given(st.dictionaries(_names.map("P".__add__), _values, max_size=4))
def test_loading_gives_what_was_dumped(body: dict[str, Any]) -> None:
    assert load(dump(body)) == body


def test_keys_are_sorted_so_that_order_of_insertion_changes_nothing() -> None:
    assert dump({"A": {"X": 1, "Y": 2}, "B": 3}) == dump({"B": 3, "A": {"Y": 2, "X": 1}})
