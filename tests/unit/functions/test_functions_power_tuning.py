"""Power tuning's decisions on values: input, payloads, reports, averages, strategies, picture."""

import base64
import json
import struct
from typing import Any

import pytest

from support.fake_lambda import FUNCTION_ARN
from support.function_source import function_modules

with function_modules(
    "power_tuning",
    *("errors", "tuning", "scope", "payloads", "reports", "averages", "strategies"),
    *("visualization", "plan"),
) as modules:
    errors, tuning, scope, payloads, reports, averages, strategies, visualization, plan = modules

OWN_ARN = "arn:aws:lambda:us-east-1:111122223333:function:aistudio-dev-power-tuning-initializer"
USD_PER_GB_SECOND = 0.0000133334


def given(**fields: Any) -> dict[str, Any]:
    return {"lambdaARN": FUNCTION_ARN, "num": 10} | fields


class TestInput:
    def test_what_is_not_given_has_the_documented_default(self) -> None:
        found = tuning.Tuning.of(given())
        assert (found.strategy, found.balanced_weight, found.discarded) == ("cost", 0.5, 0.2)
        assert (found.power_values, found.payload, found.sleep_ms) == ((), None, 0)
        switches = (found.parallel, found.auto_optimize, found.dry_run, found.hide_payloads)
        assert switches == (False,) * 4
        assert not found.only_cold_starts
        assert not found.include_results
        assert found.allowed_exceptions == frozenset()

    def test_cold_starts_are_no_outliers_where_nothing_else_is_measured(self) -> None:
        assert tuning.Tuning.of(given(onlyColdStarts=True)).discarded == 0
        chosen = tuning.Tuning.of(given(onlyColdStarts=True, discardTopBottom=0.1))
        assert chosen.discarded == 0.1

    @pytest.mark.parametrize(
        ("values", "expected"),
        [
            ([512, 128, 512], (128, 512)),
            (["256", "10240"], (256, 10_240)),
            (None, ()),
            ([], ()),
        ],
    )
    def test_memory_sizes_are_ascending_and_each_is_tried_once(
        self, values: object, expected: tuple[int, ...]
    ) -> None:
        assert tuning.Tuning.of(given(powerValues=values)).power_values == expected

    def test_all_memory_sizes_are_those_that_every_account_may_use(self) -> None:
        values = tuning.Tuning.of(given(powerValues="ALL")).power_values
        assert (values[0], values[1], values[-1], len(values)) == (128, 192, 3_008, 46)

    def test_other_keys_are_the_callers_own(self) -> None:
        started_by = {"AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID": "x", "Comment": "mine"}
        assert tuning.Tuning.of(given(**started_by)) == tuning.Tuning.of(given())

    @pytest.mark.parametrize(
        ("fields", "message"),
        [
            ({"lambdaARN": None}, "lambdaARN is missing: the ARN of a function"),
            ({"lambdaARN": f"{FUNCTION_ARN}:live"}, "without version or alias"),
            ({"lambdaARN": "aistudio-dev-probe"}, 'lambdaARN = "aistudio-dev-probe": must be'),
            ({"num": None}, "num = nothing: must be a whole number of at least 5"),
            ({"num": 4}, "num = 4: must be a whole number of at least 5"),
            ({"num": 7.5}, "num = 7.5: must be"),
            ({"num": True}, "num = true: must be"),
            ({"num": "many"}, 'num = "many": must be'),
            ({"powerValues": [127]}, "powerValues = 127: must be a whole number from 128 to 10,24"),
            ({"powerValues": [10_241]}, "powerValues = 10241: must be"),
            ({"powerValues": "all"}, 'powerValues = "all": must be a list, or "ALL"'),
            ({"payload": {}, "payloadS3": "s3://b12/k"}, "payload and payloadS3: give one"),
            ({"payloadS3": "https://bucket/key"}, "payloadS3 = "),
            ({"parallelInvocation": "yes"}, 'parallelInvocation = "yes": must be true or false'),
            ({"strategy": "cheap"}, 'strategy = "cheap": must be one of cost, speed, balanced'),
            ({"balancedWeight": 1.1}, "balancedWeight = 1.1: must be a number from 0 to 1"),
            ({"discardTopBottom": 0.5}, "discardTopBottom = 0.5: must be a number from 0 to 0.4"),
            ({"discardTopBottom": True}, "discardTopBottom = true: must be"),
            ({"sleepBetweenRunsMs": -1}, "sleepBetweenRunsMs = -1: must be a whole number"),
            ({"autoOptimizeAlias": "12"}, 'autoOptimizeAlias = "12": must be an alias'),
            ({"preProcessorARN": "x"}, 'preProcessorARN = "x": must be the ARN of a function'),
            ({"allowedExceptions": "Error"}, 'allowedExceptions = "Error": must be a list'),
            ({"lambdaArn": FUNCTION_ARN}, "lambdaArn: did you mean lambdaARN?"),
            ({"powervalues": [128]}, "powervalues: did you mean powerValues?"),
            ({"strategy": "x" * 500}, "x" * 79 + "…: must be"),
        ],
    )
    def test_what_is_wrong_is_named(self, fields: dict[str, Any], message: str) -> None:
        with pytest.raises(errors.InputError) as caught:
            tuning.Tuning.of(given(**fields))
        assert message in str(caught.value)


