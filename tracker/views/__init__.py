"""Pages: object, form, service, render."""
