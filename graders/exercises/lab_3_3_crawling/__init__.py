"""Lab 3-3: a crawler for pictures under Creative Commons licences."""

from graders.exercises.lab_3_3_crawling import allowed_for, crawl, parse_license, robots_rules, search_request

EXERCISES = [
    robots_rules.exercise,
    parse_license.exercise,
    allowed_for.exercise,
    search_request.exercise,
    crawl.exercise,
]
