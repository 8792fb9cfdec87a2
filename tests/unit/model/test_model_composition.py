from dataclasses import dataclass, make_dataclass

import pytest
from troposphere import GetAtt, Join, Parameter, Ref, Sub, Tags, sqs, ssm

from aistudio_templates.errors import TemplateError, TemplateLimitError, UnknownReferenceError
from aistudio_templates.model import Composition, Outputs, Value, exported, stack_template
from support.template_view import TemplateView


@dataclass(frozen=True)
class QueueOutputs(Outputs):
    queue_arn: Value = exported("String", "ARN of the queue")
    queue_url: Value = exported("String", "URL of the queue", published=True)
    dead_letter_arn: Value = exported("String", "ARN of the dead-letter queue")
    all_arns: Value = exported("CommaDelimitedList", "ARNs of all queues")


@dataclass(frozen=True)
class NoOutputs(Outputs):
    pass


def queues() -> object:
    queue = sqs.Queue("Queue")
    return stack_template(
        "queues",
        [queue],
        QueueOutputs(
            queue_arn=GetAtt(queue, "Arn"),
            queue_url=Ref(queue),
            all_arns=[GetAtt(queue, "Arn")],
        ),
    )


def reader(*values: object) -> object:
    parameters = [
        ssm.Parameter(f"Parameter{number}", Type="String", Value=value)
        for number, value in enumerate(values)
    ]
    return stack_template("reader", parameters, NoOutputs())


def test_consumed_outputs_become_parameters_fed_by_the_producer() -> None:
    composition = Composition("dev")
    outputs = composition.add("queues", queues())
    composition.add("reader", reader(outputs.queue_arn, Sub("${QueuesQueueUrl}/x")))
    assembly = composition.assembly()
    closed = assembly.stacks[1]
    assert closed.body["Parameters"] == {
        "QueuesQueueArn": {"Type": "String", "Description": "ARN of the queue"},
        "QueuesQueueUrl": {"Type": "String", "Description": "URL of the queue"},
    }
    assert closed.depends_on == ("queues",)
    nested = TemplateView(assembly.root).get("Reader")
    nested.has(
        TemplateURL="./reader.yaml",
        Parameters={
            "QueuesQueueArn": {"Fn::GetAtt": ["Queues", "Outputs.QueueArn"]},
            "QueuesQueueUrl": {"Fn::GetAtt": ["Queues", "Outputs.QueueUrl"]},
        },
    )


def test_an_output_that_an_environment_lacks_is_none_and_not_in_the_template() -> None:
    composition = Composition("dev")
    outputs = composition.add("queues", queues())
    assert outputs.dead_letter_arn is None
    assert "DeadLetterArn" not in composition.assembly().stacks[0].body["Outputs"]


def test_list_outputs_travel_as_text_and_arrive_as_lists() -> None:
    composition = Composition("dev")
    outputs = composition.add("queues", queues())
    composition.add("reader", reader(Join("|", outputs.all_arns)))
    assembly = composition.assembly()
    assert assembly.stacks[0].body["Outputs"]["AllArns"]["Value"] == {
        "Fn::Join": [",", [{"Fn::GetAtt": ["Queue", "Arn"]}]]
    }
    assert assembly.stacks[1].body["Parameters"]["QueuesAllArns"]["Type"] == "CommaDelimitedList"


def test_only_published_outputs_are_outputs_of_the_root() -> None:
    composition = Composition("dev")
    composition.add("queues", queues())
    assert set(composition.assembly().root["Outputs"]) == {"QueuesQueueUrl"}


def test_outputs_that_nobody_reads_are_told() -> None:
    composition = Composition("dev")
    outputs = composition.add("queues", queues())
    composition.add("reader", reader(outputs.queue_arn))
    assert composition.assembly().unused_outputs() == ("queues.all_arns",)


