import json
from pathlib import Path

import pytest

from aistudio_templates.config import json_schema, load_settings, reference_markdown
from aistudio_templates.errors import ConfigError

ROOT = Path(__file__).resolve().parents[3]
MINIMAL = '[organization]\nbase_domain = "example.com"\n'


def write(path: Path, text: str = "") -> Path:
    file = path / "aistudio.toml"
    file.write_text(MINIMAL + text)
    return file


def test_the_committed_file_is_valid() -> None:
    settings = load_settings(ROOT / "aistudio.toml")
    assert settings.environment_names == ("dev", "staging", "prod")
    assert settings.environment("prod").region == "us-east-1"


def test_three_environments_exist_without_being_mentioned(tmp_path: Path) -> None:
    settings = load_settings(write(tmp_path))
    assert settings.environment_names == ("dev", "staging", "prod")
    assert settings.environment("dev").account_id is None


def test_overrides_and_own_environments(tmp_path: Path) -> None:
    settings = load_settings(
        write(
            tmp_path,
            """
[environments.dev]
account_id = "123456789012"
[environments.dev.database]
max_capacity_acu = 4
[environments.pilot]
based_on = "dev"
region = "us-west-2"
[environments.pilot.network]
cidr = "10.3.0.0/16"
""",
        )
    )
    assert settings.environment("dev").config.database.max_capacity_acu == 4
    assert settings.environment("dev").account_id == "123456789012"
    pilot = settings.environment("pilot")
    assert (pilot.config.name, pilot.region) == ("pilot", "us-west-2")
    assert pilot.config.database.max_capacity_acu == 2
    assert pilot.config.frontend.subdomain == "pilot"


def test_the_folder_of_migrations_is_relative_to_the_file(tmp_path: Path) -> None:
    assert load_settings(write(tmp_path)).migrations is None
    named = load_settings(write(tmp_path, "[extensions]\nmigrations = '../sql'\n"))
    assert named.migrations == tmp_path / "../sql"


def test_every_value_tells_where_it_came_from(tmp_path: Path) -> None:
    settings = load_settings(write(tmp_path, "[environments.dev.database]\nreaders = 1\n"))
    sources = {value.key: (value.value, value.source) for value in settings.provenance("dev")}
    file = tmp_path / "aistudio.toml"
    assert sources["database.readers"] == (1, f"{file} [environments.dev]")
    assert sources["database.max_capacity_acu"] == (2.0, "default of dev")
    assert sources["database.proxy"] == (False, "default")


REFUSED = [
    ("[environments.dev]\nregoin = 'x'\n", "environments.dev.regoin: unknown key", "region"),
    ("[environments.dev]\nregion = 'here'\n", "environments.dev.region = 'here'", "match"),
    ("[environments.dev]\naccount_id = 123456789012\n", "dev.account_id = 123456789012", "text"),
    ("[environments.dev]\naccount_id = '1'\n", "dev.account_id = '1'", "match"),
    ("[environments.dev.network]\ncidr = 'x'\n", "network.cidr = 'x'", "10.0.0.0/16"),
    ("[environments.dev.netwrok]\n", "environments.dev.netwrok: unknown key", "network"),
    ("[environments.dev.network]\nx = 1\n", "environments.dev.network.x: unknown key", "valid"),
    ("[environments.Pilot]\n", "environments.Pilot: not a valid name", "lower-case"),
    ("[environments.pilot]\n", "environments.pilot.based_on: missing", "dev"),
    ("[environments.pilot]\nbased_on = 'prd'\n", "based_on = 'prd'", "did you mean 'prod'"),
    ("[environments.dev]\nbased_on = 'prod'\n", "based_on = 'prod'", "defaults of its own"),
    ("[environments]\ndev = 5\n", "environments.dev = 5", "table"),
    ("[extensions]\nstacks = 'x'\n", "extensions.stacks = 'x'", "a list"),
    ("[extensions]\nmigrations = ['x']\n", "extensions.migrations = ('x',)", "text"),
    ("[extensions]\nmigrations = ''\n", "extensions.migrations = ''", "match"),
    ("[extensions]\nmigrations = '/etc'\n", "extensions.migrations = '/etc'", "match"),
    ("[extensions]\nmigrations = '~/sql'\n", "extensions.migrations = '~/sql'", "match"),
    ("[extensions]\nmigration = 'x'\n", "extensions.migration: unknown key", "migrations"),
    ("[orgnization]\n", "orgnization: unknown key", "organization"),
    (
        "[environments.pilot]\nbased_on = 'dev'\n",
        "network.cidr = '10.0.0.0/16': overlaps",
        "range of its own",
    ),
    (
        "[environments.staging.network]\nvpc_source = 'share:prood'\n",
        "'share:prood': no such environment",
        "did you mean 'prod'",
    ),
    (
        "[environments.prod.network]\nvpc_source = 'share:staging'\n",
        "staging shares a VPC itself",
        "environment that owns it",
    ),
    ("[environments.staging]\nregion = 'us-west-2'\n", "another account or region", "one account"),
    (
        "[environments.dev]\naccount_id = '123456789012'\n"
        "[environments.staging]\naccount_id = '210987654321'\n",
        "another account or region",
        "one account",
    ),
]


@pytest.mark.parametrize(("text", "message", "valid"), REFUSED)
def test_wrong_settings_are_named_with_file_and_key(
    tmp_path: Path, text: str, message: str, valid: str
) -> None:
    file = write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load_settings(file)
    assert caught.value.message.startswith(f"{file}: ")
    assert message in caught.value.message
    assert valid in f"{caught.value.message} {caught.value.hint}"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff\xfe", "not UTF-8 at byte 0"),
        (b"a = = 1", "not TOML"),
        (b"a = 1\na = 2", "not TOML"),
        (b"", "organization.base_domain: missing"),
        (b"# " + b"x" * 1_000_001, "at most 1,000,000 are read"),
        (b"a = " + b"[" * 20_000, "aistudio.toml: n"),
        (b'[organization]\nbase_domain = "Example.com"', "base_domain = 'Example.com'"),
        (b'[organization]\nbase_domain = "a.bc"\nalert_email = "x"', "alert_email = 'x'"),
    ],
)
def test_files_that_are_no_settings(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "aistudio.toml"
    file.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load_settings(file)
    assert message in caught.value.message
    assert str(file) in caught.value.message


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        load_settings(tmp_path / "aistudio.toml")


def test_a_directory_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_settings(tmp_path)


def test_the_committed_schema_is_fresh() -> None:
    committed = json.loads((ROOT / "docs" / "aistudio.schema.json").read_text())
    assert committed == json_schema(), (
        "run: python cli.py config schema > docs/aistudio.schema.json"
    )


def test_the_schema_refuses_unknown_keys_everywhere() -> None:
    schema = json_schema()
    assert schema["additionalProperties"] is False
    for name, definition in schema["$defs"].items():
        assert definition["additionalProperties"] is False, name


def test_every_key_is_described() -> None:
    for name, definition in json_schema()["$defs"].items():
        for key, field in definition["properties"].items():
            assert field.get("description") or "$ref" in field, f"{name}.{key}"


def test_the_committed_reference_is_fresh() -> None:
    committed = (ROOT / "docs" / "configuration.md").read_text()
    assert committed == reference_markdown(), "docs/configuration.md is not what the models say"


def test_an_unreadable_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(tmp_path)

    def denied(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "read_bytes", denied)
    with pytest.raises(ConfigError, match="cannot be read: Permission denied"):
        load_settings(file)