class TestScope:
    @pytest.fixture
    def limits(self, monkeypatch: pytest.MonkeyPatch) -> Any:
        monkeypatch.setenv("FUNCTION_PREFIX", "aistudio-dev-")
        monkeypatch.setenv("PAYLOAD_BUCKET_NAME", "repositories")
        monkeypatch.setenv("PAYLOAD_PREFIX", "power-tuning/")
        monkeypatch.setenv("POWER_VALUES", "128,512")
        monkeypatch.setenv("EXECUTION_TIMEOUT_SECONDS", "300")
        return scope.Scope.of(OWN_ARN)

    @pytest.mark.parametrize(
        "fields",
        [
            {},
            {"payloadS3": "s3://repositories/power-tuning/a/b.json"},
            {"preProcessorARN": f"{FUNCTION_ARN}:live", "postProcessorARN": FUNCTION_ARN},
            {"sleepBetweenRunsMs": 29_999},
            {"sleepBetweenRunsMs": 30_000, "parallelInvocation": True},
        ],
    )
    def test_the_environments_own_functions_are_within_it(
        self, limits: Any, fields: dict[str, Any]
    ) -> None:
        limits.check(tuning.Tuning.of(given(**fields)))

    @pytest.mark.parametrize(
        ("fields", "message"),
        [
            ({"lambdaARN": FUNCTION_ARN.replace("-dev-", "-prod-")}, "lambdaARN = "),
            ({"lambdaARN": FUNCTION_ARN.replace("us-east-1", "us-west-2")}, "lambdaARN = "),
            ({"lambdaARN": FUNCTION_ARN.replace("1111", "9999")}, "lambdaARN = "),
            ({"lambdaARN": OWN_ARN}, "power tuning cannot tune itself"),
            ({"preProcessorARN": FUNCTION_ARN.replace("aistudio", "x")}, "preProcessorARN = "),
            ({"postProcessorARN": FUNCTION_ARN.replace("aistudio", "x")}, "postProcessorARN = "),
            ({"payloadS3": "s3://repositories/other/key"}, "must begin with s3://repositories/pow"),
            ({"payloadS3": "s3://repositories-2/power-tuning/x"}, "must begin with"),
            ({"sleepBetweenRunsMs": 30_000}, "take 300 s, longer than one memory size may: 300 s"),
        ],
    )
    def test_everything_else_is_not(
        self, limits: Any, fields: dict[str, Any], message: str
    ) -> None:
        with pytest.raises(errors.InputError) as caught:
            limits.check(tuning.Tuning.of(given(**fields)))
        assert message in str(caught.value)


