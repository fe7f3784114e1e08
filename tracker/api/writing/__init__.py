"""What a client may write: each act is declared once, and goes through the service that the pages use."""
