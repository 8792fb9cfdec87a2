from pathlib import Path

import pytest

from aistudio_templates.assets import Asset
from aistudio_templates.assets.asset import PYTHON_LAYER
from aistudio_templates.config import EnvironmentConfig
from aistudio_templates.errors import AssetError, TemplateError
from aistudio_templates.patterns.lambda_layer import LambdaLayer, python_layer
from support.handles import view


def layer(folder: Path, name: str = "dev", **compute: object) -> LambdaLayer:
    config = EnvironmentConfig.get(name).override(compute=compute)
    asset = Asset("shared-layer", folder, PYTHON_LAYER)
    return python_layer("SharedLayer", config, asset=asset, description="What functions share")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "module.py").write_text("A = 1\n")
    return tmp_path


def test_a_layer_fits_the_functions_of_its_environment(source: Path) -> None:
    made = view(layer(source, "prod")).get("SharedLayer")
    made.has(
        LayerName="aistudio-prod-shared-layer",
        CompatibleRuntimes=["python3.14"],
        CompatibleArchitectures=["arm64"],
    )
    other = view(layer(source, "prod", architecture="x86_64")).get("SharedLayer")
    other.has(CompatibleArchitectures=["x86_64"])


def test_other_source_is_another_version_and_the_old_one_stays(source: Path) -> None:
    before = view(layer(source)).get("SharedLayer")
    (source / "module.py").write_text("A = 2\n")
    after = view(layer(source)).get("SharedLayer")
    assert before.properties["Content"]["S3Key"] != after.properties["Content"]["S3Key"]
    assert after.properties["Content"]["S3Bucket"] == {"Ref": "ArtifactBucket"}
    assert after.resource["DeletionPolicy"] == after.resource["UpdateReplacePolicy"] == "Retain"


def test_the_asset_is_the_callers_to_package(source: Path) -> None:
    made = layer(source)
    assert made.asset.key == view(made).get("SharedLayer").properties["Content"]["S3Key"]
    assert made.arn.to_dict() == {"Ref": "SharedLayer"}


def test_a_layer_without_source_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AssetError, match="holds no source"):
        layer(tmp_path)


def test_libraries_for_another_processor_are_refused(source: Path) -> None:
    hashed = "0" * 64
    (source / "requirements.txt").write_text(f"parser==1.0 --hash=sha256:{hashed}\n")
    assert layer(source).layer.title == "SharedLayer"
    with pytest.raises(TemplateError, match="are for arm64, its functions run on x86_64"):
        layer(source, architecture="x86_64")
