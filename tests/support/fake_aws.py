"""DynamoDB, SQS, S3 and Lambda's context in memory, as far as the functions use them.

:class:`FakeTable` is boto3's ``Table`` with conditions, :class:`FakeQueues` an ``sqs``
client, :class:`FakeObjects` an ``s3`` client, :class:`FakeContext` what Lambda hands to a
handler; the database is :mod:`support.fake_data_api`. Each has ``failures``: exceptions
that its next calls raise, in order. :func:`sqs_event` makes Lambda's event.
"""

# ruff: noqa: N803 # argument names are boto3's

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError

ACCOUNT = "111122223333"
REGION = "us-east-1"

_MAX_MESSAGE_BYTES = 262_144
_MAX_BATCH_MESSAGES = 10
_NO_ATTRIBUTE_CHARACTERS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

_RESERVED_WORDS = frozenset(
    {"data", "error", "key", "name", "owner", "result", "source", "status", "timestamp", "ttl"}
    | {"type", "url", "user", "value", "values", "state", "size", "action", "location"}
)
"""Those of DynamoDB's that a function is tempted to use.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ReservedWords.html
"""


def refused(code: str, message: str = "no", operation: str = "Call", **more: Any) -> ClientError:
    """Return the error that boto3 raises when AWS answers with ``code``."""
    return ClientError({"Error": {"Code": code, "Message": message}, **more}, operation)  # type: ignore[typeddict-item]


class FakeContext:
    """Lambda's context with some time left, in seconds."""

    def __init__(self, seconds: float = 600.0) -> None:
        self.seconds = seconds
        self.function_name = "function"
        self.aws_request_id = "request"
        self.invoked_function_arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:function"

    def get_remaining_time_in_millis(self) -> int:
        return int(self.seconds * 1000)


def sqs_event(*bodies: Any, queue: str = "queue", receives: int = 1) -> dict[str, Any]:
    """Return Lambda's event with messages ``m0``, ``m1`` …; text is taken as it is."""
    return {
        "Records": [
            {
                "messageId": f"m{number}",
                "receiptHandle": f"r{number}",
                "body": body if isinstance(body, str) else json.dumps(body),
                "attributes": {"ApproximateReceiveCount": str(receives)},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}",
                "awsRegion": REGION,
            }
            for number, body in enumerate(bodies)
        ]
    }


class _Failing:
    """Raises what a test has put into ``failures``, one a call; counts calls."""

    def __init__(self) -> None:
        self.failures: list[Exception | None] = []
        self.calls: list[str] = []

    def _call(self, name: str) -> None:
        self.calls.append(name)
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure


class FakeQueues(_Failing):
    """An ``sqs`` client.

    Attributes:
        sent: Sent messages by queue URL, each the request of ``send_message``.
        visibility: Seconds by receipt handle.
        refused_entries: How many entries of the next batches SQS refuses.
    """

    def __init__(self) -> None:
        super().__init__()
        self.meta = SimpleNamespace(endpoint_url=f"https://sqs.{REGION}.amazonaws.com")
        self.sent: dict[str, list[dict[str, Any]]] = {}
        self.visibility: dict[str, int] = {}
        self.refused_entries = 0

    def bodies(self, url: str) -> list[Any]:
        """Return the decoded bodies of what was sent to a queue."""
        return [json.loads(message["MessageBody"]) for message in self.sent.get(url, [])]

    def send_message(
        self, *, QueueUrl: str, MessageBody: str, **more: Mapping[str, Any]
    ) -> dict[str, str]:
        self._call("send_message")
        assert 0 < len(MessageBody.encode()) <= _MAX_MESSAGE_BYTES
        for attribute in more.get("MessageAttributes", {}).values():
            assert attribute["DataType"] == "String"
            assert attribute["StringValue"]
            assert not _NO_ATTRIBUTE_CHARACTERS.search(attribute["StringValue"])
        self.sent.setdefault(QueueUrl, []).append({"MessageBody": MessageBody, **more})
        return {"MessageId": f"sent{len(self.sent[QueueUrl])}"}

    def send_message_batch(
        self, *, QueueUrl: str, Entries: list[dict[str, Any]]
    ) -> dict[str, list[dict[str, Any]]]:
        self._call("send_message_batch")
        assert 0 < len(Entries) <= _MAX_BATCH_MESSAGES
        assert len({entry["Id"] for entry in Entries}) == len(Entries)
        assert sum(len(entry["MessageBody"].encode()) for entry in Entries) <= _MAX_MESSAGE_BYTES
        failed = [
            {"Id": entry["Id"], "Code": "InternalError", "SenderFault": False}
            for entry in Entries[: self.refused_entries]
        ]
        taken = Entries[self.refused_entries :]
        self.refused_entries -= len(failed)
        for entry in taken:
            message = {name: value for name, value in entry.items() if name != "Id"}
            self.sent.setdefault(QueueUrl, []).append(message)
        answer: dict[str, list[dict[str, Any]]] = {"Successful": [{"Id": e["Id"]} for e in taken]}
        return answer | ({"Failed": failed} if failed else {})

    def change_message_visibility(
        self, *, QueueUrl: str, ReceiptHandle: str, VisibilityTimeout: int
    ) -> None:
        self._call("change_message_visibility")
        assert QueueUrl.startswith("https://")
        assert 0 <= VisibilityTimeout <= 43_200
        self.visibility[ReceiptHandle] = VisibilityTimeout


