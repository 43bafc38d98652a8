"""Learn from good images alone what a good part looks like; write the model and its calibration card."""

from soart import job
from soart.inspection import calibration, detectability, heatmaps, models
from soart.inspection.learning_tables import Words, learn_from_tables, words_of
from soart.photos import anchors, decoding, registration
from soart.storage import frames
from soart.storage.schemas import SCHEMAS


def main(mosaics: list[str], pictures: list[str], words: Words, about: dict, made) -> None:
    """Learn from tables of mosaics and of pictures; `about`: size, fit, alarm and anchor, as `learn_from_tables`.

    What is `made`: the model, its calibration card, and a table and a picture of what colour words can see.
    """
    learned = learn_from_tables(mosaics, pictures, words, **about)
    models.save(made.model, learned)
    columns = calibration.card_columns(learned.held_out, learned.alarm.rate, learned.odd)
    frames.write(columns, SCHEMAS["calibration"], csv=made.calibration)
    if made.detectability:
        jury = learned.colour
        columns, shown = detectability.mapped(jury, learned.level(jury), learned.picture, learned.region)
        frames.write(columns, SCHEMAS["detectability"], parquet=made.detectability[0])
        heatmaps.write(made.detectability[1], shown)


if "snakemake" in globals():
    with job.reporting(snakemake) as given:
        read, least = snakemake.input, decoding.least_side(given.mosaic_size, given.side, given.whole)
        if read.choice:
            anchor = anchors.read(read.anchor, read.choice, least)
        else:
            anchor = registration.read_anchor(read.anchor, given.registration, given.registration_limits, least)
        main(
            mosaics=read.mosaics,
            pictures=read.pictures,
            words=words_of(given.words, given.mosaic_size, given.seed),
            about={
                "size": given.mosaic_size,
                "fit": given.fit,
                "on_odd": given.on_odd,
                "alarm": calibration.Alarm(given.false_alarm_rate, given.alarm),
                "anchor": anchor,
                "region": given.region[0],
                "whole": given.whole,
            },
            made=snakemake.output,
        )
