"""Files of the knowledge repositories, from the queue to vectors, by the deployed functions.

The set of dev runs in the emulator; PostgreSQL with pgvector is real, behind a stand-in for
the Data API. The model of embeddings and Textract are stand-ins, which take and give what
theirs do.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from support import document_files as made
from support.embedding_model import vector
from support.function_source import FUNCTIONS
from support.hurried_queues import HurriedQueues
from support.patience import until
from support.pipeline_bench import Bench, bench
from support.pipelines import BROKEN, FILES, FILES_DLQ, FILES_QUEUE, TEXTS, Files
from support.text_reader import TextReader


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with bench(tmp_path_factory.mktemp("templates")) as ready:
        yield ready


@pytest.fixture(scope="module")
def files(deployed: Bench) -> Files:
    return Files(deployed)


class TestSchema:
    def test_every_migration_ran_on_a_real_database_and_runs_once(self, deployed: Bench) -> None:
        folder = FUNCTIONS / "database_initializer" / "migrations"
        log = "SELECT name FROM schema_migrations ORDER BY version"
        logged = deployed.database.rows(log)
        assert [name for (name,) in logged] == sorted(path.name for path in folder.glob("*.sql"))
        tables = {name for (name,) in deployed.database.rows("SELECT tablename FROM pg_tables")}
        assert tables >= {"documents", "document_chunks", "schedules", "schedule_executions"}
        assert tables >= {"notifications", "textract_jobs", "users", "suppressed_addresses"}

        answer = deployed.initialize_database()
        assert (answer["Status"], answer["Data"]) == ("SUCCESS", {"Applied": "0"})
        assert deployed.database.rows(log) == logged


class TestFiles:
    @pytest.mark.parametrize("name", FILES)
    def test_a_file_becomes_chunks_with_embeddings(
        self, deployed: Bench, files: Files, name: str
    ) -> None:
        document_id = files.process(name, name, *FILES[name])

        job = files.ended(name)
        assert (job["status"], job["progress"]) == ("completed", 100)
        assert json.loads(job["details"])["chunksCreated"] == 1
        ((chunk_id, text),) = files.ready(document_id)
        for part in TEXTS[name]:
            assert part in text
        nearest = deployed.database.rows(
            "SELECT id FROM document_chunks ORDER BY embedding <=> %(asked)s::vector LIMIT 1",
            asked=str(vector(" ".join(TEXTS[name]))),
        )
        assert nearest == [(chunk_id,)]

    def test_the_right_chunk_of_a_long_file_is_the_nearest(
        self, deployed: Bench, files: Files
    ) -> None:
        topics = ("photosynthesis in leaves", "volcanoes under oceans", "sonnets about winter")
        text = "\n\n".join(f"{topic} " * 60 for topic in topics)
        # Throttled twice, the function asks again by itself.
        deployed.model.refusals = 2
        document_id = files.process("long", "long.txt", text.encode(), "text/plain")

        assert files.ended("long")["status"] == "completed"
        chunks = dict(files.ready(document_id))
        assert len(chunks) >= len(topics)
        assert deployed.model.refusals == 0
        for topic in topics:
            ((nearest,),) = deployed.database.rows(
                "SELECT id FROM document_chunks WHERE document_id = %(id)s"
                " ORDER BY embedding <=> %(asked)s::vector LIMIT 1",
                id=document_id,
                asked=str(vector(topic)),
            )
            words = chunks[nearest].split()
            counts = {other: words.count(other.split()[0]) for other in topics}
            assert max(counts, key=lambda other: counts[other]) == topic

    @pytest.mark.parametrize("name", BROKEN)
    def test_a_broken_file_fails_with_its_reason(
        self, deployed: Bench, files: Files, name: str
    ) -> None:
        document_id = files.process(name, name, *BROKEN[name])
        job = files.ended(name)
        assert job["status"] == "failed"
        assert "broken" in job["error"]
        assert files.document(document_id) == ("failed", job["error"])

    def test_a_message_with_a_foreign_key_is_put_aside_and_its_job_fails(
        self, deployed: Bench, files: Files
    ) -> None:
        body = {
            "jobId": "foreign",
            "itemId": 1,
            "fileKey": "../secrets",
            "fileName": "x",
            "bucketName": files.bucket,
        }
        deployed.send(FILES_QUEUE, body)
        message = deployed.taken_from(FILES_DLQ, lambda found: json.loads(found["Body"]) == body)
        reason = message["MessageAttributes"]["Reason"]["StringValue"]
        assert reason == files.ended("foreign")["error"] == "fileKey is not where files are put"

    def test_a_message_that_always_fails_is_in_the_dead_letter_queue_after_its_receives(
        self, deployed: Bench, files: Files
    ) -> None:
        uploaded = files.upload("unlucky", "unlucky.txt", b"Better late than never")
        with (
            HurriedQueues(deployed.endpoint_url).serving() as queues,
            deployed.configured("file-processor", AWS_ENDPOINT_URL_SQS=queues.endpoint_url),
            deployed.database.unreachable(),
        ):
            deployed.send(FILES_QUEUE, uploaded.message)
            until(lambda: files.job("unlucky"), lambda job: job.get("status") == "retrying")
            message = deployed.taken_from(
                FILES_DLQ, lambda found: json.loads(found["Body"]) == uploaded.message
            )
        assert "Reason" not in message.get("MessageAttributes", {})
        assert queues.pauses_seconds == [60, 300, 0]
        assert max_receives(deployed, FILES_QUEUE) == len(queues.pauses_seconds)
        job = files.job("unlucky")
        assert job["status"] == "failed", job
        assert job["error"] == "The file could not be processed in several attempts."

        # The database is back, and an operator sends the message again.
        deployed.send(FILES_QUEUE, message["Body"])
        ((_, text),) = files.ready(uploaded.document_id)
        assert text == "Better late than never"
        assert files.job("unlucky")["status"] == "completed"


class TestScans:
    def test_a_scan_is_read_in_a_job_whose_end_a_topic_tells(
        self, deployed: Bench, files: Files
    ) -> None:
        variables = deployed.variables("file-processor")
        with TextReader([["Minutes of May"], ["All agreed"]]).serving() as reader:
            for function in ("file-processor", "textract-processor"):
                deployed.configure(function, AWS_ENDPOINT_URL_TEXTRACT=reader.endpoint_url)
            scan = made.pdf([[], []], scanned={0, 1})
            document_id = files.process("minutes", "minutes.pdf", scan, "application/pdf")
            until(lambda: files.job("minutes"), lambda job: job.get("status") == "ocr_processing")
            ((textract_job_id, request),) = reader.jobs.items()
            channel = request["NotificationChannel"]
            assert channel["SNSTopicArn"] == variables["TEXTRACT_TOPIC_ARN"]
            assert channel["RoleArn"] == variables["TEXTRACT_ROLE_ARN"]
            deployed.client("sns").publish(
                TopicArn=channel["SNSTopicArn"], Message=reader.completion(textract_job_id)
            )
            job = files.ended("minutes")

        assert job["status"] == "completed", job
        assert json.loads(job["details"])["pages"] == 2
        ((_, text),) = files.ready(document_id)
        assert text == "Minutes of May\n\nAll agreed"
        jobs = deployed.database.rows("SELECT job_id, status, page_count FROM textract_jobs")
        assert jobs == [("minutes", "succeeded", 2)]
        assert deployed.database.rows("SELECT page_count FROM textract_usage") == [(2,)]


class TestWebPages:
    @pytest.mark.parametrize(
        ("url", "reason"),
        [
            ("http://127.0.0.1/", "the URL's host is not on the public internet"),
            ("http://169.254.169.254/latest/meta-data/", "the URL's host is not on the public"),
            ("https://localhost/", "the URL's host is not on the public internet"),
            ("http://127.0.0.1:8080/", "the URL's port is not allowed"),
        ],
    )
    def test_a_private_address_is_refused(
        self, deployed: Bench, files: Files, url: str, reason: str
    ) -> None:
        uploaded = files.upload(f"page-{url}", "page", b"")
        job_id = f"page-{uploaded.document_id}"
        event = {"jobId": job_id, "itemId": uploaded.document_id, "url": url, "itemName": "Page"}
        succeeded, answer = deployed.invoke("url-processor", event)
        assert not succeeded
        assert answer["errorMessage"].startswith(reason)
        assert files.job(job_id)["status"] == "failed"
        assert files.job(job_id)["error"] == answer["errorMessage"]
        assert files.document(uploaded.document_id) == ("failed", answer["errorMessage"])

        succeeded, answer = deployed.invoke("url-processor", {"body": json.dumps(event)})
        assert (succeeded, answer["statusCode"]) == (True, 400)
        assert json.loads(answer["body"])["error"].startswith(reason)

    def test_what_nobody_waits_for_is_tried_three_times_and_then_put_aside(
        self, deployed: Bench, files: Files
    ) -> None:
        event = {"jobId": "later", "itemId": 1, "url": "ftp://example.com/", "itemName": "x"}
        deployed.invoke("url-processor", event, later=True)
        message = deployed.taken_from("UrlProcessorDlq", bool)
        failure = json.loads(message["Body"])
        assert failure["requestPayload"] == event
        assert failure["responsePayload"]["errorMessage"] == "only http and https URLs are fetched"
        assert files.job("later")["status"] == "failed"


def max_receives(deployed: Bench, queue: str) -> int:
    """Return how often a queue's message is received before it is put aside."""
    found = deployed.sqs.get_queue_attributes(
        QueueUrl=deployed.queue_url(queue), AttributeNames=["RedrivePolicy"]
    )
    return int(json.loads(found["Attributes"]["RedrivePolicy"])["maxReceiveCount"])
