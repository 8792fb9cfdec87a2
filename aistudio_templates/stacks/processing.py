"""The processing stack: files, pages and scans become text, chunks and embeddings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aistudio_templates import names
from aistudio_templates.assets import Asset, Target, function_asset, shared_layer_asset
from aistudio_templates.config import EnvironmentConfig
from aistudio_templates.model import Outputs, StackTemplate, Value, exported, stack_template
from aistudio_templates.patterns.access import (
    Access,
    combined,
    data_api_access,
    job_status_access,
)
from aistudio_templates.patterns.function_code import python_code
from aistudio_templates.patterns.function_facts import FunctionFacts
from aistudio_templates.patterns.function_options import AsyncFailures, FunctionOptions
from aistudio_templates.patterns.function_sizing import Profile, Size, storage_for_file_mib
from aistudio_templates.patterns.handle import Handle
from aistudio_templates.patterns.job_table import JobTable, TableFacts, job_table
from aistudio_templates.patterns.lambda_layer import LambdaLayer, python_layer
from aistudio_templates.patterns.optimized_lambda import OptimizedLambda, optimized_lambda
from aistudio_templates.patterns.queue import (
    Queue,
    QueueFacts,
    dead_letter_queue,
    subscription,
)
from aistudio_templates.patterns.queue_worker import QueueWorker, Work, queue_worker
from aistudio_templates.patterns.textract import TextractChannel, textract_channel
from aistudio_templates.policies.grants import read_named_secret, read_objects, send_messages
from aistudio_templates.policies.service_grants import invoke_model, read_text_detection
from aistudio_templates.stacks.database import DatabaseOutputs
from aistudio_templates.stacks.storage import StorageOutputs


@dataclass(frozen=True)
class ProcessingOutputs(Outputs):
    """What other stacks may know of the processing pipeline."""

    file_processing_queue: QueueFacts = exported("String", "Name of the queue of files to process")
    file_processing_queue_url: Value = exported(
        "String", "URL of the queue of files to process", published=True
    )
    file_processing_queue_arn: Value = exported("String", "ARN of the queue of files to process")
    file_processing_dlq: QueueFacts = exported("String", "Name of the dead-letter queue of files")
    embedding_queue: QueueFacts = exported("String", "Name of the queue of chunks to embed")
    embedding_queue_url: Value = exported(
        "String", "URL of the queue of chunks to embed", published=True
    )
    embedding_queue_arn: Value = exported("String", "ARN of the queue of chunks to embed")
    embedding_dlq: QueueFacts = exported("String", "Name of the dead-letter queue of chunks")
    textract_queue: QueueFacts = exported("String", "Name of the queue of finished Textract jobs")
    textract_dlq: QueueFacts = exported("String", "Name of the dead-letter queue of Textract jobs")
    job_status_table: TableFacts = exported("String", "Table of job states")
    job_status_table_arn: Value = exported("String", "ARN of the table of job states")
    file_processor: FunctionFacts = exported("String", "Name of the function that processes files")
    url_processor: FunctionFacts = exported("String", "Name of the function that reads web pages")
    url_processor_dlq: QueueFacts = exported("String", "Name of the dead-letter queue of web pages")
    url_processor_arn: Value = exported("String", "ARN of the function that reads web pages")
    embedding_generator: FunctionFacts = exported(
        "String", "Name of the function that makes embeddings"
    )
    embedding_generator_arn: Value = exported("String", "ARN of the function that makes embeddings")
    textract_processor: FunctionFacts = exported(
        "String", "Name of the function that reads Textract's results"
    )
    layer_arn: Value = exported("String", "ARN of the layer that the functions share")


@dataclass(frozen=True)
class _Shared:
    """What all functions of this stack have in common."""

    access: Access
    layers: tuple[Value, ...]


@dataclass(frozen=True)
class _Pipeline(Handle):
    """All resources of the stack; a finished Textract job reaches its worker by a subscription."""

    layer: LambdaLayer
    jobs: JobTable
    embedding: QueueWorker
    file: QueueWorker
    channel: TextractChannel
    textract: QueueWorker
    completed: Any
    url: OptimizedLambda
    url_dlq: Queue

    @property
    def assets(self) -> tuple[Asset, ...]:
        """What has to be in the artifact bucket."""
        workers = (self.file, self.textract, self.embedding, self.url)
        return (self.layer.asset, *(asset for worker in workers for asset in worker.assets))


def build(
    config: EnvironmentConfig, *, storage: StorageOutputs, database: DatabaseOutputs
) -> StackTemplate[ProcessingOutputs]:
    """Return the processing stack: three workers, one function, and the table of their jobs.

    Args:
        config: The environment.
        storage: Where the files are.
        database: Where text and embeddings go.
    """
    pipeline = _pipeline(config, storage, database)
    return stack_template(
        f"AI Studio, {config.name}: files, web pages and scans to text, chunks and embeddings",
        pipeline,
        _outputs(pipeline),
        assets=pipeline.assets,
    )


def _pipeline(
    config: EnvironmentConfig, storage: StorageOutputs, database: DatabaseOutputs
) -> _Pipeline:
    asset = shared_layer_asset(target=Target(config.compute.architecture))
    layer = python_layer("SharedLayer", config, asset=asset, description="What functions share")
    jobs = job_table("JobStatusTable", config, partition_key="jobId")
    access = combined(
        data_api_access(config, cluster_arn=database.cluster_arn, secret_arn=database.secret_arn),
        job_status_access(table_name=jobs.name, table_arn=jobs.arn),
    )
    embedding = _embedding_generator(config, _Shared(access, (layer.arn,)))
    feeding = _Shared(combined(access, _send_to(embedding.queue)), (layer.arn,))
    channel = textract_channel(
        "TextractCompletion", name=names.physical_name(config.name, "textract-completion")
    )
    textract = _textract_processor(config, feeding, channel)
    url_dlq = dead_letter_queue("UrlProcessorDlq")
    return _Pipeline(
        layer=layer,
        jobs=jobs,
        embedding=embedding,
        file=_file_processor(config, feeding, storage=storage, channel=channel),
        channel=channel,
        textract=textract,
        completed=subscription(textract.queue, channel.topic.arn),
        url=_url_processor(config, feeding, url_dlq),
        url_dlq=url_dlq,
    )


def _outputs(pipeline: _Pipeline) -> ProcessingOutputs:
    file, embedding, textract = pipeline.file, pipeline.embedding, pipeline.textract
    return ProcessingOutputs(
        file_processing_queue=file.queue.facts,
        file_processing_queue_url=file.queue.url,
        file_processing_queue_arn=file.queue.arn,
        file_processing_dlq=file.dlq_facts,
        embedding_queue=embedding.queue.facts,
        embedding_queue_url=embedding.queue.url,
        embedding_queue_arn=embedding.queue.arn,
        embedding_dlq=embedding.dlq_facts,
        textract_queue=textract.queue.facts,
        textract_dlq=textract.dlq_facts,
        job_status_table=pipeline.jobs.facts,
        job_status_table_arn=pipeline.jobs.arn,
        file_processor=file.function.facts,
        url_processor=pipeline.url.facts,
        url_processor_dlq=pipeline.url_dlq.facts,
        url_processor_arn=pipeline.url.arn,
        embedding_generator=embedding.function.facts,
        embedding_generator_arn=embedding.function.arn,
        textract_processor=textract.function.facts,
        layer_arn=pipeline.layer.arn,
    )


def _send_to(embedding_queue: Queue) -> Access:
    return Access({"EMBEDDING_QUEUE_URL": embedding_queue.url}, send_messages(embedding_queue.arn))


def _file_processor(
    config: EnvironmentConfig,
    shared: _Shared,
    *,
    storage: StorageOutputs,
    channel: TextractChannel,
) -> QueueWorker:
    files = Access(
        {
            "DOCUMENTS_BUCKET_NAME": storage.documents_bucket_name,
            "REPOSITORIES_BUCKET_NAME": storage.repositories_bucket_name,
            "TEXTRACT_PAGES_PER_MONTH": str(config.processing.textract_pages_per_month),
        },
        (
            *read_objects(storage.documents_bucket_arn),
            *read_objects(storage.repositories_bucket_arn),
        ),
    )
    return queue_worker(
        "FileProcessor",
        config,
        work=Work(
            "FileProcessingQueue",
            batch_size=1,
            max_concurrency=config.processing.max_concurrency,
            name=names.physical_name(config.name, "file-processing-queue"),
            dlq_name=names.physical_name(config.name, "file-processing-dlq"),
        ),
        code=python_code(function_asset("file_processor")),
        description="Turns uploaded files into text and chunks, or hands scans to Textract",
        size=Size(Profile.BATCH, timeout_seconds=600),
        access=combined(shared.access, files, channel.access),
        layers=shared.layers,
        options=FunctionOptions(
            ephemeral_storage_mib=storage_for_file_mib(config.frontend.max_upload_mib)
        ),
    )


def _textract_processor(
    config: EnvironmentConfig, shared: _Shared, channel: TextractChannel
) -> QueueWorker:
    return queue_worker(
        "TextractProcessor",
        config,
        work=Work(
            "TextractQueue",
            batch_size=1,
            max_concurrency=config.processing.max_concurrency,
            topic_arns=[channel.topic.arn],
        ),
        code=python_code(function_asset("textract_processor")),
        description="Turns what Textract has read into chunks",
        size=Size(memory_mib=1024, timeout_seconds=600),
        access=combined(shared.access, Access(statements=read_text_detection())),
        layers=shared.layers,
    )


def _embedding_generator(config: EnvironmentConfig, shared: _Shared) -> QueueWorker:
    return queue_worker(
        "EmbeddingGenerator",
        config,
        work=Work(
            "EmbeddingQueue",
            batch_size=1,
            max_concurrency=config.processing.max_concurrency,
            name=names.physical_name(config.name, "embedding-queue"),
            dlq_name=names.physical_name(config.name, "embedding-dlq"),
        ),
        code=python_code(function_asset("embedding_generator")),
        description="Makes the embeddings of chunks",
        size=Size(memory_mib=1024, timeout_seconds=300),
        access=combined(shared.access, _model_access(config)),
        layers=shared.layers,
    )


def _model_access(config: EnvironmentConfig) -> Access:
    """Return what the embedding model needs: a grant in AWS, a key elsewhere."""
    processing = config.processing
    environment = {
        "EMBEDDING_MODEL_ID": processing.embedding_model_id,
        "EMBEDDING_PROVIDER": processing.embedding_provider,
    }
    if processing.embedding_secret_name is None or processing.embedding_provider == "bedrock":
        return Access(environment, invoke_model(processing.embedding_model_id))
    return Access(
        {
            **environment,
            "EMBEDDING_ENDPOINT_URL": processing.embedding_endpoint_url,
            # Secrets Manager takes the name; the whole ARN ends in what nobody knows.
            "EMBEDDING_SECRET_ARN": processing.embedding_secret_name,
        },
        (read_named_secret(processing.embedding_secret_name),),
    )


def _url_processor(config: EnvironmentConfig, shared: _Shared, dlq: Queue) -> OptimizedLambda:
    return optimized_lambda(
        "UrlProcessor",
        config,
        code=python_code(function_asset("url_processor")),
        description="Turns web pages into text and chunks",
        size=Size(memory_mib=1024, timeout_seconds=300),
        access=combined(Access({"ENVIRONMENT": config.name}), shared.access),
        layers=shared.layers,
        options=FunctionOptions(async_failures=AsyncFailures(dlq.arn)),
    )
