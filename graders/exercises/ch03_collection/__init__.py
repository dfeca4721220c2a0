"""Chapter 3: collection."""

from graders.exercises.ch03_collection import (
    capture_log,
    coverage_table,
    dawid_skene,
    deidentify,
    extract_links,
    fair_pay,
    find_pii,
    frontier,
    generalize,
    k_anonymity,
    l_diversity,
    majority_vote,
    normalize_url,
    qualify_workers,
    t_closeness,
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
    # 3-5
    majority_vote.exercise,
    dawid_skene.exercise,
    qualify_workers.exercise,
    fair_pay.exercise,
    # 3-7
    find_pii.exercise,
    deidentify.exercise,
    k_anonymity.exercise,
    generalize.exercise,
    l_diversity.exercise,
    t_closeness.exercise,
]
