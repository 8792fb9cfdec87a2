"""The whole engine against fakes of CloudFormation and S3."""

from __future__ import annotations

from pathlib import Path

import pytest

from aistudio_templates.deploy.change_set import Action
from aistudio_templates.deploy.outcome import (
    Deployed,
    Destroyed,
    NeedsOperator,
    Refused,
    RolledBack,
    Unchanged,
    as_error,
)
from aistudio_templates.deploy.overview import outputs, status
from aistudio_templates.errors import AwsError, ConfigError, RefusedError, StaleTemplatesError
from support.deploying import DATABASE, NETWORK, ROOT, Bench, resource

FAILING = {**DATABASE, "Cluster": resource("AWS::RDS::DBCluster", Engine="x", Fail="no capacity")}
WIDER = {"Vpc": resource("AWS::EC2::VPC", CidrBlock="10.0.0.0/8")}


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    bench = Bench(tmp_path / "dev")
    bench.write()
    return bench


@pytest.fixture
def deployed(bench: Bench) -> Bench:
    assert isinstance(bench.deploy(), Deployed)
    bench.cloudformation.faults.calls.clear()
    bench.s3.faults.calls.clear()
    return bench


def test_first_deploy_creates_everything(bench: Bench) -> None:
    outcome = bench.deploy()
    assert isinstance(outcome, Deployed)
    assert outcome.outputs == {"NetworkVpcId": f"{ROOT}.NetworkVpcId"}
    assert {change.path_text for change in outcome.summary.changes} == {
        "Network/Vpc",
        "Database/Cluster",
        "Database/Table",
    }
    assert ((ROOT, "Database", "Cluster"), "CREATE_COMPLETE") in bench.console.events
    assert len(bench.console.events) == len(set(bench.console.events))
    assert as_error(outcome) is None


def test_events_of_one_instant_keep_their_order(bench: Bench) -> None:
    bench.cloudformation.one_instant = True
    bench.deploy()
    told = [status for path, status in bench.console.events if path[-1] == "Cluster"]
    assert told == ["CREATE_IN_PROGRESS", "CREATE_COMPLETE"]


def test_second_deploy_touches_nothing(deployed: Bench) -> None:
    outcome = deployed.deploy()
    assert outcome == Unchanged(ROOT, {"NetworkVpcId": f"{ROOT}.NetworkVpcId"})
    called = {call for call, _ in deployed.cloudformation.faults.calls}
    assert called == {"describe_stacks", "get_template"}
    assert deployed.s3.faults.calls == []


def test_change_set_without_changes_is_deleted(deployed: Bench) -> None:
    deployed.cloudformation.set_status(ROOT, "UPDATE_ROLLBACK_COMPLETE")
    outcome = deployed.deploy()
    assert outcome == Unchanged(ROOT, {"NetworkVpcId": f"{ROOT}.NetworkVpcId"})
    assert len(deployed.cloudformation.faults.called("delete_change_set")) == 1


def test_update_tells_the_change(deployed: Bench) -> None:
    deployed.write(network=WIDER)
    outcome = deployed.deploy()
    assert isinstance(outcome, Deployed)
    (change,) = outcome.summary.changes
    assert (change.path_text, change.action) == ("Network/Vpc", Action.MODIFIED)
    assert change.properties == ("CidrBlock",)


def test_without_nested_change_sets_templates_are_compared(tmp_path: Path) -> None:
    bench = Bench(tmp_path, nested_change_sets=False)
    bench.write()
    bench.deploy()
    bench.write(network=WIDER)
    outcome = bench.deploy()
    assert isinstance(outcome, Deployed)
    assert [change.path_text for change in outcome.summary.changes] == ["Network/Vpc"]
    assert outcome.summary.compared == ("Database", "Network")


def test_failed_create_is_rolled_back_and_explained(bench: Bench) -> None:
    bench.write(database=FAILING)
    outcome = bench.deploy()
    assert isinstance(outcome, RolledBack)
    error = as_error(outcome)
    assert error is not None
    assert error.message == f"{ROOT}/Database/Cluster: no capacity"
    assert error.exit_code == 7
    assert "--recreate" in (error.hint or "")


def test_failed_update_is_rolled_back_and_explained(deployed: Bench) -> None:
    deployed.write(database=FAILING)
    outcome = deployed.deploy(allow_data_loss=frozenset({"Database/Cluster"}))
    assert isinstance(outcome, RolledBack)
    assert outcome.stack_path == (ROOT, "Database", "Cluster")
    assert deployed.cloudformation.find(ROOT).status == "UPDATE_ROLLBACK_COMPLETE"