class _Body(io.BytesIO):
    """A streamed body; reading all of it at once is a fault that a test sees."""

    def read(self, amount: int | None = -1, /) -> bytes:
        assert amount is not None
        assert amount > 0, "the whole object is read into memory"
        return super().read(amount)

    def iter_chunks(self, chunk_size: int = 1024) -> Iterator[bytes]:
        while piece := self.read(chunk_size):
            yield piece


class FakeObjects(_Failing):
    """An ``s3`` client.

    Attributes:
        objects: Bodies by bucket and key.
    """

    def __init__(self, objects: Mapping[tuple[str, str], bytes] | None = None) -> None:
        super().__init__()
        self.objects = dict(objects or {})

    def head_object(self, *, Bucket: str, Key: str, **_: Any) -> dict[str, Any]:
        self._call("head_object")
        if (Bucket, Key) not in self.objects:
            raise refused("404", "Not Found", "HeadObject")
        return {"ContentLength": len(self.objects[Bucket, Key])}

    def get_object(self, *, Bucket: str, Key: str, **_: Any) -> dict[str, Any]:
        self._call("get_object")
        if (Bucket, Key) not in self.objects:
            raise refused("NoSuchKey", "The specified key does not exist.", "GetObject")
        body = self.objects[Bucket, Key]
        return {"Body": _Body(body), "ContentLength": len(body)}

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, **_: Any) -> dict[str, Any]:
        self._call("put_object")
        self.objects[Bucket, Key] = Body
        return {}


class FakeTable(_Failing):
    """A DynamoDB ``Table`` with one partition key.

    It knows the operators and functions of conditions that the functions use, and refuses
    reserved words and floats as DynamoDB and boto3 do.

    Attributes:
        items: Items by key; numbers are ``Decimal``, as boto3 reads them.
    """

    def __init__(self, key: str = "jobId") -> None:
        super().__init__()
        self.key = key
        self.items: dict[str, dict[str, Any]] = {}

    def get_item(self, *, Key: Mapping[str, str], **_: Any) -> dict[str, Any]:
        self._call("get_item")
        item = self.items.get(Key[self.key])
        return {} if item is None else {"Item": dict(item)}

    def put_item(self, *, Item: Mapping[str, Any], **request: Any) -> dict[str, Any]:
        self._call("put_item")
        _check_placeholders("", request)
        self._check(Item[self.key], request)
        self.items[Item[self.key]] = {name: _stored(value) for name, value in Item.items()}
        return {}

    def delete_item(self, *, Key: Mapping[str, str], **request: Any) -> dict[str, Any]:
        self._call("delete_item")
        _check_placeholders("", request)
        self._check(Key[self.key], request)
        self.items.pop(Key[self.key], None)
        return {}

    def update_item(
        self, *, Key: Mapping[str, str], UpdateExpression: str, **request: Any
    ) -> dict[str, Any]:
        self._call("update_item")
        key = Key[self.key]
        self._check(key, request)
        item = dict(self.items.get(key, Key))
        _check_placeholders(UpdateExpression, request)
        expression = _Expression(item, request)
        for clause, text in _clauses(UpdateExpression):
            expression.apply(clause, text)
        assert item[self.key] == key
        self.items[key] = item
        return {"Attributes": dict(item)} if request.get("ReturnValues") == "ALL_NEW" else {}

    def _check(self, key: str, request: Mapping[str, Any]) -> None:
        condition = request.get("ConditionExpression")
        if condition is None:
            return
        old = self.items.get(key)
        if _Expression(old or {}, request).holds(condition):
            return
        more = {}
        if request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" and old is not None:
            more["Item"] = {name: _in_notation(value) for name, value in old.items()}
        raise refused(
            "ConditionalCheckFailedException", "The conditional request failed", "Put", **more
        )


