"""How dates and numbers are written; Django's own formats are the fallback."""
