"""Many records: a class for any runner of batches, and a process pool that resumes where it was stopped."""

from __future__ import annotations

from laconic.batch.compressor import BatchCompressor
from laconic.batch.runner import BatchReport, FailedRecord, compress_files, read_results

__all__ = ["BatchCompressor", "BatchReport", "FailedRecord", "compress_files", "read_results"]