def _stored(value: Any) -> Any:
    if isinstance(value, float):
        raise TypeError("Float types are not supported. Use Decimal types instead.")
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, Mapping):
        return {name: _stored(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_stored(item) for item in value]
    return value


def _in_notation(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, Decimal):
        return {"N": str(value)}
    return {"S": str(value)}


def _check_placeholders(update: str, request: Mapping[str, Any]) -> None:
    """Refuse names and values that no expression uses or defines, as DynamoDB does."""
    used = set(re.findall(r"[#:]\w+", f"{update} {request.get('ConditionExpression', '')}"))
    kinds = ("ExpressionAttributeNames", "ExpressionAttributeValues")
    defined = {name for kind in kinds for name in request.get(kind, {})}
    assert used == defined, f"unused or undefined: {used ^ defined}"


def _clauses(expression: str) -> Iterable[tuple[str, str]]:
    parts = re.split(r"\b(SET|REMOVE|ADD)\b", expression)
    assert not parts[0].strip(), f"no update expression: {expression}"
    return zip(parts[1::2], parts[2::2], strict=True)


_TOKEN = re.compile(r"\s*(<>|<=|>=|[()=<>,+-]|[#:]?\w+)")

_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda left, right: bool(left == right),
    "<>": lambda left, right: bool(left != right),
    "<": lambda left, right: left is not None and bool(left < right),
    "<=": lambda left, right: left is not None and bool(left <= right),
    ">": lambda left, right: left is not None and bool(left > right),
    ">=": lambda left, right: left is not None and bool(left >= right),
}


class _Expression:
    """DynamoDB's expressions over one item, by recursive descent."""

    def __init__(self, item: dict[str, Any], request: Mapping[str, Any]) -> None:
        self._item = item
        self._names = request.get("ExpressionAttributeNames", {})
        values = request.get("ExpressionAttributeValues", {})
        self._values = {name: _stored(value) for name, value in values.items()}
        self._tokens: list[str] = []

    def holds(self, condition: str) -> bool:
        self._tokens = _TOKEN.findall(condition)
        result = self._either()
        assert not self._tokens, f"not understood: {self._tokens}"
        return result

    def apply(self, clause: str, text: str) -> None:
        for action in re.split(r",(?![^(]*\))", text):
            self._tokens = _TOKEN.findall(action)
            name = self._name(self._tokens.pop(0))
            if clause == "REMOVE":
                self._item.pop(name, None)
            elif clause == "ADD":
                self._item[name] = self._item.get(name, Decimal(0)) + self._operand()
            else:
                self._expect("=")
                self._item[name] = self._sum()
            assert not self._tokens, f"not understood: {self._tokens}"

    def _sum(self) -> Any:
        value = self._operand()
        while self._tokens:
            sign = self._tokens.pop(0)
            value = value + self._operand() if sign == "+" else value - self._operand()
        return value

    def _either(self) -> bool:
        result = self._both()
        while self._tokens[:1] == ["OR"]:
            self._tokens.pop(0)
            right = self._both()
            result = result or right
        return result

    def _both(self) -> bool:
        result = self._single()
        while self._tokens[:1] == ["AND"]:
            self._tokens.pop(0)
            right = self._single()
            result = result and right
        return result

    def _single(self) -> bool:
        if self._tokens[0] == "NOT":
            self._tokens.pop(0)
            return not self._single()
        if self._tokens[0] == "(":
            self._tokens.pop(0)
            result = self._either()
            self._expect(")")
            return result
        if self._tokens[0] in ("attribute_exists", "attribute_not_exists"):
            function = self._tokens.pop(0)
            self._expect("(")
            there = self._name(self._tokens.pop(0)) in self._item
            self._expect(")")
            return there == (function == "attribute_exists")
        return self._comparison()

    def _comparison(self) -> bool:
        left = self._operand()
        operator = self._tokens.pop(0)
        if operator == "IN":
            return left in self._list()
        return _COMPARISONS[operator](left, self._operand())

    def _list(self) -> list[Any]:
        self._expect("(")
        values = [self._operand()]
        while self._tokens.pop(0) == ",":
            values.append(self._operand())
        return values

    def _operand(self) -> Any:
        token = self._tokens.pop(0)
        if token == "if_not_exists":
            self._expect("(")
            name = self._name(self._tokens.pop(0))
            self._expect(",")
            default = self._operand()
            self._expect(")")
            return self._item.get(name, default)
        if token.startswith(":"):
            return self._values[token]
        return self._item.get(self._name(token))

    def _name(self, token: str) -> str:
        if token.startswith("#"):
            return str(self._names[token])
        assert token.lower() not in _RESERVED_WORDS, f"{token} is a reserved word of DynamoDB"
        return token

    def _expect(self, token: str) -> None:
        found = self._tokens.pop(0)
        assert found == token, f"{token} expected, {found} found"
