"""The whole function: messages in, results and states of jobs out."""

# ruff: noqa: N803 # argument names are boto3's

import io
import json
import threading
from typing import Any

import boto3
import pytest

from support.document_files import docx, paragraphs, pdf, png
from support.fake_aws import FakeContext, FakeObjects, FakeQueues, FakeTable, refused, sqs_event
from support.function_source import function_modules

with function_modules(
    "document_processor", "handler", "page_ocr", "result_file", "results", "document_message"
) as modules:
    entry, page_ocr, result_file, results, document_message = modules

BUCKET = "documents"
HIGH_MEMORY = "https://sqs.us-east-1.amazonaws.com/111122223333/high-memory"
DEAD_LETTERS = "https://sqs.us-east-1.amazonaws.com/111122223333/dead"
KEY = "uploads/u1/file"


class Textract:
    """A ``textract`` client that answers with lines, and counts its callers' threads."""

    def __init__(self) -> None:
        self.answers: list[Any] = []
        self.pictures: list[bytes] = []
        self._lock = threading.Lock()

    def detect_document_text(self, *, Document: dict[str, bytes]) -> dict[str, Any]:
        with self._lock:
            self.pictures.append(Document["Bytes"])
            answer = self.answers.pop(0) if self.answers else f"scanned {len(self.pictures)}"
        if isinstance(answer, Exception):
            raise answer
        lines = [{"BlockType": "LINE", "Text": line} for line in answer.splitlines()]
        return {"Blocks": [{"BlockType": "PAGE"}, *lines, {"BlockType": "WORD", "Text": "no"}]}


class Objects(FakeObjects):
    """Bodies of files are kept as bytes."""

    def put_object(self, *, Bucket: str, Key: str, Body: Any, **more: Any) -> dict[str, Any]:
        content = b"".join(iter(lambda: Body.read(65_536), b""))
        assert more["ContentLength"] == len(content)
        return super().put_object(Bucket=Bucket, Key=Key, Body=content)


