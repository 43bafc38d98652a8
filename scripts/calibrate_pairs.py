"""Compare the good photos with their templates; write how sure later comparisons are, and the calibration card."""

from soart import job
from soart.inspection import calibration, calibration_card, models, pair_model, pair_shard, pairs
from soart.storage import frames, tables
from soart.storage.schemas import SCHEMAS


def main(
    mosaics: list[str], paths: dict[str, tuple[str, str]], picture, settings, alarm, model: str, card: str
) -> None:
    """Calibrate on the good pairs that could be read, by name, so that shards do not matter; `paths`: the files."""
    names = sorted(tables.read_several(mosaics, ["image"])["image"].tolist())
    heats = pair_shard.good_heats([paths[name] for name in names], picture, settings)
    calibrated = pair_model.calibrate(heats, picture, settings, alarm, names)
    models.save(model, calibrated)
    columns = calibration_card.card_columns(calibrated.held_out, alarm.rate, calibrated.odd)
    frames.write(columns, SCHEMAS["calibration"], csv=card)


if "snakemake" in globals():
    with job.reporting(snakemake) as given:
        job.log.info("%d photo(s) and templates as of %s", len(given.names), given.state)
        main(
            mosaics=snakemake.input.mosaics,
            paths=dict(zip(given.names, zip(given.photos, given.templates, strict=True), strict=True)),
            picture=tuple(given.picture),
            settings=pairs.Settings(given.mosaic_size, given.fit, **given.pair),
            alarm=calibration.Alarm(given.false_alarm_rate, given.alarm),
            model=snakemake.output.model,
            card=snakemake.output.calibration,
        )
