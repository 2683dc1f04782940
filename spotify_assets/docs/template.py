"""`infra/aws.yaml`: the policies of its roles and the tables in Glue, below what is written there by hand."""

from typing import Any

import yaml  # type: ignore[import-untyped]

from spotify_assets.docs.glue import glue_resources
from spotify_assets.docs.policies import policy_of
from spotify_assets.settings import PROJECT_ROOT

TEMPLATE_FILE = PROJECT_ROOT / "infra" / "aws.yaml"
_FROM_HERE = "  # From here on written by `make docs` from spotify_assets/docs/ and spotify_assets/tables/.\n"


class _Dumper(yaml.SafeDumper):  # type: ignore[misc]
    """Lists stand further in than what they belong to, as in the rest of the file."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> Any:  # noqa: ARG002
        return super().increase_indent(flow, False)


def template_text() -> str:
    """The file: what stands there by hand, then what follows from the code."""
    by_hand, _, _ = TEMPLATE_FILE.read_text(encoding="utf-8").partition(_FROM_HERE)
    text = yaml.dump(
        _policies() | glue_resources(), Dumper=_Dumper, sort_keys=False, width=1000, default_flow_style=None
    )
    indented = "".join(f"  {line}" for line in text.splitlines(keepends=True))
    return f"{by_hand}{_FROM_HERE}{indented}"


def _policies() -> dict[str, Any]:
    return {f"{who.capitalize()}Policy": _managed(who) for who in ("producer", "pipeline", "reader")}


def _managed(who: str) -> dict[str, Any]:
    document = policy_of(who, "${Lake.Arn}", "${Prefix}")
    properties = {"Roles": [{"Ref": who.capitalize()}], "PolicyDocument": _filled_in(document)}
    return {"Type": "AWS::IAM::ManagedPolicy", "Properties": properties}


def _filled_in(value: Any) -> Any:
    """The same where CloudFormation fills in the bucket and the folder."""
    if isinstance(value, dict):
        return {key: _filled_in(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_filled_in(each) for each in value]
    return {"Fn::Sub": value} if "${" in value else value
