"""The command line, as users run it: in pipes and on terminals, against a real server, with real Rust beside it."""
