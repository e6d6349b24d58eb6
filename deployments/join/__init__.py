"""`darkroom work`: another machine that does its share of the work of a Darkroom that runs elsewhere.

A fork server and a worker, nothing else. The database, Prefect's server and the page are on the first machine.
"""

from __future__ import annotations
