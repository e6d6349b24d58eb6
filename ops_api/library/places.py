"""Where the page of what a job works on is."""

from __future__ import annotations

from ops_api import models

#: By what jobs call a target: what its page's address begins with. What is not named here has no page.
PAGES = {
    "video": "/library/videos/",
    "image": "/library/pictures/",
    "archive": "/library/archives/",
    "track": "/library/tracks/",
    "collection": "/library/collections/",
    "identify_result": "/library/proposals/",
    "request": "/requests/",
    "library_root": "/settings#folder-",
    "download": "/requests/downloads/",
    "shelf": "/settings/integrations#library-server-",
}


def place(job: models.Job) -> str | None:
    """The page of its target, if there is one."""
    begins = PAGES.get(job.target_type)
    return begins + job.target_id if begins and job.target_id.isdecimal() else None
