"""Learn from good images alone what a good part looks like; write the model and its calibration card."""

from soart import job
from soart.inspection import calibration, models
from soart.inspection.distances import Settings
from soart.inspection.mosaics import learn_from_tables
from soart.photos import decoding, registration
from soart.storage import tables
from soart.storage.schemas import SCHEMAS


def main(mosaics: list[str], settings: Settings, alarm: calibration.Alarm, anchor, model: str, card: str) -> None:
    """Learn from tables of mosaics; `anchor` is what their pictures were registered on, if they were."""
    learned = learn_from_tables(mosaics, settings, alarm, anchor)
    models.save(model, learned)
    tables.write_csv(card, calibration.card_columns(learned.held_out, alarm.rate), SCHEMAS["calibration"])


if "snakemake" in globals():
    with job.reporting(snakemake):
        given, params = snakemake.input, snakemake.params
        main(
            mosaics=given.mosaics,
            settings=Settings(params.mosaic_size, params.fit, seed=params.seed, **params.inspection),
            alarm=calibration.Alarm(params.false_alarm_rate, params.alarm),
            anchor=registration.read_anchor(
                given.anchor, params.registration, params.limits, decoding.least_side(params.mosaic_size)
            ),
            model=snakemake.output.model,
            card=snakemake.output.calibration,
        )
