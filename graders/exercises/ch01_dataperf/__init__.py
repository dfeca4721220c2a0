"""The DataPerf track: six benchmarks in which the model is fixed and the data are yours."""

from graders.exercises.ch01_dataperf import acquire, data_values, debug_labels, find_slices, select_coreset, training_set

EXERCISES = [
    training_set.exercise,
    acquire.exercise,
    select_coreset.exercise,
    debug_labels.exercise,
    find_slices.exercise,
    data_values.exercise,
]
