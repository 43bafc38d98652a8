"""Results appear whole or not at all; what a job says, and where."""

import gc
import logging
import re
import subprocess
import sys
from types import SimpleNamespace

import pytest

from soart import job
from soart.storage import files

# --- files -----------------------------------------------------------------------------------------------------------


def test_a_file_appears_under_its_name_only_at_the_end(tmp_path):
    path = tmp_path / "new" / "folder" / "table.csv"
    with files.replacing(path) as temporary:
        assert temporary.parent == path.parent
        assert temporary.suffix == ".csv"
        temporary.write_text("all of it")
        assert not path.exists()
    assert path.read_text() == "all of it"
    assert list(path.parent.iterdir()) == [path]


def test_an_error_leaves_nothing_new_and_the_old_file_as_it_was(tmp_path):
    path = tmp_path / "table.csv"
    for before in (None, "old"):
        if before:
            path.write_text(before)
        with pytest.raises(KeyboardInterrupt), files.replacing(path) as temporary:  # noqa: PT012
            temporary.write_text("half of i")
            raise KeyboardInterrupt
        assert [each.read_text() for each in tmp_path.iterdir()] == ([before] if before else [])


def test_a_block_that_writes_nothing_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError), files.replacing(tmp_path / "table.csv"):
        pass
    assert not list(tmp_path.iterdir())


def test_an_existing_file_is_replaced(tmp_path):
    path = tmp_path / "table.csv"
    for text in ("one", "two"):
        with files.replacing(str(path)) as temporary:
            temporary.write_text(text)
    assert path.read_text() == "two"


# --- jobs ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def snakemake(tmp_path):
    yield SimpleNamespace(
        params=SimpleNamespace(given='{"seed":1}'),
        log=[str(tmp_path / "logs" / "rule" / "job.log")],
        rule="read_set",
        input=[1, 2],
        output=[3],
    )
    for handler in logging.getLogger("soart").handlers[:]:
        logging.getLogger("soart").removeHandler(handler)
        handler.close()


def log_of(snakemake) -> str:
    with open(snakemake.log[0], encoding="utf-8") as file:
        return file.read()


def test_a_job_that_ends_well_says_so_in_its_log_only(snakemake, capsys):
    with job.reporting(snakemake):
        job.log.info("half way, 半分")
    text = log_of(snakemake)
    assert "INFO read_set: 2 input(s), 1 output(s)" in text
    assert "INFO half way, 半分" in text
    assert re.search(r"INFO read_set: done in 0\.0\d s; [\d.]+ s of CPU and [1-9]\d+ MB in all", text)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("error", [ValueError("x.jpg: cut off"), FileNotFoundError("no x.jpg"), OSError("disk full")])
def test_what_a_person_can_mend_is_one_sentence_on_the_terminal(error, snakemake, capsys):
    with pytest.raises(SystemExit) as caught, job.reporting(snakemake):
        raise error
    assert caught.value.code == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err == f"Error in read_set: {error} (details: {snakemake.log[0]})\n"
    text = log_of(snakemake)
    assert f"ERROR {error}" in text
    assert "Traceback" in text
    assert "done in" not in text


def test_a_fault_of_ours_keeps_its_traceback(snakemake):
    with pytest.raises(ZeroDivisionError), job.reporting(snakemake):
        1 / 0  # noqa: B018
    text = log_of(snakemake)
    assert "a fault of the program, please report it" in text
    assert "ZeroDivisionError" in text


def test_a_log_starts_anew_with_each_run(snakemake):
    for text in ("first", "second"):
        with job.reporting(snakemake):
            job.log.info(text)
    assert "first" not in log_of(snakemake)
    assert log_of(snakemake).count("second") == 1


def test_a_name_of_80_japanese_letters_leaves_room_for_the_temporary_one(tmp_path):
    path = tmp_path / f"{'写' * 83}.csv"
    with files.replacing(path) as temporary:
        assert temporary.suffix == ".csv"
        temporary.write_text("1")
        assert files.leftovers(tmp_path) == [temporary]
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize(("before", "said"), [("snakemake = True; ", "False"), ("", "True")])
def test_garbage_is_not_looked_for_while_a_job_imports(before, said, root):
    """And of one who imports the library nothing is changed."""
    code = f"import gc; {before}from soart import job; print(gc.isenabled())"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root / "scripts", capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == said


def test_garbage_is_looked_for_while_a_job_works(tmp_path):
    gc.disable()
    given = SimpleNamespace(log=[tmp_path / "log"], rule="one", input=[], output=[], params=SimpleNamespace(given="{}"))
    with job.reporting(given):
        assert gc.isenabled()
