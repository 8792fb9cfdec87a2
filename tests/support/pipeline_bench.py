"""The whole set, deployed to the emulator, at work on a real PostgreSQL.

The emulator has neither a database nor a model of embeddings: the functions' own
configuration points them at stand-ins on loopback, by botocore's variables for endpoints of
single services. Everything else is as it was deployed.

Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
from botocore.config import Config

from aistudio_templates.config import EnvironmentConfig
from aistudio_templates.rehearsal import Emulator, emulator
from support.data_api_server import DataApiServer
from support.embedding_model import EmbeddingModel
from support.patience import until
from support.postgres import postgres
from support.rehearsed_set import deployed_set

_INITIALIZER = "aistudio-dev-database-initializer"


class Bench:
    """The set of dev, and clients to work with it.

    Attributes:
        outputs: The root stack's outputs.
        database: The database, behind a Data API.
        model: The model of embeddings.
    """

    def __init__(
        self,
        running: Emulator,
        outputs: Mapping[str, str],
        database: DataApiServer,
        model: EmbeddingModel,
    ) -> None:
        self.endpoint_url = running.endpoint_url
        self.outputs = outputs
        self.database = database
        self.model = model
        self._session: Any = boto3.Session(*running.credentials, region_name=running.region)
        self._tables: Any = self._session.resource("dynamodb", endpoint_url=running.endpoint_url)
        self.functions = self.client("lambda")
        self.s3 = self.client("s3")
        self.sqs = self.client("sqs")

    def client(self, service: str) -> Any:
        """Return a client that says at once what fails."""
        config = Config(retries={"total_max_attempts": 1}, read_timeout=60)
        return self._session.client(service, endpoint_url=self.endpoint_url, config=config)

    def variables(self, function: str) -> dict[str, str]:
        """Return a function's environment variables."""
        found = self.functions.get_function_configuration(FunctionName=f"aistudio-dev-{function}")
        return dict(found["Environment"]["Variables"])

    def configure(self, function: str, **variables: str) -> None:
        """Add environment variables to a function, once it has nothing to do."""
        self._replace_variables(function, {**self.variables(function), **variables})

    @contextmanager
    def configured(self, function: str, **variables: str) -> Iterator[None]:
        """Add environment variables to a function until the block ends."""
        before = self.variables(function)
        self._replace_variables(function, {**before, **variables})
        try:
            yield
        finally:
            self._replace_variables(function, before)

    def _replace_variables(self, function: str, variables: Mapping[str, str]) -> None:
        name = f"aistudio-dev-{function}"
        found = self.functions.list_event_source_mappings(FunctionName=name)
        # The emulator ends what runs with the old variables, whatever it is doing.
        for mapping in found["EventSourceMappings"]:
            self.drained(mapping["EventSourceArn"].rpartition(":")[2])
        self.functions.update_function_configuration(
            FunctionName=name, Environment={"Variables": dict(variables)}
        )

    def invoke(self, function: str, event: object, *, later: bool = False) -> tuple[bool, Any]:
        """Invoke a function; return whether it succeeded, and its answer.

        Args:
            function: Its name without the prefix.
            event: What it is given.
            later: Whether only to ask for it, as services do that wait for no answer.
        """
        answer = self.functions.invoke(
            FunctionName=f"aistudio-dev-{function}",
            InvocationType="Event" if later else "RequestResponse",
            Payload=json.dumps(event),
        )
        content = answer["Payload"].read()
        return "FunctionError" not in answer, json.loads(content) if content else None

    def queue_url(self, name: str) -> str:
        """Return the URL of a queue whose name contains ``name``, and no other's does."""
        (url,) = [url for url in self.sqs.list_queues()["QueueUrls"] if name in url]
        return str(url)

    def send(self, queue: str, body: object) -> None:
        """Send a message; anything but text as JSON."""
        text = body if isinstance(body, str) else json.dumps(body)
        self.sqs.send_message(QueueUrl=self.queue_url(queue), MessageBody=text)

    def taken_from(self, queue: str, holds: Any) -> dict[str, Any]:
        """Wait for a message of a queue that no function works off, take it out, return it.

        Args:
            queue: Part of the queue's name.
            holds: Returns whether it is the one.
        """
        url = self.queue_url(queue)

        def received() -> list[dict[str, Any]]:
            answer = self.sqs.receive_message(
                QueueUrl=url,
                VisibilityTimeout=0,
                MaxNumberOfMessages=10,
                MessageAttributeNames=["All"],
                AttributeNames=["All"],
            )
            return [message for message in answer.get("Messages", []) if holds(message)]

        (message,) = until(received)
        self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return message

    def drained(self, queue: str) -> None:
        """Wait until a queue holds nothing, and nothing is being worked on either."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        url = self.queue_url(queue)

        def messages() -> int:
            found = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)
            return sum(int(found["Attributes"][name]) for name in names)

        until(messages, lambda count: count == 0)

    def item(self, table: str, job_id: str) -> dict[str, Any]:
        """Return an item of a table of jobs; an empty one if there is none."""
        found = self._tables.Table(table).get_item(Key={"jobId": job_id})
        return dict(found.get("Item", {}))

    def initialize_database(self) -> dict[str, Any]:
        """Run the real initialiser as CloudFormation does; return its answer to it."""
        bucket, key = self.outputs["StorageRepositoriesBucketName"], f"answers/{uuid4().hex}"
        event = {
            "RequestType": "Update",
            "RequestId": uuid4().hex,
            "StackId": "arn:aws:cloudformation:us-east-1:000000000000:stack/aistudio-dev/1",
            "LogicalResourceId": "DatabaseSchema",
            "PhysicalResourceId": "schema-of-aistudio",
            "ResponseURL": self.s3.generate_presigned_url(
                "put_object", Params={"Bucket": bucket, "Key": key}
            ),
            "ResourceProperties": {
                "ClusterArn": self.outputs["DatabaseClusterArn"],
                "SecretArn": self.outputs["DatabaseSecretArn"],
                "DatabaseName": "aistudio",
                "MigrationsDigest": uuid4().hex,
            },
        }
        succeeded, answer = self.invoke("database-initializer", event)
        assert succeeded, answer
        content = self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        return dict(json.loads(content))


@contextmanager
def bench(directory: Path) -> Iterator[Bench]:
    """Deploy the set of dev, give it a database with the real schema, and a model.

    Args:
        directory: For the templates.
    """
    with (
        postgres() as connection_string,
        DataApiServer(connection_string).serving() as database,
        EmbeddingModel().serving() as model,
        emulator() as running,
    ):
        outputs = deployed_set(running, EnvironmentConfig.get("dev"), directory)
        deployed = Bench(running, outputs, database, model)
        for function in deployed.functions.list_functions()["Functions"]:
            name = function["FunctionName"].removeprefix("aistudio-dev-")
            if name == "database-initializer" or "DATABASE_NAME" in deployed.variables(name):
                deployed.configure(name, AWS_ENDPOINT_URL_RDS_DATA=database.endpoint_url)
        deployed.configure(
            "embedding-generator", AWS_ENDPOINT_URL_BEDROCK_RUNTIME=model.endpoint_url
        )
        answer = deployed.initialize_database()
        assert answer["Status"] == "SUCCESS", answer
        yield deployed
        named = (outputs["DatabaseClusterArn"], outputs["DatabaseSecretArn"], "aistudio")
        assert database.targets == {named}
