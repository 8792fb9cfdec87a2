import pytest

from aistudio_templates.config import EnvironmentConfig
from aistudio_templates.errors import TemplateError
from aistudio_templates.patterns.access import (
    Access,
    combined,
    data_api_access,
    job_status_access,
)
from support.handles import allowed

CLUSTER = "arn:aws:rds:us-east-1:123456789012:cluster:c"
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:s-abcdef"
TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table/jobs"


def test_variables_and_grants_of_several_are_joined() -> None:
    first = Access({"A": "1"}, ("x",))
    second = Access({"B": "2"}, ("y", "z"))
    both = combined(first, second)
    assert both.environment == {"A": "1", "B": "2"}
    assert both.statements == ("x", "y", "z")


def test_nothing_needs_nothing() -> None:
    assert combined() == Access({}, ())


def test_a_variable_has_one_meaning() -> None:
    with pytest.raises(TemplateError, match="QUEUE_URL: set twice"):
        combined(Access({"QUEUE_URL": "a"}), Access({"QUEUE_URL": "a"}))


def test_who_is_told_the_database_may_use_it_and_nothing_else() -> None:
    access = data_api_access(EnvironmentConfig.get("prod"), cluster_arn=CLUSTER, secret_arn=SECRET)
    assert access.environment == {
        "DATABASE_NAME": "aistudio",
        "DATABASE_RESOURCE_ARN": CLUSTER,
        "DATABASE_SECRET_ARN": SECRET,
    }
    resources = allowed(access.statements)
    assert {tuple(where) for where in resources.values()} == {(CLUSTER,), (SECRET,)}
    assert resources["rds-data:ExecuteStatement"] == [CLUSTER]
    assert resources["secretsmanager:GetSecretValue"] == [SECRET]


def test_job_states_are_written_never_read_or_deleted() -> None:
    access = job_status_access(table_name="jobs", table_arn=TABLE)
    assert access.environment == {"JOB_STATUS_TABLE": "jobs"}
    assert allowed(access.statements) == {
        "dynamodb:PutItem": [TABLE],
        "dynamodb:UpdateItem": [TABLE],
    }
