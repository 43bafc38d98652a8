"""Learn from good images alone what a good part looks like; write the model and its calibration card."""

from soart import job
from soart.inspection import calibration, models
from soart.inspection.distances import Settings
from soart.inspection.learning_tables import Words, learn_from_tables
from soart.photos import decoding, registration
from soart.storage import tables
from soart.storage.schemas import SCHEMAS


def main(mosaics: list[str], pictures: list[str], words: Words, about: dict, model: str, card: str) -> None:
    """Learn from tables of mosaics and of pictures; `about`: size, fit, alarm and anchor, as `learn_from_tables`."""
    learned = learn_from_tables(mosaics, pictures, words, **about)
    models.save(model, learned)
    columns = calibration.card_columns(learned.held_out, learned.alarm.rate)
    tables.write_csv(card, columns, SCHEMAS["calibration"])


if "snakemake" in globals():
    with job.reporting(snakemake):
        given, params = snakemake.input, snakemake.params
        least = decoding.least_side(params.mosaic_size)
        main(
            mosaics=given.mosaics,
            pictures=[],
            words=Words(Settings(params.mosaic_size, seed=params.seed, **params.inspection), None),
            about={
                "size": params.mosaic_size,
                "fit": params.fit,
                "alarm": calibration.Alarm(params.false_alarm_rate, params.alarm),
                "anchor": registration.read_anchor(given.anchor, params.registration, params.limits, least),
            },
            model=snakemake.output.model,
            card=snakemake.output.calibration,
        )
