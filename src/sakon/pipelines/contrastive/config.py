"""Parameters of the family `contrastive`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sakon.training.config import TrainingConfig

Fraction = Annotated[float, Field(gt=0, le=1)]


class Config(TrainingConfig):
    """Parameters of contrastive learning.

    Attributes:
        filters: Images and sequences: channels of each residual block of the encoder. Images are halved between
            blocks while they are larger than 4 by 4; the dilation of sequence convolutions doubles with each block.
        kernel_size: Images and sequences: kernel size of the convolutions.
        units: Tables: units of each residual block of the encoder.
        width: Width of the representation.
        projection: Width of the projection, in which views are compared.
        temperature: Divisor of the cosine similarities; a low one gives hard negatives more weight.
        shift: Images: maximum random shift, as a fraction of the size.
        rotation: Images: maximum random rotation, in degrees.
        zoom: Images: maximum random change of size, as a fraction.
        brightness: Images: maximum random change of brightness; pixels are in [0, 1].
        contrast: Images: maximum random change of contrast, as a fraction.
        noise: Images: standard deviation of the Gaussian noise added to each pixel.
        cutout: Images: side of a random square set to 0, as a fraction of the size; 0 for none.
        corruption: Tables and sequences: fraction of the features replaced by values of other rows.
        label_fractions: Fractions of the train labels with which linear probe and training from scratch are compared.
        label_draws: Maximum number of random samples of the labels for each fraction. There are fewer of them if the
            trainings from scratch would read more than a quarter of the examples that the
            representation's training read.
        scratch_epochs: Maximum number of epochs of the training from scratch; an epoch has at least twenty steps.
    """

    epochs: int = Field(40, ge=1)
    batch_size: int = Field(128, ge=1)
    learning_rate: float = Field(3e-3, gt=0, le=1)
    patience: int = Field(10, ge=1)
    filters: tuple[Annotated[int, Field(ge=1)], ...] = Field((16, 32), min_length=1)
    kernel_size: int = Field(3, ge=1)
    units: tuple[Annotated[int, Field(ge=1)], ...] = Field((128, 128), min_length=1)
    width: int = Field(128, ge=1)
    projection: int = Field(64, ge=1)
    temperature: float = Field(0.5, gt=0)
    shift: float = Field(0.15, ge=0, lt=0.5)
    rotation: float = Field(15, ge=0, le=180)
    zoom: float = Field(0.2, ge=0, lt=1)
    brightness: float = Field(0.2, ge=0, le=1)
    contrast: float = Field(0.4, ge=0, lt=1)
    noise: float = Field(0.05, ge=0, le=1)
    cutout: float = Field(0.0, ge=0, lt=1)
    corruption: float = Field(0.6, ge=0, le=1)
    label_fractions: tuple[Fraction, ...] = Field((0.01, 0.1, 1.0), min_length=1)
    label_draws: int = Field(3, ge=1)
    scratch_epochs: int = Field(6, ge=1)
