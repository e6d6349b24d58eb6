"""Library servers: Plex and Audiobookshelf, what they list and how they are told to look.

Whatever they answer is bounded and read strictly. Their tokens go to their own address, and into no error or log.
"""

from __future__ import annotations
