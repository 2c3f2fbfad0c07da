"""The inside of the decoding child: a picture's bytes to upright 8-bit sRGB.

The child imports this folder as a top-level package, without the project around it, so nothing of the project may be
imported here, and siblings only relatively: the child then starts in a few hundredths of a second, whatever the parent
has loaded. NumPy is imported where a picture's numbers have to be computed with, which few need.

    bytes --formats--> name --jpeg, png--> what Pillow opens --picture--> pixels, transparency --colour--> sRGB
"""
