"""Report: the page that a person looks at first, and the last lines on the terminal."""
