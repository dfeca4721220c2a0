"""What instructors run: exercises with their references, the judge, the workbook's build. Never ships to learners."""
