"""Names of stages and attributes, in English."""

from __future__ import annotations

# By the engine's own name of the stage.
STAGES: dict[str, str] = {
    "waiting": "Waiting",
    "starting": "Starting",
    "loading models": "Loading the models",
    "reading the photo": "Reading the photo",
    "looking for faces": "Looking for faces",
    "parsing the face": "Telling hair from skin",
    "a first look": "A first look",
    "learning the face": "Studying the face",
    "taking the hair off": "Taking the hair off",
    "looking under the hair": "Looking under the hair",
    "growing hair": "Growing hair",
    "finding the strength": "Finding the strength",
    "compositing": "Putting it back into the photo",
    "drawing the years": "Drawing the years",
    "drawing the edit": "Drawing the change",
    "encoding": "Making the file",
    "done": "Done",
}

ATTRIBUTES: dict[str, str] = {
    "bald": "bald",
    "receding_hairline": "receding hairline",
    "bangs": "bangs",
    "wavy": "wavy hair",
    "straight": "straight hair",
    "black": "black hair",
    "brown": "brown hair",
    "blond": "blond hair",
    "gray": "gray hair",
    "beard": "beard",
    "mustache": "mustache",
    "sideburns": "sideburns",
    "long_hair": "long hair",
}
