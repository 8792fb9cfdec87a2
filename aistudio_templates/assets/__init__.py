"""What is deployed beside templates: functions' source, digested and packaged.

The digest of the source is in the template, so a review shows which function changed;
the zip is built only when it is missing from S3. May import the standard library, names
and errors only.
"""

from aistudio_templates.assets.archive import archive
from aistudio_templates.assets.asset import Asset
from aistudio_templates.assets.catalog import function_asset, migrations_digest

__all__ = ["Asset", "archive", "function_asset", "migrations_digest"]
