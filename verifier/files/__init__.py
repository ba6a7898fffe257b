"""Files: written as a whole or not at all, read up to a size, and scratch folders that do not outlive their process."""
