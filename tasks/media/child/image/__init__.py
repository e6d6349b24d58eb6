"""Pictures, still and moving: what the gallery's queues make of them."""
