import pytest
from troposphere import encode_to_dict

from aistudio_templates.patterns.email_identity import Mailing, mailing
from support.handles import view
from support.template_view import ABSENT

ADDRESS = "noreply@schools.example.org"
ACCOUNT = "${AWS::Region}:${AWS::AccountId}"


def mail(kind: str = "address") -> Mailing:
    return mailing(
        "Email", configuration_name="email-config", identity_kind=kind, sender_address=ADDRESS
    )


def test_messages_travel_encrypted_and_are_counted() -> None:
    view(mail()).get("EmailConfigurationSet").has(
        Name="email-config",
        DeliveryOptions={"TlsPolicy": "REQUIRE"},
        ReputationOptions={"ReputationMetricsEnabled": True},
        SendingOptions={"SendingEnabled": True},
        SuppressionOptions={"SuppressedReasons": ["BOUNCE", "COMPLAINT"]},
    )


@pytest.mark.parametrize(
    ("kind", "identity"), [("address", ADDRESS), ("domain", "schools.example.org")]
)
def test_the_identity_is_the_address_or_its_whole_domain(kind: str, identity: str) -> None:
    made = view(mail(kind)).get("EmailIdentity")
    made.has(
        EmailIdentity=identity,
        ConfigurationSetAttributes={"ConfigurationSetName": {"Ref": "EmailConfigurationSet"}},
        FeedbackAttributes={"EmailForwardingEnabled": False},
    )
    assert made.resource["DeletionPolicy"] == made.resource["UpdateReplacePolicy"] == "Delete"


def test_an_existing_identity_is_left_alone() -> None:
    made = mail("existing")
    assert not view(made).of_type("AWS::SES::EmailIdentity")
    assert made.identity.dns_records == ()


def test_a_domain_signs_and_takes_bounces_below_itself() -> None:
    view(mail("domain")).get("EmailIdentity").has(
        DkimAttributes={"SigningEnabled": True},
        DkimSigningAttributes={"NextSigningKeyLength": "RSA_2048_BIT"},
        MailFromAttributes={
            "MailFromDomain": "bounce.schools.example.org",
            "BehaviorOnMxFailure": "USE_DEFAULT_VALUE",
        },
    )


def test_an_address_has_nothing_of_a_domain() -> None:
    view(mail()).get("EmailIdentity").has(
        DkimAttributes=ABSENT, DkimSigningAttributes=ABSENT, MailFromAttributes=ABSENT
    )
    assert mail().identity.dns_records == ()


def test_a_domain_tells_what_dns_must_say() -> None:
    records = encode_to_dict(list(mail("domain").identity.dns_records))
    assert records == [
        *(
            {
                "Fn::Sub": f"${{EmailIdentity.DkimDNSTokenName{n}}} CNAME "
                f"${{EmailIdentity.DkimDNSTokenValue{n}}}"
            }
            for n in (1, 2, 3)
        ),
        {"Fn::Sub": "bounce.schools.example.org MX 10 feedback-smtp.${AWS::Region}.amazonses.com"},
        'bounce.schools.example.org TXT "v=spf1 include:amazonses.com ~all"',
    ]


@pytest.mark.parametrize("kind", ["address", "domain", "existing"])
def test_the_sender_is_the_address_or_the_domain_whatever_is_verified(kind: str) -> None:
    prefix = f"arn:${{AWS::Partition}}:ses:{ACCOUNT}:identity/"
    assert encode_to_dict(list(mail(kind).identity.arns)) == [
        {"Fn::Sub": f"{prefix}{ADDRESS}"},
        {"Fn::Sub": f"{prefix}schools.example.org"},
    ]


def test_events_go_to_a_topic_that_takes_them_from_this_set_only() -> None:
    made = view(mail())
    destination = made.get("EmailFeedbackDestination")
    destination.has(
        ConfigurationSetName={"Ref": "EmailConfigurationSet"},
        EventDestination={
            "Enabled": True,
            "MatchingEventTypes": ["BOUNCE", "COMPLAINT", "DELIVERY", "REJECT"],
            "SnsDestination": {"TopicARN": {"Ref": "EmailFeedbackTopic"}},
        },
    )
    assert destination.resource["DependsOn"] == "EmailFeedbackTopicPolicy", (
        "SES publishes while the destination is made"
    )
    allowed = made.get("EmailFeedbackTopicPolicy").properties["PolicyDocument"]["Statement"][0]
    assert allowed["Principal"] == {"Service": "ses.amazonaws.com"}
    assert allowed["Condition"] == {
        "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}},
        "ArnLike": {
            "aws:SourceArn": {
                "Fn::Sub": f"arn:${{AWS::Partition}}:ses:{ACCOUNT}:configuration-set/email-config"
            }
        },
    }


def test_the_topics_key_lets_ses_in() -> None:
    made = view(mail())
    made.get("EmailFeedbackTopic").has(KmsMasterKeyId={"Fn::GetAtt": ["EmailFeedbackKey", "Arn"]})
    statements = made.get("EmailFeedbackKey").properties["KeyPolicy"]["Statement"]
    (used,) = [s for s in statements if s["Principal"] == {"Service": "ses.amazonaws.com"}]
    assert used["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]
