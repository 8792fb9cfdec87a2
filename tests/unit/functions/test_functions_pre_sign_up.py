"""Who is admitted, who is not, and what is said and logged about it."""

import json
import logging
import subprocess
import sys
from typing import Any

import pytest

from support.function_source import FUNCTIONS, function_modules

with function_modules("pre_sign_up", "admission", "handler") as modules:
    admission, trigger = modules

DOMAINS = "example.edu, Staff.Example.edu,xn--mller-kva.example"


def event(
    address: object = "ada@example.edu",
    source: str = "PreSignUp_ExternalProvider",
    **attributes: object,
) -> dict[str, Any]:
    given = {"email_verified": "true"} | attributes
    if address is not None:
        given["email"] = address
    return {
        "version": "1",
        "triggerSource": source,
        "userPoolId": "us-east-1_pool",
        "userName": "Google_1",
        "request": {"userAttributes": given, "validationData": None},
        "response": {"autoConfirmUser": False, "autoVerifyEmail": False, "autoVerifyPhone": False},
    }


@pytest.fixture(autouse=True)
def domains(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOWED_EMAIL_DOMAINS", DOMAINS)


@pytest.mark.parametrize(
    "address",
    [
        "ada@example.edu",
        "Ada@EXAMPLE.EDU",
        "ada.lovelace+maths@example.edu",
        "o'neil@example.edu",
        "ada@staff.example.edu",
        "ada@xn--mller-kva.example",
        "a" * 64 + "@example.edu",
    ],
)
@pytest.mark.parametrize("source", ["PreSignUp_ExternalProvider", "PreSignUp_AdminCreateUser"])
def test_addresses_of_the_listed_domains_are_admitted(address: str, source: str) -> None:
    answer = trigger.handler(event(address, source), None)
    assert answer["response"] == {
        "autoConfirmUser": False,
        "autoVerifyEmail": False,
        "autoVerifyPhone": False,
    }
    assert answer["request"]["userAttributes"]["email"] == address


@pytest.mark.parametrize(
    "address",
    [
        None,
        "",
        17,
        ["ada@example.edu"],
        "ada",
        "@example.edu",
        "ada@",
        "ada@gmail.com",
        # Neither a sub-domain, nor a parent, nor a domain that ends or begins alike.
        "ada@alumni.example.edu",
        "ada@edu",
        "ada@notexample.edu",
        "ada@example.edu.evil.example",
        "ada@example.edu.",
        # Several @, quotes, comments, lists, display names, routes.
        "ada@evil.example@example.edu",
        '"ada@evil.example"@example.edu',
        '"ada"@example.edu',
        "ada(comment)@example.edu",
        "ada@evil.example,bob@example.edu",
        "ada@evil.example bob@example.edu",
        "Ada <ada@example.edu>",
        "ada@[10.0.0.1]",
        ".ada@example.edu",
        "ada.@example.edu",
        "a..da@example.edu",
        # White space and line ends.
        " ada@example.edu",
        "ada@example.edu ",
        "ada@example.edu\n",
        "ada\r\nbcc:x@example.edu",
        "ada\x00@example.edu",
        # What only looks like a listed domain, or becomes one when it is normalised.
        "ada@ex\u0430mple.edu",
        "ada@\uff45xample.edu",
        "ada\uff20example.edu",
        "ada@example\u3002edu",
        "ada@müller.example",
        "ädä@example.edu",
        "a" * 65 + "@example.edu",
    ],
)
@pytest.mark.parametrize("source", ["PreSignUp_ExternalProvider", "PreSignUp_AdminCreateUser"])
def test_other_and_odd_addresses_are_refused(address: object, source: str) -> None:
    with pytest.raises(trigger.SignUpRefusedError):
        trigger.handler(event(address, source), None)


@pytest.mark.parametrize("verified", ["false", "False", "", "yes", "1", None, False])
def test_the_provider_must_have_verified_the_address(verified: object) -> None:
    with pytest.raises(trigger.SignUpRefusedError):
        trigger.handler(event(email_verified=verified), None)


def test_a_provider_that_says_nothing_about_verification_is_refused() -> None:
    request = event()
    del request["request"]["userAttributes"]["email_verified"]
    with pytest.raises(trigger.SignUpRefusedError):
        trigger.handler(request, None)


@pytest.mark.parametrize("verified", ["true", "True", True])
def test_the_provider_s_word_is_read_in_any_spelling(verified: object) -> None:
    assert trigger.handler(event(email_verified=verified), None)["userName"] == "Google_1"


def test_an_administrator_vouches_for_the_address() -> None:
    request = event(source="PreSignUp_AdminCreateUser")
    del request["request"]["userAttributes"]["email_verified"]
    assert trigger.handler(request, None) is request


@pytest.mark.parametrize("source", ["PreSignUp_SignUp", "PostConfirmation_ConfirmSignUp", "", None])
def test_nobody_signs_up_alone(source: Any) -> None:
    with pytest.raises(trigger.SignUpRefusedError):
        trigger.handler(event(source=source), None)


@pytest.mark.parametrize("listed", ["", " , ,", None])
def test_without_domains_nobody_is_admitted(
    listed: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if listed is None:
        monkeypatch.delenv("ALLOWED_EMAIL_DOMAINS")
    else:
        monkeypatch.setenv("ALLOWED_EMAIL_DOMAINS", listed)
    for address in ("ada@example.edu", "ada@", "@"):
        with pytest.raises(trigger.SignUpRefusedError):
            trigger.handler(event(address), None)


def test_a_request_without_attributes_is_refused() -> None:
    request = event()
    request["request"] = {"userAttributes": None}
    with pytest.raises(trigger.SignUpRefusedError):
        trigger.handler(request, None)


@pytest.mark.parametrize("address", ["ada@gmail.com", "ada@alumni.example.edu", '"a"@example.edu'])
def test_a_refusal_tells_nothing_about_the_rule_or_the_person(
    address: str, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(trigger.SignUpRefusedError) as refused:
        trigger.handler(event(address, given_name="Ada"), None)
    told = str(refused.value)
    assert refused.value.__cause__ is None
    assert told == "This account is not admitted. Use the account of your school."
    for secret in (address, "example.edu", "Ada"):
        assert secret not in caplog.text


def test_decisions_are_logged_with_their_reason(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    trigger.handler(event(), None)
    with pytest.raises(trigger.SignUpRefusedError):
        trigger.handler(event("ada@gmail.com"), None)
    admitted, refused = (json.loads(record.message) for record in caplog.records)
    assert (admitted["admitted"], admitted["reason"]) == (True, None)
    assert (refused["admitted"], refused["reason"]) == (False, "foreign domain")
    assert refused["trigger"] == "PreSignUp_ExternalProvider"


def test_the_trigger_starts_without_an_aws_client() -> None:
    program = "import sys, handler; print(sorted({'boto3', 'botocore'} & set(sys.modules)))"
    folder = str(FUNCTIONS / "pre_sign_up")
    done = subprocess.run(
        [sys.executable, "-B", "-c", program],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
