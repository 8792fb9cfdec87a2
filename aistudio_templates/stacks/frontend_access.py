"""What the web application may know and do, from the outputs of the stacks before it."""

from __future__ import annotations

from troposphere import Region, Select, Split, Sub

from aistudio_templates.config import EnvironmentConfig
from aistudio_templates.model import Value
from aistudio_templates.patterns.access import Access, combined
from aistudio_templates.patterns.application_access import (
    AUTH_SECRET_KEY,
    INTERNAL_API_SECRET_KEY,
    ApplicationAccess,
    SecretVariable,
    bucket_access,
    function_access,
    metric_access,
    model_access,
    queue_access,
    sql_access,
    table_access,
)
from aistudio_templates.stacks.auth import AuthOutputs
from aistudio_templates.stacks.platform import Platform
from aistudio_templates.stacks.storage import StorageOutputs


def application_access(
    config: EnvironmentConfig, platform: Platform, *, application_url: str, assets_url: Value | None
) -> ApplicationAccess:
    """Return everything that a hosting hands to the application.

    Args:
        config: Models, upload limit, database name.
        platform: The stacks that it works with.
        application_url: Where it is served.
        assets_url: Where static assets are; ``None`` where the application serves them.
    """
    return ApplicationAccess(
        server=combined(
            _settings(config, platform.auth, application_url=application_url),
            Access({"STATIC_ASSETS_URL": assets_url} if assets_url is not None else {}),
            sql_access(
                config,
                cluster_arn=platform.database.cluster_arn,
                secret_arn=platform.database.secret_arn,
            ),
            _buckets(platform.storage),
            _queues(platform),
            _tables(platform),
            _functions(platform),
            model_access(config.frontend.bedrock_model_ids),
            metric_access(config),
        ),
        browser=_browser(platform.auth),
        secrets=(
            SecretVariable(AUTH_SECRET_KEY, platform.auth.auth_secret_arn),
            SecretVariable(INTERNAL_API_SECRET_KEY, platform.scheduler.internal_api_secret_arn),
        ),
    )


def _settings(config: EnvironmentConfig, auth: AuthOutputs, *, application_url: str) -> Access:
    return Access(
        {
            "AUTH_COGNITO_CLIENT_ID": auth.user_pool_client_id,
            "AUTH_COGNITO_ISSUER": auth.issuer_url,
            "AUTH_URL": application_url,
            "COGNITO_ACCESS_TOKEN_LIFETIME_SECONDS": str(config.auth.access_token_minutes * 60),
            "COGNITO_JWKS_URL": Sub("${Issuer}/.well-known/jwks.json", Issuer=auth.issuer_url),
            "MAX_FILE_SIZE_MB": str(config.frontend.max_upload_mib),
            "SQL_LOGGING": "false",
        }
    )


def _buckets(storage: StorageOutputs) -> Access:
    documents = (storage.documents_bucket_name, storage.documents_bucket_arn)
    repositories = (storage.repositories_bucket_name, storage.repositories_bucket_arn)
    return combined(
        bucket_access(DOCUMENTS_BUCKET_NAME=documents, REPOSITORIES_BUCKET_NAME=repositories),
        # The name by which older parts of the application know the documents' bucket.
        Access({"S3_BUCKET_NAME": storage.documents_bucket_name}),
    )


def _queues(platform: Platform) -> Access:
    processing, documents, email = platform.processing, platform.documents, platform.email
    return queue_access(
        EMBEDDING_QUEUE_URL=(processing.embedding_queue_url, processing.embedding_queue_arn),
        FILE_PROCESSING_QUEUE_URL=(
            processing.file_processing_queue_url,
            processing.file_processing_queue_arn,
        ),
        HIGH_MEMORY_QUEUE_URL=(documents.high_memory_queue_url, documents.high_memory_queue_arn),
        NOTIFICATION_QUEUE_URL=(email.notification_queue_url, email.notification_queue_arn),
        PROCESSING_QUEUE_URL=(documents.processing_queue_url, documents.processing_queue_arn),
    )


def _tables(platform: Platform) -> Access:
    jobs, states = platform.documents.jobs_table, platform.processing.job_status_table
    return table_access(
        DOCUMENT_JOBS_TABLE=(jobs.value, platform.documents.jobs_table_arn),
        JOB_STATUS_TABLE_NAME=(states.value, platform.processing.job_status_table_arn),
    )


def _functions(platform: Platform) -> Access:
    processing, executor_arn = platform.processing, platform.scheduler.executor_arn
    return function_access(
        EMBEDDING_GENERATOR_FUNCTION_NAME=(
            processing.embedding_generator.value,
            processing.embedding_generator_arn,
        ),
        SCHEDULE_EXECUTOR_FUNCTION_ARN=(executor_arn, executor_arn),
        URL_PROCESSOR_FUNCTION_NAME=(processing.url_processor.value, processing.url_processor_arn),
    )


def _browser(auth: AuthOutputs) -> dict[str, Value]:
    return {
        "NEXT_PUBLIC_AWS_REGION": Region,
        "NEXT_PUBLIC_COGNITO_CLIENT_ID": auth.user_pool_client_id,
        # Without the scheme, as Cognito's own library takes it.
        "NEXT_PUBLIC_COGNITO_DOMAIN": Select(1, Split("//", auth.domain_url)),
        "NEXT_PUBLIC_COGNITO_USER_POOL_ID": auth.user_pool_id,
    }
