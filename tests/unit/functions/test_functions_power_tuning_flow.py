"""Power tuning's states together, on a function in memory: what is measured, and what is left.

The definition is the deployed one; every call to Lambda may fail.
"""

import base64
import io
import json
import struct
from collections.abc import Callable
from typing import Any

import pytest

from aistudio_templates.patterns.power_tuning_definition import definition
from support.fake_cloudformation import Faults, client_error
from support.fake_lambda import FUNCTION_ARN, FakeLambda, Run
from support.function_source import function_modules
from support.state_machine import Execution, StateError, StateMachine

STATES = ("initializer", "publisher", "executor", "cleaner", "analyzer", "optimizer")

with function_modules("power_tuning", *STATES, "target", "errors") as modules:
    *state_modules, target, errors = modules
    HANDLERS = {name: module.handler for name, module in zip(STATES, state_modules, strict=True)}

OWN_ARN = "arn:aws:lambda:us-east-1:111122223333:function:aistudio-dev-power-tuning-initializer"
OTHER_ARN = FUNCTION_ARN.replace("probe", "helper")
ARM_USD, X86_USD, TRANSITION_USD = 0.0000133334, 0.0000166667, 0.000025
FOR_EVER = 1_000
WARNINGS_ONLY = {"LogFormat": "JSON", "ApplicationLogLevel": "INFO", "SystemLogLevel": "WARN"}
ENVIRONMENT = {
    "AWS_REGION": "us-east-1",
    "EXECUTION_TIMEOUT_SECONDS": "300",
    "FUNCTION_PREFIX": "aistudio-dev-",
    "LAMBDA_PRICE_ARM64": f"{ARM_USD:.10f}",
    "LAMBDA_PRICE_X86_64": f"{X86_USD:.10f}",
    "PAYLOAD_BUCKET_NAME": "repositories",
    "PAYLOAD_PREFIX": "power-tuning/",
    "POWER_VALUES": "128,512",
    "STATE_TRANSITION_PRICE": f"{TRANSITION_USD:f}",
}


class Context:
    """Lambda's, with time that does not pass unless it is told to."""

    invoked_function_arn = OWN_ARN
    aws_request_id = "123e4567-e89b-42d3-a456-426614174000"

    def __init__(self, remaining_ms: int = 300_000) -> None:
        self.remaining_ms = remaining_ms

    def get_remaining_time_in_millis(self) -> int:
        return self.remaining_ms


class Bench:
    """A function, the state machine, and objects in S3."""

    def __init__(self) -> None:
        self.functions = FakeLambda()
        self.objects: dict[str, bytes] = {}
        self.context = Context()
        self.before: dict[str, Callable[[Any], None]] = {}

    def client(self, service: str, **_: object) -> Any:
        return {"lambda": self.functions, "s3": self}[service]

    def get_object(self, **request: str) -> dict[str, Any]:
        name = f"{request['Bucket']}/{request['Key']}"
        if name not in self.objects:
            raise client_error("NoSuchKey", "The specified key does not exist.", "GetObject")
        return {"Body": io.BytesIO(self.objects[name])}

    def tune(self, **given: Any) -> Execution:
        handlers = {f"${{{name.title()}Arn}}": self._handler(name) for name in STATES}
        machine = StateMachine(definition(timeout_seconds=300), handlers)
        wanted = {"lambdaARN": FUNCTION_ARN, "num": 5, "powerValues": [128, 512]} | given
        return machine.run(wanted)

    def _handler(self, name: str) -> Callable[[Any], Any]:
        def handle(event: Any) -> Any:
            self.before.get(name, lambda _event: None)(event)
            return HANDLERS[name](event, self.context)

        return handle

    def assert_untouched(self, before: dict[str, Any]) -> None:
        assert self.functions.state() == before
        assert self.functions.aliases == {}
        assert self.functions.versions == {}


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    made = Bench()
    monkeypatch.setattr(target.boto3, "client", made.client)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    return made


class FaultsFrom(Faults):
    """Lets a call fail some times, after it went well some times."""

    def __init__(self, call: str, first: int, times: int) -> None:
        super().__init__()
        self._failing = (call, range(first, first + times))

    def enter(self, call: str, arguments: dict[str, Any]) -> None:
        name, numbers = self._failing
        if call == name and len(self.called(call)) in numbers:
            self.fail(call, "ServiceException")
        super().enter(call, arguments)


def encoded(kind: str, *numbers: float) -> str:
    return base64.b64encode(struct.pack(kind, *numbers)).decode()


