from pathlib import Path

import pytest

from aistudio_templates.assets import Asset
from aistudio_templates.errors import TemplateError
from aistudio_templates.patterns.function_code import (
    MAX_INLINE_BYTES,
    FunctionCode,
    image_code,
    inline_code,
    node_code,
    python_code,
    zip_code,
)

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/worker@sha256:" + "0" * 64


@pytest.fixture
def asset(tmp_path: Path) -> Asset:
    (tmp_path / "handler.py").write_text("def handler(event, context): ...\n")
    return Asset("worker", tmp_path)


def where(code: FunctionCode) -> dict[str, object]:
    return code.properties["Code"].to_dict()


def test_folders_and_zips_come_from_the_artifact_bucket(asset: Asset) -> None:
    for code in (
        python_code(asset),
        node_code(asset),
        zip_code(asset, runtime="provided.al2023", handler="bootstrap"),
    ):
        assert where(code) == {"S3Bucket": {"Ref": "ArtifactBucket"}, "S3Key": asset.key}
        assert code.assets == (asset,)
        assert "PackageType" not in code.properties


def test_python_and_node_have_a_runtime_and_a_handler_of_their_own(asset: Asset) -> None:
    assert python_code(asset).properties["Runtime"].startswith("python3.")
    assert python_code(asset).properties["Handler"] == "handler.handler"
    assert node_code(asset).properties["Runtime"].startswith("nodejs")
    assert node_code(asset).properties["Handler"] == "index.handler"
    assert python_code(asset, handler="other.main").properties["Handler"] == "other.main"


def test_node_traces_name_the_lines_of_the_source(asset: Asset) -> None:
    assert dict(node_code(asset).environment) == {"NODE_OPTIONS": "--enable-source-maps"}
    assert not python_code(asset).environment


def test_a_zip_is_started_as_its_maker_says(asset: Asset) -> None:
    properties = zip_code(asset, runtime="provided.al2023", handler="bootstrap").properties
    assert properties["Runtime"] == "provided.al2023"
    assert properties["Handler"] == "bootstrap"


def test_an_image_brings_runtime_and_handler_along() -> None:
    code = image_code(IMAGE)
    assert where(code) == {"ImageUri": IMAGE}
    assert set(code.properties) == {"Code", "PackageType"}
    assert code.properties["PackageType"] == "Image"
    assert code.assets == ()


def test_inline_source_stands_in_the_template() -> None:
    code = inline_code("def handler(event, context): ...", handler="index.main")
    assert where(code) == {"ZipFile": "def handler(event, context): ..."}
    assert code.properties["Handler"] == "index.main"
    assert code.assets == ()


@pytest.mark.parametrize("character", ["a", "é"])
def test_inline_source_has_a_limit_in_bytes(character: str) -> None:
    fits = character * (MAX_INLINE_BYTES // len(character.encode()))
    assert where(inline_code(fits)) == {"ZipFile": fits}
    with pytest.raises(TemplateError, match=r"inline source of [\d,]+ bytes"):
        inline_code(fits + character)