def test_failed_rollback_needs_an_operator(deployed: Bench) -> None:
    broken = {"Vpc": resource("AWS::EC2::VPC", Fail="too small", FailRollback=True)}
    deployed.write(network=broken)
    outcome = deployed.deploy()
    assert isinstance(outcome, NeedsOperator)
    assert outcome.reason == "too small"
    assert "Network/Vpc: too small" in (outcome.hint or "")
    again = deployed.deploy()
    assert isinstance(again, NeedsOperator)
    assert "continue-update-rollback" in (again.hint or "")


def test_created_after_rollback_only_when_asked(bench: Bench) -> None:
    bench.write(database=FAILING)
    bench.deploy()
    bench.write()
    refused = bench.deploy()
    assert isinstance(refused, Refused)
    assert "--recreate" in refused.hint
    assert isinstance(bench.deploy(recreate=True), Deployed)


@pytest.mark.parametrize("state", ["UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS"])
def test_running_operation_is_refused(deployed: Bench, state: str) -> None:
    deployed.cloudformation.set_status(ROOT, state)
    outcome = deployed.deploy()
    assert isinstance(outcome, Refused)
    assert state in outcome.reason
    assert deployed.cloudformation.faults.called("create_change_set") == []


def test_refusal_leaves_nothing_behind(bench: Bench) -> None:
    bench.console.agree = False
    bench.write(network={**NETWORK, "Role": resource("AWS::IAM::Role")})
    outcome = bench.deploy()
    bench.cloudformation.finish()
    assert isinstance(outcome, Refused)
    assert bench.console.asked == [("Network/Role (AWS::IAM::Role) is added",)]
    assert not bench.cloudformation.exists(ROOT)
    assert bench.cloudformation.faults.called("execute_change_set") == []


@pytest.mark.parametrize("error", [RefusedError("no terminal"), KeyboardInterrupt()])
def test_interruption_before_execution_cleans_up(bench: Bench, error: BaseException) -> None:
    bench.console.raises = error
    with pytest.raises(type(error)):
        bench.deploy(require_approval="any-change")
    bench.cloudformation.finish()
    assert not bench.cloudformation.exists(ROOT)


def test_foreign_shell_is_used_and_left(bench: Bench) -> None:
    bench.console.agree = False
    bench.cloudformation._new(ROOT, "REVIEW_IN_PROGRESS")
    assert isinstance(bench.deploy(require_approval="any-change"), Refused)
    assert bench.cloudformation.find(ROOT).status == "REVIEW_IN_PROGRESS"
    bench.console.agree = True
    assert isinstance(bench.deploy(), Deployed)


def test_data_loss_is_refused_without_asking(deployed: Bench) -> None:
    deployed.write(database={"Cluster": DATABASE["Cluster"]})
    outcome = deployed.deploy(require_approval="never")
    assert isinstance(outcome, Refused)
    assert outcome.hint.endswith("--allow-data-loss Database/Table")
    assert deployed.console.asked == []
    allowed = frozenset({"Database/Table"})
    outcome = deployed.deploy(require_approval="never", allow_data_loss=allowed)
    assert isinstance(outcome, Deployed)


def test_invalid_nested_template_is_explained(bench: Bench) -> None:
    bench.write(description="InvalidTemplate")
    outcome = bench.deploy()
    assert isinstance(outcome, Refused)
    assert "it is invalid" in outcome.reason


def test_half_failed_change_set_is_not_trusted(deployed: Bench) -> None:
    deployed.write(network=WIDER)
    original = deployed.cloudformation.create_change_set

    def create(**arguments: object) -> object:
        answer = original(**arguments)
        for made in deployed.cloudformation.change_sets.values():
            made.reason = "" if made.change_set_id == answer["Id"] else "broke"
        return answer

    deployed.cloudformation.create_change_set = create  # type: ignore[method-assign]
    with pytest.raises(AwsError, match="nested change set of Database: FAILED: broke"):
        deployed.deploy()
    assert deployed.cloudformation.faults.called("execute_change_set") == []


def test_stale_change_set_is_replaced_once(deployed: Bench) -> None:
    deployed.write(network=WIDER)
    deployed.cloudformation.faults.fail("execute_change_set", "ChangeSetNotFound")
    assert isinstance(deployed.deploy(), Deployed)
    deployed.write()
    deployed.cloudformation.faults.fail(
        "execute_change_set", "ChangeSetNotFound", "InvalidChangeSetStatus"
    )
    outcome = deployed.deploy()
    assert isinstance(outcome, Refused)
    assert "twice" in outcome.reason


