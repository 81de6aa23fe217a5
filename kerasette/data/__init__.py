"""Data in batches, fetched by index, and what is made of files in folders."""

from kerasette.data.py_dataset import PyDataset

__all__ = ["PyDataset"]
