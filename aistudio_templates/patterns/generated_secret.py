"""Secrets that CloudFormation generates once, for values that the platform alone knows."""

from __future__ import annotations

from typing import Any

from troposphere import secretsmanager


def generated_secret(title: str, description: str, *, key: str, length: int) -> Any:
    """Return a secret with one random value, which nobody has to type and no stack deletes.

    Args:
        title: Logical id; the name is CloudFormation's choice.
        description: What the value is for, and what a new one would do.
        key: Key of the value in the secret's JSON.
        length: Letters and digits of the value.

    Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/
    aws-properties-secretsmanager-secret-generatesecretstring.html
    """
    return secretsmanager.Secret(
        title,
        Description=description,
        GenerateSecretString=secretsmanager.GenerateSecretString(
            SecretStringTemplate="{}",
            GenerateStringKey=key,
            PasswordLength=length,
            ExcludePunctuation=True,
        ),
        DeletionPolicy="Retain",
        UpdateReplacePolicy="Retain",
    )
