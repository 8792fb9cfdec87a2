"""What this installation may tune: its own environment's functions, and nothing else."""

from __future__ import annotations

import os
from dataclasses import dataclass

from errors import InputError
from tuning import Tuning


@dataclass(frozen=True)
class Scope:
    """The limits of an installation.

    Attributes:
        functions: What the ARN of every function begins with.
        own_functions: What the ARNs of power tuning's own functions begin with.
        payloads: What the address of every payload in S3 begins with.
        power_values: Memory sizes that are tried unless the input names some, in MiB.
        timeout_seconds: How long one memory size may take, in seconds.
    """

    functions: str
    own_functions: str
    payloads: str
    power_values: tuple[int, ...]
    timeout_seconds: int

    @classmethod
    def of(cls, own_arn: str) -> Scope:
        """Return the scope by the environment variables and the running function's ARN."""
        account = own_arn.rpartition(":")[0]
        bucket, prefix = os.environ["PAYLOAD_BUCKET_NAME"], os.environ["PAYLOAD_PREFIX"]
        return cls(
            functions=f"{account}:{os.environ['FUNCTION_PREFIX']}",
            own_functions=own_arn.rpartition("-")[0] + "-",
            payloads=f"s3://{bucket}/{prefix}",
            power_values=tuple(map(int, os.environ["POWER_VALUES"].split(","))),
            timeout_seconds=int(os.environ["EXECUTION_TIMEOUT_SECONDS"]),
        )

    def check(self, tuning: Tuning) -> None:
        """Check an input against these limits.

        Raises:
            InputError: It goes beyond them.
        """
        self._check_function("lambdaARN", tuning.function_arn)
        self._check_function("preProcessorARN", tuning.pre_processor_arn)
        self._check_function("postProcessorARN", tuning.post_processor_arn)
        if tuning.function_arn.startswith(self.own_functions):
            raise InputError(f"lambdaARN = {tuning.function_arn}: power tuning cannot tune itself")
        if tuning.payload_s3 is not None and not tuning.payload_s3.startswith(self.payloads):
            raise InputError(
                f"payloadS3 = {tuning.payload_s3}: must begin with {self.payloads}, "
                "which is all that power tuning may read"
            )
        pauses_seconds = tuning.num * tuning.sleep_ms / 1_000
        if not tuning.parallel and pauses_seconds >= self.timeout_seconds:
            raise InputError(
                f"num = {tuning.num} pauses of sleepBetweenRunsMs = {tuning.sleep_ms} take "
                f"{pauses_seconds:g} s, longer than one memory size may: {self.timeout_seconds} s"
            )

    def _check_function(self, name: str, arn: str | None) -> None:
        if arn is not None and not arn.startswith(self.functions):
            raise InputError(f"{name} = {arn}: must begin with {self.functions}")
