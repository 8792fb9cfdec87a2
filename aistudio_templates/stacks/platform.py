"""The stacks that the web application works with, by their outputs, as one value.

The frontend is built for them, and monitoring watches them. Builds nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from aistudio_templates.stacks.auth import AuthOutputs
from aistudio_templates.stacks.database import DatabaseOutputs
from aistudio_templates.stacks.documents import DocumentsOutputs
from aistudio_templates.stacks.email import EmailOutputs
from aistudio_templates.stacks.processing import ProcessingOutputs
from aistudio_templates.stacks.scheduler import SchedulerOutputs
from aistudio_templates.stacks.storage import StorageOutputs


@dataclass(frozen=True)
class Platform:
    """The stacks that the application works with.

    Attributes:
        storage: Documents, repositories, and the bucket of access logs.
        database: What the application stores in.
        auth: How people sign in.
        processing: What takes files and pages.
        documents: What takes attachments.
        scheduler: What executes schedules.
        email: What sends notifications.
    """

    storage: StorageOutputs
    database: DatabaseOutputs
    auth: AuthOutputs
    processing: ProcessingOutputs
    documents: DocumentsOutputs
    scheduler: SchedulerOutputs
    email: EmailOutputs
