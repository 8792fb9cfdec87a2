"""The deployed pipelines of documents and of files, as the application uses them; what it sends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from support import document_files as made
from support.patience import until
from support.pipeline_bench import Bench

DOCUMENTS_QUEUE = "AIStudio-DocumentProcessing-dev"
HIGH_MEMORY_QUEUE = "AIStudio-DocumentProcessing-HighMemory-dev"
DOCUMENTS_DLQ = "AIStudio-DocumentProcessing-DLQ-dev"
DOCUMENTS_TABLE = "AIStudio-DocumentJobs-dev"
FILES_QUEUE = "aistudio-dev-file-processing-queue"
FILES_DLQ = "aistudio-dev-file-processing-dlq"

_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_CELLS = '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1"><v>42</v></c></row>'
_PAGE = "<html><head><title>Menu</title></head><body><h1>Lunch</h1><p>Vegetable soup</p></body>"

FILES = {
    "report.pdf": (made.pdf([["Algebra for beginners"], ["Geometry"]]), "application/pdf"),
    "letter.docx": (made.docx(made.paragraphs("Dear parents", "Buses leave at noon")), _WORD),
    # As some browsers do, the sender knows no type.
    "marks.xlsx": (made.xlsx(_CELLS, strings=["History"]), ""),
    "menu.html": (_PAGE.encode(), "text/html"),
}
TEXTS = {
    "report.pdf": ("Algebra for beginners", "Geometry"),
    "letter.docx": ("Dear parents", "Buses leave at noon"),
    "marks.xlsx": ("History", "42"),
    "menu.html": ("Lunch", "Vegetable soup"),
}
BROKEN = {
    "broken.pdf": (b"%PDF-1.4 and nothing else", "application/pdf"),
    "broken.docx": (FILES["letter.docx"][0][:200], _WORD),
}


class Documents:
    """The pipeline of uploads and attachments, as the application uses it."""

    def __init__(self, deployed: Bench) -> None:
        self._deployed = deployed
        self.bucket = deployed.outputs["StorageDocumentsBucketName"]

    def send(self, job_id: str, name: str, media_type: str = "", **options: bool) -> None:
        self._deployed.send(
            DOCUMENTS_QUEUE,
            {
                "jobId": job_id,
                "bucket": self.bucket,
                "key": f"uploads/{name}",
                "fileName": name,
                "fileSize": 1,
                "fileType": media_type,
                "userId": "1",
                "processingOptions": options,
            },
        )

    def upload(self, name: str, content: bytes) -> None:
        self._deployed.s3.put_object(Bucket=self.bucket, Key=f"uploads/{name}", Body=content)

    def ended(self, job_id: str) -> dict[str, Any]:
        return until(lambda: self._deployed.item(DOCUMENTS_TABLE, job_id), _has_ended)


@dataclass(frozen=True)
class Upload:
    """A file that waits to be processed, and the message that asks for it."""

    document_id: int
    message: dict[str, Any]


class Files:
    """The pipeline of the knowledge repositories, as the application uses it."""

    def __init__(self, deployed: Bench) -> None:
        self._deployed = deployed
        self._table = deployed.variables("file-processor")["JOB_STATUS_TABLE"]
        self.bucket = deployed.outputs["StorageRepositoriesBucketName"]

    def upload(self, job_id: str, name: str, content: bytes, media_type: str = "") -> Upload:
        """Insert a document's row, and put its file where the application does."""
        ((document_id,),) = self._deployed.database.rows(
            "INSERT INTO documents (owner_id, name, media_type, bucket_key, size_bytes)"
            " VALUES ('1', %(name)s, %(type)s, %(key)s, %(size)s) RETURNING id",
            name=name,
            type=media_type,
            key=f"repositories/7/1/{job_id}",
            size=len(content),
        )
        key = f"repositories/7/{document_id}/{name}"
        self._deployed.s3.put_object(Bucket=self.bucket, Key=key, Body=content)
        message = {
            "jobId": job_id,
            "itemId": document_id,
            "fileKey": key,
            "fileName": name,
            "fileType": media_type,
            "bucketName": self.bucket,
        }
        return Upload(int(document_id), message)

    def process(self, job_id: str, name: str, content: bytes, media_type: str = "") -> int:
        """Upload a file, ask for it to be processed, and return its document's id."""
        uploaded = self.upload(job_id, name, content, media_type)
        self._deployed.send(FILES_QUEUE, uploaded.message)
        return uploaded.document_id

    def job(self, job_id: str) -> dict[str, Any]:
        return self._deployed.item(self._table, job_id)

    def ended(self, job_id: str) -> dict[str, Any]:
        return until(lambda: self.job(job_id), _has_ended)

    def document(self, document_id: int) -> tuple[str, str | None]:
        """Return a document's status and failure."""
        ((status, failure),) = self._deployed.database.rows(
            "SELECT status, failure FROM documents WHERE id = %(id)s", id=document_id
        )
        return status, failure

    def ready(self, document_id: int) -> list[tuple[int, str]]:
        """Wait until a document's chunks are embedded; return their ids and texts."""
        until(lambda: self.document(document_id), lambda found: found[0] in {"ready", "failed"})
        assert self.document(document_id) == ("ready", None)
        return self._deployed.database.rows(
            "SELECT id, content FROM document_chunks WHERE document_id = %(id)s"
            " AND vector_dims(embedding) = 1536 ORDER BY position",
            id=document_id,
        )


def _has_ended(item: dict[str, Any]) -> bool:
    return item.get("status") in {"completed", "failed"}
