"""Metadata of single partitions: as Dagster's own call gives it, without listing partitions for each."""

import dagster as dg

from spotify_assets.instance.partition_metadata import tell_each

DAYS = dg.DailyPartitionsDefinition("2025-01-01", end_date="2025-01-04")
TAGS = {
    "dagster/asset_partition_range_start": "2025-01-01",
    "dagster/asset_partition_range_end": "2025-01-03",
}


class Telling(dg.IOManager):
    """Stores nothing, and tells of each partition which it is."""

    def handle_output(self, context: dg.OutputContext, obj: object) -> None:
        context.add_output_metadata({"of all": dg.MetadataValue.int(3)})
        tell_each(
            context, {key: {"of one": dg.MetadataValue.text(key)} for key in context.asset_partition_keys}
        )

    def load_input(self, context: dg.InputContext) -> None: ...


def test_each_partition_has_its_own_beside_what_all_of_them_have():
    @dg.multi_asset(
        outs={name: dg.AssetOut(io_manager_key="telling") for name in ("one", "other")},
        partitions_def=DAYS,
        backfill_policy=dg.BackfillPolicy.single_run(),
    )
    def both(context: dg.AssetExecutionContext) -> tuple[int, int]:
        context.add_asset_metadata({"of the body": True}, asset_key="one", partition_key="2025-01-02")
        return 1, 2

    result = dg.materialize([both], resources={"telling": Telling()}, tags=TAGS)
    for name in ("one", "other"):
        made = [
            each for each in result.asset_materializations_for_node("both") if each.asset_key.path == [name]
        ]
        told = [{key: value.value for key, value in each.metadata.items()} for each in made]
        assert [each["of one"] for each in told] == ["2025-01-01", "2025-01-02", "2025-01-03"]
        assert [each["of all"] for each in told] == [3, 3, 3]
    first = [
        each for each in result.asset_materializations_for_node("both") if each.asset_key.path == ["one"]
    ]
    assert [each.metadata.get("of the body") is not None for each in first] == [False, True, False]
