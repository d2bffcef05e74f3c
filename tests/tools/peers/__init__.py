"""Peers that are judged: good ones, ones with other decoders, one in a third language, and ones that misbehave.

python -m tests.tools.peers             the table of the README: what each peer fails
python -m tests.tools.peers.contender   one of the decoders of tests/tools/bench, as a peer
"""
