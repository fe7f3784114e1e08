"""READS across nouns: frozen rows, a stated number of queries, only what the user may see. Nothing is written here."""
