import pytest
from hypothesis import given
from hypothesis import strategies as st
from troposphere import Ref, Sub

from aistudio_templates.errors import TemplateError
from aistudio_templates.patterns.function_environment import (
    MAX_ENVIRONMENT_BYTES,
    function_environment,
)


def test_variables_are_sorted_so_that_their_order_changes_nothing() -> None:
    made = function_environment("worker", {"ZONE": "b", "ACCOUNT": "a"}).to_dict()
    assert list(made["Variables"]) == ["ACCOUNT", "ZONE"]


@pytest.mark.parametrize(
    "name",
    [
        "API_KEY",
        "APIKEY",
        "CREDENTIALS",
        "DATABASE_PASSWORD",
        "GITHUB_TOKEN",
        "INTERNAL_API_SECRET",
        "PASSPHRASE",
        "PRIVATE_KEY",
    ],
)
def test_a_variable_whose_value_would_be_a_secret_is_refused(name: str) -> None:
    with pytest.raises(TemplateError, match=f"worker.*{name} would hold a secret"):
        function_environment("worker", {name: "x"})


@pytest.mark.parametrize(
    "name", ["INTERNAL_API_SECRET_ARN", "SECRET_NAME", "TOKEN_SECONDS", "KEY_PREFIX"]
)
def test_what_only_points_to_a_secret_may_be_told(name: str) -> None:
    assert function_environment("worker", {name: "x"}).to_dict() == {"Variables": {name: "x"}}


@pytest.mark.parametrize(
    "value",
    [
        "{{resolve:secretsmanager:name:SecretString:key}}",
        Sub("postgres://${User}:{{resolve:ssm-secure:/password}}@host"),
        Sub("{{resolve:secretsmanager:${Secret}}}"),
    ],
)
def test_a_secret_is_refused_under_any_name(value: object) -> None:
    with pytest.raises(TemplateError, match="HARMLESS would hold a secret"):
        function_environment("worker", {"HARMLESS": value})


def test_plain_parameters_may_be_resolved() -> None:
    value = "{{resolve:ssm:/aistudio/dev/vpc-id}}"
    made = function_environment("worker", {"VPC_ID": value}).to_dict()
    assert made["Variables"]["VPC_ID"] == value


def test_four_kib_of_names_and_values_is_the_most() -> None:
    fits = {"NAME": "x" * (MAX_ENVIRONMENT_BYTES - len("NAME"))}
    assert function_environment("worker", fits).to_dict()["Variables"] == fits
    with pytest.raises(TemplateError, match=r"worker.*4,097 bytes, Lambda takes 4,096"):
        function_environment("worker", {"NAME": fits["NAME"] + "x"})


@given(st.text(st.characters(codec="utf-8"), max_size=3000))
def test_the_limit_counts_bytes_not_characters(value: str) -> None:
    too_long = len("NAME") + len(value.encode()) > MAX_ENVIRONMENT_BYTES
    try:
        function_environment("worker", {"NAME": value})
    except TemplateError:
        assert too_long
    else:
        assert not too_long


def test_what_cloudformation_resolves_has_no_length_yet() -> None:
    filler = {"NAME": "x" * (MAX_ENVIRONMENT_BYTES - len("NAME") - len("TABLE"))}
    made = function_environment("worker", {**filler, "TABLE": Ref("Table")}).to_dict()
    assert made["Variables"]["TABLE"] == {"Ref": "Table"}
