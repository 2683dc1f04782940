"""The template sets up what it says, deployed to an imitation of AWS; its tables are the published ones.

The imitation deploys buckets with their encryption, policies and roles. Of the rest it takes nothing from
templates: Glue tables are created from it one by one, and what it says of buckets is read as it stands.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import polars as pl
import pytest
import yaml  # type: ignore[import-untyped]
from moto import mock_aws

from spotify_assets.docs.glue import published_tables
from spotify_assets.docs.policies import POLICIES_DIR
from spotify_assets.docs.template import TEMPLATE_FILE
from spotify_assets.tables import TABLES

BUCKET, PREFIX = "listening-of-a-family", "family"
BUCKETS = (BUCKET, f"{BUCKET}-results", f"{BUCKET}-logs")
REGION = "eu-central-1"


class _Loader(yaml.SafeLoader):  # type: ignore[misc]
    """Reads CloudFormation's short forms as the long ones."""


def _long_form(_loader: Any, suffix: str, node: Any) -> dict[str, Any]:
    name = suffix if suffix == "Ref" else f"Fn::{suffix}"
    return {name: node.value}


_Loader.add_multi_constructor("!", _long_form)


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    """The template as CloudFormation reads it."""
    read: dict[str, Any] = yaml.load(TEMPLATE_FILE.read_text(encoding="utf-8"), _Loader)
    return read


@pytest.fixture(scope="module")
def stack() -> Iterator[dict[str, str]]:
    """Outputs of the template, deployed."""
    with mock_aws():
        cloud = boto3.client("cloudformation", region_name=REGION)
        cloud.create_stack(
            StackName="listening",
            TemplateBody=TEMPLATE_FILE.read_text(encoding="utf-8"),
            Capabilities=["CAPABILITY_IAM"],
            Parameters=[
                {"ParameterKey": "BucketName", "ParameterValue": BUCKET},
                {"ParameterKey": "Prefix", "ParameterValue": PREFIX},
            ],
        )
        [made] = cloud.describe_stacks(StackName="listening")["Stacks"]
        assert made["StackStatus"] == "CREATE_COMPLETE"
        yield {each["OutputKey"]: each["OutputValue"] for each in made["Outputs"]}


def resources(template: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    """Properties of every resource of a kind."""
    found = template["Resources"].items()
    return {name: resource["Properties"] for name, resource in found if resource["Type"] == kind}


def client(service: str) -> Any:
    return boto3.client(service, region_name=REGION)


def test_the_address_of_the_lake_is_told(stack: dict[str, str]):
    assert stack["LakeUrl"] == f"s3://{BUCKET}/{PREFIX}"


@pytest.mark.parametrize("bucket", BUCKETS)
def test_every_bucket_is_encrypted(stack: dict[str, str], bucket: str):
    rules = client("s3").get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert [rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] for rule in rules] == ["AES256"]


