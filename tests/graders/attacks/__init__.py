"""The hostile corpus: submissions that try to be given points, to read what they must not, to harm, to stay, and to mislead.

One module a theme, one ``Attack`` an attempt, each with what it tries and its *honest score*: what its honest answers earn. Typically
``double`` is wrong and attacks, the other two exercises are right: 4 of 6 points where the kernel lives on.

- ``judging.py`` plants secrets and canaries around the judge and looks afterwards whether anything changed;
- ``test_code.py`` and ``test_system.py`` judge each attack alone; ``test_files.py`` grades and records a cohort of attackers;
- ``tests/benchmarks/test_attacks_on_stock.py`` runs the same attempts against stock nbgrader and prints the table of ``graders/README.md``.
"""

from tests.graders.attacks import escaping, exhausting, files, forging, notebook, outputs, protocol, reading
from tests.graders.attacks.attack import Attack

__all__ = ["ATTACKS", "Attack"]

ATTACKS: dict[str, list[Attack]] = {
    module.__name__.rpartition(".")[2]: module.ATTACKS
    for module in (reading, forging, protocol, escaping, exhausting, files, outputs, notebook)
}
