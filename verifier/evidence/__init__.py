"""What a verdict leaves behind: traces as ITF documents, and their re-execution."""
