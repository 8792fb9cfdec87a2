"""A stand-in for Amazon Textract's text detection, at once and in jobs.

Whatever it is shown, it reads the same pages. It tells nobody that a job is over: a test
does so, when it wants to.

Source: https://docs.aws.amazon.com/textract/latest/dg/API_Operations.html
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from support.loopback_server import Request, Response, serving

_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"%PDF", b"II*\0", b"MM\0*")
"""How what it takes begins.

Source: https://docs.aws.amazon.com/textract/latest/dg/limits-document.html
"""


class TextReader:
    """Textract, which remembers its jobs.

    Args:
        pages: Lines of each page that it reads.

    Attributes:
        endpoint_url: What a ``textract`` client is pointed at.
        jobs: The requests that began them, by id.
    """

    def __init__(self, pages: Sequence[Sequence[str]]) -> None:
        self._pages = pages
        self.endpoint_url = ""
        self.jobs: dict[str, dict[str, Any]] = {}

    @contextmanager
    def serving(self) -> Iterator[TextReader]:
        """Serve until the block ends."""
        with serving(self._answer) as self.endpoint_url:
            yield self

    def completion(self, job_id: str) -> str:
        """Return what Textract publishes when a job is over."""
        job = self.jobs[job_id]
        told = {
            "JobId": job_id,
            "Status": "SUCCEEDED",
            "API": "StartDocumentTextDetection",
            "JobTag": job["JobTag"],
            "DocumentLocation": job["DocumentLocation"],
        }
        return json.dumps(told)

    def _answer(self, request: Request) -> Response:
        content = json.loads(request.body)
        answer = {
            "Textract.DetectDocumentText": self._detect,
            "Textract.StartDocumentTextDetection": self._start,
            "Textract.GetDocumentTextDetection": self._get,
        }[request.headers["x-amz-target"]](content)
        headers = {"content-type": "application/x-amz-json-1.1"}
        return Response(json.dumps(answer).encode(), 200 if answer else 400, headers)

    def _detect(self, content: dict[str, Any]) -> dict[str, Any]:
        picture = base64.b64decode(content["Document"]["Bytes"])
        return {"Blocks": self._blocks(0)} if picture.startswith(_PICTURES) else {}

    def _start(self, content: dict[str, Any]) -> dict[str, Any]:
        # The same token is the same job.
        job_id = content["ClientRequestToken"]
        self.jobs[job_id] = content
        return {"JobId": job_id}

    def _get(self, content: dict[str, Any]) -> dict[str, Any]:
        """Return a page an answer: results come in pieces."""
        page = int(content.get("NextToken", "0"))
        answer = {
            "JobStatus": "SUCCEEDED",
            "DocumentMetadata": {"Pages": len(self._pages)},
            "Blocks": self._blocks(page),
        }
        more = page + 1 < len(self._pages)
        return {**answer, "NextToken": str(page + 1)} if more else answer

    def _blocks(self, page: int) -> list[dict[str, Any]]:
        lines = [
            {"BlockType": "LINE", "Page": page + 1, "Text": text} for text in self._pages[page]
        ]
        return [{"BlockType": "PAGE", "Page": page + 1}, *lines]
