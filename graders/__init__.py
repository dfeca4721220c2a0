"""What instructors run: exercises with their references, the judge, the workbook's build. Never ships to learners."""

import sys

# jsonschema, which nbformat needs, would compile a grammar for internationalised addresses when imported: a second, for a format that
# no notebook uses. It does without where the module is not there.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
