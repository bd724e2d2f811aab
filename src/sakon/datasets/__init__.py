"""Kedro datasets of the project: atomic file datasets, and datasets that kedro-datasets does not have."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "arrays": ["ArraysDataset"],
        "by_family": ["ByFamilyDataset"],
        "checkpoints": ["CheckpointsDataset"],
        "bundled": ["BundledDataset"],
        "events": ["TrainingEventsDataset"],
        "download": ["DownloadDataset"],
        "fetched": ["FetchedDataset"],
        "files": ["CSVDataset", "JSONDataset", "ParquetDataset", "PlotlyDataset", "TextDataset", "TypedJSONDataset"],
        "image_folder": ["ImageFolderDataset"],
        "model": ["ModelDataset"],
        "new_records": ["NewRecordsDataset"],
        "timestamps": ["TimestampDataset"],
        "examples": ["ExamplesDataset"],
        "skops": ["SkopsDataset"],
        "table_file": ["TableFileDataset"],
    },
)
