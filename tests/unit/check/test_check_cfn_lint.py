from pathlib import Path

import pytest

from aistudio_templates.check.cfn_lint import lint
from aistudio_templates.check.finding import Severity
from aistudio_templates.errors import LintError

CLEAN = """\
Resources:
  Topic:
    Type: AWS::SNS::Topic
"""
WRONG = """\
Parameters:
  Unused:
    Type: String
Resources:
  Topic:
    Type: AWS::SNS::Topic
    Properties:
      Nonsense: 1
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      KeySchema: [{AttributeName: a, KeyType: HASH}]
      AttributeDefinitions: [{AttributeName: a, AttributeType: S}]
      BillingMode: PAY_PER_REQUEST
"""


def write(folder: Path, **templates: str) -> list[Path]:
    files = [folder / f"{name}.yaml" for name in templates]
    for file, text in zip(files, templates.values(), strict=True):
        file.write_text(text)
    return files


def test_errors_warnings_and_informational_rules_are_all_found(tmp_path: Path) -> None:
    files = write(tmp_path, clean=CLEAN, wrong=WRONG)
    findings = lint(files, regions=["us-east-1"])
    assert {finding.file for finding in findings} == {str(tmp_path / "wrong.yaml")}
    by_id = {finding.id: finding for finding in findings}
    assert by_id["E3002"].severity is Severity.ERROR
    assert by_id["E3002"].path == "Resources/Topic/Properties/Nonsense"
    assert by_id["E3002"].line == 8
    assert by_id["W2001"].severity is Severity.WARNING
    assert by_id["I3011"].severity is Severity.INFORMATIONAL
    assert by_id["I3011"].source_url.startswith("http")
    assert "E3002" in str(by_id["E3002"])


def test_a_clean_template_has_no_findings(tmp_path: Path) -> None:
    assert lint(write(tmp_path, clean=CLEAN), regions=["us-east-1"]) == []


def test_a_missing_template_is_named(tmp_path: Path) -> None:
    with pytest.raises(LintError, match=r"missing\.yaml: no such template"):
        lint([tmp_path / "missing.yaml"], regions=["us-east-1"])


def test_a_region_that_does_not_exist_is_told(tmp_path: Path) -> None:
    with pytest.raises(LintError, match="cfn-lint"):
        lint(write(tmp_path, clean=CLEAN), regions=["moon-north-1"])
