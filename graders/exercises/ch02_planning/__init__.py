"""Chapter 2: planning."""

from graders.exercises.ch02_planning import class_quota, data_specification, labeling_cost, sample_size, sample_size_kappa, schedule

EXERCISES = [
    # 2-2
    data_specification.exercise,
    labeling_cost.exercise,
    schedule.exercise,
    sample_size.exercise,
    sample_size_kappa.exercise,
    class_quota.exercise,
]
