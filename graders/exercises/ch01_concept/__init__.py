"""Chapter 1: what Data-Centric AI is, and where it goes."""

from graders.exercises.ch01_concept import crossover_size, inject_label_noise, noise_curve

EXERCISES = [
    # 1-1
    inject_label_noise.exercise,
    noise_curve.exercise,
    crossover_size.exercise,
]
