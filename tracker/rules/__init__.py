"""Pure rules: values in, frozen dataclasses out. No ORM, no clock, no settings; the doors pass days and rows in."""
