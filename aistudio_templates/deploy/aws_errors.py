"""The one place where botocore's exceptions become errors of ours. Imports botocore."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from botocore.exceptions import BotoCoreError, ClientError

from aistudio_templates.deploy.aws_failure import MISSING, code_of, hint_for
from aistudio_templates.deploy.text import printable
from aistudio_templates.errors import AwsError


@contextlib.contextmanager
def translated(action: str, resource: str) -> Iterator[None]:
    """Raise botocore's failures inside the block as :class:`AwsError`.

    Args:
        action: The call as IAM names it: ``cloudformation:CreateChangeSet``.
        resource: What it was about: a stack, ``s3://bucket/key``.

    Raises:
        AwsError: Names action, resource, AWS's code and words, made safe to print.
    """
    try:
        yield
    except ClientError as error:
        code = code_of(error)
        text = printable(str(error.response.get("Error", {}).get("Message", "")))
        request_id = error.response.get("ResponseMetadata", {}).get("RequestId")
        suffix = f" (request {request_id})" if request_id else ""
        raise AwsError(f"{action} on {resource}: {code}: {text}{suffix}", hint_for(code)) from error
    except BotoCoreError as error:
        code = code_of(error)
        text = "no AWS credentials" if code in MISSING else f"{code}: {printable(str(error))}"
        raise AwsError(f"{action} on {resource}: {text}", hint_for(code)) from error
