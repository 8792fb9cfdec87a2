"""Sending e-mail: the identity that may send, and the configuration set that it sends with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from troposphere import GetAtt, Ref, Sub, ses

from aistudio_templates.model import Value
from aistudio_templates.patterns.handle import Handle
from aistudio_templates.patterns.kms_key import service_key
from aistudio_templates.patterns.topic import Publisher, Topic, topic
from aistudio_templates.policies.grants import resource_arn

_SERVICE = "ses.amazonaws.com"

_MAIL_FROM = "bounce"
"""Host below the domain that takes bounces; nothing else may send or receive there."""

_DKIM_TOKENS = (1, 2, 3)
"""Easy DKIM has three records, so that its keys can be rotated.

Source: https://docs.aws.amazon.com/ses/latest/dg/send-email-authentication-dkim-easy.html
"""

EVENT_TYPES = ("BOUNCE", "COMPLAINT", "DELIVERY", "REJECT")
"""What becomes of a message that somebody should know of."""


@dataclass(frozen=True)
class EmailIdentity(Handle):
    """Who sends.

    Attributes:
        identity: The SES identity; ``None`` where it exists already.
        sender_address: What stands in ``From``.
        dns_records: What the domain's DNS has to say before SES sends for it, one record a
            value; none unless the identity is a domain.
    """

    identity: Any | None
    sender_address: str
    dns_records: tuple[Value, ...]

    @property
    def arns(self) -> tuple[Value, ...]:
        """The identities that may stand for the sender.

        SES checks the address where somebody verified it, else its domain.
        """
        return tuple(
            resource_arn("ses", f"identity/{identity}")
            for identity in (self.sender_address, _domain(self.sender_address))
        )


@dataclass(frozen=True)
class Mailing(Handle):
    """All that sending takes, beside the sender.

    Attributes:
        configuration: The configuration set that messages are sent with.
        identity: Who sends.
        key: What the topic is encrypted with.
        events: The topic that hears what becomes of messages.
        destination: What publishes to it.
    """

    configuration: Any
    identity: EmailIdentity
    key: Any
    events: Topic
    destination: Any

    @property
    def configuration_arn(self) -> Value:
        """ARN of the configuration set."""
        return resource_arn("ses", f"configuration-set/${{{self.configuration.title}}}")


def mailing(
    title: str,
    *,
    configuration_name: str,
    identity_kind: Literal["address", "domain", "existing"],
    sender_address: str,
) -> Mailing:
    """Return identity and configuration set of a sender, and the topic of its feedback.

    Args:
        title: Stem of the logical ids: ``…ConfigurationSet``, ``…Identity``, ``…Feedback…``.
        configuration_name: Name of the configuration set.
        identity_kind: Which identity is made; see :func:`email_identity`.
        sender_address: What stands in ``From``.
    """
    configuration = configuration_set(f"{title}ConfigurationSet", name=configuration_name)
    identity = email_identity(
        f"{title}Identity",
        identity_kind,
        sender_address=sender_address,
        configuration=configuration,
    )
    key = service_key(f"{title}FeedbackKey", "Bounces and complaints", services=[_SERVICE])
    events = feedback_topic(
        f"{title}FeedbackTopic", configuration_name=configuration_name, key_arn=GetAtt(key, "Arn")
    )
    destination = event_destination(
        f"{title}FeedbackDestination", configuration=configuration, events=events
    )
    return Mailing(configuration, identity, key, events, destination)


def configuration_set(title: str, *, name: str) -> Any:
    """Return a configuration set: TLS only, reputation measured, hopeless addresses left out.

    Args:
        title: Logical id.
        name: Physical name, which senders and metrics know.

    Source: https://docs.aws.amazon.com/ses/latest/dg/using-configuration-sets.html
    """
    return ses.ConfigurationSet(
        title,
        Name=name,
        DeliveryOptions=ses.DeliveryOptions(TlsPolicy="REQUIRE"),
        ReputationOptions=ses.ReputationOptions(ReputationMetricsEnabled=True),
        SendingOptions=ses.SendingOptions(SendingEnabled=True),
        SuppressionOptions=ses.SuppressionOptions(SuppressedReasons=["BOUNCE", "COMPLAINT"]),
    )


def email_identity(
    title: str,
    kind: Literal["address", "domain", "existing"],
    *,
    sender_address: str,
    configuration: Any,
) -> EmailIdentity:
    """Return the identity of a sender: its address, its whole domain, or one that exists.

    SES writes to an address to verify it, and looks for a domain's records in DNS; until
    then, neither may send. An account has each identity once: whoever else sends from it
    takes it as existing.

    Args:
        title: Logical id.
        kind: Which identity is made.
        sender_address: What stands in ``From``.
        configuration: The configuration set of what names none.

    Source: https://docs.aws.amazon.com/ses/latest/dg/creating-identities.html
    """
    if kind == "existing":
        return EmailIdentity(None, sender_address, ())
    domain = _domain(sender_address)
    identity = ses.EmailIdentity(
        title,
        EmailIdentity=domain if kind == "domain" else sender_address,
        ConfigurationSetAttributes=ses.ConfigurationSetAttributes(
            ConfigurationSetName=Ref(configuration)
        ),
        # Nobody reads the sender's mailbox: feedback comes as events.
        FeedbackAttributes=ses.FeedbackAttributes(EmailForwardingEnabled=False),
        # Kept, it would be in the way of the stack that is made again.
        DeletionPolicy="Delete",
        UpdateReplacePolicy="Delete",
        **(_domain_properties(domain) if kind == "domain" else {}),
    )
    records = _dns_records(title, domain) if kind == "domain" else ()
    return EmailIdentity(identity, sender_address, records)


def feedback_topic(title: str, *, configuration_name: str, key_arn: Value) -> Topic:
    """Return a topic to which SES may publish events of one configuration set.

    Args:
        title: Logical id.
        configuration_name: Name of the configuration set.
        key_arn: A key that lets SES in; the AWS-managed one does not, and SES would refuse
            the topic. It costs 1 USD a month: events carry the addresses of users.

    Source: https://docs.aws.amazon.com/ses/latest/dg/event-publishing-add-event-destination-sns.html
    """
    arn = resource_arn("ses", f"configuration-set/{configuration_name}")
    return topic(title, publishers=[Publisher(_SERVICE, arn)], kms_key_id=key_arn)


def event_destination(
    title: str, *, configuration: Any, events: Topic, types: Sequence[str] = EVENT_TYPES
) -> Any:
    """Return the destination that sends a configuration set's events to a topic.

    Args:
        title: Logical id.
        configuration: The configuration set.
        events: The topic, from :func:`feedback_topic`.
        types: SES's event types.

    Source: https://docs.aws.amazon.com/ses/latest/dg/monitor-using-event-publishing.html
    """
    return ses.ConfigurationSetEventDestination(
        title,
        ConfigurationSetName=Ref(configuration),
        EventDestination=ses.EventDestination(
            Name="feedback",
            Enabled=True,
            MatchingEventTypes=list(types),
            SnsDestination=ses.SnsDestination(TopicARN=events.arn),
        ),
        # SES publishes a first message while it is made, and fails where it may not.
        DependsOn=events.policy.title,
    )


def _domain(address: str) -> str:
    return address.rpartition("@")[2]


def _domain_properties(domain: str) -> dict[str, Any]:
    return {
        "DkimAttributes": ses.DkimAttributes(SigningEnabled=True),
        "DkimSigningAttributes": ses.DkimSigningAttributes(NextSigningKeyLength="RSA_2048_BIT"),
        "MailFromAttributes": ses.MailFromAttributes(
            MailFromDomain=f"{_MAIL_FROM}.{domain}",
            # Until its MX record is there, bounces go to SES's own domain.
            BehaviorOnMxFailure="USE_DEFAULT_VALUE",
        ),
    }


def _dns_records(title: str, domain: str) -> tuple[Value, ...]:
    dkim = (
        Sub(f"${{{title}.DkimDNSTokenName{n}}} CNAME ${{{title}.DkimDNSTokenValue{n}}}")
        for n in _DKIM_TOKENS
    )
    mail_from = f"{_MAIL_FROM}.{domain}"
    return (
        *dkim,
        Sub(f"{mail_from} MX 10 feedback-smtp.${{AWS::Region}}.amazonses.com"),
        f'{mail_from} TXT "v=spf1 include:amazonses.com ~all"',
    )
