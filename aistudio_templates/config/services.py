"""The sections of the platform's services: sign-in, documents, schedules, e-mail, tuning."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from aistudio_templates.config.section import Section

Origin = Annotated[
    str, Field(pattern=r"^(https://[a-z0-9.-]+(:\d{1,5})?|http://localhost(:\d{1,5})?)$")
]
"""A web origin; plain HTTP for the developer's own machine only."""

MemoryMib = Annotated[int, Field(ge=128, le=10_240)]


class AuthConfig(Section):
    """Who may sign in, and for how long."""

    google_enabled: bool = Field(
        default=True,
        description="Sign in with Google. Its client stands in the secret "
        "aistudio-<environment>-google-oauth, keys clientId and clientSecret.",
    )
    extra_origins: tuple[Origin, ...] = Field(
        default=(), description="Origins beside the application's that sign-in may return to."
    )
    feature_plan: Literal["LITE", "ESSENTIALS", "PLUS"] = Field(
        default="ESSENTIALS", description="Cognito's feature plan."
    )
    deletion_protection: bool = Field(description="Refuse deletion of the user pool.")
    access_token_minutes: int = Field(
        default=60, ge=5, le=1_440, description="Life of access and id tokens, in minutes."
    )
    refresh_token_days: int = Field(
        default=30, ge=1, le=3_650, description="Life of refresh tokens, in days."
    )


class ProcessingConfig(Section):
    """How files, pages and embeddings are processed."""

    embedding_provider: Literal["bedrock", "openai"] = Field(
        default="bedrock",
        description="bedrock, or openai for any endpoint that speaks OpenAI's API.",
    )
    embedding_model_id: str = Field(
        default="cohere.embed-v4:0",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$",
        description="Model that gives vectors of 1,536 dimensions, by its id; where Bedrock "
        "serves it only through an inference profile, by that one's, such as "
        "us.cohere.embed-v4:0.",
    )
    embedding_endpoint_url: str = Field(
        default="https://api.openai.com/v1",
        pattern=r"^https://[A-Za-z0-9./_:-]+$",
        description="Base URL with embedding_provider = openai.",
    )
    embedding_secret_name: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9/_+=.@-]{1,512}$",
        description="Secret with the endpoint's key apiKey; required with openai.",
    )
    textract_pages_per_month: int = Field(
        default=10_000,
        ge=0,
        le=100_000_000,
        description="Scanned pages a month, at 0.0015 USD each; 0 switches Textract off.",
    )
    large_file_mib: int = Field(
        default=50,
        ge=1,
        le=1_024,
        description="Size from which a document goes to the high-memory processor, in MiB.",
    )
    max_concurrency: int = Field(
        default=10, ge=2, le=1_000, description="Most invocations at once for each queue."
    )
    high_memory_max_concurrency: int = Field(
        default=2, ge=2, le=1_000, description="The same for the high-memory queue."
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.embedding_provider == "openai" and self.embedding_secret_name is None:
            raise ValueError("embedding_provider = 'openai' needs embedding_secret_name")
        if self.embedding_provider == "bedrock" and self.embedding_model_id.startswith("arn:"):
            raise ValueError("embedding_model_id must be an id: the role's grant is made of it")
        return self


class SchedulerConfig(Section):
    """Users' scheduled executions."""

    max_schedules_per_owner: int = Field(
        default=10, ge=1, le=1_000, description="Most active schedules of one user."
    )
    flexible_window_minutes: int = Field(
        default=5, ge=0, le=1_440, description="By how much an execution may start late."
    )
    executor_concurrency: int = Field(
        ge=1, le=1_000, description="Concurrency reserved for the executor, where reserved."
    )


class EmailConfig(Section):
    """Who sends, and what becomes of bounces."""

    identity: Literal["address", "domain", "existing"] = Field(
        description="SES identity to make: the sender's address, its domain, or none because "
        "it exists.",
    )
    sender_name: str = Field(
        default="noreply",
        pattern=r"^[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?$",
        description="Sender's name below the base domain, unless "
        "organization.notification_email says otherwise.",
    )
    sender_concurrency: int = Field(
        ge=2, le=1_000, description="Most invocations of the sender at once."
    )


class PowerTuningConfig(Section):
    """The state machine that finds a function's best memory."""

    enabled: bool = Field(default=True, description="Deploy it; it costs only when it runs.")
    power_values: tuple[MemoryMib, ...] = Field(
        default=(128, 256, 512, 1024, 1536, 2048, 3008),
        min_length=1,
        description="Memory sizes that are tried unless the input names others, in MiB.",
    )
    execution_timeout_seconds: int = Field(
        default=300, ge=10, le=900, description="Timeout of its executor, in seconds."
    )
