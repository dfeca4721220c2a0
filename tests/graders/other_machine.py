"""What right answers get where linear algebra rounds otherwise: started by test_other_machine.py, in a process of its own.

It reads what ``pack`` made of exercises (a pickle of {(assignment, exercise): content}) and prints, as JSON, the kinds of processor
that OpenBLAS works for, and which right answers fail which properties.
"""

import json
import pickle
import sys
import warnings

import threadpoolctl

from datacentric_helpers import wire
from datacentric_helpers.outcome import assess, run_case
from tests.graders.course import EXERCISES, answer, solution


def main(path: str) -> None:
    """Run the notebooks' solutions and the zoo's right answers on the cases in ``path``."""
    warnings.simplefilter("ignore")
    with open(path, "rb") as file:
        packed = pickle.load(file)
    failed = []
    for assignment, exercise in EXERCISES:
        content = packed.get((assignment, exercise.id))
        if content is None:
            continue
        rights = {"solution": answer(assignment, exercise.id, solution(assignment, exercise.id))}
        rights |= {entry.function.__name__: entry.function for entry in exercise.zoo if entry.kind == "right"}
        for name, function in rights.items():
            report = assess(content, [run_case(function, wire.decode(wire.encode(case["args"]))) for case in content["cases"]])
            failed += [f"{exercise.id}, {name}: {p.name}" for p in report.properties if not p.passed]
    kinds = sorted({str(pool["architecture"]) for pool in threadpoolctl.threadpool_info() if pool["internal_api"] == "openblas"})
    print(json.dumps({"kinds": kinds, "failed": failed}))


if __name__ == "__main__":
    main(sys.argv[1])
