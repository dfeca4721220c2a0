"""Chapter 2: planning."""

from graders.exercises.ch02_planning import (
    accept_batch,
    class_quota,
    data_specification,
    labeling_cost,
    pipeline_manifest,
    sample_size,
    sample_size_kappa,
    schedule,
    trace_record,
)

EXERCISES = [
    # 2-1
    pipeline_manifest.exercise,
    trace_record.exercise,
    accept_batch.exercise,
    # 2-2
    data_specification.exercise,
    labeling_cost.exercise,
    schedule.exercise,
    sample_size.exercise,
    sample_size_kappa.exercise,
    class_quota.exercise,
]
