"""Every change of the tracker, one module a noun: keyword-only, atomic, may → rule → write → event."""
