"""The command line: parse, call, print; and where errors become exit codes.

One command a file below ``commands``. Importing this package, and ``--help``, import
neither boto3 nor troposphere, cfn-lint or pydantic: commands import what they need
when they run. May import everything but troposphere and botocore.
"""

from aistudio_templates.cli.app import main

__all__ = ["main"]
