"""One package per assignment, one module per exercise; ``EXERCISES`` of a package lists them in the notebook's order."""
