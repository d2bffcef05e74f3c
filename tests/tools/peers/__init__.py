"""Sample peers: correct ones, ones with other decoders, one in a third language, and faulty ones.

python -m tests.tools.peers             the table in docs/proof.md of the checks that each peer fails
python -m tests.tools.peers.contender   one of the decoders of tests/tools/bench, as a peer
"""