class TestPayloads:
    @pytest.mark.parametrize(
        ("payload", "body"),
        [
            (None, b"{}"),
            ({"a": [1]}, b'{"a": [1]}'),
            ('{"a":1}', b'{"a":1}'),
            ("just text", b'"just text"'),
            (0, b"0"),
            ([], b"[]"),
            ([1, 2], b"[1, 2]"),
            ([{"payload": 1}], b'[{"payload": 1}]'),
        ],
    )
    def test_a_payload_without_weights_is_the_same_for_all(
        self, payload: object, body: bytes
    ) -> None:
        assert payloads.distributed(payload, 5) == [body] * 5

    @pytest.mark.parametrize(
        ("weights", "num", "shares"),
        [
            ((5, 15, 30), 100, (10, 30, 60)),
            ((5, 15, 30), 50, (5, 15, 30)),
            # Rounded down, and the last gets the rest.
            ((1, 1, 1), 10, (3, 3, 4)),
            ((1, 2), 5, (1, 4)),
            ((0.1, 0.1, 0.1), 30, (10, 10, 10)),
            ((7,), 5, (5,)),
        ],
    )
    def test_weights_give_each_payload_its_share(
        self, weights: tuple[float, ...], num: int, shares: tuple[int, ...]
    ) -> None:
        weighted = [{"payload": {"n": n}, "weight": weight} for n, weight in enumerate(weights)]
        bodies = payloads.distributed(weighted, num)
        expected = [json.dumps({"n": n}).encode() for n, s in enumerate(shares) for _ in range(s)]
        assert bodies == expected

    @pytest.mark.parametrize(
        ("weights", "message"),
        [
            ((1, 1, 1, 1, 1, 1), "num = 5 is too small for 6 payloads"),
            ((1, 99), "num = 5 is too small for 2 payloads"),
            ((1, 0), "weight = 0: must be a positive number"),
            ((1, "2"), "weight = '2': must be a positive number"),
        ],
    )
    def test_weights_that_leave_a_payload_out_are_refused(
        self, weights: tuple[Any, ...], message: str
    ) -> None:
        weighted = [{"payload": {}, "weight": weight} for weight in weights]
        with pytest.raises(errors.InputError) as caught:
            payloads.distributed(weighted, 5)
        assert message in str(caught.value)


WARM = (
    "START RequestId: 1 Version: 3\nfoo\nEND RequestId: 1\n"
    "REPORT RequestId: 1\tDuration: 2.08 ms\tBilled Duration: 3 ms\tMemory Size: 128 MB\t"
    "Max Memory Used: 41 MB\t\n"
)
COLD = (
    "REPORT RequestId: 1\tDuration: 469.40 ms\tBilled Duration: 571 ms\tMemory Size: 1024 MB\t"
    "Max Memory Used: 21 MB\tInit Duration: 100.99 ms\t\n"
    "XRAY TraceId: 1-5\tSegmentId: 8\tSampled: true\n"
)
SNAP_START = (
    "RESTORE_REPORT Restore Duration: 474.16 ms\n"
    "REPORT RequestId: 1\tDuration: 147.16 ms\tBilled Duration: 201 ms\tMemory Size: 512 MB\t"
    "Max Memory Used: 91 MB\tRestore Duration: 474.16 ms\tBilled Restore Duration: 53 ms\t\n"
)


def json_report(**metrics: float) -> str:
    return json.dumps({"time": "t", "type": "platform.report", "record": {"metrics": metrics}})


JSON_WARM = json_report(durationMs=1.3, billedDurationMs=2, memorySizeMB=128)
JSON_COLD = json_report(durationMs=1.3, billedDurationMs=33, initDurationMs=31.5)
NOISE = 'cut off"}}\n{"level":"INFO","message":"my own line about platform.report"}\n'


