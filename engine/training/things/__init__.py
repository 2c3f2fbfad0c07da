"""Things that people wear in their hair or paste over it, drawn: what the hair watch learns from and is measured on."""
