"""Chapter 3: collection."""

from graders.exercises.ch03_collection import (
    attribution,
    capture_log,
    clean_text,
    compatible,
    coverage_table,
    data_schema,
    dawid_skene,
    deidentify,
    extract_links,
    fair_pay,
    fairness_gap,
    find_pii,
    frontier,
    generalize,
    image_near_duplicates,
    k_anonymity,
    l_diversity,
    license_matrix,
    majority_vote,
    near_duplicates,
    normalize_url,
    qualify_workers,
    representation_gap,
    store,
    t_closeness,
    toxicity_filter,
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
    # 3-6
    compatible.exercise,
    attribution.exercise,
    license_matrix.exercise,
    # 3-7
    find_pii.exercise,
    deidentify.exercise,
    k_anonymity.exercise,
    generalize.exercise,
    l_diversity.exercise,
    t_closeness.exercise,
    # 3-8
    representation_gap.exercise,
    fairness_gap.exercise,
    toxicity_filter.exercise,
    # 3-9
    clean_text.exercise,
    near_duplicates.exercise,
    image_near_duplicates.exercise,
    data_schema.exercise,
    store.exercise,
]
