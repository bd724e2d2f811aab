"""Keeps the start of TensorFlow quiet."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from kedro.framework.hooks import hook_impl

if TYPE_CHECKING:
    from kedro.pipeline import Pipeline


ANSWERING = ("evaluation", "scoring")


class ConsoleHook:
    """Imports TensorFlow before the first node that uses it, with its start-up lines kept back."""

    @hook_impl
    def before_pipeline_run(self, pipeline: Pipeline) -> None:
        """Import TensorFlow if any node trains a family or lets one answer.

        Its native code writes to the process's standard error before any log level is read, so
        environment variables alone do not silence it.
        """
        from sakon import families

        if any(families.namespace_of(node) in (*families.names(), *ANSWERING) for node in pipeline.nodes):
            with _standard_error_kept_back():
                import tensorflow  # noqa: F401


@contextmanager
def _standard_error_kept_back() -> Iterator[None]:
    """Keep back what the process writes to standard error; show it after all if there is an error."""
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as file:
        os.dup2(file.fileno(), 2)
        try:
            yield
        except BaseException:
            file.seek(0)
            os.write(kept, file.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
