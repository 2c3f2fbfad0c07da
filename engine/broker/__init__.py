"""The private broker of one user on one machine: start, find, replace and end it.

private     the broker, shared by all processes of this user
program     nats-server: where it is, what it is told
store       how much of the disk the messages may take; stores set aside
files       files that only the user can read
reaper      the process that ends a broker which nobody uses any more
"""
