"""Many jobs under many faults, and what became of them: nothing may be lost, nothing answered twice.

storm       the run: faults, processes, verdict
broker      the broker under attack, private or an operator's with TLS and a user
client      the asking side, as a process that may be killed at any moment
pipelines   what the engines' workers do instead of drawing
proxy       cuts connections in the middle of a message
"""
