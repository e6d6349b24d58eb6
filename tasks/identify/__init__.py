"""What a video is, by those who know it: stash-boxes that know videos by their hashes, and the pictures they name.

Everything here is a plain function on values; what comes from the network is bounded, parsed strictly and never
trusted. The protocol is GraphQL over HTTP, as stash-box publishes its schema (github.com/stashapp/stash-box).
"""
