import ipaddress

import pytest

from aistudio_templates.config import EnvironmentConfig
from support.environments import assembly, composed, stack

EXISTING = {
    "vpc_id": "vpc-0123456789abcdef0",
    "cidr": "10.9.0.0/16",
    "availability_zones": ("us-east-1a", "us-east-1b"),
    "public_subnet_ids": ("subnet-00000000000000001", "subnet-00000000000000002"),
    "application_subnet_ids": ("subnet-00000000000000003", "subnet-00000000000000004"),
    "data_subnet_ids": ("subnet-00000000000000005", "subnet-00000000000000006"),
    "isolated_subnet_ids": ("subnet-00000000000000007", "subnet-00000000000000008"),
}

SSM_NAMES = (
    *("vpc-id", "vpc-owner-stack-id", "vpc-cidr", "vpc-azs"),
    *("vpc-public-subnet-ids", "vpc-private-subnet-ids"),
    *("vpc-data-subnet-ids", "vpc-isolated-subnet-ids"),
)


def config(**network: object) -> EnvironmentConfig:
    return EnvironmentConfig.get("dev").override(network=network)


@pytest.mark.parametrize(("name", "zones"), [("dev", 2), ("prod", 3)])
def test_each_tier_has_one_subnet_a_zone(name: str, zones: int) -> None:
    subnets = stack(assembly(name), "network").of_type("AWS::EC2::Subnet")
    assert len(subnets) == 4 * zones
    for tier in ("Public", "Application", "Data", "Isolated"):
        ours = [v for k, v in subnets.items() if k.startswith(tier)]
        chosen = [v["Properties"]["AvailabilityZone"]["Fn::Select"][0] for v in ours]
        assert sorted(chosen) == list(range(zones))


def test_subnets_are_disjoint_and_inside_the_vpc() -> None:
    view = stack(assembly("prod"), "network")
    vpc = ipaddress.ip_network(view.only("AWS::EC2::VPC").properties["CidrBlock"])
    networks = [
        ipaddress.ip_network(v["Properties"]["CidrBlock"])
        for v in view.of_type("AWS::EC2::Subnet").values()
    ]
    assert all(network.subnet_of(vpc) for network in networks)
    assert not any(a.overlaps(b) for index, a in enumerate(networks) for b in networks[index + 1 :])


@pytest.mark.parametrize(
    ("gateways", "expected"),
    [
        (0, {}),
        (1, {1: "NatGateway1", 2: "NatGateway1", 3: "NatGateway1"}),
        (2, {1: "NatGateway1", 2: "NatGateway2", 3: "NatGateway1"}),
        (3, {1: "NatGateway1", 2: "NatGateway2", 3: "NatGateway3"}),
    ],
)
def test_zones_share_nat_gateways(gateways: int, expected: dict[int, str]) -> None:
    view = stack(composed(config(availability_zones=3, nat_gateways=gateways)), "network")
    assert len(view.of_type("AWS::EC2::NatGateway")) == gateways
    assert len(view.of_type("AWS::EC2::EIP")) == gateways
    routes = {
        zone: view.get(f"ApplicationDefaultRoute{zone}").properties["NatGatewayId"]["Ref"]
        for zone in expected
    }
    assert routes == expected


def test_only_public_and_application_subnets_have_a_default_route() -> None:
    view = stack(assembly("prod"), "network")
    tables = {
        v["Properties"]["RouteTableId"]["Ref"] for v in view.of_type("AWS::EC2::Route").values()
    }
    assert tables == {"PublicRouteTable"} | {f"ApplicationRouteTable{zone}" for zone in (1, 2, 3)}


def test_no_subnet_hands_out_public_addresses() -> None:
    for subnet in stack(assembly("prod"), "network").of_type("AWS::EC2::Subnet").values():
        assert subnet["Properties"]["MapPublicIpOnLaunch"] is False


def test_gateway_endpoints_serve_every_route_table() -> None:
    view = stack(assembly("dev"), "network")
    tables = set(view.of_type("AWS::EC2::RouteTable"))
    for service in ("s3", "dynamodb"):
        endpoint = view.get(f"{service.capitalize()}GatewayEndpoint")
        endpoint.has(
            VpcEndpointType="Gateway",
            ServiceName={"Fn::Sub": f"com.amazonaws.${{AWS::Region}}.{service}"},
        )
        assert {table["Ref"] for table in endpoint.properties["RouteTableIds"]} == tables


