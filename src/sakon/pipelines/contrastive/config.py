"""Settings of the family `contrastive`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sakon.training.config import TrainingConfig

Share = Annotated[float, Field(gt=0, le=1)]


class Config(TrainingConfig):
    """Settings of contrastive learning.

    Attributes:
        filters: Channels of each residual block of the encoder of images and sequences; images are halved
            between blocks while they are larger than 4 by 4, sequences are dilated by 2 per block.
        kernel_size: Width of the convolutions.
        units: Width of each residual block of the encoder of tables.
        width: Width of the representation, which the probe reads.
        projection: Width of the space in which views are compared, after the projection head.
        temperature: Divides cosine similarities; the lower, the more the hardest negatives count.
        shift: Images: largest random shift, as a fraction of their size.
        rotation: Images: largest random turn, in degrees.
        zoom: Images: largest random change of size, as a fraction.
        brightness: Images: largest change of brightness, of a range of 1.
        contrast: Images: largest change of contrast, as a fraction.
        noise: Images: standard deviation of noise added to each pixel.
        cutout: Images: side of the square that is blanked, as a fraction of the image's; 0 for none.
        corruption: Tables and sequences: share of features replaced by those of other rows.
        label_fractions: Shares of the train labels at which probe and training from scratch are compared.
        label_draws: Random draws of the labels at each share.
        scratch_epochs: Epochs when the encoder is trained from scratch on the drawn labels; an epoch is ten
            steps at least, however few they are.
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
    label_fractions: tuple[Share, ...] = Field((0.01, 0.1, 1.0), min_length=1)
    label_draws: int = Field(3, ge=1)
    scratch_epochs: int = Field(20, ge=1)
