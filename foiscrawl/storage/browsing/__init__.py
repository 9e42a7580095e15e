"""What the pages of `foiscrawl browse` read."""
