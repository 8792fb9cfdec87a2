from aistudio_templates.patterns.schedule import schedule_group, schedule_target
from support.handles import allowed, view

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:f"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:failed"


def test_schedules_end_with_their_group() -> None:
    group = view(schedule_group("Schedules", name="schedules")).get("Schedules")
    group.has(Name="schedules")
    assert group.resource["DeletionPolicy"] == group.resource["UpdateReplacePolicy"] == "Delete"


def test_the_role_acts_for_this_group_of_this_account_only() -> None:
    role = view(schedule_group("Schedules", name="schedules")).get("SchedulesRole")
    (statement,) = role.properties["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert statement["Condition"] == {
        "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}},
        "ArnLike": {"aws:SourceArn": {"Fn::GetAtt": ["Schedules", "Arn"]}},
    }
    assert "Policies" not in role.properties, "it may do nothing by itself"


def test_the_target_policy_allows_one_function_and_one_queue() -> None:
    schedules = schedule_group("Schedules", name="schedules")
    policy = schedule_target(schedules, function_arn=FUNCTION, dead_letter_queue_arn=QUEUE)
    made = view([policy]).only("AWS::IAM::Policy").has(Roles=[{"Ref": "SchedulesRole"}])
    assert allowed(made.properties["PolicyDocument"]["Statement"]) == {
        "lambda:InvokeFunction": [FUNCTION],
        "sqs:SendMessage": [QUEUE],
    }


def test_whoever_makes_schedules_learns_group_and_role() -> None:
    schedules = schedule_group("Schedules", name="schedules")
    assert schedules.name.to_dict() == {"Ref": "Schedules"}
    assert schedules.role_arn.to_dict() == {"Fn::GetAtt": ["SchedulesRole", "Arn"]}
