import pytest
from troposphere import Ref, encode_to_dict

from aistudio_templates.policies.grants import (
    pass_role,
    publish_messages,
    read_named_secret,
)
from aistudio_templates.policies.service_grants import (
    detect_text,
    invoke_model,
    manage_schedules,
    read_text_detection,
    send_email,
    start_text_detection,
)
from support.handles import allowed

ARN = "arn:aws:service:us-east-1:123456789012:thing"
HERE = "${AWS::Region}:${AWS::AccountId}"


def test_a_role_is_passed_to_one_service() -> None:
    (statement,) = encode_to_dict(list(pass_role(ARN, "textract.amazonaws.com")))
    assert statement["Action"] == ["iam:PassRole"]
    assert statement["Resource"] == [ARN]
    assert statement["Condition"] == {
        "StringEquals": {"iam:PassedToService": "textract.amazonaws.com"}
    }


def test_publishing_is_to_one_topic() -> None:
    assert allowed(publish_messages(ARN)) == {"sns:Publish": [ARN]}


def test_a_secret_known_by_name_is_that_secret_only() -> None:
    resource = {
        "Fn::Sub": [
            f"arn:${{AWS::Partition}}:secretsmanager:{HERE}:secret:${{SecretName}}-??????",
            {"SecretName": "team/key"},
        ]
    }
    assert allowed([read_named_secret("team/key")]) == {
        "secretsmanager:DescribeSecret": [resource],
        "secretsmanager:GetSecretValue": [resource],
    }


def test_a_model_is_one_of_this_region_and_of_no_account() -> None:
    arn = "arn:${AWS::Partition}:bedrock:${AWS::Region}::foundation-model/cohere.embed-v4:0"
    assert allowed(invoke_model("cohere.embed-v4:0")) == {"bedrock:InvokeModel": [{"Fn::Sub": arn}]}


@pytest.mark.parametrize("geography", ["us", "eu", "apac", "global", "us-gov"])
def test_a_profile_is_one_of_this_account_and_leads_to_its_model_in_all_regions(
    geography: str,
) -> None:
    profile = f"{geography}.cohere.embed-v4:0"
    everywhere = "arn:${AWS::Partition}:bedrock:*::foundation-model/${Model}"
    arn = f"arn:${{AWS::Partition}}:bedrock:{HERE}:inference-profile/{profile}"
    assert allowed(invoke_model(profile)) == {
        "bedrock:InvokeModel": [
            {"Fn::Sub": [everywhere, {"Model": "cohere.embed-v4:0"}]},
            {"Fn::Sub": arn},
        ]
    }


def test_textract_is_granted_action_by_action() -> None:
    assert allowed(start_text_detection()) == {"textract:StartDocumentTextDetection": ["*"]}
    assert allowed(read_text_detection()) == {"textract:GetDocumentTextDetection": ["*"]}
    assert allowed(detect_text()) == {"textract:DetectDocumentText": ["*"]}


@pytest.mark.parametrize("group", ["schedules", Ref("Group")])
def test_schedules_are_those_of_one_group(group: object) -> None:
    pattern = f"arn:${{AWS::Partition}}:scheduler:{HERE}:schedule/${{Group}}/*"
    resources = list(allowed(manage_schedules(group)).values())
    assert len(resources) == 4
    for resource in resources:
        assert resource == [{"Fn::Sub": [pattern, {"Group": encode_to_dict(group)}]}]


def test_mail_is_sent_from_one_address_whatever_the_identity() -> None:
    (statement,) = encode_to_dict(
        list(send_email("a@b.org", identity_arns=["address", "domain"], configuration_set_arn="c"))
    )
    # With an attachment, SES makes a MIME message of what it is given.
    assert statement["Action"] == ["ses:SendEmail", "ses:SendRawEmail"]
    assert statement["Resource"] == ["address", "domain", "c"]
    assert statement["Condition"] == {"StringEquals": {"ses:FromAddress": "a@b.org"}}