@pytest.mark.parametrize("code", ["Throttling", "disconnect", "ServiceUnavailable"])
def test_watching_survives(bench: Bench, code: str) -> None:
    bench.cloudformation.faults.fail("describe_stack_events", code)
    with pytest.raises(AwsError):
        bench.deploy()  # before the execution a failure is a failure
    bench.cloudformation.finish()
    original = bench.cloudformation.execute_change_set

    def execute(**arguments: object) -> object:
        answer = original(**arguments)
        for call in ("describe_stacks", "describe_stack_events"):
            bench.cloudformation.faults.fail(call, code, code)
        return answer

    bench.cloudformation.execute_change_set = execute  # type: ignore[method-assign]
    assert isinstance(bench.deploy(), Deployed)
    assert bench.console.warnings


def test_expired_credentials_end_only_the_watching(bench: Bench) -> None:
    original = bench.cloudformation.execute_change_set

    def execute(**arguments: object) -> object:
        answer = original(**arguments)
        bench.cloudformation.faults.fail("describe_stacks", "ExpiredToken")
        return answer

    bench.cloudformation.execute_change_set = execute  # type: ignore[method-assign]
    with pytest.raises(AwsError) as caught:
        bench.deploy()
    assert "goes on" in (caught.value.hint or "")
    bench.cloudformation.finish()
    assert bench.cloudformation.find(ROOT).status == "CREATE_COMPLETE"


def test_interrupt_while_watching_tells_how_to_resume(bench: Bench) -> None:
    bench.clock.interrupt_after_seconds = 4
    with pytest.raises(KeyboardInterrupt):
        bench.deploy()
    assert any("goes on" in line for line in bench.console.warnings)
    bench.cloudformation.finish()
    assert bench.cloudformation.find(ROOT).status == "CREATE_COMPLETE"


def test_denied_execution_leaves_nothing_behind(bench: Bench) -> None:
    bench.cloudformation.faults.fail("execute_change_set", "AccessDenied")
    with pytest.raises(AwsError, match="ExecuteChangeSet"):
        bench.deploy()
    bench.cloudformation.finish()
    assert not bench.cloudformation.exists(ROOT)


CALLS = (
    ("describe_stacks", "get_template", "create_change_set", "describe_change_set"),
    ("execute_change_set",),
)


@pytest.mark.parametrize("call", [call for group in CALLS for call in group])
@pytest.mark.parametrize("code", ["AccessDenied", "ExpiredToken", "Throttling", "disconnect"])
def test_every_call_may_fail(deployed: Bench, call: str, code: str) -> None:
    deployed.write(network=WIDER)
    deployed.cloudformation.faults.fail(call, code)
    with pytest.raises(AwsError) as caught:
        deployed.deploy()
    assert caught.value.exit_code == 6
    assert deployed.cloudformation.find(ROOT).status == "CREATE_COMPLETE"


def test_wrong_account_stops_before_anything(bench: Bench) -> None:
    bench.account_id = "999999999999"
    with pytest.raises(ConfigError, match="999999999999"):
        bench.deploy()
    assert bench.cloudformation.faults.calls == []
    assert bench.s3.faults.calls == []


def test_wrong_environment_is_refused(bench: Bench) -> None:
    bench.write(environment="prod")
    with pytest.raises(ConfigError, match="prod"):
        bench.deploy()


def test_edited_file_is_refused(bench: Bench) -> None:
    (bench.directory / "network.yaml").write_text("Resources: {}")
    with pytest.raises(StaleTemplatesError, match=r"network\.yaml"):
        bench.deploy()


def test_single_stack_leaves_others_alone(deployed: Bench) -> None:
    deployed.write(network=WIDER, database={**DATABASE, "Queue": resource("AWS::SQS::Queue")})
    outcome = deployed.deploy(stack="database")
    assert isinstance(outcome, Deployed)
    assert [change.path_text for change in outcome.summary.changes] == ["Database/Queue"]


def test_single_stack_brings_its_prerequisites(bench: Bench) -> None:
    assert isinstance(bench.deploy(stack="database"), Deployed)
    assert any("also deploying network" in line for line in bench.console.lines)


