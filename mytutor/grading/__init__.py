"""Grade notebooks that others wrote: their code sees inputs, returns raw values, decides nothing.

The code of a submission runs in a sandboxed process and answers recorded calls. Tests, expected
values, seeds and marks stay in the grader's own process, which judges the recording.
"""
