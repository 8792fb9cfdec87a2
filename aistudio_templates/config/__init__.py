"""What an environment is: immutable, validated values, and the file that overrides them.

May import the standard library, pydantic, names and errors. Never troposphere, boto3 or
click: configuration says what is wanted, and builders say what that takes.
"""

from aistudio_templates.config.compute import TunedFunction
from aistudio_templates.config.database import CapacitySchedule, DatabaseConfig
from aistudio_templates.config.hosts import (
    SignInUrls,
    application_host,
    application_origins,
    sign_in_urls,
    static_assets_host,
)
from aistudio_templates.config.model import EnvironmentConfig
from aistudio_templates.config.network import ExistingVpc, NetworkConfig, SubnetCidrs
from aistudio_templates.config.reference import reference_markdown
from aistudio_templates.config.schema import json_schema
from aistudio_templates.config.settings import (
    EnvironmentSettings,
    Organization,
    Settings,
    load_settings,
)
from aistudio_templates.config.subnets import SubnetPlan, plan_subnets

__all__ = [
    "CapacitySchedule",
    "DatabaseConfig",
    "EnvironmentConfig",
    "EnvironmentSettings",
    "ExistingVpc",
    "NetworkConfig",
    "Organization",
    "Settings",
    "SignInUrls",
    "SubnetCidrs",
    "SubnetPlan",
    "TunedFunction",
    "application_host",
    "application_origins",
    "json_schema",
    "load_settings",
    "plan_subnets",
    "reference_markdown",
    "sign_in_urls",
    "static_assets_host",
]
