"""Learn from good images alone what a good part looks like; write the model and its calibration card."""

from soart import job
from soart.inspection import calibration, models
from soart.inspection.distances import Settings
from soart.inspection.mosaics import Mosaics, one_size
from soart.photos import decoding, encodings, geometry, registration
from soart.storage import tables
from soart.storage.schemas import ENCODING, PLACEMENT, SCHEMAS


def main(
    mosaics: list[str],
    settings: Settings,
    alarm: calibration.Alarm,
    anchor: registration.Anchor | None,
    model: str,
    card: str,
) -> None:
    """Learn from tables of mosaics; all pictures must be of one size. `anchor`: what they were registered on."""
    placed = list(PLACEMENT) if anchor else []
    table = tables.read_several(mosaics, ["image", "width", "height", *ENCODING, *placed])
    picture = one_size(table["width"], table["height"], mosaics[0])
    good, placements = Mosaics(mosaics, settings.size), geometry.of_table(table)
    learned = models.learn(good, picture, settings, alarm, table["image"].tolist(), placements)
    saved = encodings.learned(encodings.of_table(table))
    models.save(model, learned._replace(anchor=anchor, saved=saved))
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
