"""Every IAM action that we allow on more than named resources, and why it must be so.

A test walks all policies of all templates: an action on ``*`` or on a pattern that is not
listed here fails, and so does an entry that nothing uses.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Wildcard:
    """Why some actions are allowed on a pattern of resources.

    Attributes:
        actions: IAM actions, such as ``xray:PutTraceSegments``.
        resource: The pattern as the template has it, with ``${…}`` left in place.
        reason: Why AWS or the task offers no narrower form.
        source: The document behind it.
    """

    actions: frozenset[str]
    resource: str
    reason: str
    source: str


WILDCARDS: tuple[Wildcard, ...] = (
    Wildcard(
        frozenset({"xray:PutTelemetryRecords", "xray:PutTraceSegments"}),
        "*",
        "X-Ray has no resource that a policy could name for what is sent to it.",
        "https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html",
    ),
    Wildcard(
        frozenset(
            {
                "ec2:AssignPrivateIpAddresses",
                "ec2:CreateNetworkInterface",
                "ec2:DeleteNetworkInterface",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSubnets",
                "ec2:UnassignPrivateIpAddresses",
            }
        ),
        "*",
        "Lambda checks these on every resource before it places a function in a VPC.",
        "https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html",
    ),
    Wildcard(
        frozenset({"bedrock:InvokeModel"}),
        "arn:${AWS::Partition}:bedrock:*::foundation-model/${Model}",
        "An inference profile spreads over regions, and which ones is AWS's to change; only with "
        "a profile as processing.embedding_model_id.",
        "https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-prereq.html",
    ),
    Wildcard(
        frozenset({"bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"}),
        "arn:${AWS::Partition}:bedrock:*::foundation-model/anthropic.claude-*",
        "An inference profile spreads over regions, and versions of a model come and go.",
        "https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-prereq.html",
    ),
    Wildcard(
        frozenset({"bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"}),
        "arn:${AWS::Partition}:bedrock:${AWS::Region}:${AWS::AccountId}:inference-profile/*.anthropic.claude-*",
        "A profile's id begins with its geography, and versions of a model come and go.",
        "https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-prereq.html",
    ),
    Wildcard(
        frozenset({"bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"}),
        "arn:${AWS::Partition}:bedrock:*::foundation-model/amazon.nova-*",
        "An inference profile spreads over regions, and versions of a model come and go.",
        "https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-prereq.html",
    ),
    Wildcard(
        frozenset({"bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"}),
        "arn:${AWS::Partition}:bedrock:${AWS::Region}:${AWS::AccountId}:inference-profile/*.amazon.nova-*",
        "A profile's id begins with its geography, and versions of a model come and go.",
        "https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-prereq.html",
    ),
    Wildcard(
        frozenset({"cloudwatch:PutMetricData"}),
        "*",
        "CloudWatch has no resource for metrics; a condition names the one namespace.",
        "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html",
    ),
    Wildcard(
        frozenset({"ecr:GetAuthorizationToken"}),
        "*",
        "The token is the registry's, and ECR has no resource for it; pulls name the repository.",
        "https://docs.aws.amazon.com/service-authorization/latest/reference/"
        "list_amazonelasticcontainerregistry.html",
    ),
    Wildcard(
        frozenset({"logs:DescribeLogGroups"}),
        "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:*",
        "Amplify looks for its log group in the list of all before it writes to it.",
        "https://docs.aws.amazon.com/aws-managed-policy/latest/reference/"
        "AdministratorAccess-Amplify.html",
    ),
    Wildcard(
        frozenset(
            {
                "ssmmessages:CreateControlChannel",
                "ssmmessages:CreateDataChannel",
                "ssmmessages:OpenControlChannel",
                "ssmmessages:OpenDataChannel",
            }
        ),
        "*",
        "Session Manager's channels have no resource; granted only where shells are switched on.",
        "https://docs.aws.amazon.com/service-authorization/latest/reference/"
        "list_amazonsessionmanagermessagegatewayservice.html",
    ),
    Wildcard(
        frozenset(
            {
                "textract:DetectDocumentText",
                "textract:GetDocumentTextDetection",
                "textract:StartDocumentTextDetection",
            }
        ),
        "*",
        "Textract's jobs have no ARN; of S3 it reads only what the role itself may read.",
        "https://docs.aws.amazon.com/service-authorization/latest/reference/list_textract.html",
    ),
    Wildcard(
        frozenset({"secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"}),
        "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}"
        ":secret:${SecretName}-??????",
        "Secrets Manager makes up six characters behind the name of a secret that the "
        "organisation keeps; only with processing.embedding_provider = 'openai'.",
        "https://docs.aws.amazon.com/secretsmanager/latest/userguide/"
        "auth-and-access_iam-policies.html",
    ),
    Wildcard(
        frozenset({"xray:GetSamplingRules", "xray:GetSamplingTargets"}),
        "*",
        "Sampling rules are the account's; a state machine that is traced has to ask for them.",
        "https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html",
    ),
    Wildcard(
        frozenset(
            {
                "logs:CreateLogDelivery",
                "logs:DeleteLogDelivery",
                "logs:DescribeLogGroups",
                "logs:DescribeResourcePolicies",
                "logs:GetLogDelivery",
                "logs:ListLogDeliveries",
                "logs:PutResourcePolicy",
                "logs:UpdateLogDelivery",
            }
        ),
        "*",
        "Step Functions sets up the delivery of a log by calls that know no log group.",
        "https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html",
    ),
    Wildcard(
        frozenset(
            {
                "lambda:CreateAlias",
                "lambda:DeleteAlias",
                "lambda:GetFunctionConfiguration",
                "lambda:InvokeFunction",
                "lambda:ListAliases",
                "lambda:ListVersionsByFunction",
                "lambda:PublishVersion",
                "lambda:UpdateAlias",
                "lambda:UpdateFunctionConfiguration",
            }
        ),
        "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:"
        "aistudio-${Environment}-*",
        "Power tuning takes any function of its environment: which one, its input says.",
        "https://docs.aws.amazon.com/lambda/latest/dg/lambda-api-permissions-ref.html",
    ),
    Wildcard(
        frozenset({"lambda:DeleteFunction"}),
        "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:"
        "aistudio-${Environment}-*:*",
        "Power tuning deletes the versions that it published; a function itself has no version "
        "in its ARN and is out of reach.",
        "https://docs.aws.amazon.com/lambda/latest/dg/lambda-api-permissions-ref.html",
    ),
)
