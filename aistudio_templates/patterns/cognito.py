"""Sign-in: a user pool whose people come from Google, admitted by a trigger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from troposphere import AccountId, GetAtt, Ref, Sub, awslambda, cognito

from aistudio_templates import names
from aistudio_templates.config import EnvironmentConfig, SignInUrls
from aistudio_templates.model import Value
from aistudio_templates.patterns.handle import Handle
from aistudio_templates.patterns.optimized_lambda import OptimizedLambda
from aistudio_templates.patterns.properties import present

_GOOGLE = "Google"
_MIN_PASSWORD_LENGTH = 12
_TEMPORARY_PASSWORD_DAYS = 7
_SCOPES = ["openid", "email", "profile"]


@dataclass(frozen=True)
class SignIn(Handle):
    """A user pool with what is needed to sign in to it.

    Attributes:
        pool: The user pool.
        permission: Lets it ask whether somebody may sign up.
        provider: Google, where it is enabled.
        domain: Host of the sign-in pages.
        client: The application's client.
        domain_url: Base URL of the sign-in pages.
        issuer_url: Issuer of its tokens.
    """

    pool: Any
    permission: Any
    provider: Any | None
    domain: Any
    client: Any
    domain_url: Value
    issuer_url: Value


def sign_in(config: EnvironmentConfig, *, pre_sign_up: OptimizedLambda, urls: SignInUrls) -> SignIn:
    """Return the user pool of ``config``.

    Args:
        config: Google, plan, protection and the tokens' lives.
        pre_sign_up: Asked before anybody becomes a user; an error refuses.
        urls: Where browsers may be sent.

    Source: https://docs.aws.amazon.com/cognito/latest/developerguide/
    user-pool-lambda-pre-sign-up.html
    """
    pool = _pool(config, pre_sign_up)
    provider = _google(config, pool) if config.auth.google_enabled else None
    # The first label below Cognito's domain is unique in a region, among all its customers.
    prefix = f"{names.APPLICATION}-{config.name}-${{AWS::AccountId}}"
    return SignIn(
        pool=pool,
        permission=_permission(pool, pre_sign_up),
        provider=provider,
        domain=cognito.UserPoolDomain("UserPoolDomain", UserPoolId=Ref(pool), Domain=Sub(prefix)),
        client=_client(config, pool, provider, urls),
        domain_url=Sub(f"https://{prefix}.auth.${{AWS::Region}}.amazoncognito.com"),
        issuer_url=Sub(
            f"https://cognito-idp.${{AWS::Region}}.${{AWS::URLSuffix}}/${{{pool.title}}}"
        ),
    )


def _pool(config: EnvironmentConfig, pre_sign_up: OptimizedLambda) -> Any:
    return cognito.UserPool(
        "UserPool",
        UsernameAttributes=["email"],
        UsernameConfiguration=cognito.UsernameConfiguration(CaseSensitive=False),
        AutoVerifiedAttributes=["email"],
        AdminCreateUserConfig=cognito.AdminCreateUserConfig(AllowAdminCreateUserOnly=True),
        AccountRecoverySetting=cognito.AccountRecoverySetting(
            RecoveryMechanisms=[cognito.RecoveryOption(Name="verified_email", Priority=1)]
        ),
        Policies=cognito.Policies(PasswordPolicy=_password_policy()),
        LambdaConfig=cognito.LambdaConfig(PreSignUp=pre_sign_up.arn),
        UserPoolTier=config.auth.feature_plan,
        DeletionProtection="ACTIVE" if config.auth.deletion_protection else "INACTIVE",
        DeletionPolicy="Retain",
        UpdateReplacePolicy="Retain",
        **present(UserPoolAddOns=_threat_protection(config)),
    )


def _password_policy() -> Any:
    return cognito.PasswordPolicy(
        MinimumLength=_MIN_PASSWORD_LENGTH,
        RequireLowercase=True,
        RequireNumbers=True,
        RequireSymbols=True,
        RequireUppercase=True,
        TemporaryPasswordValidityDays=_TEMPORARY_PASSWORD_DAYS,
    )


def _threat_protection(config: EnvironmentConfig) -> Any | None:
    """Return what the plan ``PLUS`` is paid for.

    Source: https://docs.aws.amazon.com/cognito/latest/developerguide/
    cognito-user-pool-settings-threat-protection.html
    """
    if config.auth.feature_plan != "PLUS":
        return None
    return cognito.UserPoolAddOns(AdvancedSecurityMode="ENFORCED")


def _permission(pool: Any, pre_sign_up: OptimizedLambda) -> Any:
    return awslambda.Permission(
        "PreSignUpPermission",
        Action="lambda:InvokeFunction",
        FunctionName=pre_sign_up.arn,
        Principal="cognito-idp.amazonaws.com",
        SourceAccount=AccountId,
        SourceArn=GetAtt(pool, "Arn"),
    )


def _google(config: EnvironmentConfig, pool: Any) -> Any:
    secret = names.physical_name(config.name, "google-oauth")

    def resolved(key: str) -> str:
        return f"{{{{resolve:secretsmanager:{secret}:SecretString:{key}}}}}"

    return cognito.UserPoolIdentityProvider(
        "GoogleProvider",
        UserPoolId=Ref(pool),
        ProviderName=_GOOGLE,
        ProviderType=_GOOGLE,
        ProviderDetails={
            "authorize_scopes": "openid profile email",
            "client_id": resolved("clientId"),
            "client_secret": resolved("clientSecret"),
        },
        AttributeMapping={
            "email": "email",
            # The trigger admits verified addresses only.
            "email_verified": "email_verified",
            "family_name": "family_name",
            "given_name": "given_name",
            "picture": "picture",
        },
    )


def _client(config: EnvironmentConfig, pool: Any, provider: Any | None, urls: SignInUrls) -> Any:
    minutes = config.auth.access_token_minutes
    return cognito.UserPoolClient(
        "UserPoolClient",
        UserPoolId=Ref(pool),
        # Code in a browser cannot keep a secret.
        GenerateSecret=False,
        SupportedIdentityProviders=[_GOOGLE if provider else "COGNITO"],
        AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthFlows=["code"],
        AllowedOAuthScopes=_SCOPES,
        CallbackURLs=list(urls.callback),
        LogoutURLs=list(urls.logout),
        ExplicitAuthFlows=["ALLOW_REFRESH_TOKEN_AUTH"],
        PreventUserExistenceErrors="ENABLED",
        EnableTokenRevocation=True,
        AccessTokenValidity=minutes,
        IdTokenValidity=minutes,
        RefreshTokenValidity=config.auth.refresh_token_days,
        TokenValidityUnits=cognito.TokenValidityUnits(
            AccessToken="minutes",
            IdToken="minutes",
            RefreshToken="days",
        ),
        # Cognito refuses a provider that the pool does not have yet.
        **present(DependsOn=provider.title if provider else None),
    )
