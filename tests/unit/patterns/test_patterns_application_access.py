"""Variables and grants of the application, by resource."""

from typing import Any

import pytest
from troposphere import encode_to_dict

from aistudio_templates.errors import TemplateError
from aistudio_templates.patterns.access import Access, combined
from aistudio_templates.patterns.application_access import (
    ApplicationAccess,
    SecretVariable,
    bucket_access,
    function_access,
    model_access,
    queue_access,
    table_access,
)


def statements(access: Access) -> list[dict[str, Any]]:
    return [encode_to_dict(statement) for statement in access.statements]


def resources(access: Access, action: str) -> list[object]:
    found = [s for s in statements(access) if action in s["Action"]]
    return [resource for statement in found for resource in statement["Resource"]]


@pytest.mark.parametrize(
    ("access", "action"),
    [
        (queue_access(QUEUE=("name", "arn")), "sqs:SendMessage"),
        (table_access(QUEUE=("name", "arn")), "dynamodb:PutItem"),
        (function_access(QUEUE=("name", "arn")), "lambda:InvokeFunction"),
        (bucket_access(QUEUE=("name", "arn")), "s3:ListBucket"),
    ],
)
def test_what_is_named_may_be_used(access: Access, action: str) -> None:
    assert access.environment == {"QUEUE": "name"}
    assert resources(access, action) == ["arn"]


def test_buckets_may_be_emptied_object_by_object_but_not_deleted() -> None:
    access = bucket_access(BUCKET=("name", "arn"))
    actions = {action for s in statements(access) for action in s["Action"]}
    assert actions == {
        "s3:AbortMultipartUpload",
        "s3:DeleteObject",
        "s3:GetObject",
        "s3:ListBucket",
        "s3:PutObject",
    }


def test_queues_share_one_statement() -> None:
    access = queue_access(ONE=("url-1", "arn-1"), TWO=("url-2", "arn-2"))
    (statement,) = statements(access)
    assert statement["Resource"] == ["arn-1", "arn-2"]


def test_no_model_is_no_grant() -> None:
    assert model_access(()).statements == ()


def test_a_hosting_without_secrets_lets_the_application_read_them() -> None:
    server = Access({"AUTH_URL": "https://example.com"})
    access = ApplicationAccess(server, {}, (SecretVariable("AUTH_SECRET", "secret-arn"),))
    reading = access.reading_secrets()
    assert reading.environment == {
        "AUTH_SECRET_ARN": "secret-arn",
        "AUTH_URL": "https://example.com",
    }
    assert resources(reading, "secretsmanager:GetSecretValue") == ["secret-arn"]
    assert access.server == server


def test_a_variable_has_one_meaning() -> None:
    with pytest.raises(TemplateError, match="QUEUE"):
        combined(queue_access(QUEUE=("a", "b")), table_access(QUEUE=("c", "d")))
