"""Keras' settings of the whole process: pinned during a run, because they change results, and restored after it."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from sakon.backends import backend
from sakon.lazy import keras


@dataclass(frozen=True)
class KerasSettings:
    """The settings that `~/.keras/keras.json`, environment variables or a notebook change; the defaults are pinned.

    Attributes:
        floatx: Type of numbers.
        epsilon: Smallest number that formulas divide by.
        image_data_format: Where the channels of an image are.
        dtype_policy: Types of computation and of variables.
        max_epochs: Limit of epochs (`KERAS_MAX_EPOCHS`), or `None`.
        max_steps_per_epoch: Limit of steps (`KERAS_MAX_STEPS_PER_EPOCH`), or `None`.
        runs_eagerly: Whether functions are not compiled.
    """

    floatx: str = "float32"
    epsilon: float = 1e-7
    image_data_format: str = "channels_last"
    dtype_policy: str = "float32"
    max_epochs: int | None = None
    max_steps_per_epoch: int | None = None
    runs_eagerly: bool = False

    @classmethod
    def current(cls) -> KerasSettings:
        """Return the present settings."""
        config = keras.config
        return cls(
            floatx=config.floatx(),
            epsilon=config.epsilon(),
            image_data_format=config.image_data_format(),
            dtype_policy=config.dtype_policy().name,
            max_epochs=config.max_epochs(),
            max_steps_per_epoch=config.max_steps_per_epoch(),
            runs_eagerly=backend().runs_eagerly(),
        )

    def apply(self) -> None:
        """Make these the present settings."""
        config = keras.config
        config.set_floatx(self.floatx)
        config.set_epsilon(self.epsilon)
        config.set_image_data_format(self.image_data_format)
        config.set_dtype_policy(self.dtype_policy)
        config.set_max_epochs(self.max_epochs)
        config.set_max_steps_per_epoch(self.max_steps_per_epoch)
        backend().set_eager(self.runs_eagerly)


class _Pinned:
    """The settings to restore, if others are pinned."""

    settings: KerasSettings | None = None


def pin_keras_settings() -> str:
    """Pin Keras' settings, and return a sentence about those that are not used; it is empty if there are none."""
    settings, pinned = KerasSettings.current(), KerasSettings()
    if settings != pinned:
        _Pinned.settings = _Pinned.settings or settings
        pinned.apply()
    requested, expected = asdict(settings), asdict(pinned)
    others = [name for name in requested if requested[name] != expected[name]]
    if not others:
        return ""
    actual = ", ".join(f"{name}={requested[name]}" for name in others)
    used = ", ".join(f"{name}={expected[name]}" for name in others)
    return f"Keras' own settings {actual} are not used: runs have {used}, so that results are comparable."


def restore_keras_settings() -> None:
    """Restore the settings from before the run; nothing happens if none were changed."""
    if _Pinned.settings is not None:
        _Pinned.settings.apply()
        _Pinned.settings = None
