import pytest

from aistudio_templates.config import EnvironmentConfig
from aistudio_templates.patterns.job_table import Index, job_table
from support.handles import view
from support.template_view import ABSENT, ResourceView

DEV = EnvironmentConfig.get("dev")


def table(**arguments: object) -> ResourceView:
    made = job_table("Jobs", DEV, partition_key="jobId", **arguments)
    return view(made).only("AWS::DynamoDB::Table")


def test_a_table_is_encrypted_recoverable_on_demand_and_forgets() -> None:
    table().has(
        BillingMode="PAY_PER_REQUEST",
        SSESpecification={"SSEEnabled": True},
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
        TimeToLiveSpecification={"AttributeName": "ttl", "Enabled": True},
        TableName=ABSENT,
        GlobalSecondaryIndexes=ABSENT,
    )


def test_a_table_outlives_its_stack() -> None:
    assert table().resource["DeletionPolicy"] == "Retain"
    assert table().resource["UpdateReplacePolicy"] == "Retain"


@pytest.mark.parametrize(
    ("environment", "name", "policy"),
    [
        ("dev", None, "Retain"),
        ("dev", "jobs", "RetainExceptOnCreate"),
        ("prod", None, "Retain"),
        # A protected table cannot be deleted: the rollback would fail as well.
        ("prod", "jobs", "Retain"),
    ],
)
def test_a_failed_creation_leaves_no_name_taken_where_it_can_be_helped(
    environment: str, name: str | None, policy: str
) -> None:
    config = EnvironmentConfig.get(environment)
    made = view(job_table("Jobs", config, partition_key="jobId", name=name))
    resource = made.only("AWS::DynamoDB::Table").resource
    assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == (policy, "Retain")


def test_one_item_a_job_unless_a_sort_key_is_asked_for() -> None:
    table().has(
        KeySchema=[{"AttributeName": "jobId", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "jobId", "AttributeType": "S"}],
    )
    table(sort_key="timestamp").has(
        KeySchema=[
            {"AttributeName": "jobId", "KeyType": "HASH"},
            {"AttributeName": "timestamp", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "jobId", "AttributeType": "S"},
            {"AttributeName": "timestamp", "AttributeType": "N"},
        ],
    )


def test_indexes_find_jobs_by_one_attribute_in_order_of_time() -> None:
    made = table(indexes=[Index("ByUser", "userId"), Index("ByStatus", "status")], name="jobs")
    made.has(TableName="jobs")
    assert made.properties["GlobalSecondaryIndexes"] == [
        {
            "IndexName": name,
            "KeySchema": [
                {"AttributeName": attribute, "KeyType": "HASH"},
                {"AttributeName": "timestamp", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "ALL"},
        }
        for name, attribute in (("ByUser", "userId"), ("ByStatus", "status"))
    ]


def test_every_key_attribute_is_declared_once_and_no_other() -> None:
    made = table(indexes=[Index("ByUser", "userId"), Index("ByStatus", "status")])
    types = {
        a["AttributeName"]: a["AttributeType"] for a in made.properties["AttributeDefinitions"]
    }
    assert types == {"jobId": "S", "userId": "S", "status": "S", "timestamp": "N"}
    assert len(made.properties["AttributeDefinitions"]) == len(types)


@pytest.mark.parametrize(("name", "refused"), [("dev", False), ("staging", True), ("prod", True)])
def test_deletion_is_refused_where_stacks_are_protected(name: str, refused: bool) -> None:
    made = job_table("Jobs", EnvironmentConfig.get(name), partition_key="jobId")
    view(made).get("Jobs").has(DeletionProtectionEnabled=refused)


def test_facts_carry_name_and_title() -> None:
    made = job_table("Jobs", DEV, partition_key="jobId")
    assert made.facts.title == "Jobs"
    assert made.facts.value.to_dict() == {"Ref": "Jobs"}
    assert made.arn.to_dict() == {"Fn::GetAtt": ["Jobs", "Arn"]}
