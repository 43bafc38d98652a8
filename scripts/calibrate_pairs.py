"""Compare the good photos with their templates; write how sure later comparisons are, and the calibration card."""

from soart import job
from soart.inspection import calibration, models, pair_model, pair_shard, pairs
from soart.storage import tables
from soart.storage.schemas import SCHEMAS


def main(
    mosaics: list[str], paths: dict[str, tuple[str, str]], picture, settings, alarm, model: str, card: str
) -> None:
    """Calibrate on the good pairs that could be read, by name, so that shards do not matter; `paths`: the files."""
    names = sorted(tables.read_several(mosaics, ["image"])["image"].tolist())
    heats = pair_shard.good_heats([paths[name] for name in names], picture, settings)
    calibrated = pair_model.calibrate(heats, picture, settings, alarm)
    models.save(model, calibrated)
    tables.write_csv(card, calibration.card_columns(calibrated.held_out, alarm.rate), SCHEMAS["calibration"])


if "snakemake" in globals():
    with job.reporting(snakemake):
        params, made = snakemake.params, snakemake.output
        job.log.info("%d photo(s) and templates as of %s", len(params.names), params.state)
        pictures = zip(params.photos, params.templates, strict=True)
        main(
            mosaics=snakemake.input.mosaics,
            paths=dict(zip(params.names, pictures, strict=True)),
            picture=tuple(params.picture),
            settings=pairs.Settings(params.mosaic_size, params.fit, **params.pair),
            alarm=calibration.Alarm(params.false_alarm_rate, params.alarm),
            model=made.model,
            card=made.calibration,
        )
