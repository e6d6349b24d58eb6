"""What is done to media files. Nothing here knows of queues, ledgers or Prefect.

Every decode of somebody's file happens in a process that can be killed: the media child (`child/`, one long-lived
process that has imported PyAV) or a run of ffmpeg (`runner.py`). The code beside them runs in the caller and decodes
nothing.
"""
