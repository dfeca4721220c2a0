"""From the course's sources to the learner's workbook: normalise, translate, release, and lay over what a learner has."""
