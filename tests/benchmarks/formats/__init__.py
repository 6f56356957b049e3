"""Speed and memory of reading, writing and proving, for every format."""
