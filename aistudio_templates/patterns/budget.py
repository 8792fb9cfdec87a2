"""What an environment may cost: a monthly budget, and a monitor of unusual costs.

Both look at the tag ``Environment``, which must be activated once as a cost allocation tag
in the account that pays. A budget works in every account; a monitor of a tag can be made in
the account that pays alone, so that it is off unless configuration asks for it.

Source: https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/activating-tags.html
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from troposphere import Ref, budgets, ce

from aistudio_templates import names
from aistudio_templates.config import EnvironmentConfig
from aistudio_templates.patterns.handle import Handle
from aistudio_templates.patterns.topic import Topic

_NOTIFICATIONS = (("ACTUAL", 80.0), ("ACTUAL", 100.0), ("FORECASTED", 100.0))
"""Kind of cost and percentage of the budget that are worth a message."""


@dataclass(frozen=True)
class CostAnomalies(Handle):
    """A monitor of unusual costs and who hears of them."""

    monitor: Any
    subscription: Any


def monthly_budget(config: EnvironmentConfig, *, topic: Topic) -> Any:
    """Return the budget of ``config.cost.monthly_budget_usd``, in USD a month.

    It notifies at 80 % and 100 % of actual cost and when the forecast exceeds it.

    Args:
        config: Environment and amount.
        topic: What to notify; ``budgets.amazonaws.com`` must be let in.

    Source: https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-sns-policy.html
    """
    return budgets.Budget(
        "MonthlyBudget",
        Budget=budgets.BudgetData(
            BudgetName=names.physical_name(config.name, "monthly"),
            BudgetType="COST",
            TimeUnit="MONTHLY",
            BudgetLimit=budgets.Spend(Amount=config.cost.monthly_budget_usd, Unit="USD"),
            FilterExpression=budgets.Expression(
                And=[_tagged("Project", names.PROJECT), _tagged("Environment", config.name)]
            ),
            # What FilterExpression needs; the default sums up the same costs.
            Metrics=["UnblendedCost"],
        ),
        NotificationsWithSubscribers=[
            _notification(kind, percent, topic) for kind, percent in _NOTIFICATIONS
        ],
        # What is sent before the topic lets it in is lost.
        DependsOn=topic.policy.title,
    )


def cost_anomalies(config: EnvironmentConfig, *, topic: Topic) -> CostAnomalies | None:
    """Return a monitor of the environment's costs that reports what is unusual at once.

    AWS refuses it in a member account of an organisation: only the account that pays may
    watch the costs of a tag.

    Args:
        config: Environment, whether to watch it, and the impact that is worth a message.
        topic: What to notify; ``costalerts.amazonaws.com`` must be let in.

    Returns:
        ``None`` where ``config`` has it off.

    Source: https://docs.aws.amazon.com/cost-management/latest/userguide/getting-started-ad.html
    """
    if not config.cost.anomaly_detection:
        return None
    monitor = ce.AnomalyMonitor(
        "CostAnomalyMonitor",
        MonitorName=names.physical_name(config.name, "cost"),
        MonitorType="CUSTOM",
        MonitorSpecification=json.dumps({"Tags": {"Key": "Environment", "Values": [config.name]}}),
    )
    impact = {
        "Dimensions": {
            "Key": "ANOMALY_TOTAL_IMPACT_ABSOLUTE",
            "MatchOptions": ["GREATER_THAN_OR_EQUAL"],
            "Values": [f"{config.cost.anomaly_threshold_usd:g}"],
        }
    }
    subscription = ce.AnomalySubscription(
        "CostAnomalySubscription",
        SubscriptionName=names.physical_name(config.name, "cost"),
        MonitorArnList=[Ref(monitor)],
        Frequency="IMMEDIATE",
        Subscribers=[ce.Subscriber(Type="SNS", Address=topic.arn)],
        ThresholdExpression=json.dumps(impact),
        DependsOn=topic.policy.title,
    )
    return CostAnomalies(monitor, subscription)


def _tagged(key: str, value: str) -> Any:
    return budgets.Expression(
        Tags=budgets.TagValues(Key=key, Values=[value], MatchOptions=["EQUALS"])
    )


def _notification(kind: str, percent: float, topic: Topic) -> Any:
    return budgets.NotificationWithSubscribers(
        Notification=budgets.Notification(
            NotificationType=kind,
            ComparisonOperator="GREATER_THAN",
            Threshold=percent,
            ThresholdType="PERCENTAGE",
        ),
        Subscribers=[budgets.Subscriber(SubscriptionType="SNS", Address=topic.arn)],
    )
