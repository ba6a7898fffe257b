"""The messages between processes and the parts of documents, as types: JSON objects whose fields mypy knows.

`jobs`: the requests to a worker; `events`: its answers; `parts`, and a module for each kind of document: the content of answers;
`nights`: obligations and their outcomes, which may cross to another machine. The pydantic models of `verifier.documents` stand
at the border, where foreign JSON is read and where documents leave; a test compares the two field by field.
"""
