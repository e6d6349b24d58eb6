"""What is done to media files. Nothing here knows of queues, ledgers or Prefect.

Every decode of somebody's file happens in a process that can be killed: a media child (`child/`, long-lived, forked
from a process that has imported PyAV; `forks.py`) or a run of ffmpeg (`runner.py`). The code beside them runs in the
caller and decodes nothing.
"""