@pytest.mark.parametrize(
    "reference",
    [
        Ref("QueuesQueueArm"),
        GetAtt("QueuesQueueArm", "Arn"),
        Sub("${QueuesQueueArm}"),
        Sub("${QueuesQueueArm.Arn}"),
        Sub("${Name}", Name=Ref("QueuesQueueArm")),
    ],
)
def test_a_name_that_nothing_defines_is_refused_with_the_nearest(reference: object) -> None:
    composition = Composition("dev")
    composition.add("queues", queues())
    with pytest.raises(UnknownReferenceError, match="QueuesQueueArm") as caught:
        composition.add("reader", reader(reference))
    assert "did you mean 'QueuesQueueArn'" in (caught.value.hint or "")


def test_a_later_stack_cannot_be_referred_to() -> None:
    composition = Composition("dev")
    with pytest.raises(UnknownReferenceError):
        composition.add("reader", reader(Ref("QueuesQueueArn")))


def test_pseudo_parameters_and_literals_are_no_references() -> None:
    composition = Composition("dev")
    composition.add("reader", reader(Sub("${AWS::Region} ${!Literal} ${Own}", Own="x")))
    assert "Parameters" not in composition.assembly().stacks[0].body


def test_a_stack_is_added_once() -> None:
    composition = Composition("dev")
    composition.add("queues", queues())
    with pytest.raises(TemplateError, match="added twice"):
        composition.add("queues", queues())


def test_a_parameter_that_nothing_uses_is_refused() -> None:
    unused = Parameter("Unused", Type="String", Default="x")
    stack = stack_template("x", [sqs.Queue("Queue")], NoOutputs(), parameters=[unused])
    with pytest.raises(TemplateError, match="Unused is used nowhere"):
        Composition("dev").add("x", stack)


def test_two_resources_with_one_logical_id_are_refused() -> None:
    with pytest.raises(TemplateError, match="duplicate key"):
        stack_template("x", [sqs.Queue("Queue"), sqs.Queue("Queue")], NoOutputs())


def test_the_quota_of_resources_is_checked() -> None:
    Composition("dev").add("x", many_queues(500))
    with pytest.raises(TemplateLimitError, match="x: 501 Resources"):
        many_queues(501)


def test_the_quota_of_outputs_is_checked() -> None:
    fields = [(f"output_{number}", Value, exported("String", "an output")) for number in range(201)]
    wide = make_dataclass("Wide", fields, bases=(Outputs,), frozen=True)
    values = {name: "value" for name, _, _ in fields}
    stack = stack_template("x", [sqs.Queue("Queue")], wide(**values))
    with pytest.raises(TemplateLimitError, match="stack x: 201 Outputs"):
        Composition("dev").add("x", stack)


def many_queues(count: int) -> object:
    return stack_template("x", [sqs.Queue(f"Queue{n}") for n in range(count)], NoOutputs())


def test_every_taggable_resource_is_tagged_and_keeps_its_own_tags() -> None:
    stack = stack_template(
        "x",
        [
            sqs.Queue("Listed", Tags=Tags(ManagedBy="OptimizedLambda")),
            ssm.Parameter("Mapped", Type="String", Value="v"),
            sqs.QueuePolicy("Untaggable", Queues=["q"], PolicyDocument={}),
        ],
        NoOutputs(),
    )
    composition = Composition("prod", "IT-7")
    composition.add("x", stack)
    view = TemplateView(composition.assembly().stacks[0].body)
    listed = {tag["Key"]: tag["Value"] for tag in view.get("Listed").properties["Tags"]}
    assert listed == {
        "CostCenter": "IT-7",
        "Environment": "prod",
        "ManagedBy": "OptimizedLambda",
        "Project": "AIStudio",
        "Stack": "x",
    }
    assert view.get("Mapped").properties["Tags"]["ManagedBy"] == "CloudFormation"
    assert "Tags" not in view.get("Untaggable").properties


def test_a_nested_stack_hands_down_its_own_name_and_not_the_roots() -> None:
    composition = Composition("dev")
    composition.add("work_queues", queues())
    nested = composition.assembly().root["Resources"]["WorkQueues"]
    tags = {tag["Key"]: tag["Value"] for tag in nested["Properties"]["Tags"]}
    assert tags["Stack"] == "work_queues"
    assert tags["Environment"] == "dev"
