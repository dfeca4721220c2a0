"""Chapter 1: the concept of Data-Centric AI, and where it goes."""

from graders.exercises.ch01_concept import collapse_generations, language_shares, rank_pairs, tokenizer_fertility

EXERCISES = [
    # 1-2
    tokenizer_fertility.exercise,
    language_shares.exercise,
    rank_pairs.exercise,
    collapse_generations.exercise,
]
