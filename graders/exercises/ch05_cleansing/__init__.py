"""Chapter 5: cleansing and inter-annotator agreement."""

from graders.exercises.ch05_cleansing import (
    adjudicate,
    annotator_report,
    bootstrap_ci,
    box_agreement,
    cohen_kappa,
    confident_joint,
    diagnose,
    duplicate_conflicts,
    expectations,
    find_label_issues,
    fleiss_kappa,
    krippendorff_alpha,
    out_of_sample_probs,
    outliers,
    percent_agreement,
    relabel_queue,
    scott_pi,
    span_agreement,
)

EXERCISES = [
    # 5-1
    out_of_sample_probs.exercise,
    confident_joint.exercise,
    find_label_issues.exercise,
    outliers.exercise,
    duplicate_conflicts.exercise,
    expectations.exercise,
    # 5-2
    percent_agreement.exercise,
    cohen_kappa.exercise,
    scott_pi.exercise,
    fleiss_kappa.exercise,
    krippendorff_alpha.exercise,
    span_agreement.exercise,
    box_agreement.exercise,
    bootstrap_ci.exercise,
    # 5-3
    diagnose.exercise,
    adjudicate.exercise,
    annotator_report.exercise,
    relabel_queue.exercise,
]
