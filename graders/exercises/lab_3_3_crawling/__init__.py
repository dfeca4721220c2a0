"""Lab 3-3: a crawler for pictures under Creative Commons licences."""

from graders.exercises.lab_3_3_crawling import robots_rules

EXERCISES = [
    robots_rules.exercise,
]