def test_every_bucket_is_closed_to_the_public_and_keeps_versions(template: dict[str, Any]):
    buckets = resources(template, "AWS::S3::Bucket")
    assert buckets.keys() == {"Lake", "Results", "Logs"}
    for properties in buckets.values():
        assert properties["PublicAccessBlockConfiguration"] == {
            "BlockPublicAcls": True,
            "IgnorePublicAcls": True,
            "BlockPublicPolicy": True,
            "RestrictPublicBuckets": True,
        }
        assert properties["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
        assert properties["VersioningConfiguration"] == {"Status": "Enabled"}


def test_what_was_replaced_or_deleted_goes_and_what_is_there_stays(template: dict[str, Any]):
    rules = resources(template, "AWS::S3::Bucket")["Lake"]["LifecycleConfiguration"]["Rules"]
    assert all(rule["Status"] == "Enabled" and "ExpirationInDays" not in rule for rule in rules)
    told = {key: value for rule in rules for key, value in rule.items() if key not in {"Id", "Status"}}
    assert told == {
        "NoncurrentVersionExpiration": {"NoncurrentDays": {"Ref": "KeepReplacedDays"}},
        "ExpiredObjectDeleteMarker": True,
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
    }


@pytest.mark.parametrize(
    ("role", "who"), [("Producer", "producer"), ("Pipeline", "pipeline"), ("Reader", "reader")]
)
def test_a_role_may_what_its_policy_says(stack: dict[str, str], role: str, who: str):
    iam = client("iam")
    name = stack[f"{role}Role"].rsplit("/", 1)[1]
    attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    documents = [
        iam.get_policy_version(PolicyArn=each["PolicyArn"], VersionId="v1")["PolicyVersion"]["Document"]
        for each in attached
    ]
    kept = (POLICIES_DIR / f"{who}.json").read_text(encoding="utf-8")
    assert json.loads(kept.replace("BUCKET", BUCKET).replace("PREFIX", PREFIX)) in documents
    assert len(documents) == (2 if who == "reader" else 1)


def test_a_reader_writes_nowhere_but_where_results_go(template: dict[str, Any]):
    statements = [
        statement
        for policy in ("ReaderPolicy", "QueryPolicy")
        for statement in template["Resources"][policy]["Properties"]["PolicyDocument"]["Statement"]
    ]
    writing = [each for each in statements if any("Put" in a or "Delete" in a for a in each["Action"])]
    assert [each["Resource"] for each in writing] == [{"Fn::Sub": "${Results.Arn}/*"}]


def filled_in(value: Any) -> Any:
    """A part of the template with its parameters."""
    if isinstance(value, dict) and "Fn::Sub" in value:
        filled = value["Fn::Sub"].replace("${Lake}", BUCKET).replace("${Prefix}", PREFIX)
        return filled.replace("${!", "${")
    if isinstance(value, dict):
        return {key: filled_in(each) for key, each in value.items()}
    return [filled_in(each) for each in value] if isinstance(value, list) else value


@pytest.fixture(scope="module")
def in_glue(template: dict[str, Any]) -> Iterator[dict[str, dict[str, Any]]]:
    """Every table as Glue has it, by `schema.table`."""
    with mock_aws():
        glue, found = client("glue"), {}
        for properties in resources(template, "AWS::Glue::Table").values():
            table = filled_in(properties["TableInput"])
            schema = properties["DatabaseName"]["Ref"].removeprefix("Database").lower()
            if schema not in {each["Name"] for each in glue.get_databases()["DatabaseList"]}:
                glue.create_database(DatabaseInput={"Name": schema})
            glue.create_table(DatabaseName=schema, TableInput=table)
            made = glue.get_table(DatabaseName=schema, Name=table["Name"])["Table"]
            found[f"{schema}.{table['Name']}"] = made
        yield found


GLUE_OF_POLARS = {
    pl.String(): "string",
    pl.Int64(): "bigint",
    pl.Float64(): "double",
    pl.Boolean(): "boolean",
    pl.Date(): "date",
    pl.Datetime("us"): "timestamp",
}


def columns_of(table: dict[str, Any]) -> dict[str, str]:
    return {each["Name"]: each["Type"] for each in table["StorageDescriptor"]["Columns"]}


@pytest.mark.slow
def test_glue_has_the_columns_of_the_catalogue(in_glue: dict[str, dict[str, Any]]):
    assert in_glue.keys() == {f"{table.schema}.{table.name}" for table in published_tables()}
    for name, table in TABLES.items():
        told = {column: GLUE_OF_POLARS[kind] for column, kind in table.polars_schema.items()}
        assert columns_of(in_glue[name]) == told, name


def test_glue_has_every_published_file_where_it_lies_with_the_types_that_it_has(
    in_glue: dict[str, dict[str, Any]], published: Path
):
    files = [*(published / "processed").glob("*/*/**/*.parquet")]
    assert len(files) > 50
    for file in files:
        schema, name, *months = file.relative_to(published / "processed").parts[:-1]
        table = in_glue[f"{schema}.{name}"]
        told = {column: GLUE_OF_POLARS[kind] for column, kind in pl.read_parquet_schema(file).items()}
        assert columns_of(table) == told, file
        location = f"s3://{BUCKET}/{PREFIX}/processed/{schema}/{name}"
        assert table["StorageDescriptor"]["Location"] == f"{location}/"
        if months:
            assert table["Parameters"]["storage.location.template"] == f"{location}/month=${{month}}"
            assert months[0].removeprefix("month=")[:2] == "20"
        assert bool(table["PartitionKeys"]) or not months
