from troposphere import encode_to_dict

from aistudio_templates.patterns.textract import textract_channel
from support.handles import allowed, role_statements, view

ROLE = {"Fn::GetAtt": ["CompletionRole", "Arn"]}
TOPIC = {"Ref": "CompletionTopic"}


def test_textract_publishes_to_this_topic_for_this_account_only() -> None:
    role = view(textract_channel("Completion", name="completion")).get("CompletionRole")
    (statement,) = role.properties["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "textract.amazonaws.com"}
    assert statement["Condition"] == {
        "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}},
        "ArnLike": {
            "aws:SourceArn": {"Fn::Sub": "arn:${AWS::Partition}:textract:*:${AWS::AccountId}:*"}
        },
    }
    assert allowed(role_statements(role)) == {"sns:Publish": [TOPIC]}


def test_the_topic_is_encrypted_with_a_key_that_lets_roles_in() -> None:
    view(textract_channel("Completion", name="completion")).get("CompletionTopic").has(
        TopicName="completion", KmsMasterKeyId="alias/aws/sns"
    )


def test_who_starts_textract_may_hand_over_this_role_to_textract_alone() -> None:
    access = textract_channel("Completion", name="completion").access
    assert encode_to_dict(access.environment) == {
        "TEXTRACT_ROLE_ARN": ROLE,
        "TEXTRACT_TOPIC_ARN": TOPIC,
    }
    assert allowed(access.statements) == {
        "textract:StartDocumentTextDetection": ["*"],
        "iam:PassRole": [ROLE],
    }
    _, passing = encode_to_dict(list(access.statements))
    assert passing["Condition"] == {
        "StringEquals": {"iam:PassedToService": "textract.amazonaws.com"}
    }
