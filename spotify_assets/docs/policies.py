"""Who may do what in the bucket of a lake, `infra/policies/`: policies as S3 and its like read them.

A producer writes new event objects and reads nothing; the pipeline does everything below the lake; a reader
sees the published tables.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from spotify_assets.lake.layout import EVENTS
from spotify_assets.settings import PROJECT_ROOT

POLICIES_DIR = PROJECT_ROOT / "infra" / "policies"
RAW, PUBLISHED = "raw", "processed"
"""Folders below the lake's address: what was handed in, and what is published from it."""
Policy = Mapping[str, Any]


def policy_of(who: str, bucket: str, folder: str) -> Policy:
    """The policy of somebody for a lake in a folder of a bucket, which is named by its ARN."""
    return {"Version": "2012-10-17", "Statement": _STATEMENTS[who](bucket, folder)}


def policy_files() -> dict[Path, Callable[[], str]]:
    """The file of each, in which BUCKET and PREFIX stand for those of an installation."""

    def said(who: str) -> Callable[[], str]:
        return lambda: json.dumps(policy_of(who, "arn:aws:s3:::BUCKET", "PREFIX"), indent=2) + "\n"

    return {POLICIES_DIR / f"{who}.json": said(who) for who in _STATEMENTS}


def _producer(bucket: str, folder: str) -> list[Policy]:
    return [
        {
            "Sid": "WriteEvents",
            "Effect": "Allow",
            "Action": ["s3:PutObject"],
            "Resource": [f"{bucket}/{folder}/{RAW}/{EVENTS}/date=*"],
        },
        # Where a bucket has access lists, as Ceph's do, whoever wrote an object may else read and delete it.
        {
            "Sid": "ReadNothing",
            "Effect": "Deny",
            "Action": ["s3:Delete*", "s3:Get*", "s3:List*"],
            "Resource": [bucket, f"{bucket}/*"],
        },
    ]


def _pipeline(bucket: str, folder: str) -> list[Policy]:
    actions = ["AbortMultipartUpload", "DeleteObject", "GetObject", "ListMultipartUploadParts", "PutObject"]
    return [
        _listing("ListTheLake", bucket, folder),
        {
            "Sid": "WorkInTheLake",
            "Effect": "Allow",
            "Action": [f"s3:{action}" for action in actions],
            "Resource": [f"{bucket}/{folder}/*"],
        },
    ]


def _reader(bucket: str, folder: str) -> list[Policy]:
    published = f"{folder}/{PUBLISHED}"
    return [
        _listing("ListWhatIsPublished", bucket, published),
        {
            "Sid": "ReadWhatIsPublished",
            "Effect": "Allow",
            "Action": ["s3:GetObject"],
            "Resource": [f"{bucket}/{published}/*"],
        },
        {
            "Sid": "FindTheBucket",
            "Effect": "Allow",
            "Action": ["s3:GetBucketLocation"],
            "Resource": [bucket],
        },
    ]


def _listing(name: str, bucket: str, folder: str) -> Policy:
    return {
        "Sid": name,
        "Effect": "Allow",
        "Action": ["s3:ListBucket"],
        "Resource": [bucket],
        "Condition": {"StringLike": {"s3:prefix": [folder, f"{folder}/*"]}},
    }


_STATEMENTS: Mapping[str, Callable[[str, str], list[Policy]]] = {
    "producer": _producer,
    "pipeline": _pipeline,
    "reader": _reader,
}
