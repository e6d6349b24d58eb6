"""What can be watched: the product with other people's programs around it, on this machine alone."""

from __future__ import annotations