class Stages(FakeTable):
    """Remembers what a poller could have seen."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, int]] = []

    def update_item(self, **request: Any) -> dict[str, Any]:
        answer = super().update_item(**request)
        item = self.items[request["Key"]["jobId"]]
        if "stage" in item:
            self.seen.append((item["stage"], int(item["progress"])))
        return answer


class Work:
    """The function, and AWS in memory."""

    def __init__(self) -> None:
        self.table = Stages()
        self.objects = Objects()
        self.queues = FakeQueues()
        self.textract = Textract()
        self.context = FakeContext(600)

    def message(self, **changes: Any) -> dict[str, Any]:
        given = {"jobId": "job-1", "bucket": BUCKET, "key": KEY, "fileName": "a.pdf"}
        more = {"fileSize": 1, "fileType": "application/pdf", "userId": "u1"}
        return {**given, **more, **changes}

    def run(self, content: bytes | None = None, *, receives: int = 1, **changes: Any) -> Any:
        if content is not None:
            self.objects.objects[BUCKET, KEY] = content
        return self.handle(self.message(**changes), receives=receives)

    def handle(self, *messages: Any, receives: int = 1) -> Any:
        answer = entry.handler(sqs_event(*messages, receives=receives), self.context)
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    @property
    def job(self) -> dict[str, Any]:
        return self.table.items["job-1"]

    @property
    def result(self) -> Any:
        if self.job["resultLocation"] == "dynamodb":
            return self.job["result"]
        return json.loads(self.objects.objects[BUCKET, self.job["resultS3Key"]])


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    made = Work()
    clients = {"s3": made.objects, "sqs": made.queues, "textract": made.textract}

    class Resource:
        def Table(self, name: str) -> FakeTable:
            return {"jobs": made.table}[name]

    monkeypatch.setattr(boto3, "client", lambda name, **_: clients[name])
    monkeypatch.setattr(boto3, "resource", lambda name, **_: {"dynamodb": Resource()}[name])
    variables = {
        "DOCUMENTS_BUCKET_NAME": BUCKET,
        "DOCUMENT_JOBS_TABLE": "jobs",
        "PROCESSOR_TYPE": "STANDARD",
        "HIGH_MEMORY_QUEUE_URL": HIGH_MEMORY,
        "LARGE_FILE_BYTES": "1000000",
        "TEXTRACT_ENABLED": "true",
        "DEAD_LETTER_QUEUE_URL": DEAD_LETTERS,
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return made


def test_a_document_becomes_a_result_in_its_job(work: Work) -> None:
    work.table.items["job-1"] = {"jobId": "job-1", "userId": "u1", "status": "pending"}
    options = {"extractText": True, "convertToMarkdown": True, "generateEmbeddings": True}
    content = pdf([["Schedule"], ["We leave at 8."]])
    assert work.run(content, processingOptions=options) == []
    assert work.result == {
        "text": "Schedule\n\nWe leave at 8.",
        "markdown": "## Schedule\n\nWe leave at 8.",
        "chunks": [
            {
                "chunkIndex": 0,
                "content": "Schedule\n\nWe leave at 8.",
                "tokens": 6,
                "metadata": {"start": 0, "end": 24},
            }
        ],
        "metadata": {
            "extractionMethod": "pdf",
            "mediaType": "application/pdf",
            "originalSize": len(content),
            "pageCount": 2,
            "chunkCount": 1,
            "processingTime": work.result["metadata"]["processingTime"],
        },
    }
    assert (work.job["status"], work.job["progress"], work.job["userId"]) == (
        "completed",
        100,
        "u1",
    )
    assert work.job["completedAt"].endswith("Z")
    assert work.job["ttl"] - work.job["timestamp"] // 1000 == 7 * 24 * 3600
    assert "errorMessage" not in work.job


def test_stages_are_told_in_order(work: Work) -> None:
    options = {"convertToMarkdown": True, "generateEmbeddings": True}
    work.run(pdf([["Text"]]), processingOptions=options)
    assert work.table.seen == [
        ("initializing", 10),
        ("downloading", 20),
        ("selecting_processor", 30),
        ("parsing_pdf", 40),
        ("post_processing", 70),
        ("converting_markdown", 80),
        ("chunking_text", 90),
        ("storing_results", 95),
        ("completed", 100),
    ]


@pytest.mark.parametrize(
    ("options", "fields"),
    [
        (None, {"text", "metadata"}),
        ({}, {"text", "metadata"}),
        ({"extractImages": False, "ocrEnabled": False}, {"text", "metadata"}),
        ({"extractText": False, "convertToMarkdown": True}, {"markdown", "metadata"}),
        ({"extractText": False, "generateEmbeddings": True}, {"chunks", "metadata"}),
    ],
)
def test_options_decide_what_the_result_has(work: Work, options: Any, fields: set[str]) -> None:
    assert work.run(docx(paragraphs("Text")), processingOptions=options) == []
    assert set(work.result) == fields


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"extractImages": True}, "pictures are not extracted"),
        ({"extractText": False}, "ask for no text"),
        ({"extractText": "yes"}, "extractText must be true or false"),
        ({"translate": True}, "unknown option 'translate'"),
        (["extractText"], "must be an object"),
    ],
)
def test_options_that_cannot_be_honoured_are_refused(work: Work, options: Any, reason: str) -> None:
    assert work.run(docx(paragraphs("Text")), processingOptions=options) == []
    assert work.job["status"] == "failed"
    assert reason in work.job["errorMessage"]
    (dead,) = work.queues.sent[DEAD_LETTERS]
    assert reason in dead["MessageAttributes"]["Reason"]["StringValue"]
    assert json.loads(dead["MessageBody"])["jobId"] == "job-1"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"bucket": "another"}, "bucket is not the platform's"),
        ({"bucket": None}, "bucket must be text"),
        ({"key": "v2/results/job-9/result.json"}, "key is the one of a result"),
        ({"key": "ä" * 600}, "longer than a key"),
        ({"key": ""}, "key must be text"),
        ({"fileName": 7}, "fileName must be text"),
    ],
)
def test_messages_at_fault_go_to_the_dead_letter_queue(
    work: Work, changes: dict[str, Any], reason: str
) -> None:
    assert work.run(pdf([["Text"]]), **changes) == []
    assert reason.lower() in work.job["errorMessage"].lower()
    (dead,) = work.queues.sent[DEAD_LETTERS]
    assert reason in dead["MessageAttributes"]["Reason"]["StringValue"]
    assert "get_object" not in work.objects.calls


@pytest.mark.parametrize("body", ["no JSON", "[]", "{}", '{"jobId": "../x"}'])
def test_messages_without_a_job_too(work: Work, body: str) -> None:
    assert work.handle(body) == []
    assert [message["MessageBody"] for message in work.queues.sent[DEAD_LETTERS]] == [body]
    assert work.table.items == {}


@pytest.mark.parametrize(
    ("content", "name", "reason"),
    [
        (None, "a.pdf", "The document is not there."),
        (b"", "a.pdf", "The document is empty."),
        (b" \n", "a.txt", "It holds no text."),
        (pdf([["x"]], password="p"), "a.pdf", "It is protected by a password."),
        (b"PK\x03\x04broken", "a.docx", "The archive is broken or incomplete."),
        (b"GIF89a" + bytes(99), "a.gif", "GIF pictures are not read; save it as PNG or JPEG."),
    ],
)
def test_documents_at_fault_are_an_outcome(
    work: Work, content: bytes | None, name: str, reason: str
) -> None:
    assert work.run(content, fileName=name) == []
    assert (work.job["status"], work.job["errorMessage"]) == ("failed", reason)
    assert work.job["failedAt"].endswith("Z")
    assert work.queues.sent == {}, "nobody has to look at it"


def test_one_bad_document_does_not_touch_the_others(work: Work) -> None:
    work.objects.objects[BUCKET, "good"] = pdf([["Text"]])
    work.objects.objects[BUCKET, "bad"] = b"\x00\x01" * 99
    good, bad = work.message(key="good"), work.message(key="bad", jobId="job-2")
    work.objects.failures = [None, None, refused("SlowDown")]
    third = work.message(key="good", jobId="job-3")
    assert work.handle(good, bad, third) == ["m2"]
    states = {name: work.table.items[name]["status"] for name in ("job-1", "job-2", "job-3")}
    assert states == {"job-1": "completed", "job-2": "failed", "job-3": "processing"}


def test_large_documents_are_handed_on_whatever_the_message_says(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LARGE_FILE_BYTES", "100")
    content = pdf([["Text"]])
    assert work.run(content, fileSize=1) == []
    assert work.queues.bodies(HIGH_MEMORY) == [work.message()]
    assert (work.job["status"], work.job["stage"]) == ("processing", "routing_to_high_memory")
    monkeypatch.setenv("PROCESSOR_TYPE", "HIGH_MEMORY")
    monkeypatch.delenv("HIGH_MEMORY_QUEUE_URL")
    assert work.run(fileSize=1) == []
    assert work.job["status"] == "completed"
    assert work.result["text"] == "Text"


def test_a_message_that_comes_twice_is_worked_on_once(work: Work) -> None:
    work.run(pdf([["Text"]]))
    first = dict(work.job)
    assert work.run() == []
    assert work.objects.calls.count("get_object") == 1
    assert work.job == first


def test_a_completed_job_is_left_alone_even_without_its_claim(work: Work) -> None:
    work.table.items["job-1"] = {"jobId": "job-1", "status": "completed", "result": "kept"}
    assert work.run(pdf([["Text"]])) == []
    assert work.job["result"] == "kept"
    assert "get_object" not in work.objects.calls


def test_failures_that_pass_are_tried_again(work: Work) -> None:
    work.objects.failures = [refused("SlowDown")]
    assert work.run(pdf([["Text"]])) == ["m0"]
    assert (work.job["status"], work.job["stage"]) == ("processing", "retrying")
    assert "errorMessage" not in work.job
    assert work.run(receives=2) == []
    assert work.job["status"] == "completed"


def test_the_last_attempt_tells_the_poller(work: Work) -> None:
    work.objects.failures = [refused("AccessDenied", "secret arn")]
    assert work.run(pdf([["Text"]]), receives=3) == ["m0"]
    assert work.job["status"] == "failed"
    assert work.job["errorMessage"] == "The document could not be processed in several attempts."
    work.run(receives=4)
    assert work.job["status"] == "completed", "someone sent it again from the dead-letter queue"
    assert "errorMessage" not in work.job
    assert "failedAt" not in work.job


def test_results_are_measured_in_bytes(work: Work) -> None:
    ascii_text = "a" * 20_000
    work.run(ascii_text.encode(), fileName="a.txt")
    assert work.job["resultLocation"] == "dynamodb"
    wide = work.message(jobId="job-2", fileName="a.txt")
    work.objects.objects[BUCKET, KEY] = ("語" * 20_000).encode()
    work.handle(wide)
    item = work.table.items["job-2"]
    assert (item["resultLocation"], item["resultS3Key"]) == ("s3", "v2/results/job-2/result.json")
    stored = work.objects.objects[BUCKET, item["resultS3Key"]]
    assert len(stored) == item["resultSizeBytes"] > results.MAX_INLINE_BYTES
    assert json.loads(stored)["text"] == "語" * 20_000
    assert "result" not in item


@pytest.mark.parametrize("text", ['say "hi"\\ \n\t', "x" * 3_000_000, "😀" * 1_048_577, ""])
def test_long_texts_are_written_in_pieces(text: str) -> None:
    file = io.BytesIO()
    written = result_file.ResultFile(file)
    written.text("text", text)
    assert written.objects("chunks", iter([{"n": 1}, {"n": 2}])) == 2
    assert written.objects("none", []) == 0
    written.end("metadata", {"title": "ä"})
    expected = {
        "text": text,
        "chunks": [{"n": 1}, {"n": 2}],
        "none": [],
        "metadata": {"title": "ä"},
    }
    assert json.loads(file.getvalue()) == expected


def test_scanned_pages_are_read_where_they_stand(work: Work) -> None:
    work.textract.answers = ["Line one\nLine two"]
    content = pdf(
        [["A page with text enough for us."], [], ["Another page with text enough."]], scanned={1}
    )
    assert work.run(content, processingOptions={"convertToMarkdown": True}) == []
    assert work.result["text"] == (
        "A page with text enough for us.\n\nLine one\nLine two\n\nAnother page with text enough."
    )
    assert work.result["metadata"]["extractionMethod"] == "ocr"
    assert work.result["metadata"]["ocrPages"] == [2]
    assert len(work.textract.pictures) == 1, "pages with text cost nothing"
    assert work.textract.pictures[0].startswith(b"\x89PNG")
    assert ("parsing_ocr", 70) in work.table.seen


def test_many_scanned_pages_keep_their_order(work: Work) -> None:
    pages = 19
    work.textract.answers = [f"page {number}" for number in range(pages)]
    assert work.run(pdf([[]] * pages, scanned=range(pages))) == []
    found = work.result["text"].split("\n\n")
    assert sorted(found) == sorted(f"page {number}" for number in range(pages))
    assert found[:8] != found[8:16]
    assert {int(line.split()[1]) // 8 for line in found[:8]} == {0}, "groups stay in order"
    shares = [progress for stage, progress in work.table.seen if stage == "parsing_ocr"]
    assert shares == [52, 65, 70]


def test_pictures_are_sent_as_they_are(work: Work) -> None:
    work.textract.answers = ["EXIT"]
    assert work.run(png(), fileName="sign.png") == []
    assert work.textract.pictures == [png()]
    assert work.result["text"] == "EXIT"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (refused("UnsupportedDocumentException"), "OCR cannot read it."),
        (refused("BadDocumentException"), "OCR cannot read it."),
        ("", "It holds no text."),
    ],
)
def test_what_ocr_cannot_read_is_told(work: Work, answer: Any, reason: str) -> None:
    work.textract.answers = [answer]
    assert work.run(png()) == []
    assert work.job["errorMessage"] == reason


def test_pictures_that_are_too_large_are_not_sent(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_ocr, "MAX_BYTES", 10)
    work.run(png())
    assert work.textract.pictures == []
    assert work.job["errorMessage"] == "OCR cannot read it."


def test_a_page_that_ocr_cannot_read_is_named(work: Work) -> None:
    work.textract.answers = [refused("BadDocumentException")]
    work.run(pdf([["A page with text enough for us."], []], scanned={1}))
    assert work.result["metadata"]["pagesWithoutText"] == [2]
    assert work.result["metadata"]["extractionMethod"] == "pdf"


@pytest.mark.parametrize("code", ["ThrottlingException", "AccessDeniedException"])
def test_textracts_own_troubles_are_tried_again(work: Work, code: str) -> None:
    work.textract.answers = [refused(code)]
    assert work.run(png()) == ["m0"]
    assert work.job["stage"] == "retrying"


@pytest.mark.parametrize("switch", ["environment", "option"])
def test_without_ocr_a_scan_is_refused_and_a_mixture_is_not(
    work: Work, monkeypatch: pytest.MonkeyPatch, switch: str
) -> None:
    options = {"ocrEnabled": switch != "option"}
    if switch == "environment":
        monkeypatch.setenv("TEXTRACT_ENABLED", "false")
    work.run(png(), processingOptions=options)
    assert work.job["errorMessage"] == "It is a scan, and OCR is switched off."
    mixture = pdf([["A page with text enough for us."], []], scanned={1})
    work.objects.objects[BUCKET, KEY] = mixture
    work.handle(work.message(jobId="job-2", processingOptions=options))
    metadata = work.table.items["job-2"]["result"]["metadata"]
    assert metadata["pagesWithoutText"] == [2]
    assert work.textract.pictures == []


def test_ocr_ends_before_the_functions_time_does(work: Work) -> None:
    work.context.seconds = 59
    assert work.run(png()) == []
    assert "OCR read 0 of 1 scanned pages" in work.job["errorMessage"]
    assert work.textract.pictures == [], "nothing is paid for in vain"


def test_ocr_has_a_limit(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_ocr, "MAX_PAGES", 2)
    work.run(pdf([[]] * 3, scanned=range(3)))
    assert work.job["errorMessage"] == "3 of its pages are scanned, OCR reads 2."


def test_documents_that_fill_the_disk_are_refused(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "shutil.disk_usage", lambda _: type("Usage", (), {"free": 64 * 1024 * 1024})
    )
    work.run(pdf([["Text"]]))
    assert "which is too large" in work.job["errorMessage"]


def test_all_missing_variables_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DOCUMENTS_BUCKET_NAME", "DOCUMENT_JOBS_TABLE", "PROCESSOR_TYPE"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(
        Exception, match="DOCUMENTS_BUCKET_NAME, DOCUMENT_JOBS_TABLE, PROCESSOR_TYPE"
    ):
        entry.handler(sqs_event({}), FakeContext())


def test_content_is_not_logged(work: Work, capsys: pytest.CaptureFixture[str]) -> None:
    work.run(b"canary in the text", fileName="canary.txt")
    work.run(b"x", jobId="job-2", key="missing/canary")
    logged = capsys.readouterr().out
    assert "job-1" in logged
    assert "canary" not in logged
