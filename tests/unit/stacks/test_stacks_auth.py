import json

import pytest

from aistudio_templates.application import compose
from aistudio_templates.config import EnvironmentConfig, Organization
from support.environments import ENVIRONMENTS, assembly, composed, stack
from support.template_view import ABSENT, TemplateView

CALLBACK = "/api/auth/callback/cognito"
LOCAL = ("http://localhost:3000", "http://localhost:3001")


def auth(name: str) -> TemplateView:
    return stack(assembly(name), "auth")


def changed(name: str, **values: object) -> TemplateView:
    return stack(composed(EnvironmentConfig.get(name).override(auth=values)), "auth")


@pytest.mark.parametrize(
    ("name", "protection"), [("dev", "INACTIVE"), ("staging", "ACTIVE"), ("prod", "ACTIVE")]
)
def test_users_outlive_the_stack(name: str, protection: str) -> None:
    pool = auth(name).get("UserPool").has(DeletionProtection=protection, UserPoolName=ABSENT)
    assert pool.resource["DeletionPolicy"] == "Retain"
    assert pool.resource["UpdateReplacePolicy"] == "Retain"
    assert pool.properties["UserPoolTags"]["Environment"] == name


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_nobody_becomes_a_user_without_asking_the_trigger(name: str) -> None:
    view = auth(name)
    function = {"Fn::GetAtt": ["PreSignUpFunction", "Arn"]}
    view.get("UserPool").has(
        LambdaConfig={"PreSignUp": function},
        AdminCreateUserConfig={"AllowAdminCreateUserOnly": True},
    )
    view.get("PreSignUpPermission").has(
        FunctionName=function,
        Principal="cognito-idp.amazonaws.com",
        SourceArn={"Fn::GetAtt": ["UserPool", "Arn"]},
        SourceAccount={"Ref": "AWS::AccountId"},
    )
    # Cognito waits no longer, whatever the environment's default is.
    view.get("PreSignUpFunction").has(Timeout=5, FunctionName=f"aistudio-{name}-pre-sign-up")


@pytest.mark.parametrize(
    ("domains", "expected"),
    [
        ((), "example.com"),
        (("school.example", "students.school.example"), "school.example,students.school.example"),
    ],
)
def test_the_trigger_knows_the_organisations_domains(
    domains: tuple[str, ...], expected: str
) -> None:
    organization = Organization(base_domain="example.com", allowed_email_domains=domains)
    view = stack(compose(EnvironmentConfig.get("prod"), organization), "auth")
    function = view.get("PreSignUpFunction")
    function.has(Environment={"Variables": {"ALLOWED_EMAIL_DOMAINS": expected}})


def test_the_trigger_learns_whether_google_verified_the_address() -> None:
    mapping = auth("prod").get("GoogleProvider").properties["AttributeMapping"]
    assert mapping["email"] == "email"
    assert mapping["email_verified"] == "email_verified"


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_googles_secret_stays_in_secrets_manager(name: str) -> None:
    details = auth(name).get("GoogleProvider").properties["ProviderDetails"]
    reference = f"{{{{resolve:secretsmanager:aistudio-{name}-google-oauth:SecretString:%s}}}}"
    assert details["client_id"] == reference % "clientId"
    assert details["client_secret"] == reference % "clientSecret"
    assert set(auth(name).body["Parameters"]) == {"ArtifactBucket"}


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_the_sign_in_pages_have_a_host_that_no_other_account_takes(name: str) -> None:
    view = auth(name)
    prefix = f"aistudio-{name}-${{AWS::AccountId}}"
    view.get("UserPoolDomain").has(Domain={"Fn::Sub": prefix})
    url = f"https://{prefix}.auth.${{AWS::Region}}.amazoncognito.com"
    assert view.body["Outputs"]["DomainUrl"]["Value"] == {"Fn::Sub": url}


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_only_google_signs_in_and_tokens_are_short(name: str) -> None:
    client = auth(name).get("UserPoolClient")
    client.has(
        GenerateSecret=False,
        SupportedIdentityProviders=["Google"],
        AllowedOAuthFlows=["code"],
        AllowedOAuthScopes=["openid", "email", "profile"],
        PreventUserExistenceErrors="ENABLED",
        EnableTokenRevocation=True,
        AccessTokenValidity=60,
        IdTokenValidity=60,
        RefreshTokenValidity=30,
        TokenValidityUnits={"AccessToken": "minutes", "IdToken": "minutes", "RefreshToken": "days"},
    )
    assert client.resource["DependsOn"] == "GoogleProvider"


@pytest.mark.parametrize(
    ("name", "origins"),
    [
        ("dev", ("https://dev.example.com", *LOCAL)),
        ("staging", ("https://staging.example.com",)),
        ("prod", ("https://example.com",)),
    ],
)
def test_cognito_sends_browsers_to_the_application_only(
    name: str, origins: tuple[str, ...]
) -> None:
    client = auth(name).get("UserPoolClient").properties
    assert client["CallbackURLs"] == [f"{o}{p}" for o in origins for p in ("/", CALLBACK)]
    assert client["LogoutURLs"] == [
        f"{o}{p}" for o in origins for p in ("/", "/oauth2/idpresponse")
    ]


def test_an_origin_that_is_named_twice_is_one() -> None:
    client = changed("prod", extra_origins=("https://example.com",)).get("UserPoolClient")
    assert client.properties["CallbackURLs"] == [
        "https://example.com/",
        f"https://example.com{CALLBACK}",
    ]


def test_without_google_users_are_the_pools_own() -> None:
    view = changed("prod", google_enabled=False)
    assert "GoogleProvider" not in view.resources
    client = view.get("UserPoolClient").has(SupportedIdentityProviders=["COGNITO"])
    assert "DependsOn" not in client.resource
    assert "resolve:" not in json.dumps(view.body)


@pytest.mark.parametrize(
    ("plan", "add_ons"),
    [("ESSENTIALS", ABSENT), ("PLUS", {"AdvancedSecurityMode": "ENFORCED"})],
)
def test_the_plan_plus_protects_against_threats(plan: str, add_ons: object) -> None:
    view = changed("prod", feature_plan=plan)
    view.get("UserPool").has(UserPoolTier=plan, UserPoolAddOns=add_ons)


def test_passwords_are_long_and_mixed() -> None:
    policy = auth("prod").get("UserPool").properties["Policies"]["PasswordPolicy"]
    assert policy["MinimumLength"] == 12
    assert all(
        policy[f"Require{kind}"] for kind in ("Lowercase", "Numbers", "Symbols", "Uppercase")
    )


def test_the_secret_of_sessions_is_made_up_and_kept() -> None:
    secret = (
        auth("prod")
        .get("AuthSecret")
        .has(
            Name=ABSENT,
            SecretString=ABSENT,
            GenerateSecretString={"GenerateStringKey": "AUTH_SECRET", "PasswordLength": 32},
        )
    )
    assert secret.resource["DeletionPolicy"] == "Retain"
    assert secret.resource["UpdateReplacePolicy"] == "Retain"
