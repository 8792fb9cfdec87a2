from aistudio_templates.patterns.topic import Publisher, topic
from support.handles import view
from support.template_view import ABSENT

RULE = "arn:aws:ses:us-east-1:123456789012:configuration-set/c"


def test_without_publishers_only_plain_http_is_spoken_of() -> None:
    made = view(topic("Events"))
    policy = made.get("EventsPolicy").has(Topics=[{"Ref": "Events"}])
    (statement,) = policy.properties["PolicyDocument"]["Statement"]
    assert statement == {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sns:Publish",
        "Resource": {"Ref": "Events"},
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    made.get("Events").has(TopicName=ABSENT, KmsMasterKeyId=ABSENT)


def test_a_service_publishes_in_the_name_of_this_accounts_resource_only() -> None:
    made = view(topic("Events", publishers=[Publisher("ses.amazonaws.com", RULE)]))
    allowed = made.get("EventsPolicy").properties["PolicyDocument"]["Statement"][0]
    assert allowed["Principal"] == {"Service": "ses.amazonaws.com"}
    assert allowed["Action"] == "sns:Publish"
    assert allowed["Condition"] == {
        "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}},
        "ArnLike": {"aws:SourceArn": RULE},
    }


def test_a_service_that_tells_no_resource_is_held_to_the_account() -> None:
    made = view(topic("Events", publishers=[Publisher("budgets.amazonaws.com")]))
    allowed = made.get("EventsPolicy").properties["PolicyDocument"]["Statement"][0]
    assert allowed["Condition"] == {
        "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    }


def test_statement_ids_tell_services_apart() -> None:
    services = ("cloudwatch.amazonaws.com", "codestar-notifications.amazonaws.com")
    made = view(topic("Events", publishers=[Publisher(service) for service in services]))
    statements = made.get("EventsPolicy").properties["PolicyDocument"]["Statement"]
    assert [statement["Sid"] for statement in statements] == [
        "CloudwatchOfThisAccount",
        "CodestarNotificationsOfThisAccount",
        "TlsOnly",
    ]


def test_name_and_key_are_the_callers() -> None:
    made = topic("Events", name="events", kms_key_id="alias/aws/sns")
    view(made).get("Events").has(TopicName="events", KmsMasterKeyId="alias/aws/sns")
    assert made.arn.to_dict() == {"Ref": "Events"}
