"""Planning: how a round of testing is laid out."""
