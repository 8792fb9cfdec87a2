"""The auth stack: who may sign in."""

from __future__ import annotations

from dataclasses import dataclass

from troposphere import Ref

from aistudio_templates.assets import function_asset
from aistudio_templates.config import EnvironmentConfig, Organization, sign_in_urls
from aistudio_templates.model import Outputs, StackTemplate, Value, exported, stack_template
from aistudio_templates.patterns.access import Access
from aistudio_templates.patterns.application_access import AUTH_SECRET_KEY
from aistudio_templates.patterns.cognito import sign_in
from aistudio_templates.patterns.function_code import python_code
from aistudio_templates.patterns.function_facts import FunctionFacts
from aistudio_templates.patterns.function_options import FunctionOptions
from aistudio_templates.patterns.function_sizing import Size
from aistudio_templates.patterns.generated_secret import generated_secret
from aistudio_templates.patterns.handle import resources
from aistudio_templates.patterns.optimized_lambda import OptimizedLambda, optimized_lambda

_AUTH_SECRET_LENGTH = 32

_TRIGGER_SECONDS = 5
"""As long as Cognito waits.

Source: https://docs.aws.amazon.com/cognito/latest/developerguide/
cognito-user-pools-working-with-lambda-triggers.html
"""

_REFUSALS_TOLERATED = 25
"""Sign-ups refused in five minutes that are no alarm: each is an error to Lambda."""

_TRIGGER_MEMORY_MIB = 256
"""It compares two texts; the rest is a quick start."""


@dataclass(frozen=True)
class AuthOutputs(Outputs):
    """What other stacks may know of sign-in."""

    user_pool_id: Value = exported("String", "Cognito user pool", published=True)
    user_pool_client_id: Value = exported(
        "String", "The application's client of the user pool", published=True
    )
    domain_url: Value = exported("String", "Base URL of the sign-in pages", published=True)
    issuer_url: Value = exported("String", "Issuer of the user pool's tokens")
    auth_secret_arn: Value = exported(
        "String", "ARN of the secret that signs the application's sessions"
    )
    pre_sign_up: FunctionFacts = exported("String", "Name of the function that admits new users")


def build(config: EnvironmentConfig, organization: Organization) -> StackTemplate[AuthOutputs]:
    """Return the auth stack: user pool, trigger, and the secret of the application's sessions."""
    trigger = _pre_sign_up(config, organization)
    pool = sign_in(config, pre_sign_up=trigger, urls=sign_in_urls(config, organization))
    secret = generated_secret(
        "AuthSecret",
        "Signs the application's sessions; a new value signs everybody out",
        key=AUTH_SECRET_KEY,
        length=_AUTH_SECRET_LENGTH,
    )
    return stack_template(
        f"AI Studio, {config.name}: user pool and the secret of the application's sessions",
        resources(trigger, pool, [secret]),
        AuthOutputs(
            user_pool_id=Ref(pool.pool),
            user_pool_client_id=Ref(pool.client),
            domain_url=pool.domain_url,
            issuer_url=pool.issuer_url,
            auth_secret_arn=Ref(secret),
            pre_sign_up=trigger.facts,
        ),
        assets=trigger.assets,
    )


def _pre_sign_up(config: EnvironmentConfig, organization: Organization) -> OptimizedLambda:
    domains = organization.allowed_email_domains or (organization.base_domain,)
    return optimized_lambda(
        "PreSignUp",
        config,
        code=python_code(function_asset("pre_sign_up")),
        description="Admits people of the organisation's e-mail domains, and nobody else",
        size=Size(memory_mib=_TRIGGER_MEMORY_MIB, timeout_seconds=_TRIGGER_SECONDS),
        access=Access({"ALLOWED_EMAIL_DOMAINS": ",".join(domains)}),
        options=FunctionOptions(tolerated_errors=_REFUSALS_TOLERATED),
    )
