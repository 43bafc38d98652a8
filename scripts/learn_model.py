"""Learn from good images alone what a good part looks like; write the model and its calibration card."""

from soart import job
from soart.inspection import calibration, calibration_card, detectability, heatmaps, image_model, models
from soart.inspection.learning_tables import Task, learn_from_tables, words_of
from soart.photos import anchors, decoding
from soart.storage import frames
from soart.storage.schemas import SCHEMAS


def main(learned: image_model.ImageModel, made) -> None:
    """Write what was learned: the model, its calibration card, and a table and a picture of what colour words see."""
    models.save(made.model, learned)
    scores, beside = learned.calibrating, (learned.odd, learned.repeats, int(learned.foreign.sum()), learned.mixture)
    columns = calibration_card.card_columns(scores, learned.alarm.rate, *beside)
    frames.write(columns, SCHEMAS["calibration"], csv=made.calibration)
    if made.detectability:
        jury = learned.colour
        about = jury.held_out[~learned.foreign], learned.level(jury), learned.picture, learned.region
        columns, shown = detectability.map_changes(jury, *about)
        frames.write(columns, SCHEMAS["detectability"], parquet=made.detectability[0])
        heatmaps.write_heatmap(made.detectability[1], shown)


if "snakemake" in globals():
    with job.reporting(snakemake) as given:
        read, least = snakemake.input, decoding.least_side(given.mosaic_size, given.side, given.in_full)
        anchor = anchors.read_anchor(read.anchor, *given.registration, least)
        alarm = calibration.Alarm(given.false_alarm_rate, given.alarm)
        rest = anchor, given.region[0], given.on_odd, given.in_full, bool(given.resaving)
        words = words_of(given.words, given.mosaic_size, given.seed)
        task = Task(given.mosaic_size, given.fit, alarm, *rest)
        main(learn_from_tables(read.mosaics, read.pictures, words, task, read.photos), snakemake.output)