class TestReports:
    @pytest.mark.parametrize(
        ("log", "duration_ms", "billed_ms", "cold"),
        [
            (WARM, 2.08, 3, False),
            (COLD, 570.39, 571, True),
            (SNAP_START, 621.32, 254, True),
            (WARM + COLD, 570.39, 571, True),
            (JSON_WARM, 1.3, 2, False),
            (JSON_COLD, 32.8, 33, True),
            (NOISE + JSON_WARM + "\n", 1.3, 2, False),
            ("[Extension] INFO ready." + JSON_WARM, 1.3, 2, False),
            (JSON_COLD + "\n" + JSON_WARM, 1.3, 2, False),
            ('{"message": "REPORT RequestId: none of Lambda\'s"}\n' + JSON_WARM, 1.3, 2, False),
        ],
    )
    def test_text_and_json_tell_what_was_waited_for_and_what_is_billed(
        self, log: str, duration_ms: float, billed_ms: float, cold: bool
    ) -> None:
        found = reports.report(base64.b64encode(log.encode()).decode())
        assert found.duration_ms == pytest.approx(duration_ms)
        assert (found.billed_ms, found.cold) == (billed_ms, cold)

    @pytest.mark.parametrize("log", ["", "hello", NOISE, json_report(durationMs=1)])
    def test_without_a_report_there_is_no_figure(self, log: str) -> None:
        with pytest.raises(errors.ReportError, match="without Lambda's report"):
            reports.report(base64.b64encode(log.encode()).decode())


class TestAverages:
    @pytest.mark.parametrize(
        ("values", "discarded", "mean"),
        [
            # A cold start and a lucky one are left out, at either end one of five.
            ([900, 100, 110, 105, 5], 0.2, 105),
            ([900, 100, 110, 105, 5], 0, 244),
            ([1, 2, 3, 4, 100], 0.4, 3),
            ([1, 2, 3, 100], 0.2, 26.5),
            (list(range(1, 11)), 0.3, 5.5),
            ([7], 0.4, 7),
        ],
    )
    def test_outliers_are_left_out(
        self, values: list[float], discarded: float, mean: float
    ) -> None:
        assert averages.trimmed_mean(values, discarded) == mean

    @pytest.mark.parametrize(
        ("duration_ms", "memory_mib", "usd"),
        [
            # 1 GiB for a second, and each begun millisecond of an eighth of it.
            (1_000, 1_024, USD_PER_GB_SECOND),
            (1, 128, USD_PER_GB_SECOND / 8_000),
            (0.2, 128, USD_PER_GB_SECOND / 8_000),
            (99.01, 512, USD_PER_GB_SECOND * 100 / 2_000),
            (250, 10_240, USD_PER_GB_SECOND * 2.5),
        ],
    )
    def test_each_begun_millisecond_costs_by_its_memory(
        self, duration_ms: float, memory_mib: int, usd: float
    ) -> None:
        found = averages.price_usd(duration_ms, memory_mib, usd_per_gb_second=USD_PER_GB_SECOND)
        assert found == pytest.approx(usd, rel=1e-12)


def candidates(*figures: tuple[int, float, float]) -> list[Any]:
    return [strategies.Candidate(*figure) for figure in figures]


class TestStrategies:
    CURVE = ((128, 2.0, 800.0), (512, 2.5, 200.0), (1024, 4.0, 160.0), (3008, 8.0, 100.0))

    @pytest.mark.parametrize(
        ("strategy", "weight", "winner"),
        [
            ("cost", 0.5, 128),
            ("speed", 0.5, 3008),
            # 128: 0.125 + 0.5; 512: 0.15625 + 0.125; 1024: 0.25 + 0.1; 3008: 0.5 + 0.0625
            ("balanced", 0.5, 512),
            ("balanced", 1, 128),
            ("balanced", 0, 3008),
            # 512: 0.0625 + 0.2; 1024: 0.1 + 0.16; 3008: 0.2 + 0.1
            ("balanced", 0.2, 1024),
        ],
    )
    def test_each_has_its_winner(self, strategy: str, weight: float, winner: int) -> None:
        found = strategies.winner(candidates(*self.CURVE), strategy, balanced_weight=weight)
        assert found.memory_mib == winner

    @pytest.mark.parametrize(
        ("strategy", "figures", "winner"),
        [
            ("cost", ((128, 1.0, 900.0), (256, 1.0, 400.0), (512, 2.0, 100.0)), 256),
            ("speed", ((3008, 5.0, 100.0), (1024, 2.0, 100.0), (512, 1.0, 300.0)), 1024),
            ("cost", ((256, 1.0, 10.0), (128, 1.0, 10.0)), 128),
            ("balanced", ((1024, 2.0, 50.0), (512, 1.0, 100.0)), 512),
            ("balanced", ((128, 0.0, 0.0), (256, 0.0, 0.0)), 128),
        ],
    )
    def test_ties_go_to_the_other_figure(
        self, strategy: str, figures: tuple[tuple[int, float, float], ...], winner: int
    ) -> None:
        for ordered in (figures, figures[::-1]):
            found = strategies.winner(candidates(*ordered), strategy, balanced_weight=0.5)
            assert found.memory_mib == winner


