"""Chapter 3: collection."""

from graders.exercises.ch03_collection import (
    capture_log,
    coverage_table,
    extract_links,
    frontier,
    normalize_url,
    trust_score,
    verify_download,
)

EXERCISES = [
    # 3-1
    capture_log.exercise,
    coverage_table.exercise,
    # 3-2
    normalize_url.exercise,
    extract_links.exercise,
    frontier.exercise,
    # 3-4
    trust_score.exercise,
    verify_download.exercise,
]
