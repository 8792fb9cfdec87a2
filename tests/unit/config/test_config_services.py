"""The sections of the platform's services: what fits together and what does not."""

from typing import Any

import pytest

from aistudio_templates.application import compose
from aistudio_templates.config import EnvironmentConfig, Organization
from aistudio_templates.errors import ConfigError

ZONE = "Z0123456789ABCDEFGHIJ"
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"


@pytest.mark.parametrize(
    ("section", "changes", "message"),
    [
        ("frontend", {"hosting": "ecs"}, "needs hosted_zone_id or certificate_arn"),
        ("frontend", {"hosting": "heroku"}, "frontend.hosting = 'heroku'"),
        (
            "frontend",
            {"hosted_zone_id": ZONE, "certificate_arn": CERTIFICATE},
            "exclude each other",
        ),
        ("frontend", {"hosted_zone_id": "example.com"}, "frontend.hosted_zone_id"),
        ("frontend", {"image": "latest:oops"}, "frontend.image"),
        ("frontend", {"bedrock_model_ids": ("*",)}, "frontend.bedrock_model_ids"),
        ("frontend", {"waf_rate_limit": 1}, "frontend.waf_rate_limit"),
        ("processing", {"embedding_provider": "openai"}, "needs embedding_secret_name"),
        (
            "processing",
            {"embedding_model_id": "arn:aws:bedrock:us-east-1::foundation-model/m"},
            "embedding_model_id must be an id",
        ),
        ("processing", {"max_concurrency": 1}, "processing.max_concurrency"),
        ("auth", {"extra_origins": ("http://example.com",)}, "auth.extra_origins"),
        ("email", {"identity": "pigeon"}, "email.identity"),
        ("power_tuning", {"power_values": (64,)}, "power_tuning.power_values"),
        ("power_tuning", {"power_values": ()}, "power_tuning.power_values"),
        ("scheduler", {"executor_concurrency": 0}, "scheduler.executor_concurrency"),
        (
            "compute",
            {"tuned_functions": ({"function": "File", "memory_mib": 512},)},
            "compute.tuned_functions",
        ),
        (
            "compute",
            {"tuned_functions": ({"function": "a", "memory_mib": 512},) * 2},
            "name the same function",
        ),
        ("monitoring", {"lambda_insights_layer_arn": "on"}, "lambda_insights_layer_arn"),
        ("cost", {"anomaly_threshold_usd": 0}, "cost.anomaly_threshold_usd"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(
    section: str, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        EnvironmentConfig.get("dev").override(**{section: changes})
    assert message in caught.value.message


@pytest.mark.parametrize("key", ["hosted_zone_id", "certificate_arn"])
def test_ecs_takes_a_zone_or_a_certificate(key: str) -> None:
    value = {"hosted_zone_id": ZONE, "certificate_arn": CERTIFICATE}[key]
    config = EnvironmentConfig.get("prod").override(frontend={"hosting": "ecs", key: value})
    assert config.frontend.hosting == "ecs"


@pytest.mark.parametrize("word", ["aws", "amazon", "cognito"])
def test_an_environment_is_not_named_as_no_sign_in_domain_may_be(word: str) -> None:
    values = EnvironmentConfig.get("dev").model_dump() | {"name": f"my-{word}-test"}
    with pytest.raises(ConfigError, match="sign-in domain"):
        EnvironmentConfig.create(values)


def test_a_firewall_on_amplify_is_for_one_region_only() -> None:
    values = EnvironmentConfig.get("prod").model_dump() | {"region": "us-west-2"}
    with pytest.raises(ConfigError, match=r"frontend\.waf_enabled") as caught:
        EnvironmentConfig.create(values)
    assert "waf_enabled = false" in str(caught.value.hint)


def test_a_tuned_function_that_does_not_exist_is_refused() -> None:
    tuned = {"tuned_functions": ({"function": "file-procesor", "memory_mib": 512},)}
    config = EnvironmentConfig.get("dev").override(compute=tuned)
    with pytest.raises(ConfigError, match="file-procesor") as caught:
        compose(config, Organization(base_domain="example.com"))
    assert "file-processor" in str(caught.value.hint)


def test_tuning_results_are_found_by_function() -> None:
    tuned = {"tuned_functions": ({"function": "file-processor", "memory_mib": 1536},)}
    compute = EnvironmentConfig.get("dev").override(compute=tuned).compute
    found = compute.tuned("file-processor")
    assert found is not None
    assert (found.memory_mib, found.timeout_seconds) == (1536, None)
    assert compute.tuned("url-processor") is None
