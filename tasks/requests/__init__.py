"""What is done for a requested book, from the release that is chosen to the shelf that lists it.

Plain functions on values, files and folders: none knows of the ledger or of Prefect.
"""

from __future__ import annotations
