"""The media child: a process that has imported PyAV and Pillow, and serves one request at a time until it is ended.

The children of one caller are forked from one process that has imported them (`__main__.py`), and are the caller's to
talk to from then on (`loop.py`). Only this package imports the libraries; nobody else may import this package.
"""
