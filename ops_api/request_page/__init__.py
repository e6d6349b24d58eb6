"""Requests as a person meets them on the pages: in words, with what may be done about each, and as a story."""
