"""The annex of an action plan, from the cells of a file to what each row will be. No file is opened here."""
