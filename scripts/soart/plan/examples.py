"""Photos in the forms that `photos:` takes: where each goes, and the lines of a sheet."""

from pathlib import PurePath

from soart.names import LEARN, NORMAL


def sheet_row(image_set: str, photo: str, mask: str = "", template: str = "") -> tuple[str, str, str, str, str]:
    """Return a photo's line in a sheet: path, set, kind, mask, template."""
    kind = {LEARN: "", NORMAL: "good"}.get(image_set, image_set)
    return photo, "good" if image_set == LEARN else "inspect", kind, mask, template


def arrange(images: dict[str, list[str]], masks: dict[str, list[str]]) -> tuple[dict[str, str], list[tuple]]:
    """Return where images go (path below the examples -> file), and the lines of the sheet.

    `images` and `masks` are the files of each set, in order. Two folders, the layout of MVTec AD, and beside a sheet.
    """
    copies, rows = {}, []
    for name, sources in images.items():
        kind, split = ("good" if name in (LEARN, NORMAL) else name), ("train" if name == LEARN else "test")
        for number, source in enumerate(map(PurePath, sources)):
            mask = masks[name][number] if name in masks else ""
            copies[f"folders/{'good' if name == LEARN else 'inspect'}/{source.name}"] = str(source)
            copies[f"mvtec/{split}/{kind}/{source.name}"] = str(source)
            copies[f"sheet/photos/{source.name}"] = str(source)
            if mask:
                copies[f"mvtec/ground_truth/{kind}/{source.stem}_mask.png"] = mask
                copies[f"sheet/masks/{PurePath(mask).name}"] = mask
            rows.append(sheet_row(name, f"photos/{source.name}", f"masks/{PurePath(mask).name}" if mask else ""))
    return copies, rows
