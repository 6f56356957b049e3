"""Runs work on hostile bytes in worker processes that can do nothing but compute.

Generic: it knows bytes, sockets and processes, nothing of personal data. `template.py` is a warm process
that workers are forked from; `confinement.py` is what a worker does to itself before it is given anything;
`cage.py` is the caller's side.
"""
