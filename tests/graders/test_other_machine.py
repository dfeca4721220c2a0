"""Expected values are computed on one machine and compared on others: no right answer may hang on how a processor rounds."""

import json
import os
import pickle
import platform
import subprocess
import sys

import pytest

from graders.cases import all_cases
from tests.graders.course import EXERCISES, ROOT

# what OpenBLAS, PyTorch and NumPy do on a processor of 2008; newer ones sum in another order
OLD = {"OPENBLAS_CORETYPE": "Nehalem", "ATEN_CPU_CAPABILITY": "default", "NPY_DISABLE_CPU_FEATURES": "AVX2 FMA3"}


@pytest.mark.skipif(platform.machine() != "x86_64", reason="OpenBLAS can be told to work for an old processor on x86-64 only")
def test_right_answers_are_right_on_another_kind_of_processor_too(tmp_path):
    packed = {(assignment, e.id): all_cases(e, seed=7) for assignment, e in EXERCISES if not e.public[0].service}
    (tmp_path / "packed").write_bytes(pickle.dumps(packed))
    done = subprocess.run([sys.executable, "-m", "tests.graders.other_machine", str(tmp_path / "packed")], cwd=ROOT, check=True, text=True,
                          stdout=subprocess.PIPE, env={**os.environ, **OLD})
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["kinds"] == ["Nehalem"]
    assert found["failed"] == []
