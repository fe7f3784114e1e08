"""The shape of input: clean to domain types, write nothing."""
