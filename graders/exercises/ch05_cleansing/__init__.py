"""Chapter 5: cleansing and inter-annotator agreement."""

from graders.exercises.ch05_cleansing import percent_agreement

EXERCISES = [
    percent_agreement.exercise,
]
