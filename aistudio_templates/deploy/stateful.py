"""Resource types that hold data, and the properties whose change replaces them.

Pure; standard library only. The properties are ``createOnlyProperties`` and
``conditionalCreateOnlyProperties`` of CloudFormation's resource schemas; a test holds
the table against the schemas that cfn-lint ships.

Source: https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/
resource-type-schema.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

_DB_INSTANCE = "AWS::RDS::DBInstance"

REPLACING_PROPERTIES: Mapping[str, frozenset[str]] = {
    resource_type: frozenset(properties.split())
    for resource_type, properties in {
        "AWS::Cognito::UserPool": "",
        "AWS::DynamoDB::GlobalTable": (
            "GlobalTableSourceArn KeySchema LocalSecondaryIndexes TableName"
        ),
        "AWS::DynamoDB::Table": "ImportSourceSpecification KeySchema TableName",
        "AWS::ECR::Repository": "EncryptionConfiguration RepositoryName",
        "AWS::EFS::FileSystem": "AvailabilityZoneName Encrypted KmsKeyId PerformanceMode",
        "AWS::KMS::Key": "",
        "AWS::OpenSearchService::Domain": (
            "AdvancedSecurityOptions DomainName EncryptionAtRestOptions EngineMode"
        ),
        "AWS::RDS::DBCluster": (
            "AvailabilityZones ClusterScalabilityType DBClusterIdentifier DBSubnetGroupName "
            "DBSystemId DatabaseName Engine EngineMode GlobalClusterIdentifier KmsKeyId "
            "MasterUsername PubliclyAccessible RestoreToTime RestoreType SnapshotIdentifier "
            "SourceDBClusterIdentifier SourceDbClusterResourceId SourceRegion StorageEncrypted "
            "UseLatestRestorableTime"
        ),
        "AWS::RDS::DBInstance": (
            "AutoMinorVersionUpgrade AvailabilityZone BackupRetentionPeriod BackupTarget "
            "CharacterSetName CustomIAMInstanceProfile DBClusterIdentifier "
            "DBClusterSnapshotIdentifier DBInstanceIdentifier DBName DBParameterGroupName "
            "DBSnapshotIdentifier DBSubnetGroupName DBSystemId Engine KmsKeyId MasterUsername "
            "MultiAZ NcharCharacterSetName PerformanceInsightsKMSKeyId "
            "PreferredMaintenanceWindow RestoreTime SourceDBClusterIdentifier "
            "SourceDBInstanceAutomatedBackupsArn SourceDBInstanceIdentifier "
            "SourceDbiResourceId SourceRegion StorageEncrypted Timezone UseLatestRestorableTime"
        ),
        "AWS::S3::Bucket": "BucketName BucketNamePrefix BucketNamespace",
        "AWS::SecretsManager::Secret": "Name",
    }.items()
}
"""Top-level properties that replace the resource, by stateful type."""


def is_stateful(resource_type: str) -> bool:
    """Return whether resources of a type hold data that nobody can make again."""
    return resource_type in REPLACING_PROPERTIES


def is_cluster_member(definition: Mapping[str, Any]) -> bool:
    """Return whether a resource is an instance of an Aurora cluster.

    The cluster holds the data; its instances come and go.

    Args:
        definition: The resource as a template has it.
    """
    return definition["Type"] == _DB_INSTANCE and "DBClusterIdentifier" in definition.get(
        "Properties", {}
    )


def may_replace(resource_type: str, property_paths: Iterable[str]) -> bool:
    """Return whether a change of ``property_paths`` may replace a stateful resource.

    Args:
        resource_type: Such as ``AWS::RDS::DBCluster``.
        property_paths: Dotted paths below ``Properties``, such as ``Tags.0.Value``.
    """
    replacing = REPLACING_PROPERTIES.get(resource_type, frozenset())
    return any(path.split(".", 1)[0] in replacing for path in property_paths)
