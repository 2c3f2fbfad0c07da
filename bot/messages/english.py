"""Everything the bot says, in English."""

from __future__ import annotations

SENTENCES: dict[str, str] = {
    # ---- refusals
    "draining": "The bot is about to restart and takes nothing new: try again in a few minutes.",
    "draining_here": "The moderators have paused the bot in this server: try again later.",
    "blocked": "You cannot use this bot here: ask the moderators why.",
    "other_channel": "The bot is not to be used in this channel. Go to {channels}.",
    "not_this_channel": "Not in this channel.",
    "last_channel": (
        "{channel} is the only channel where I may be used; without it, that would be all of them. Allow another one "
        "first, or choose `all_channels`."
    ),
    "enough_under_way": "{limit} of your pictures are still being worked on: wait for one, or cancel one with /queue.",
    "crowded": "Everybody wants to go bald right now, so it's one picture each. Try again in about {seconds} s.",
    "server_share": (
        "This server already has {limit} pictures under way, and others want a turn. Try again in about {seconds} s."
    ),
    "cooldown": "That was quick: try again in {seconds} s.",
    "opted_out": "{user} does not want their picture used, so it stays as it is.",
    "no_avatars_here": "This server does not allow avatars to be used: attach a photo with /bald instead.",
    "no_own_avatar": "{user} has no picture of their own as avatar: attach a photo with /bald instead.",
    "no_photo_given": "Attach a photo as `image`, or choose a member as `user` to take their avatar.",
    "no_picture_in_message": "There is no picture attached to that message: choose one that has a photo.",
    "photo_gone": "Discord no longer has the photo behind this: send it again with /bald or /edit.",
    "download_failed": "Discord did not hand over the photo: try again in a moment.",
    "post_forgotten": "Where this picture's photo lay has been forgotten by now: send it again with /bald or /edit.",
    "same_attribute": "Both attributes are the same: choose two different ones, or one with its whole strength.",
    "unknown_attribute": "I don't know how to change “{name}”. What I can do: {known}.",
    "no_strength": "A strength of 0 changes nothing. Try 1 to 3 for more of it, or -1 to -3 for less.",
    "half_second": "For a second attribute, give both its name and its strength.",
    "not_yours_to_delete": "Only who asked for it, who is pictured, or a moderator can delete this.",
    "not_yours_to_cancel": "Only who asked for it, or a moderator, can cancel this.",
    "server_only": "That belongs to a server: use it in one.",
    "managers_only": "Only members with the permission Manage Server can do that.",
    "owners_only": "Only the owners of this bot can do that everywhere.",
    "command_old": "This command has changed: restart your Discord app (or press Ctrl+R), and try again.",
    "unexpected": "Something went wrong in the bot, and it was written to its log: try again.",
    # ---- progress
    "accepted": "Got it. Handing the photo to the engine …",
    "queued": "Waiting in the queue …",
    "waiting": "Waiting: number **{position}** in the queue · about {left}",
    "working": "**{stage}**\n{bar} {percent} %",
    "working_left": "**{stage}**\n{bar} {percent} % · about {left} left",
    "retrying": "The engine had to start anew. Nothing is lost, it is working on it again.",
    "warming": "The engine is getting ready. At its very first start that takes some minutes.",
    "no_engine": "No engine answers yet. As soon as one does, it goes on.",
    "no_engine_came": "No engine came online in time, so nothing was made of your photo. Try again later.",
    "waiting_only": "Waiting: number **{position}** in the queue",
    "smaller": "That file is too large for this place: making a smaller one.",
    "longer": "This takes longer than Discord lets me answer here: the answer will come as a message of its own.",
    "restarting": "The bot is restarting. This picture stays in the queue and will be answered here.",
    "cancelling": "Cancelling …",
    "seconds": "{count} s",
    "minutes": "{count} min",
    "some_step": "Working",
    "preview_alt": "Edited picture: a first, small preview of the result.",
    # ---- answers
    "bald_done": "**Twenty years later** · stops at stage {stage} of the Norwood scale",
    "bald_clean_done": "**Twenty years later** · no hair left at all",
    "norwood_today": "Today: about stage {stage}",
    "edit_done": "**{edits}**",
    "edited_mark": "Edited picture, not a forecast.",
    "gave_up": "Made smaller or simpler to fit the upload limit here.",
    "alt_bald": "Edited picture: {who} going bald over twenty years, until stage {stage} of the Norwood scale.",
    "alt_bald_clean": "Edited picture: {who} going bald over twenty years, until no hair is left at all.",
    "alt_edit": "Edited picture: {who}, changed step by step: {edits}.",
    "one_person": "a person",
    "several_people": "{count} people",
    "for_user": "{user}, here is your answer.",
    # ---- buttons
    "button_weaker": "Weaker",
    "button_stronger": "Stronger",
    "button_format": "As {format}",
    "button_delete": "Delete",
    "button_cancel": "Cancel",
    "button_opt_out": "Do not use my picture",
    "button_opt_in": "Allow my picture again",
    "menu_attribute": "Change something else …",
    # ---- /queue
    "queue_empty": "Nothing of yours is under way. In the whole queue: {total}.",
    "queue_head": "**Yours in the queue** (in all: {total})",
    "queue_waiting": "{number}. waiting, number {position} · about {left}",
    "queue_waiting_only": "{number}. waiting, number {position}",
    "queue_starting": "{number}. waiting for its turn",
    "queue_working": "{number}. {stage}, {percent} %",
    "queue_working_left": "{number}. {stage}, {percent} % · about {left} left",
    "cancel_number": "Cancel {number}",
    "cancel_too_late": "That one is finished, or nearly: there was nothing left to cancel.",
    # ---- /recede
    "help": (
        "**Recede** turns a photo of a face into an animation of that person going bald over twenty years.\n"
        "• `/bald` with a photo, or with a member for their avatar. `faces`, `stage`, `format` and `private` are up to "
        "you.\n"
        "• `/edit` changes beard, colour, length … of the hair, weaker or stronger.\n"
        "• Right-click (hold) a message or a member → Apps → Bald this picture / avatar.\n"
        "• Below an answer: weaker, stronger, something else, another format, delete.\n"
        "• `/queue` shows your place and cancels; `/recede privacy` says what is kept.\n"
        "Best are photos that look towards the camera, without a hat. Only use pictures of people who agree to it."
    ),
    "privacy": (
        "**What is kept**\n"
        "• A photo is held only until its answer is made, and deleted then; so is the animation once it is posted "
        "here. No face data is kept, and nothing is learnt from your pictures.\n"
        "• So that the buttons below an answer work, the bot remembers for {days} days who asked for what, and the "
        "address at Discord where the photo lies. **Delete** below an answer removes both at once.\n"
        "• Besides that: servers' settings, blocks, your opt-out, and plain counts.\n"
        "• If you opt out, others can use neither your avatar nor, by the Apps menu, the pictures you post.\n"
        "You are **{state}**."
    ),
    "state_in": "not opted out",
    "state_out": "opted out",
    "opted_out_now": "Done: others can no longer use your picture.",
    "opted_in_now": "Done: your picture may be used again.",
    "stats": (
        "**Recede {version}** · up {uptime}\n"
        "Answered: {answered} · failed: {failed} · under way here: {under_way} · in the whole queue: {total}\n"
        "Engines: {engines}\n"
        "Servers: {guilds} · shards: {shards} · latency: {latency_ms} ms"
    ),
    "stats_engine": "{state} on {device}, {mean} per picture",
    "stats_silent": "{engine} (silent: {parts})",
    "stats_no_engine": "none answers at the moment",
    "state_ready": "ready",
    "state_warming": "warming up",
    "state_draining": "stopping",
    "not_known": "not known",
    "settings": (
        "**Settings of this server**\n"
        "Channels: {channels}\n"
        "Not in: {forbidden}\n"
        "Pause between two requests of a member: {cooldown} s\n"
        "Pictures of a member at a time: {jobs}\n"
        "Preset: {preset}\n"
        "Members' avatars: {avatars}\n"
        "Spoiler: {spoiler}\n"
        "Paused: {draining}"
    ),
    "preset_fast": "fast",
    "preset_fine": "fine",
    "everywhere": "all",
    "none": "none",
    "yes": "yes",
    "no": "no",
    "block_done": "{user} can no longer use the bot here.",
    "block_everywhere_done": "{user} can no longer use the bot anywhere.",
    "unblock_done": "{user} can use the bot here again.",
    "unblock_everywhere_done": "{user} can use the bot everywhere again.",
    "drain_on": "Paused: the bot takes nothing new in this server and finishes what it has.",
    "drain_off": "The bot takes pictures in this server again.",
    "drain_everywhere_on": "Paused everywhere: the bot takes nothing new and finishes what it has.",
    "drain_everywhere_off": "The bot takes pictures again.",
}

