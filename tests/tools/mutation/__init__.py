"""Mutation testing of the codec: `python -m tests.tools.mutation` changes a copy in one place at a time, and tests it.

`changes` and `patterns` make the mutants. `workspace` makes the copy. `evidence` records Rust's answers to many
payloads. `killer` judges each mutant. `survivors` lists the mutants that behave like the codec, with reasons.

Existing tools do not fit: mutmut 3.8.1 changes only function bodies, and cosmic-ray 8.7.0 changes no string, bytes or
pattern. But half of this codec's knowledge of JSON is in patterns and tables at module level. Both start a new
process or pytest for each mutant. Here a fork and the vectors judge most mutants in milliseconds.
"""
