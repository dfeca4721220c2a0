"""Chapter 1: concept."""

from graders.exercises.ch01_concept import (
    bradley_terry,
    collapse_generations,
    crossover_size,
    failure_slice,
    few_shot_prompt,
    flywheel_round,
    inject_label_noise,
    language_shares,
    noise_curve,
    quiz_model_or_data,
    rank_pairs,
    tokenizer_fertility,
)

EXERCISES = [
    # 1-1
    inject_label_noise.exercise,
    noise_curve.exercise,
    crossover_size.exercise,
    # 1-1
    quiz_model_or_data.exercise,
    flywheel_round.exercise,
    failure_slice.exercise,
    bradley_terry.exercise,
    few_shot_prompt.exercise,
    # 1-2
    tokenizer_fertility.exercise,
    language_shares.exercise,
    rank_pairs.exercise,
    collapse_generations.exercise,
]
