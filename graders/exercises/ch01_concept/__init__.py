"""Chapter 1: what Data-Centric AI is, and where it goes."""

from graders.exercises.ch01_concept import bradley_terry, failure_slice, few_shot_prompt, flywheel_round, quiz_model_or_data

EXERCISES = (
    quiz_model_or_data.exercise,
    flywheel_round.exercise,
    failure_slice.exercise,
    bradley_terry.exercise,
    few_shot_prompt.exercise,
)
