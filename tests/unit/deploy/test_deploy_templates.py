"""Reading a set, parsing templates, and the root that is deployed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from aistudio_templates.deploy.desired import desire
from aistudio_templates.deploy.root_template import (
    DeployedRoot,
    root_parameters,
    single_stack_root,
    whole_root,
)
from aistudio_templates.deploy.target import Identity, Target, object_url
from aistudio_templates.deploy.template_set import read_template_set
from aistudio_templates.deploy.template_text import parse_template
from aistudio_templates.errors import (
    ConfigError,
    RefusedError,
    StaleTemplatesError,
    TemplateError,
    TemplateLimitError,
)
from support.deploying import write_set

URLS = {"network": "https://new/network", "database": "https://new/database"}


def test_short_forms_become_long_ones() -> None:
    text = """
    AWSTemplateFormatVersion: 2010-09-09
    Resources:
      A: {Type: T, Properties: {P: !Ref X, Q: !GetAtt N.Outputs.Y, R: !Sub ["${a}", {a: !Ref B}]}}
      B: {Type: T, Condition: C, Properties: {S: !If [C, !GetAZs '', no]}}
    """
    parsed = parse_template(text, "t")
    assert parsed["AWSTemplateFormatVersion"] == "2010-09-09"
    assert parsed["Resources"]["A"]["Properties"] == {
        "P": {"Ref": "X"},
        "Q": {"Fn::GetAtt": ["N", "Outputs.Y"]},
        "R": {"Fn::Sub": ["${a}", {"a": {"Ref": "B"}}]},
    }
    assert parsed["Resources"]["B"]["Properties"]["S"]["Fn::If"][1] == {"Fn::GetAZs": ""}


@pytest.mark.parametrize(
    "text",
    [
        "a: [",
        "- a",
        "",
        "Resources: 3",
        b"\xff\xfe\xff",
        "[" * 100_000,
        "A: &a 1\nResources: {B: *a}",
    ],
)
def test_unreadable_templates(text: str | bytes) -> None:
    with pytest.raises(TemplateError, match=r"t\.yaml"):
        parse_template(text, "t.yaml")


def edit(directory: Path, **changes: Any) -> None:
    path = directory / "manifest.json"
    manifest = json.loads(path.read_text())
    for key, value in changes.items():
        if value is None:
            del manifest[key]
        else:
            manifest[key] = value
    path.write_text(json.dumps(manifest))


def test_a_set_is_read(tmp_path: Path) -> None:
    found = read_template_set(write_set(tmp_path))
    assert (found.environment, found.root_stack) == ("dev", "aistudio-dev")
    assert found.stack("database").inputs["NetworkVpcId"].stack == "network"
    assert found.stack("network").key == f"templates/{found.stack('network').sha256}.yaml"
    with pytest.raises(ConfigError) as caught:
        found.stack("netwrok")
    assert "did you mean 'network'?" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"schemaVersion": 2}, "schemaVersion is 2"),
        ({"stacks": None}, "'stacks' is missing"),
        ({"stacks": []}, "wrong type"),
        ({"root": {"file": "../root.yaml", "sha256": "x"}}, "not a plain file name"),
        ({"root": {"file": "gone.yaml", "sha256": "x"}}, "cannot be read"),
    ],
)
def test_wrong_manifests(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    write_set(tmp_path)
    edit(tmp_path, **changes)
    with pytest.raises(TemplateError, match=words):
        read_template_set(tmp_path)


@pytest.mark.parametrize(
    "text", ["{", "[]", "\ud800".encode("utf-8", "surrogatepass").decode("latin1")]
)
def test_manifest_that_is_no_object(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(TemplateError, match=r"manifest\.json"):
        read_template_set(tmp_path)


def test_no_manifest(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="cannot be read"):
        read_template_set(tmp_path)


def test_stale_file(tmp_path: Path) -> None:
    write_set(tmp_path)
    (tmp_path / "database.yaml").write_text("x")
    with pytest.raises(StaleTemplatesError, match=r"database\.yaml"):
        read_template_set(tmp_path)


def test_too_large(tmp_path: Path) -> None:
    write_set(tmp_path, description="x" * 1_000_001)
    with pytest.raises(TemplateLimitError, match="1,000,000"):
        read_template_set(tmp_path)


def urls_in(template: Any) -> dict[str, str]:
    return {
        name: resource["Properties"]["TemplateURL"]
        for name, resource in template["Resources"].items()
    }


def test_whole_root_changes_only_the_urls(tmp_path: Path) -> None:
    found = read_template_set(write_set(tmp_path))
    root = whole_root(found, URLS)
    assert urls_in(root.template) == {"Network": URLS["network"], "Database": URLS["database"]}
    original = dict(parse_template(found.root_body, "root"))
    back = json.loads(root.body)
    for name in ("Network", "Database"):
        back["Resources"][name]["Properties"]["TemplateURL"] = f"./{name.lower()}.yaml"
    assert back == original
    assert whole_root(found, URLS).body == root.body


def test_root_with_an_unknown_nested_stack(tmp_path: Path) -> None:
    write_set(tmp_path)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    manifest["stacks"]["network"]["logicalId"] = "Other"
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(TemplateError, match="Network"):
        whole_root(read_template_set(tmp_path), URLS)


def deployed(tmp_path: Path, **parts: Any) -> DeployedRoot:
    found = read_template_set(write_set(tmp_path / "old", **parts))
    root = whole_root(found, {name: f"https://old/{name}" for name in URLS})
    children = {
        stack.logical_id: parse_template(stack.body, stack.name) for stack in found.stacks.values()
    }
    return DeployedRoot(root.template, children)


def test_single_stack_keeps_the_others(tmp_path: Path) -> None:
    found = read_template_set(write_set(tmp_path / "new"))
    root = single_stack_root(found, "database", URLS, deployed(tmp_path))
    assert urls_in(root.template) == {
        "Network": "https://old/network",
        "Database": "https://new/database",
    }
    assert (root.selected, root.added) == (("database",), ())
    assert "NetworkVpcId" in root.template["Outputs"]


def test_single_stack_alone(tmp_path: Path) -> None:
    found = read_template_set(write_set(tmp_path))
    root = single_stack_root(found, "network", URLS, None)
    assert urls_in(root.template) == {"Network": URLS["network"]}


def test_single_stack_with_a_missing_prerequisite(tmp_path: Path) -> None:
    found = read_template_set(write_set(tmp_path))
    root = single_stack_root(found, "database", URLS, None)
    assert urls_in(root.template) == {"Network": URLS["network"], "Database": URLS["database"]}
    assert [(a.name, a.reason) for a in root.added] == [
        ("network", "database needs it and it is not deployed")
    ]


def test_single_stack_with_a_missing_output(tmp_path: Path) -> None:
    now = deployed(tmp_path)
    new = write_set(tmp_path / "new", outputs=("VpcId", "SubnetId"), needs="SubnetId")
    root = single_stack_root(read_template_set(new), "database", URLS, now)
    assert urls_in(root.template)["Network"] == URLS["network"]
    assert "SubnetId" in root.added[0].reason


def test_single_stack_would_take_away_a_used_output(tmp_path: Path) -> None:
    now = deployed(tmp_path)
    new = write_set(tmp_path / "new", outputs=("SubnetId",), needs="SubnetId")
    with pytest.raises(RefusedError, match="Database uses output VpcId of Network"):
        single_stack_root(read_template_set(new), "network", URLS, now)


def test_unknown_single_stack(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="'nothing'"):
        single_stack_root(read_template_set(write_set(tmp_path)), "nothing", URLS, None)


def test_root_parameters() -> None:
    declared = {"A": {"Type": "String"}, "B": {"Type": "String"}, "C": {"Default": "x"}}
    template = {"Resources": {}, "Parameters": declared}
    assert root_parameters(template, {"A": "1"}, ["B"]) == [
        {"ParameterKey": "A", "ParameterValue": "1"},
        {"ParameterKey": "B", "UsePreviousValue": True},
    ]
    with pytest.raises(TemplateError, match="parameter B"):
        root_parameters(template, {"A": "1"}, [])


@pytest.mark.parametrize(
    ("base", "partition", "url"),
    [
        (None, "aws", "https://b.s3.us-east-1.amazonaws.com/k"),
        (None, "aws-cn", "https://b.s3.us-east-1.amazonaws.com.cn/k"),
        ("http://127.0.0.1:4566/", "aws", "http://127.0.0.1:4566/b/k"),
    ],
)
def test_object_url(base: str | None, partition: str, url: str) -> None:
    target = Target("dev", "us-east-1", endpoint_url="http://x", template_url_base=base)
    assert object_url(target, partition, "b", "k") == url


def test_large_root_goes_to_s3(tmp_path: Path) -> None:
    target, identity = Target("dev", "us-east-1"), Identity("1" * 12, "arn:aws:iam::1:user/x")
    many = tuple(f"Output{n}" for n in range(800))
    small = desire(
        read_template_set(write_set(tmp_path)), target, identity, stack=None, deployed=None
    )
    assert small.root_url is None
    write_set(tmp_path, outputs=("VpcId", *many))
    large = desire(read_template_set(tmp_path), target, identity, stack=None, deployed=None)
    assert large.root_url is not None
    assert large.root_url.endswith(large.root.key)


@pytest.mark.parametrize(("kind", "wanted"), [("AWS::IAM::Role", True), ("AWS::EC2::VPC", False)])
def test_capabilities_are_asked_for_only_if_needed(tmp_path: Path, kind: str, wanted: bool) -> None:
    found = read_template_set(write_set(tmp_path, network={"Vpc": {"Type": kind}}))
    identity = Identity("1" * 12, "arn:aws:iam::1:user/x")
    made = desire(found, Target("dev", "us-east-1"), identity, stack=None, deployed=None)
    assert made.capabilities == (("CAPABILITY_NAMED_IAM",) if wanted else ())
