"""The three environments. Every figure has its reason.

Prices are list prices of us-east-1 for 730 hours a month.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

_WORKDAYS = "MON-FRI"

DEV: Mapping[str, Any] = {
    "name": "dev",
    "network": {
        # A range of its own in every environment, so that they can be peered.
        "cidr": "10.0.0.0/16",
        # Aurora and load balancers need two; a third adds cost and nothing to learn.
        "availability_zones": 2,
        # One at 33 USD a month serves both zones; its zone's failure is bearable here.
        "nat_gateways": 1,
        # None: the NAT gateway is there anyway, and each would cost 14.60 USD a month.
        "interface_endpoints": (),
        # Refused connections are what one looks for while building.
        "flow_logs": "reject",
        "flow_log_retention_days": 7,
    },
    "database": {
        # Pauses when idle: 0 USD at night instead of 43.80 USD a month for 0.5 ACU.
        "min_capacity_acu": 0.0,
        # Enough for a few developers; a runaway query costs at most 0.24 USD an hour.
        "max_capacity_acu": 2.0,
        "auto_pause": True,
        # Long enough to survive a meeting without a cold start of about 15 seconds.
        "seconds_until_auto_pause": 1800,
        "readers": 0,
        # Data here can be made again; a day covers an accident.
        "backup_retention_days": 1,
        "deletion_protection": False,
    },
    "compute": {
        # Where most document functions stop getting faster per dollar.
        "lambda_memory_mib": 1024,
        "lambda_timeout_seconds": 300,
        "ecs_desired_count": 1,
        "ecs_min_count": 1,
        "ecs_max_count": 3,
        # Half a vCPU is enough for one developer at a time.
        "ecs_task_cpu": 512,
        "ecs_task_memory_mib": 1024,
        # An interrupted task restarts in a minute; Spot is up to 70 % cheaper.
        "ecs_fargate_spot": True,
        "ecs_auto_scaling": False,
        # A new account has ten invocations at once in all: nothing to give away.
        "reserved_concurrency_enabled": False,
    },
    "storage": {
        "noncurrent_version_retention_days": 30,
        "access_log_retention_days": 30,
        # The application runs on the developer's own machine as well.
        "extra_allowed_origins": ("http://localhost:3000",),
    },
    "auth": {
        # The application runs on the developer's own machine as well.
        "extra_origins": ("http://localhost:3000", "http://localhost:3001"),
        "deletion_protection": False,
    },
    # No firewall: on Amplify it costs 24 USD a month, and nothing here is worth an attack.
    "frontend": {"subdomain": "dev", "branch": "dev", "waf_enabled": False},
    "processing": {},
    "scheduler": {"executor_concurrency": 5},
    # One verified address is enough to try with; no DNS record to wait for.
    "email": {"identity": "address", "sender_concurrency": 2},
    "power_tuning": {},
    "monitoring": {
        "detailed_metrics": False,
        # Nobody should be woken by a development database.
        "alarms_enabled": False,
        "tracing_enabled": False,
        # Each costs 3 USD a month; one's own functions are easier watched in the console.
        "function_dashboards_enabled": False,
        "log_level": "DEBUG",
        "log_retention_days": 7,
    },
    # The bill the documents promise.
    "cost": {"cost_optimization": True, "monthly_budget_usd": 150.0},
    # A loop of minutes; the data-loss guard still asks.
    "deploy": {"require_approval": "never", "termination_protection": False},
}

STAGING: Mapping[str, Any] = {
    "name": "staging",
    "network": {
        # The development VPC serves both: no second set of NAT gateways.
        "vpc_source": "share:dev",
        "cidr": "10.1.0.0/16",
        "availability_zones": 2,
        # Count only when this environment creates its own VPC: one a zone, as in prod.
        "nat_gateways": 2,
        "interface_endpoints": (),
        "flow_logs": "reject",
        "flow_log_retention_days": 14,
    },
    "database": {
        # Never pauses, so that response times mean something: 43.80 USD a month.
        "min_capacity_acu": 0.5,
        "max_capacity_acu": 4.0,
        "auto_pause": False,
        # Readers are production's; a rehearsal of failover is not staged.
        "readers": 0,
        # Over a weekend.
        "backup_retention_days": 3,
        "deletion_protection": False,
    },
    "compute": {
        "lambda_memory_mib": 2048,
        "lambda_timeout_seconds": 600,
        "ecs_desired_count": 1,
        "ecs_min_count": 1,
        "ecs_max_count": 4,
        "ecs_task_cpu": 512,
        "ecs_task_memory_mib": 1024,
        "ecs_fargate_spot": True,
        "ecs_auto_scaling": True,
        "reserved_concurrency_enabled": False,
    },
    "storage": {"noncurrent_version_retention_days": 30, "access_log_retention_days": 60},
    "auth": {"deletion_protection": True},
    "frontend": {"subdomain": "staging", "branch": "staging", "waf_enabled": False},
    "processing": {},
    "scheduler": {"executor_concurrency": 5},
    # dev's, whose account it shares: an account has each identity once.
    "email": {"identity": "existing", "sender_concurrency": 2},
    "power_tuning": {},
    "monitoring": {
        "detailed_metrics": True,
        # Alarms are tried where production's are born.
        "alarms_enabled": True,
        "tracing_enabled": True,
        "function_dashboards_enabled": False,
        "log_retention_days": 14,
    },
    "cost": {"cost_optimization": False, "monthly_budget_usd": 300.0},
    "deploy": {"require_approval": "broadening", "termination_protection": True},
}

PROD: Mapping[str, Any] = {
    "name": "prod",
    "network": {
        "cidr": "10.2.0.0/16",
        # One zone may fail without half of the capacity going with it.
        "availability_zones": 3,
        # One a zone (99 USD a month): no zone depends on another, no traffic between them.
        "nat_gateways": 3,
        # None: each would cost 21.90 USD a month, more than the NAT gateways charge for
        # the calls it would take (0.045 USD a GB).
        "interface_endpoints": (),
        # All traffic, in S3, for whoever investigates an incident.
        "flow_logs": "all",
        "flow_log_retention_days": 90,
    },
    "database": {
        # Business hours; nights and weekends are scheduled below.
        "min_capacity_acu": 2.0,
        # The observed peak was 6 ACU.
        "max_capacity_acu": 8.0,
        "auto_pause": False,
        # Survives a zone, and takes read queries.
        "readers": 1,
        "backup_retention_days": 7,
        "deletion_protection": True,
        # Schools' hours. Every evening from Monday to Friday lowers the minimum, so the
        # weekend needs no entry of its own: Friday's lasts until Monday morning.
        "scheduled_capacity": (
            {
                "name": "business-hours",
                "cron": f"cron(30 7 ? * {_WORKDAYS} *)",
                "min_capacity_acu": 2.0,
                "max_capacity_acu": 8.0,
            },
            {
                "name": "after-hours",
                "cron": f"cron(0 20 ? * {_WORKDAYS} *)",
                "min_capacity_acu": 0.5,
                "max_capacity_acu": 4.0,
            },
        ),
    },
    "compute": {
        "lambda_memory_mib": 3008,
        "lambda_timeout_seconds": 900,
        "ecs_desired_count": 2,
        # Two tasks in two zones: one may fail, or be replaced, unnoticed.
        "ecs_min_count": 2,
        "ecs_max_count": 10,
        "ecs_task_cpu": 1024,
        "ecs_task_memory_mib": 2048,
        # The first two are on demand; Spot is for configuration to switch on.
        "ecs_fargate_spot": False,
        "ecs_auto_scaling": True,
        # Lessons begin with thirty browsers a classroom at once: scaling would come late.
        "ecs_scheduled_counts": (
            {
                "name": "business-hours",
                "cron": f"cron(30 7 ? * {_WORKDAYS} *)",
                "min_count": 4,
                "max_count": 20,
            },
            {
                "name": "after-hours",
                "cron": f"cron(0 20 ? * {_WORKDAYS} *)",
                "min_count": 2,
                "max_count": 10,
            },
        ),
        # What must run, runs, however busy the rest of the account is.
        "reserved_concurrency_enabled": True,
    },
    "storage": {"noncurrent_version_retention_days": 90, "access_log_retention_days": 365},
    "auth": {"deletion_protection": True},
    "frontend": {"branch": "main"},
    "processing": {},
    "scheduler": {"executor_concurrency": 10},
    # DKIM on the whole domain: what prod sends must arrive.
    "email": {"identity": "domain", "sender_concurrency": 5},
    "power_tuning": {},
    "monitoring": {
        "detailed_metrics": True,
        "alarms_enabled": True,
        "tracing_enabled": True,
        "function_dashboards_enabled": True,
        "log_retention_days": 30,
    },
    # The bill the documents promise.
    "cost": {"cost_optimization": False, "monthly_budget_usd": 500.0},
    "deploy": {"require_approval": "any-change", "termination_protection": True},
}

ENVIRONMENTS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {"dev": DEV, "staging": STAGING, "prod": PROD}
)
"""Default values by environment; :meth:`EnvironmentConfig.get` validates them."""
