"""Logical ids of what holds data: renaming one deletes the old resource.

A failure here means: this replaces the database (or a bucket). If that is meant, say so in
the change and plan the move of the data; then change the list.
"""

from pathlib import Path

import pytest

from aistudio_templates.deploy.stateful import is_stateful
from aistudio_templates.deploy.template_text import parse_template

ROOT = Path(__file__).resolve().parents[2]

EVERYWHERE = {
    "auth/AuthSecret",
    "auth/UserPool",
    "database/Cluster",
    "database/Writer",
    "documents/DocumentJobs",
    "email/EmailFeedbackKey",
    "frontend/StaticAssetsBucket",
    "monitoring/AlarmTopicKey",
    "processing/JobStatusTable",
    "scheduler/InternalApiSecret",
    "storage/AccessLogsBucket",
    "storage/DocumentsBucket",
    "storage/RepositoriesBucket",
}

STATEFUL = {
    "dev": EVERYWHERE,
    "staging": EVERYWHERE,
    "prod": {*EVERYWHERE, "database/Reader1", "network/FlowLogBucket"},
}


def stateful(environment: str) -> dict[str, dict[str, object]]:
    found = {}
    for path in sorted((ROOT / "templates" / environment).glob("*.yaml")):
        template = parse_template(path.read_bytes(), path.name)
        for logical_id, resource in template["Resources"].items():
            if is_stateful(resource["Type"]):
                found[f"{path.stem}/{logical_id}"] = resource
    return found


@pytest.mark.parametrize("environment", STATEFUL)
def test_stateful_identities_are_those_agreed(environment: str) -> None:
    assert set(stateful(environment)) == STATEFUL[environment]


@pytest.mark.parametrize("environment", STATEFUL)
def test_deleting_or_replacing_them_keeps_the_data(environment: str) -> None:
    for name, resource in stateful(environment).items():
        if "DBClusterIdentifier" in resource["Properties"] and name != "database/Cluster":
            continue  # An instance of a cluster holds no data of its own.
        # What a failed creation takes along has nothing in it yet.
        kept = {"Retain", "RetainExceptOnCreate", "Snapshot"}
        assert resource["DeletionPolicy"] in kept, name
        assert resource["UpdateReplacePolicy"] in {"Retain", "Snapshot"}, name
