"""Government numbers of persons, one class each, by part of the world."""