# By the code of engine.errors. What a member reads, so without file names, commands or keys of the configuration.
ERRORS: dict[str, str] = {
    "error": "That did not work, and the reason was not given: try again, or another photo.",
    "photo": "This photo cannot be used: try another one.",
    "not_an_image": "That is no picture I can read: send a JPEG, PNG, WebP, GIF, AVIF or BMP.",
    "truncated_photo": "This file is damaged or ends too early: save it again and send that.",
    "photo_too_many_bytes": "This file is too large: send one of at most {max_mib} MiB.",
    "photo_too_many_pixels": "This picture has too many pixels: send one of at most 40 megapixels.",
    "photo_too_small": "This picture is too small to see a face in: send one of at least 64 pixels on each side.",
    "photo_decode_failed": "This picture takes too long to open, or too much memory: save it as JPEG and send that.",
    "face": "The face in this photo cannot be edited: try another photo.",
    "no_face": "I see no face here: send a photo in which someone looks towards the camera, well lit and whole.",
    "no_such_face": "There are fewer faces in this photo than that: choose `faces: largest` or `everyone`.",
    "face_too_small": "The face is too small: send a larger photo, or one taken from closer.",
    "face_cut": "Too much of the head lies outside the photo: send one that shows the whole head.",
    "hat_in_the_way": "A hat or cloth covers the hair: send a photo without it.",
    "no_hair_left": "There is no hair left to lose on this head: time has been faster than I.",
    "nothing_to_edit": "What this would change is not there: choose another change, or another photo.",
    "request": "That cannot be made: choose other options.",
    "unknown_format": "That format cannot be made: choose gif, webp or mp4.",
    "bad_option": "One of the options is not possible: choose other values.",
    "bad_config": "The engine is not set up correctly: tell the bot's owner to look at its log.",
    "result_too_large": "Even the smallest animation is too large for this place: try `format: mp4`.",
    "weights": "The engine lacks a part that it needs: tell the bot's owner to look at its log.",
    "weights_unreachable": "The engine cannot fetch its models at the moment: tell the bot's owner, or try later.",
    "weights_corrupt": "One of the engine's models is damaged: tell the bot's owner to look at its log.",
    "weights_unwritable": "The engine has no room for its models: tell the bot's owner to look at its log.",
    "unknown_weights": "The engine was asked for a model it does not know: tell the bot's owner to look at its log.",
    "checkpoint": "The engine's generator cannot be used: tell the bot's owner to look at its log.",
    "bad_checkpoint": "The engine's generator is damaged: tell the bot's owner to look at its log.",
    "unsafe_checkpoint": "The engine's generator is a file that is not safe: tell the bot's owner to look at its log.",
    "wrong_generator": "The engine was given a generator of another kind: tell the bot's owner to look at its log.",
    "out_of_memory": "The engine's memory is too small for this picture: try a smaller photo, or tell the bot's owner.",
    "training": "The engine was not trained completely: tell the bot's owner to look at its log.",
    "training_data": "The engine lacks samples that it was to learn from: tell the bot's owner to look at its log.",
    "foreign_boundary": "The engine has not learnt this for its generator: tell the bot's owner to look at its log.",
    "state_unusable": "I cannot use the disk that I keep things on: tell the bot's owner to look at its log.",
    "device_unavailable": "The engine's graphics card is not to be found: tell the bot's owner to look at its log.",
    "queue": "The way to the engine is closed at the moment: try again in a few minutes.",
    "busy": "Everybody wants to go bald right now and the queue is full: try again in about {retry_after_s} s.",
    "broker_missing": "The bot's queue is not installed: tell the bot's owner to look at its log.",
    "broker_unreachable": "The bot's queue does not answer at the moment: try again in a few minutes.",
    "bad_message": "Bot and engine have different versions: tell the bot's owner to install the same for both.",
    "engine_already_running": "Two engines got in each other's way: try again in a moment.",
    "part_failed": "The bot had trouble with itself: try again in a few minutes.",
    "job": "Your picture was not finished: send it again.",
    "cancelled": "Cancelled. Nothing of the photo was kept.",
    "expired": "The queue was too long, and your picture's time ran out before it began: try again later.",
    "timed_out": "Your picture took too long and was given up: try a smaller one, or one with fewer faces.",
    "crashed": "The engine failed on this photo several times and gave up: try another one.",
    "lost": "The picture was lost on its way to the engine: send the photo again.",
}

# By the engine's own name of the step.
STAGES: dict[str, str] = {
    "waiting": "Waiting",
    "starting": "Starting",
    "loading models": "Loading the models",
    "reading the photo": "Reading the photo",
    "looking for faces": "Looking for faces",
    "parsing the face": "Telling hair from skin",
    "learning the face": "Learning the face",
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