def failing_at(memory_mib: int, error: tuple[str, str]) -> Callable[[int, Any], Run]:
    return lambda memory, _payload: Run(error=error if memory == memory_mib else None)


class TestSuccess:
    def test_a_curve_by_hand(self, bench: Bench) -> None:
        # Each version starts once: the first of five invocations is the outlier that goes.
        bench.functions.behave = lambda memory, _: Run(duration_ms=51_200 / memory, init_ms=300)
        before = bench.functions.state()
        execution = bench.tune(includeOutputResults=True, strategy="cost")
        assert execution.status == "SUCCEEDED", execution.cause
        base = ARM_USD / 8 / 1_000
        assert execution.output == {
            # 400 ms at 128 MiB and 100 ms at 512 MiB cost the same: the faster one wins.
            "power": 512,
            "cost": pytest.approx(100 * base * 4),
            "duration": 100,
            "stateMachine": {
                "executionCost": 0.0003,
                "lambdaCost": pytest.approx((4 * 400 + 700) * base + (4 * 100 + 400) * base * 4),
                "visualization": "https://lambda-power-tuning.show/#gAAAAg==;AADIQwAAyEI=;"
                + encoded("<2f", 400 * base, 400 * base),
            },
            "stats": [
                {"value": 128, "averageDuration": 400, "averagePrice": pytest.approx(400 * base)},
                {"value": 512, "averageDuration": 100, "averagePrice": pytest.approx(400 * base)},
            ],
        }
        bench.assert_untouched(before)

    def test_versions_are_published_one_after_the_other(self, bench: Bench) -> None:
        execution = bench.tune(powerValues=[128, 256, 512])
        assert execution.entered == [
            *("Initializer", *("Publisher", "IsCountReached") * 3, "Branching"),
            *("Executor",) * 3,
            *("Cleaner", "Analyzer", "Optimizer"),
        ]
        published = bench.functions.faults.called("publish_version")
        assert len(published) == 3
        names = [call["Name"] for call in bench.functions.faults.called("create_alias")]
        assert names == ["RAM128", "RAM256", "RAM512"]
        assert "stats" not in execution.output

    def test_the_function_has_its_own_memory_again_before_it_is_invoked(self, bench: Bench) -> None:
        before = bench.functions.state()
        seen = []
        bench.before["executor"] = lambda _event: seen.append(bench.functions.state())
        bench.tune()
        assert seen == [before] * 2

    def test_the_architecture_has_its_price(self, bench: Bench) -> None:
        bench.functions.latest["Architectures"] = ["x86_64"]
        execution = bench.tune(powerValues=[128])
        assert execution.output["cost"] == pytest.approx(100 * X86_USD / 8_000)

    def test_default_memory_sizes_are_the_installations(self, bench: Bench) -> None:
        execution = bench.tune(powerValues=None, includeOutputResults=True)
        assert [entry["value"] for entry in execution.output["stats"]] == [128, 512]

    def test_a_function_that_logs_warnings_only_tells_its_durations_meanwhile(
        self, bench: Bench
    ) -> None:
        bench.functions.latest["LoggingConfig"] = dict(WARNINGS_ONLY)
        before = bench.functions.state()
        assert bench.tune().output["duration"] == 100
        bench.assert_untouched(before)

    def test_invocations_at_once_come_to_the_same(self, bench: Bench) -> None:
        one_by_one = bench.tune().output
        assert bench.tune(parallelInvocation=True).output == one_by_one
        assert len(bench.functions.invoked) == 2 * 2 * 5

    def test_cold_starts_alone(self, bench: Bench) -> None:
        bench.functions.behave = lambda memory, _: Run(duration_ms=10, init_ms=memory)
        before = bench.functions.state()
        execution = bench.tune(onlyColdStarts=True, strategy="speed")
        assert execution.output["duration"] == 138
        assert execution.output["stateMachine"]["executionCost"] == 0.0007
        aliases = {alias for _, alias, _ in bench.functions.invoked}
        assert aliases == {f"RAM{size}-{run}" for size in (128, 512) for run in range(5)}
        bench.assert_untouched(before)

    def test_a_dry_run_invokes_once_for_each_size_and_has_no_result(self, bench: Bench) -> None:
        before = bench.functions.state()
        execution = bench.tune(dryRun=True, autoOptimize=True)
        assert execution.output == {"dryRun": True}
        assert len(bench.functions.invoked) == 2
        bench.assert_untouched(before)

    def test_weighted_payloads_reach_the_function(self, bench: Bench) -> None:
        payload = [{"payload": {"a": 1}, "weight": 1}, {"payload": "text", "weight": 4}]
        bench.tune(payload=payload, powerValues=[128])
        assert [got for *_, got in bench.functions.invoked] == [{"a": 1}, *["text"] * 4]

    @pytest.mark.parametrize(("body", "payload"), [(b'{"a": 1}', {"a": 1}), (b"text", "text")])
    def test_a_payload_in_s3(self, bench: Bench, body: bytes, payload: object) -> None:
        bench.objects["repositories/power-tuning/p"] = body
        assert bench.tune(payloadS3="s3://repositories/power-tuning/p").status == "SUCCEEDED"
        assert {json.dumps(got) for *_, got in bench.functions.invoked} == {json.dumps(payload)}

    def test_processors_run_before_and_after(self, bench: Bench) -> None:
        made = iter(range(100))

        def helper(payload: Any) -> Run:
            return Run(answer={"made": next(made)} if payload == {"a": 1} else None)

        bench.functions.others[OTHER_ARN] = helper
        bench.functions.behave = lambda _memory, payload: Run(answer=["done", payload])
        bench.tune(
            payload={"a": 1},
            powerValues=[128],
            preProcessorARN=OTHER_ARN,
            postProcessorARN=OTHER_ARN,
        )
        assert bench.functions.invoked[:4] == [
            (OTHER_ARN, None, {"a": 1}),
            (FUNCTION_ARN, "RAM128", {"made": 0}),
            (OTHER_ARN, None, ["done", {"made": 0}]),
            (OTHER_ARN, None, {"a": 1}),
        ]

    def test_a_pre_processor_that_returns_nothing_leaves_the_payload(self, bench: Bench) -> None:
        bench.functions.others[OTHER_ARN] = lambda _payload: Run(answer=None)
        bench.tune(payload={"a": 1}, powerValues=[128], preProcessorARN=OTHER_ARN)
        assert (FUNCTION_ARN, "RAM128", {"a": 1}) in bench.functions.invoked

    def test_allowed_exceptions_are_measured_like_success(self, bench: Bench) -> None:
        bench.functions.behave = failing_at(128, ("NotFound", "nothing there"))
        assert bench.tune(allowedExceptions=["NotFound"]).status == "SUCCEEDED"
        assert bench.tune(allowedExceptions=["Other"]).status == "FAILED"

    def test_pauses_are_made_between_invocations(
        self, bench: Bench, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        paused: list[float] = []
        monkeypatch.setattr("time.sleep", paused.append)
        bench.tune(sleepBetweenRunsMs=1_500, powerValues=[128])
        assert paused == [1.5] * 5

    def test_the_result_is_applied_only_if_asked_for(self, bench: Bench) -> None:
        bench.functions.behave = lambda memory, _: Run(duration_ms=memory)
        before = bench.functions.state()
        bench.tune(autoOptimizeAlias="tuned")
        bench.assert_untouched(before)
        bench.tune(autoOptimize=True)
        bench.assert_untouched(before | {"MemorySize": 128})

    def test_an_alias_points_to_what_was_found(self, bench: Bench) -> None:
        for best in (128, 512):
            bench.functions.behave = lambda memory, _, best=best: Run(
                duration_ms=10 if memory == best else 10_000
            )
            bench.tune(autoOptimize=True, autoOptimizeAlias="tuned")
            (alias,) = bench.functions.aliases.values()
            version = bench.functions.versions[alias["FunctionVersion"]]
            assert (alias["Name"], version["MemorySize"]) == ("tuned", best)
            assert version["Description"] == "A probe"


class TestFailure:
    @pytest.mark.parametrize(
        ("given", "error", "cause"),
        [
            ({"num": 3}, "InputError", "num = 3: must be a whole number of at least 5"),
            ({"lambdaARN": OWN_ARN}, "InputError", "power tuning cannot tune itself"),
            ({"payload": [{"payload": 1, "weight": 0}]}, "InputError", "weight = 0"),
            (
                {"onlyColdStarts": True, "num": 1_501},
                "InputError",
                "3,002 versions for cold starts, at most 3,000 are possible",
            ),
            # What looks like a plan is not taken for one.
            ({"num": 3, "lambdaConfigurations": {"run": "x"}}, "InputError", "num = 3"),
        ],
    )
    def test_a_wrong_input_is_told_and_changes_nothing(
        self, bench: Bench, given: dict[str, Any], error: str, cause: str
    ) -> None:
        before = bench.functions.state()
        execution = bench.tune(**given)
        assert (execution.status, execution.error) == ("FAILED", error)
        assert cause in execution.cause
        assert execution.entered == ["Initializer", "CleanUpOnError", "Failed"]
        bench.assert_untouched(before)

    @pytest.mark.parametrize(
        ("given", "cause"),
        [
            (
                {"payload": {"pupil": "Ada"}},
                "RAM512 failed: Runtime.OutOfMemory: killed, with payload "
                + json.dumps({"pupil": "Ada"}),
            ),
            (
                {"payload": {"pupil": "Ada"}, "disablePayloadLogs": True},
                "RAM512 failed: Runtime.OutOfMemory: killed",
            ),
        ],
    )
    def test_a_function_that_fails_is_repeated_twice_and_then_told(
        self, bench: Bench, given: dict[str, Any], cause: str
    ) -> None:
        bench.functions.behave = failing_at(512, ("Runtime.OutOfMemory", "killed"))
        before = bench.functions.state()
        execution = bench.tune(**given)
        assert (execution.status, execution.error) == ("FAILED", "InvocationError")
        assert execution.cause == cause
        tried = [alias for _, alias, _ in bench.functions.invoked]
        assert tried.count("RAM512") == 3
        bench.assert_untouched(before)

    def test_a_processor_that_fails_is_told_by_its_field(self, bench: Bench) -> None:
        bench.functions.others[OTHER_ARN] = lambda _payload: Run(error=("ValueError", "odd"))
        before = bench.functions.state()
        execution = bench.tune(postProcessorARN=OTHER_ARN)
        assert execution.cause.startswith("postProcessorARN failed: ValueError: odd")
        bench.assert_untouched(before)

    def test_a_missing_payload_is_not_looked_for_again(self, bench: Bench) -> None:
        before = bench.functions.state()
        execution = bench.tune(payloadS3="s3://repositories/power-tuning/none")
        assert execution.error == "InputError"
        assert "The specified key does not exist" in execution.cause
        assert execution.entered.count("Executor") == 1
        bench.assert_untouched(before)

    def test_what_does_not_fit_into_the_time_is_given_up_early(
        self, bench: Bench, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        clock = iter(range(0, 10_000, 40))
        monkeypatch.setattr("time.monotonic", lambda: next(clock))
        bench.context.remaining_ms = 39_000
        before = bench.functions.state()
        execution = bench.tune()
        assert execution.error == "OutOfTimeError"
        assert "1 of 5 invocations are done and take up to 40.0 s each" in execution.cause
        assert "power_tuning.execution_timeout_seconds" in execution.cause
        bench.assert_untouched(before)

    def test_a_warm_environment_is_no_cold_start(self, bench: Bench) -> None:
        bench.functions.behave = lambda _memory, _payload: Run(init_ms=0)
        before = bench.functions.state()
        execution = bench.tune(onlyColdStarts=True)
        assert execution.error == "NotColdError"
        bench.assert_untouched(before)

    def test_a_state_that_timed_out_has_no_cause_and_is_told_all_the_same(
        self, bench: Bench
    ) -> None:
        def time_out(_event: Any) -> None:
            raise StateError("States.Timeout")

        bench.before["executor"] = time_out
        before = bench.functions.state()
        execution = bench.tune()
        assert (execution.error, execution.cause) == ("States.Timeout", "no cause was given")
        assert execution.entered.count("Executor") == 1
        bench.assert_untouched(before)

    def test_a_publisher_that_dies_after_it_changed_the_function(self, bench: Bench) -> None:
        def die(_event: Any) -> None:
            description = f"Power tuning {Context.aws_request_id} of 1024 MiB: RAM128"
            bench.functions.latest |= {"MemorySize": 128, "Description": description}
            bench.functions.latest["LastUpdateStatus"] = "InProgress"
            raise StateError("Sandbox.Timedout", '{"errorMessage": "Task timed out"}')

        bench.before["publisher"] = die
        before = bench.functions.state()
        execution = bench.tune()
        assert (execution.error, execution.cause) == ("Sandbox.Timedout", "Task timed out")
        bench.assert_untouched(before)

    @pytest.mark.parametrize("first", [0, 1, 3])
    @pytest.mark.parametrize("times", [1, 3, FOR_EVER])
    @pytest.mark.parametrize(
        "call",
        [
            *("get_function_configuration", "update_function_configuration", "publish_version"),
            *("create_alias", "function_updated", "function_active", "invoke"),
            *("list_aliases", "list_versions_by_function", "delete_alias", "delete_function"),
        ],
    )
    def test_whatever_call_fails_nothing_is_left_or_it_is_said_so(
        self, bench: Bench, call: str, times: int, first: int
    ) -> None:
        before = bench.functions.state()
        bench.functions.faults = FaultsFrom(call, first, times)
        execution = bench.tune()
        assert bench.functions.faults.called(call)
        if execution.error == "NotCleanedUp":
            assert times == FOR_EVER
            assert f"ServiceException) when calling the {call} operation" in execution.cause
            assert "not cleaned up" in execution.cause
            return
        bench.assert_untouched(before)
        if times == 1:
            assert execution.status == "SUCCEEDED", execution.cause
        elif execution.status == "FAILED":
            assert f"when calling the {call} operation" in execution.cause

    def test_a_function_that_is_being_tuned_is_left_alone(self, bench: Bench) -> None:
        bench.functions.latest |= {"MemorySize": 128, "Description": "Power tuning x of 1024 MiB"}
        before = bench.functions.state()
        execution = bench.tune()
        assert execution.error == "InterferenceError"
        assert "it has 128 MiB, described as 'Power tuning x of 1024 MiB'" in execution.cause
        bench.assert_untouched(before)

    @pytest.mark.parametrize("when", ["function_updated", "publish_version"])
    def test_a_deploy_in_between_is_kept_and_ends_the_tuning(
        self, bench: Bench, monkeypatch: pytest.MonkeyPatch, when: str
    ) -> None:
        deployed = {"MemorySize": 2048, "Description": "Deployed meanwhile"}
        enter, done = bench.functions.faults.enter, []

        def deploy_once(call: str, arguments: dict[str, Any]) -> None:
            if call == when and bench.functions.latest["MemorySize"] == 128 and not done:
                bench.functions.latest |= deployed | {"RevisionId": "deployed"}
                done.append(call)
            enter(call, arguments)

        monkeypatch.setattr(bench.functions.faults, "enter", deploy_once)
        before = bench.functions.state()
        execution = bench.tune()
        assert done
        assert (execution.status, execution.error) == ("FAILED", "InterferenceError")
        bench.assert_untouched(before | deployed)

    def test_what_others_made_stays(self, bench: Bench) -> None:
        functions = bench.functions
        functions.versions = {
            "901": {"Version": "901", "Description": "live one", "RevisionId": "a"},
            "902": {"Version": "902", "Description": "Power tuning y: kept", "RevisionId": "b"},
            "903": {"Version": "903", "Description": "Power tuning y: weighed", "RevisionId": "c"},
            "904": {"Version": "904", "Description": "Power tuning y: stopped", "RevisionId": "d"},
        }
        weights = {"AdditionalVersionWeights": {"903": 0.1}}
        functions.aliases = {
            "live": {"Name": "live", "FunctionVersion": "901", "RoutingConfig": weights},
            "RAM256": {"Name": "RAM256", "FunctionVersion": "902"},
        }
        assert bench.tune().status == "SUCCEEDED"
        assert set(functions.aliases) == {"live", "RAM256"}
        # What a stopped execution published, and no alias needs, goes.
        assert set(functions.versions) == {"901", "902", "903"}

    def test_an_alias_of_a_stopped_execution_is_taken_over(self, bench: Bench) -> None:
        functions = bench.functions
        functions.versions = {
            "901": {"Version": "901", "Description": "Power tuning y: RAM128", "RevisionId": "a"}
        }
        functions.aliases = {"RAM128": {"Name": "RAM128", "FunctionVersion": "901"}}
        before = functions.state()
        assert bench.tune().status == "SUCCEEDED"
        bench.assert_untouched(before)


def test_a_function_is_never_deleted_for_a_version(bench: Bench) -> None:
    probe = target.Target(bench.functions, FUNCTION_ARN)
    for version in ("", "$LATEST", "live"):
        with pytest.raises(ValueError, match="is no version of"):
            probe.delete_version(version)
    assert bench.functions.faults.calls == []


def test_a_late_answer_is_awaited_and_never_asked_for_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The longest invocation takes 900 seconds; the function may have side effects."""
    asked: list[Any] = []
    monkeypatch.setattr(target.boto3, "client", lambda *_, config: asked.append(config))
    target.lambda_client()
    assert asked[0].read_timeout > 900
    assert asked[0].tcp_keepalive is True
