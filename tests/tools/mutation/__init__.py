"""Mutation testing of the codec: `python -m tests.tools.mutation` changes a copy in one place at a time, and tests it.

`changes` and `patterns` make the mutants, `workspace` the copy, `evidence` what Rust says of many payloads, `killer`
judges, `survivors` knows the mutants that no test can tell from the codec, and why.

Why not a tool: mutmut 3.8.1 changes function bodies only, and cosmic-ray 8.7.0 no string, bytes or pattern, while half
of what this codec knows of JSON stands in patterns and tables at module level. Both pay a new process, or pytest, for
each mutant; here a fork and the vectors judge most of them in milliseconds.
"""