def test_termination_protection_is_switched_on_once(bench: Bench) -> None:
    bench.deploy(termination_protection=True)
    assert bench.cloudformation.find(ROOT).protected
    bench.deploy(termination_protection=True)
    assert len(bench.cloudformation.faults.called("update_termination_protection")) == 1


def test_only_missing_code_is_built(bench: Bench) -> None:
    code = resource("AWS::Lambda::Function", Code={"S3Key": "assets/init/d1.zip"})
    assets = {
        "init": {"digest": "d1", "key": "assets/init/d1.zip"},
        "unused": {"digest": "zz9", "key": "assets/unused/zz9.zip"},
    }
    bench.write(database={**DATABASE, "Init": code}, assets=assets)
    bench.deploy()
    assert bench.built == ["init"]


def test_destroy_protected_refuses(deployed: Bench) -> None:
    deployed.cloudformation.find(ROOT).protected = True
    outcome = deployed.destroy()
    assert isinstance(outcome, Refused)
    assert deployed.cloudformation.exists(ROOT)


def test_destroy_needs_consent_for_data(deployed: Bench) -> None:
    refused = deployed.destroy()
    assert isinstance(refused, Refused)
    assert "Database/Table" in refused.reason
    assert "Database/Cluster" not in refused.reason
    assert deployed.destroy("Database/Table") == Destroyed(ROOT, ())
    assert deployed.destroy() == Unchanged(ROOT, {})


def test_destroy_tells_what_is_kept(bench: Bench) -> None:
    bench.write(database={"Table": resource("AWS::DynamoDB::Table", policy="Retain")})
    bench.deploy()
    assert bench.destroy() == Destroyed(ROOT, ("Database/Table",))
    (plan,) = bench.console.plans
    assert plan.removed == ("Network/Vpc",)


def test_destroy_names_what_blocks_it(bench: Bench) -> None:
    bench.write(network={"Vpc": resource("AWS::EC2::VPC", FailDelete="has an interface")})
    bench.deploy()
    outcome = bench.destroy("Database/Table")
    assert isinstance(outcome, NeedsOperator)
    assert outcome.stack_path == (ROOT, "Network", "Vpc")
    assert outcome.reason == "has an interface"


def test_destroy_may_be_declined(deployed: Bench) -> None:
    deployed.console.agree = False
    assert isinstance(deployed.destroy("Database/Table"), Refused)
    assert deployed.cloudformation.faults.called("delete_stack") == []


def test_status_and_outputs(bench: Bench) -> None:
    assert status(aws=bench.aws) is None
    with pytest.raises(ConfigError, match="not deployed"):
        outputs(aws=bench.aws)
    bench.deploy()
    seen = status(aws=bench.aws)
    assert seen is not None
    assert [nested.path for nested in seen.nested] == [("Database",), ("Network",)]
    assert outputs(aws=bench.aws) == {"NetworkVpcId": f"{ROOT}.NetworkVpcId"}


def test_the_changes_are_shown_also_when_nobody_has_to_agree(bench: Bench) -> None:
    bench.deploy(require_approval="never")
    (shown,) = bench.console.shown
    assert {change.path_text for change in shown.changes} >= {"Network/Vpc", "Database/Cluster"}
    assert bench.console.asked == []


MEMBER = resource("AWS::RDS::DBInstance", DBClusterIdentifier="c")
STANDALONE = resource("AWS::RDS::DBInstance", DBName="d")


@pytest.mark.parametrize("nested_change_sets", [True, False])
def test_an_instance_of_a_cluster_holds_no_data(tmp_path: Path, nested_change_sets: bool) -> None:
    bench = Bench(tmp_path / "dev", nested_change_sets=nested_change_sets)
    keeping = {"Cluster": DATABASE["Cluster"]}
    bench.write(database={**keeping, "Writer": MEMBER, "Other": STANDALONE})
    assert isinstance(bench.deploy(), Deployed)
    bench.write(database={**keeping, "Writer": MEMBER})
    refused = bench.deploy()
    assert isinstance(refused, Refused)
    assert "Database/Other" in refused.reason
    assert isinstance(bench.deploy(allow_data_loss=frozenset({"Database/Other"})), Deployed)
    bench.write(database=keeping)
    assert isinstance(bench.deploy(), Deployed)


def test_destroying_a_cluster_asks_for_the_cluster_alone(bench: Bench) -> None:
    cluster = resource("AWS::RDS::DBCluster", policy="Snapshot", Engine="x")
    bench.write(database={"Cluster": cluster, "Writer": MEMBER})
    bench.deploy()
    assert bench.destroy() == Destroyed(ROOT, ())
