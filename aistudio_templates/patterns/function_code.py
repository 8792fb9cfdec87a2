"""What a function runs: source folders, prebuilt zips, container images or inline text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from troposphere import Ref, awslambda

from aistudio_templates import names
from aistudio_templates.assets import NODE_VERSION, PYTHON_VERSION, Asset
from aistudio_templates.errors import TemplateError
from aistudio_templates.model import Value
from aistudio_templates.patterns.properties import present

PYTHON_RUNTIME = f"python{PYTHON_VERSION}"
"""Lambda's runtime of the Python that assets are packaged for."""

NODE_RUNTIME = f"nodejs{NODE_VERSION}.x"
"""The same for Node.js."""

MAX_INLINE_BYTES = 4 * 1024 * 1024
"""Longest inline source, in bytes.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/
aws-properties-lambda-function-code.html
"""


@dataclass(frozen=True)
class FunctionCode:
    """A function's code and how it is started.

    Attributes:
        code: The ``Code`` property.
        runtime: Lambda runtime; ``None`` for an image, which brings its own.
        handler: Module and function; ``None`` for an image.
        assets: What has to be in the artifact bucket.
        environment: Names and values of variables that the runtime needs.
    """

    code: Any
    runtime: str | None
    handler: str | None
    assets: tuple[Asset, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()

    @property
    def properties(self) -> dict[str, Any]:
        """The function's properties that follow from its code."""
        return present(
            Code=self.code,
            Runtime=self.runtime,
            Handler=self.handler,
            PackageType="Image" if self.runtime is None else None,
        )


def python_code(asset: Asset, *, handler: str = "handler.handler") -> FunctionCode:
    """Return a folder of Python source.

    Args:
        asset: The folder.
        handler: ``module.function`` that takes ``(event, context)``.
    """
    return FunctionCode(stored(asset), PYTHON_RUNTIME, handler, (asset,))


def node_code(asset: Asset, *, handler: str = "index.handler") -> FunctionCode:
    """Return a folder of Node.js source that esbuild bundles into ``index.js``.

    Args:
        asset: The folder, with the recipe of a Node.js bundle.
        handler: ``module.function`` of the bundle.
    """
    # The bundle is minified; with its source map, traces name the source's lines.
    traces = (("NODE_OPTIONS", "--enable-source-maps"),)
    return FunctionCode(stored(asset), NODE_RUNTIME, handler, (asset,), traces)


def zip_code(asset: Asset, *, runtime: str, handler: str) -> FunctionCode:
    """Return a zip that was built elsewhere.

    Args:
        asset: The zip file, with the recipe of a prebuilt zip.
        runtime: Lambda runtime that it was built for.
        handler: What starts it.
    """
    return FunctionCode(stored(asset), runtime, handler, (asset,))


def image_code(image_uri: Value) -> FunctionCode:
    """Return a container image.

    Args:
        image_uri: In ECR, of the function's own region; by digest, so that a push changes
            nothing by itself.
    """
    return FunctionCode(awslambda.Code(ImageUri=image_uri), None, None)


def inline_code(
    text: str, *, runtime: str = PYTHON_RUNTIME, handler: str = "index.handler"
) -> FunctionCode:
    """Return source that stands in the template itself.

    Raises:
        TemplateError: It is longer than CloudFormation takes.
    """
    size = len(text.encode())
    if size > MAX_INLINE_BYTES:
        raise TemplateError(
            f"inline source of {size:,} bytes, CloudFormation takes {MAX_INLINE_BYTES:,}",
            "put it into a folder of its own",
        )
    return FunctionCode(awslambda.Code(ZipFile=text), runtime, handler)


def stored(asset: Asset) -> Any:
    """Return the ``Code`` property of an asset in the artifact bucket."""
    return awslambda.Code(S3Bucket=Ref(names.ARTIFACT_BUCKET_PARAMETER), S3Key=asset.key)