class TestPicture:
    EXAMPLE = (
        "https://lambda-power-tuning.show/#gAAAAQACAAQABsAL;ZooQR4yvkUa/pQRGRC5zRaADHUVjOftE;"
        "QdWhOEMkoziDT5Q4xhiIOMYYiDi6RNc4"
    )
    """Source: https://github.com/alexcasalboni/aws-lambda-power-tuning/blob/master/
    README-INPUT-OUTPUT.md"""

    def test_the_documented_example_is_what_its_figures_give(self) -> None:
        memory, durations, costs = (
            struct.unpack(kind, base64.b64decode(part))
            for kind, part in zip(
                ("<6h", "<6f", "<6f"), self.EXAMPLE.partition("#")[2].split(";"), strict=True
            )
        )
        assert memory == (128, 256, 512, 1024, 1536, 3008)
        figures = list(zip(memory, costs, durations, strict=True))
        drawn = visualization.visualization_url(candidates(*figures[::-1]), "us-east-1")
        assert drawn == self.EXAMPLE

    def test_prices_in_china_are_in_yuan(self) -> None:
        drawn = visualization.visualization_url(candidates((128, 1.0, 1.0)), "cn-north-1")
        assert drawn.startswith("https://lambda-power-tuning.show/?currency=CNY#gAA=;")


class TestPlan:
    def test_it_survives_the_state_machine_and_ends(self) -> None:
        original = plan.Original(1024, "A probe", {"LogFormat": "JSON"})
        planned = plan.Plan("run-1", (128, 512), original, "arm64", 2)
        wanted = tuning.Tuning.of(given())
        seen = []
        while planned.as_json()["iterator"]["continue"]:
            planned = plan.Plan.of({plan.FIELD: json.loads(json.dumps(planned.as_json()))})
            seen.append(planned.configuration(wanted))
            planned = planned.advanced()
        assert seen == [(128, "RAM128"), (512, "RAM512")]
        assert planned.as_json()["iterator"] == {"index": 2, "count": 2, "continue": False}

    def test_cold_starts_have_a_version_for_each_invocation(self) -> None:
        wanted = tuning.Tuning.of(given(num=5, onlyColdStarts=True))
        assert wanted.versions(2) == 10
        planned = plan.Plan("r", (128, 512), plan.Original(1, "", {}), "arm64", 10)
        seen = []
        for _ in range(10):
            seen.append(planned.configuration(wanted)[1])
            planned = planned.advanced()
        assert seen == [f"RAM{size}-{run}" for size in (128, 512) for run in range(5)]

    def test_the_mark_tells_executions_apart_and_fits_a_description(self) -> None:
        run = "123e4567-e89b-42d3-a456-426614174000"
        planned = plan.Plan(run, (10_240,), plan.Original(10_240, "", {}), "arm64", 1)
        description = planned.description("RAM10240-9999")
        assert description.startswith(planned.own_mark)
        assert planned.own_mark.startswith(plan.MARK)
        assert len(description) <= 256