def test_interface_endpoints_are_those_configured_and_no_others() -> None:
    view = stack(composed(config(interface_endpoints=("ecr.api", "secretsmanager"))), "network")
    interfaces = {
        name
        for name, endpoint in view.of_type("AWS::EC2::VPCEndpoint").items()
        if endpoint["Properties"]["VpcEndpointType"] == "Interface"
    }
    assert interfaces == {"EcrApiInterfaceEndpoint", "SecretsmanagerInterfaceEndpoint"}
    group = view.get("InterfaceEndpointSecurityGroup")
    (rule,) = group.properties["SecurityGroupIngress"]
    assert (rule["FromPort"], rule["ToPort"], rule["CidrIp"]) == (443, 443, "10.0.0.0/16")


def test_without_interface_endpoints_there_is_no_security_group() -> None:
    view = stack(composed(config(interface_endpoints=())), "network")
    assert not view.of_type("AWS::EC2::SecurityGroup")


def test_rejected_traffic_goes_to_a_log_group() -> None:
    view = stack(composed(config(flow_logs="reject")), "network")
    view.only("AWS::EC2::FlowLog").has(TrafficType="REJECT", LogGroupName={"Ref": "FlowLogGroup"})
    statement = view.get("FlowLogRole").properties["AssumeRolePolicyDocument"]["Statement"][0]
    assert statement["Condition"]["StringEquals"] == {
        "aws:SourceAccount": {"Ref": "AWS::AccountId"}
    }


def test_all_traffic_goes_to_a_bucket_that_expires_it() -> None:
    view = stack(composed(config(flow_logs="all", flow_log_retention_days=90)), "network")
    flow_log = view.only("AWS::EC2::FlowLog").has(TrafficType="ALL", LogDestinationType="s3")
    assert flow_log.resource["DependsOn"] == "FlowLogBucketPolicy"
    rules = view.get("FlowLogBucket").properties["LifecycleConfiguration"]["Rules"]
    assert [rule.get("ExpirationInDays") for rule in rules] == [None, 90]


def test_flow_logs_can_be_off() -> None:
    assert not stack(composed(config(flow_logs="none")), "network").of_type("AWS::EC2::FlowLog")


def test_the_dashboard_names_real_nat_gateways() -> None:
    view = stack(assembly("prod"), "network")
    body = view.get("VpcDashboard").properties["DashboardBody"]["Fn::Sub"]
    for gateway in view.of_type("AWS::EC2::NatGateway"):
        assert f'"NatGatewayId", "${{{gateway}}}"' in body


@pytest.mark.parametrize("name", ["dev", "staging", "prod"])
def test_every_environment_publishes_its_vpc(name: str) -> None:
    view = stack(assembly(name), "network")
    published = [v["Properties"]["Name"] for v in view.of_type("AWS::SSM::Parameter").values()]
    assert sorted(published) == sorted(f"/aistudio/{name}/{value}" for value in SSM_NAMES)


def test_a_shared_vpc_is_read_from_its_owner_and_adds_nothing() -> None:
    view = stack(assembly("staging"), "network")
    assert {v["Type"] for v in view.resources.values()} == {"AWS::SSM::Parameter"}
    parameters = view.body["Parameters"]
    assert parameters["SharedVpcId"]["Default"] == "/aistudio/dev/vpc-id"
    assert parameters["SharedVpcId"]["Type"] == "AWS::SSM::Parameter::Value<AWS::EC2::VPC::Id>"
    assert view.body["Outputs"]["VpcId"]["Value"] == {"Ref": "SharedVpcId"}
    assert view.body["Outputs"]["DataSubnetIds"]["Value"] == {
        "Fn::Join": [",", {"Fn::Split": [",", {"Ref": "SharedVpcDataSubnetIds"}]}]
    }


def test_no_list_type_reads_the_text_that_the_owner_publishes() -> None:
    published = {
        v["Properties"]["Name"]: v["Properties"]["Type"]
        for v in stack(assembly("dev"), "network").of_type("AWS::SSM::Parameter").values()
    }
    for parameter in stack(assembly("staging"), "network").body["Parameters"].values():
        assert published[parameter["Default"]] == "String"
        assert "List<" not in parameter["Type"]


def test_what_a_shared_vpc_reads_is_what_its_owner_publishes() -> None:
    read = {p["Default"] for p in stack(assembly("staging"), "network").body["Parameters"].values()}
    written = {
        v["Properties"]["Name"]
        for v in stack(assembly("dev"), "network").of_type("AWS::SSM::Parameter").values()
    }
    assert read <= written


def test_an_existing_vpc_is_used_by_its_ids() -> None:
    view = stack(composed(config(vpc_source="existing", existing_vpc=EXISTING)), "network")
    assert {v["Type"] for v in view.resources.values()} == {"AWS::SSM::Parameter"}
    assert "Parameters" not in view.body
    outputs = view.body["Outputs"]
    assert outputs["VpcId"]["Value"] == "vpc-0123456789abcdef0"
    assert outputs["DataSubnetIds"]["Value"] == {
        "Fn::Join": [",", list(EXISTING["data_subnet_ids"])]
    }
