"""Lambda layers: code that several functions share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from troposphere import Ref, awslambda

from aistudio_templates import names
from aistudio_templates.assets import Asset
from aistudio_templates.config import EnvironmentConfig
from aistudio_templates.errors import TemplateError
from aistudio_templates.model import Value
from aistudio_templates.patterns.function_code import PYTHON_RUNTIME
from aistudio_templates.patterns.handle import Handle


@dataclass(frozen=True)
class LambdaLayer(Handle):
    """A layer version and its source."""

    layer: Any
    asset: Asset

    @property
    def arn(self) -> Value:
        """ARN of the layer version."""
        return Ref(self.layer)


def python_layer(
    title: str, config: EnvironmentConfig, *, asset: Asset, description: str
) -> LambdaLayer:
    """Return a layer of Python modules.

    A layer version never changes: other source makes CloudFormation publish another one,
    and the old one stays for what still runs on it.

    Args:
        title: Logical id; in kebab case it ends the layer's name.
        config: Architecture and environment.
        asset: The source, with the recipe of a layer.
        description: What it holds; at most 256 characters.

    Raises:
        TemplateError: Its native libraries are for another architecture.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/python-layers.html
    """
    if asset.lock and asset.target.architecture != config.compute.architecture:
        raise TemplateError(
            f"layer {title}: its libraries are for {asset.target.architecture}, its functions "
            f"run on {config.compute.architecture}",
            "give the asset the target of compute.architecture",
        )
    layer = awslambda.LayerVersion(
        title,
        LayerName=names.physical_name(config.name, names.kebab_case(title)),
        Description=description,
        CompatibleRuntimes=[PYTHON_RUNTIME],
        CompatibleArchitectures=[config.compute.architecture],
        Content=awslambda.Content(S3Bucket=Ref(names.ARTIFACT_BUCKET_PARAMETER), S3Key=asset.key),
        DeletionPolicy="Retain",
        UpdateReplacePolicy="Retain",
    )
    return LambdaLayer(layer, asset)
