"""What is done to audio files: music, and books that are heard."""
