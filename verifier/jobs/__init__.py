"""Jobs: one piece of work in a child process, with a clock, a memory limit and signals held by the parent."""
