"""Uploads and attachments, from the queue to their text, by the deployed functions.

The set of dev runs in the emulator. Textract, which the emulator has not, is a stand-in.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from support import document_files as made
from support.pipeline_bench import Bench, bench
from support.pipelines import (
    BROKEN,
    DOCUMENTS_DLQ,
    DOCUMENTS_QUEUE,
    DOCUMENTS_TABLE,
    FILES,
    HIGH_MEMORY_QUEUE,
    TEXTS,
    Documents,
)
from support.text_reader import TextReader


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with bench(tmp_path_factory.mktemp("templates")) as ready:
        yield ready


@pytest.fixture(scope="module")
def documents(deployed: Bench) -> Documents:
    return Documents(deployed)


class TestDocuments:
    @pytest.mark.parametrize("name", FILES)
    def test_a_document_becomes_text_in_its_jobs_item(
        self, documents: Documents, name: str
    ) -> None:
        content, media_type = FILES[name]
        documents.upload(name, content)
        documents.send(name, name, media_type, convertToMarkdown=True, generateEmbeddings=True)

        job = documents.ended(name)
        assert "errorMessage" not in job
        assert (job["status"], job["stage"], job["progress"]) == ("completed", "completed", 100)
        assert job["resultLocation"] == "dynamodb"
        assert job["completedAt"].endswith("Z")
        result = job["result"]
        for text in TEXTS[name]:
            assert text in result["text"]
            assert text in result["markdown"]
        assert "".join(chunk["content"] for chunk in result["chunks"]) == result["text"]
        assert result["metadata"]["extractionMethod"] == name.partition(".")[2]
        assert result["metadata"]["originalSize"] == len(content)

    def test_a_long_result_is_in_s3(self, deployed: Bench, documents: Documents) -> None:
        text = "\n".join(f"Line {number} of a long essay" for number in range(2000))
        documents.upload("essay.txt", text.encode())
        documents.send("essay", "essay.txt", "text/plain")

        job = documents.ended("essay")
        assert (job["status"], job["resultLocation"]) == ("completed", "s3")
        assert "result" not in job
        stored = deployed.s3.get_object(Bucket=documents.bucket, Key=job["resultS3Key"])
        assert stored["ContentLength"] == job["resultSizeBytes"]
        assert json.loads(stored["Body"].read())["text"] == text

    def test_a_large_document_goes_to_the_function_with_more_memory(
        self, deployed: Bench, documents: Documents
    ) -> None:
        documents.upload("large.txt", b"A line of text\n" * 10)
        with deployed.configured("standard-document-processor", LARGE_FILE_BYTES="100"):
            documents.send("large", "large.txt", "text/plain")
            assert documents.ended("large")["result"]["text"].startswith("A line of text")
        deployed.drained(HIGH_MEMORY_QUEUE)
        for processor in ("STANDARD", "HIGH_MEMORY"):
            claim = deployed.item(DOCUMENTS_TABLE, f"claim#document_processor#{processor}#large")
            assert claim["status"] == "done"

    @pytest.mark.parametrize("name", BROKEN)
    def test_a_broken_document_fails_with_its_reason(self, documents: Documents, name: str) -> None:
        content, media_type = BROKEN[name]
        documents.upload(name, content)
        documents.send(name, name, media_type)
        job = documents.ended(name)
        assert (job["status"], job["stage"]) == ("failed", "failed")
        assert job["errorMessage"].endswith("is broken or incomplete.")
        assert "result" not in job

    def test_a_document_that_is_not_there_fails_with_its_reason(self, documents: Documents) -> None:
        documents.send("absent", "absent.pdf")
        assert documents.ended("absent")["errorMessage"] == "The document is not there."

    def test_a_message_that_comes_twice_is_worked_on_once(
        self, deployed: Bench, documents: Documents
    ) -> None:
        documents.upload("twice.txt", b"first")
        documents.send("twice", "twice.txt")
        first = documents.ended("twice")
        deployed.drained(DOCUMENTS_QUEUE)
        documents.upload("twice.txt", b"second")
        documents.send("twice", "twice.txt")
        deployed.drained(DOCUMENTS_QUEUE)
        assert documents.ended("twice") == first

    @pytest.mark.parametrize(
        ("body", "reason"),
        [
            ("no JSON", "the message's body is not JSON"),
            ({"bucket": "x"}, "jobId must be 1 to 64 letters, digits or _.:-"),
            ({"jobId": "odd", "bucket": "x"}, "bucket is not the platform's bucket of documents"),
        ],
    )
    def test_a_hopeless_message_is_put_aside_with_its_reason(
        self, deployed: Bench, body: object, reason: str
    ) -> None:
        deployed.send(DOCUMENTS_QUEUE, body)
        sent = body if isinstance(body, str) else json.dumps(body)
        message = deployed.taken_from(DOCUMENTS_DLQ, lambda found: found["Body"] == sent)
        assert message["MessageAttributes"]["Reason"]["StringValue"] == reason


class TestScans:
    def test_a_scanned_page_is_read_at_once(self, deployed: Bench, documents: Documents) -> None:
        documents.upload("scan.pdf", made.pdf([["Typed"], []], scanned={1}))
        with (
            TextReader([["Minutes of May"]]).serving() as reader,
            deployed.configured(
                "standard-document-processor", AWS_ENDPOINT_URL_TEXTRACT=reader.endpoint_url
            ),
        ):
            documents.send("scan", "scan.pdf", "application/pdf")
            job = documents.ended("scan")
        assert job["status"] == "completed", job
        assert job["result"]["text"] == "Typed\n\nMinutes of May"
        assert job["result"]["metadata"]["extractionMethod"] == "ocr"
        assert job["result"]["metadata"]["ocrPages"] == [2]
