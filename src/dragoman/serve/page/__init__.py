"""The web page at `/`: one file with everything in it, so that it works without a network."""
