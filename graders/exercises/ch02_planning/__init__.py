"""Chapter 2: planning."""

from graders.exercises.ch02_planning import (
    accept_batch,
    pipeline_manifest,
    trace_record,
)

EXERCISES = [
    # 2-1
    pipeline_manifest.exercise,
    trace_record.exercise,
    accept_batch.exercise,
]
