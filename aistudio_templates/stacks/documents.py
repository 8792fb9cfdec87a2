"""The documents stack: uploads and attachments become text, with progress to watch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aistudio_templates import names
from aistudio_templates.assets import function_asset
from aistudio_templates.config import EnvironmentConfig
from aistudio_templates.model import Outputs, StackTemplate, Value, exported, stack_template
from aistudio_templates.patterns.access import Access, combined
from aistudio_templates.patterns.documents_dashboard import documents_dashboard
from aistudio_templates.patterns.function_code import python_code
from aistudio_templates.patterns.function_facts import FunctionFacts
from aistudio_templates.patterns.function_options import FunctionOptions
from aistudio_templates.patterns.function_sizing import Profile, Size, storage_for_file_mib
from aistudio_templates.patterns.handle import resources
from aistudio_templates.patterns.job_table import Index, JobTable, TableFacts, job_table
from aistudio_templates.patterns.queue import Queue, QueueFacts, dead_letter_queue
from aistudio_templates.patterns.queue_worker import QueueWorker, Work, queue_worker
from aistudio_templates.policies.grants import (
    read_objects,
    send_messages,
    write_objects,
    write_table,
)
from aistudio_templates.policies.service_grants import detect_text
from aistudio_templates.stacks.processing import ProcessingOutputs
from aistudio_templates.stacks.storage import StorageOutputs

_BYTES_PER_MIB = 1024 * 1024

_HIGH_MEMORY_MIB = 10_240
"""The most that Lambda gives.

Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""

_RESULTS = "v2/results/"
"""Keys of results that are too large for the table."""


@dataclass(frozen=True)
class DocumentsOutputs(Outputs):
    """What other stacks may know of the documents pipeline."""

    jobs_table: TableFacts = exported("String", "Table of document jobs", published=True)
    jobs_table_arn: Value = exported("String", "ARN of the table of document jobs")
    processing_queue: QueueFacts = exported("String", "Name of the queue of documents")
    processing_queue_url: Value = exported(
        "String", "URL of the queue of documents", published=True
    )
    processing_queue_arn: Value = exported("String", "ARN of the queue of documents")
    high_memory_queue: QueueFacts = exported("String", "Name of the queue of large documents")
    high_memory_queue_url: Value = exported(
        "String", "URL of the queue of large documents", published=True
    )
    high_memory_queue_arn: Value = exported("String", "ARN of the queue of large documents")
    dlq: QueueFacts = exported("String", "Name of the dead-letter queue of documents")
    standard_processor: FunctionFacts = exported(
        "String", "Name of the function that processes documents"
    )
    high_memory_processor: FunctionFacts = exported(
        "String", "Name of the function that processes large documents"
    )


def build(
    config: EnvironmentConfig, *, storage: StorageOutputs, processing: ProcessingOutputs
) -> StackTemplate[DocumentsOutputs]:
    """Return the documents stack: two workers of one program, and the table of their jobs.

    Args:
        config: The environment.
        storage: Where the documents are.
        processing: The layer that functions share.
    """
    jobs = _jobs(config)
    dlq = dead_letter_queue(
        "DocumentsDlq", name=names.document_name(config.name, "DocumentProcessing-DLQ")
    )
    common = _Common(_access(config, storage, jobs), processing.layer_arn, dlq)
    high_memory = _high_memory_processor(config, common)
    standard = _standard_processor(config, common, high_memory.queue)
    outputs = DocumentsOutputs(
        jobs_table=jobs.facts,
        jobs_table_arn=jobs.arn,
        processing_queue=standard.queue.facts,
        processing_queue_url=standard.queue.url,
        processing_queue_arn=standard.queue.arn,
        high_memory_queue=high_memory.queue.facts,
        high_memory_queue_url=high_memory.queue.url,
        high_memory_queue_arn=high_memory.queue.arn,
        dlq=dlq.facts,
        standard_processor=standard.function.facts,
        high_memory_processor=high_memory.function.facts,
    )
    dashboards = _dashboards(config, [standard, high_memory], dlq)
    return stack_template(
        f"AI Studio, {config.name}: documents to text, with progress to watch",
        resources(jobs, dlq, standard, high_memory, dashboards),
        outputs,
        assets=standard.assets,
    )


@dataclass(frozen=True)
class _Common:
    """What both workers have in common."""

    access: Access
    layer_arn: Value
    dlq: Queue


def _jobs(config: EnvironmentConfig) -> JobTable:
    return job_table(
        "DocumentJobs",
        config,
        partition_key="jobId",
        indexes=[Index("UserIdIndex", "userId"), Index("StatusIndex", "status")],
        name=names.document_name(config.name, "DocumentJobs"),
    )


def _dashboards(config: EnvironmentConfig, workers: Sequence[QueueWorker], dlq: Queue) -> list[Any]:
    if not config.monitoring.dashboards_enabled:
        return []
    return [documents_dashboard(config, workers, dlq)]


def _access(config: EnvironmentConfig, storage: StorageOutputs, jobs: JobTable) -> Access:
    ocr = config.processing.textract_pages_per_month > 0
    return Access(
        {
            "DOCUMENTS_BUCKET_NAME": storage.documents_bucket_name,
            "DOCUMENT_JOBS_TABLE": jobs.name,
            "TEXTRACT_ENABLED": str(ocr).lower(),
        },
        (
            *read_objects(storage.documents_bucket_arn),
            *write_objects(storage.documents_bucket_arn, prefix=_RESULTS),
            *write_table(jobs.arn),
            *(detect_text() if ocr else ()),
        ),
    )


def _standard_processor(
    config: EnvironmentConfig, common: _Common, high_memory_queue: Queue
) -> QueueWorker:
    routing = Access(
        {
            "PROCESSOR_TYPE": "STANDARD",
            "HIGH_MEMORY_QUEUE_URL": high_memory_queue.url,
            "LARGE_FILE_BYTES": str(config.processing.large_file_mib * _BYTES_PER_MIB),
        },
        send_messages(high_memory_queue.arn),
    )
    return queue_worker(
        "StandardDocumentProcessor",
        config,
        work=Work(
            "DocumentsQueue",
            batch_size=5,
            max_concurrency=config.processing.max_concurrency,
            name=names.document_name(config.name, "DocumentProcessing"),
            dlq=common.dlq,
        ),
        code=python_code(function_asset("document_processor")),
        description="Turns uploads and attachments into text; hands large ones on",
        size=Size(Profile.BATCH),
        access=combined(common.access, routing),
        layers=[common.layer_arn],
        options=FunctionOptions(
            ephemeral_storage_mib=storage_for_file_mib(config.processing.large_file_mib)
        ),
    )


def _high_memory_processor(config: EnvironmentConfig, common: _Common) -> QueueWorker:
    return queue_worker(
        "HighMemoryDocumentProcessor",
        config,
        work=Work(
            "HighMemoryQueue",
            batch_size=1,
            max_concurrency=config.processing.high_memory_max_concurrency,
            # Whatever 15 minutes and this memory were not enough for twice, never is.
            max_receives=2,
            name=names.document_name(config.name, "DocumentProcessing-HighMemory"),
            dlq=common.dlq,
        ),
        code=python_code(function_asset("document_processor")),
        description="Turns large uploads into text",
        size=Size(Profile.BATCH, memory_mib=_HIGH_MEMORY_MIB),
        access=combined(common.access, Access({"PROCESSOR_TYPE": "HIGH_MEMORY"})),
        layers=[common.layer_arn],
        options=FunctionOptions(
            ephemeral_storage_mib=storage_for_file_mib(config.frontend.max_upload_mib)
        ),
    )
