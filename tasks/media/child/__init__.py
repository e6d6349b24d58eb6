"""The media child: a process that has imported PyAV and Pillow, and serves one request at a time until it is ended.

Only this package imports them; nobody else may import this package.
"""
