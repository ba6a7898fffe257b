"""What processes send each other, and what documents are made of, as types: JSON objects whose fields mypy knows.

`jobs`: what a worker is asked; `events`: what it answers; `documents`, `listings`, `certificates`: what answers carry; `nights`:
obligations and their outcomes, which may cross to another machine. At the border, where JSON that somebody else wrote is read
and where documents leave, stand the pydantic models of `verifier.documents`; a test compares the two field by field.
"""
