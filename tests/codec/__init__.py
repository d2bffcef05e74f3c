"""Tests of codec/ and of the message: bytes to values and back."""
