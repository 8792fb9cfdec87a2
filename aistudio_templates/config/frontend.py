"""The ``frontend`` section: how and where the web application is served."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from aistudio_templates.config.section import Section

ModelId = Annotated[str, Field(pattern=r"^[a-z0-9-]+\.[A-Za-z0-9.:*-]+$")]
"""A Bedrock model id, or a prefix of ids that ends with ``*``."""


class FrontendConfig(Section):
    """How and where the web application is served."""

    hosting: Literal["amplify", "ecs"] = Field(
        default="amplify",
        description="amplify renders on AWS Amplify; ecs runs containers behind a load "
        "balancer, for responses that stream for minutes.",
    )
    subdomain: str | None = Field(
        default=None,
        pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$",
        description="Host below the base domain. Default: the base domain itself.",
    )
    hosted_zone_id: str | None = Field(
        default=None,
        pattern=r"^Z[A-Z0-9]{1,31}$",
        description="Route 53 zone of the host: DNS records and certificates are made in it.",
    )
    certificate_arn: str | None = Field(
        default=None,
        pattern=r"^arn:[a-z-]+:acm:[a-z0-9-]+:\d{12}:certificate/[0-9a-f-]{36}$",
        description="Certificate of the load balancer, for a host whose DNS is elsewhere.",
    )
    repository_url: str | None = Field(
        default=None,
        pattern=r"^https://[A-Za-z0-9./_-]+$",
        description="Git repository that Amplify builds; it takes applications that it renders "
        "from Git only, so that without one there is nothing to serve.",
    )
    branch: str = Field(
        default="main",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9/_.-]{0,254}$",
        description="Branch that Amplify serves.",
    )
    image: str | None = Field(
        default=None,
        pattern=r"^(sha256:[0-9a-f]{64}|[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})$",
        description="Tag or digest of the application's image in the environment's "
        "repository. Default: none yet, and no task runs.",
    )
    waf_enabled: bool = Field(
        default=True,
        description="A web application firewall; about 9 USD a month, and 15 more on Amplify.",
    )
    waf_rate_limit: int = Field(
        default=20_000,
        ge=10,
        le=2_000_000_000,
        description="Requests in five minutes from one address; a whole school may share one.",
    )
    cloudfront_enabled: bool = Field(
        default=True, description="A CloudFront distribution for static assets."
    )
    cloudfront_price_class: Literal["PriceClass_100", "PriceClass_200", "PriceClass_All"] = Field(
        default="PriceClass_100", description="Edges that serve; 100 is North America and Europe."
    )
    max_upload_mib: int = Field(
        default=100, ge=1, le=5_120, description="Largest file that users may upload, in MiB."
    )
    bedrock_model_ids: tuple[ModelId, ...] = Field(
        default=("anthropic.claude-*", "amazon.nova-*"),
        description="Bedrock models that the application may invoke.",
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.hosting == "ecs" and not (self.hosted_zone_id or self.certificate_arn):
            raise ValueError(
                "hosting = 'ecs' needs hosted_zone_id or certificate_arn: "
                "the load balancer serves TLS only"
            )
        if self.hosted_zone_id and self.certificate_arn:
            raise ValueError("hosted_zone_id and certificate_arn exclude each other")
        return self
