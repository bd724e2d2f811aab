"""A file of a user becomes a problem, or is refused with sentences: never a traceback.

Ten examples in the normal suite, without training; `SAKON_EXAMPLES=1000` tries as many files, and trains the baseline
on every one that becomes a problem.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from generated_files import GeneratedFile, delimited_files, example_settings, is_extended
from hypothesis import HealthCheck, given, settings
from sessions import configure, run

from sakon.errors import SakonError
from sakon.onboarding.checking import check_problem
from sakon.onboarding.inference import Request
from sakon.onboarding.new import create_problem

PREPARATION = ["ingestion", "preprocessing"]


@settings(example_settings(), suppress_health_check=list(HealthCheck))
@given(delimited_files())
def test_a_file_becomes_a_problem_or_is_refused(project: Path, file: GeneratedFile) -> None:
    remove_problem(project)
    path = project / "data" / f"raw{file.suffix}"
    path.write_bytes(file.content)
    configure()
    try:
        create_problem(project, project / "conf", "mine", path, Request(file.target))
    except SakonError as error:
        check_sentences(error)
        return
    result = check_problem(project, project / "conf", "mine")  # the same data were tried before
    assert result.profile is not None
    try:
        run(project, "mine", [*PREPARATION, "baseline"] if is_extended() else PREPARATION)
    except SakonError as error:
        check_sentences(error)


def check_sentences(error: SakonError) -> None:
    """Check that every message is a sentence, not the text of another library's error."""
    assert error.messages
    for message in error.messages:
        assert message.strip()
        assert "Traceback" not in message
        assert "Error:" not in message


def remove_problem(project: Path) -> None:
    for folder in (project / "conf/mine", *project.glob("data/*/mine")):
        shutil.rmtree(folder, ignore_errors=True)
