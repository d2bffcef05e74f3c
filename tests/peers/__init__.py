"""Peers that are judged: good ones, ones with other decoders, one in a third language, and ones that misbehave.

python -m tests.peers             the table of the README: what each peer fails
python -m tests.peers.contender   one of the decoders of tests/bench, as a peer
"""
