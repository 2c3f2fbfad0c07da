"""Everything the bot says, in English."""

from __future__ import annotations

SENTENCES: dict[str, str] = {
    # ---- refusals
    "draining": "I'm about to restart. Try again in a few minutes.",
    "draining_here": "The moderators have paused me in this server. Try again later.",
    "blocked": "You can't use this bot here. The moderators know why.",
    "other_channel": "Not in this channel. Try {channels}.",
    "not_this_channel": "Not in this channel.",
    "last_channel": (
        "{channel} is the only channel where I may be used. Taking it away would open all of them: allow another one "
        "first, or choose `all_channels`."
    ),
    "enough_under_way": "You already have {limit} pictures under way. Wait for one, or cancel one with /queue.",
    "crowded": "Everybody wants to go bald right now, so it's one picture each. Try again in about {seconds} s.",
    "server_share": (
        "This server already has {limit} pictures under way, and others want a turn. Try again in about {seconds} s."
    ),
    "role_forbidden": "The moderators keep me from one of your roles.",
    "role_needed": "Here, I'm for {roles}.",
    "day_full": "This server has had its {limit} pictures for today. It goes on in about {hours} h.",
    "cooldown": "That was quick! Try again in {seconds} s.",
    "opted_out": "{user} doesn't want their picture used, so their hair stays on.",
    "own_only": "In this server, everybody sticks to their own picture.",
    "said_no": "{user} would rather not, so their hair stays on.",
    "already_asked": "I've asked {user} already. Give them a moment.",
    "cannot_ask": "{user} wants to be asked first, and I can't reach them. Ask them yourself.",
    "question_over": "That question is over. Whoever asked can ask again.",
    "not_yours_to_allow": "Only {user} can answer that.",
    "explicit": "Discord takes that picture for explicit, so I don't touch it where everybody is around.",
    "buttons_of_asker": "Here, the buttons are for whoever asked. Start your own with /bald or /edit.",
    "form_forgotten": "I've been restarted since that form was opened. Open it again, please.",
    "choice_forgotten": "I no longer know which pictures those were. Open the menu again, please.",
    "no_avatars_here": "Other people's avatars are off limits in this server. Attach a photo with /bald instead.",
    "no_own_avatar": "{user} still has Discord's default avatar, without any hair. Try /bald with a photo.",
    "no_photo_given": (
        "Whose hair? Attach a photo as `image`, or pick a member as `user` to take their avatar. I can't see a picture "
        "of yours here."
    ),
    "no_picture_in_message": "I can't find a picture in that message. Pick one with a photo.",
    "photo_gone": "Discord has lost that photo. Send it again with /bald or /edit.",
    "download_failed": "Discord didn't hand over the photo. Try again in a moment.",
    "post_forgotten": "I no longer know where the original photo is. Send it again with /bald or /edit.",
    "same_attribute": "That's the same thing twice. Pick two different ones, or one and more of it.",
    "unknown_attribute": "I don't know how to change “{name}”. What I can do: {known}.",
    "no_strength": "A strength of 0 changes nothing. Try 1 to 3 for more of it, or -1 to -3 for less.",
    "half_second": "A second change needs both: what, and how much.",
    "not_yours_to_delete": "Only whoever asked for it, whoever is in it, or a moderator can delete this.",
    "not_yours_to_cancel": "Only whoever asked for it, or a moderator, can cancel this.",
    "server_only": "That only works in a server that I've joined.",
    "managers_only": "You need the permission Manage Server for that.",
    "owners_only": "Only the owners of this bot can do that everywhere.",
    "command_old": "This command has changed. Restart your Discord app (or press Ctrl+R) and try again.",
    "unexpected": "I slipped up there, and it's in my log. Try again.",
    # ---- asking whoever is pictured
    "question": "{user}, {asker} would like to change your hair in a picture of you. May I?",
    "asked": "{user} wants to be asked first, so I've asked. It goes on as soon as they say yes.",
    "no_answer": "{user} hasn't answered, so nothing was made.",
    "yes_said": "Thanks! It's being made.",
    "no_said": "Then I won't.",
    "forgotten": "Done. I know nothing about you any more.",
    # ---- progress
    "accepted": "Got it. Handing the photo to the engine …",
    "queued": "Waiting in the queue …",
    "waiting": "Waiting: number **{position}** in the queue · about {left}",
    "working": "**{stage}**\n{bar} {percent} %",
    "working_left": "**{stage}**\n{bar} {percent} % · about {left} left",
    "retrying": "The engine stumbled and is starting over. Your photo is safe.",
    "warming": "Still warming up. You keep your place.",
    "no_engine": "The engine is away. You keep your place, and it goes on as soon as one answers.",
    "no_engine_came": "The engine didn't come back in time, so your picture wasn't made. Try again later.",
    "waiting_only": "Waiting: number **{position}** in the queue",
    "smaller": "That file is too large for this place. Making a smaller one.",
    "longer": "This takes longer than Discord lets me answer here. The picture will come as a message of its own.",
    "restarting": "I'm restarting. Your picture keeps its place and comes here.",
    "cancelling": "Cancelling …",
    "seconds": "{count} s",
    "minutes": "{count} min",
    "some_step": "Working",
    "preview_alt": "Edited picture: a small first preview.",
    # ---- answers
    "bald_done": "**Twenty years later** · Norwood {stage}",
    "bald_clean_done": "**Twenty years later** · shiny all over",
    "norwood_today": "Today: about Norwood {stage}",
    "edit_done": "**{edits}**",
    "edited_mark": "An edited picture, not a prophecy.",
    "frame_used": "Your picture moves: I took frame {frame}, which shows the face best.",
    "faces_done": "{found} faces found, {done} done, {passed} passed over: {whys}.",
    "why": "{count} × {why}",
    "why_face_too_small": "too small",
    "why_face_blurred": "too blurred to see the hair",
    "why_face_cut": "cut off by the edge",
    "why_hat_in_the_way": "something covers the hair",
    "why_no_hair_left": "no hair left to lose",
    "why_nothing_to_edit": "nothing there to change",
    "why_other": "not to be edited",
    "gave_up": "A bit smaller or simpler, to fit the upload limit here.",
    "whose_picture": "{user}'s picture: they, {asker} and moderators can delete it. Rather not? /recede privacy",
    "from_message": "Your latest picture here: {message}",
    "from_last_order": "The picture of your last request here.",
    "alt_bald": "Edited picture: {who} going bald over twenty years, until stage {stage} of the Norwood scale.",
    "alt_bald_clean": "Edited picture: {who} going bald over twenty years, down to the last hair.",
    "alt_edit": "Edited picture: {who}, changed step by step: {edits}.",
    "one_person": "a person",
    "several_people": "{count} people",
    "for_user": "{user}, here you are.",
    # ---- buttons
    "button_weaker": "Weaker",
    "button_stronger": "Stronger",
    "button_format": "As {format}",
    "button_delete": "Delete",
    "button_cancel": "Cancel",
    "button_before_after": "Before / after",
    "button_allow": "Go ahead",
    "button_deny": "Rather not",
    "button_consent_out": "Don't let others use my picture",
    "button_consent_ask": "Ask me first",
    "button_consent_in": "Let others use my picture",
    "button_forget": "Forget me",
    "menu_attribute": "Change something else …",
    "which_picture": "There are {count} pictures. Which one?",
    "form_title": "Edit this picture",
    "form_photo": "Photo",
    "form_attribute": "What to change",
    "form_amount": "How much",
    "form_private": "Only I see it",
    "amount_little": "a little more",
    "amount_clearly": "clearly more",
    "amount_lot": "a lot more",
    "amount_less": "less",
    # ---- /queue
    "queue_empty": "You have nothing in the queue. In all: {total}.",
    "queue_head": "**Yours in the queue** (in all: {total})",
    "queue_waiting": "{number}. waiting, number {position} · about {left}",
    "queue_waiting_only": "{number}. waiting, number {position}",
    "queue_starting": "{number}. waiting for its turn",
    "queue_working": "{number}. {stage}, {percent} %",
    "queue_working_left": "{number}. {stage}, {percent} % · about {left} left",
    "cancel_number": "Cancel {number}",
    "cancel_too_late": "Too late to cancel: that one is done, or nearly.",
    # ---- /recede
    "help": (
        "Want to see yourself in twenty years? **Recede** lets a person in a photo go bald: cobwebs at the sides, rink "
        "in the middle.\n"
        "• `/bald` with a photo, or with a member for their avatar; alone, it takes your latest picture here.\n"
        "• `/edit` changes beard, colour, length … of the hair: pick it in a form, or type it.\n"
        "• Right-click (hold) a message or a member → Apps → Bald or Edit this picture / avatar.\n"
        "• Below an answer: weaker, stronger, something else as well, other formats, before and after, delete.\n"
        "• `/queue` shows your place and cancels; `/recede privacy` says what is kept, and who may use your picture.\n"
        "Best are photos that look towards the camera, without a hat. Only use pictures of people who agree to it."
    ),
    "privacy": (
        "**What is kept**\n"
        "• A photo is held only until its answer is made, and deleted then; so is the animation once it is posted "
        "here.{recent} Nothing about a face is ever stored, and I learn nothing from your pictures.\n"
        "• So that the buttons below an answer work, the bot remembers for {days} days who asked for what, and the "
        "address at Discord where the photo lies. **Delete** below an answer removes both at once.\n"
        "• Besides that: servers' settings, blocks, your choice below, and plain counts.\n"
        "• That choice is about your avatar and, by the Apps menu, the pictures you post. `/recede forget-me` deletes "
        "all there is about you.\n"
        "Others **{state}**."
    ),
    "privacy_recent": (
        " For {span} more, what was worked out from the photo stays in memory, never on disk, so that another format "
        "or strength is quick for you and nobody else. **Delete** below the answer, opting out and "
        "`/recede forget-me` drop it at once."
    ),
    "consent_in": "may use your picture",
    "consent_ask": "may use your picture after you have said yes",
    "consent_out": "can't use your picture",
    "consent_out_now": "Done. Nobody else can use your picture any more.",
    "consent_ask_now": "Done. You'll be asked before anybody else gets a picture of you.",
    "consent_in_now": "Done. Others may use your picture again.",
    "forget_me": (
        "This deletes what I know about you: your requests and those with your picture, as far as I remember them, "
        "what is under way, and whether others may use your picture. After that they may again, until you choose. "
        "Messages here stay: delete them by their button first. If a server has blocked you, that stays, too."
    ),
    "stats": (
        "**Recede {version}** · up {uptime}\n"
        "Answered: {answered} · failed: {failed} · under way here: {under_way} · in the whole queue: {total}\n"
        "Engines: {engines}\n"
        "Servers: {guilds} · shards: {shards} · latency: {latency_ms} ms"
    ),
    "stats_engine": "{state} on {device}, {mean} per picture",
    "stats_silent": "{engine} (silent: {parts})",
    "stats_no_engine": "none answers right now",
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
        "Pictures of the server per day: {per_day} (today: {today})\n"
        "Preset: {preset}\n"
        "Roles: {roles}\n"
        "Not for: {forbidden_roles}\n"
        "-# Numbers and preset: as options of this command."
    ),
    "menu_channels": "Only in these channels …",
    "menu_forbidden": "Not in these channels …",
    "menu_roles": "Only for these roles …",
    "menu_forbidden_roles": "Not for these roles …",
    "switch_avatars": "Others' avatars",
    "switch_own_only": "Only one's own picture",
    "switch_spoiler": "Spoiler",
    "switch_asker_buttons": "Buttons for the asker alone",
    "switch_draining": "Paused",
    "everybody": "everybody",
    "any_number": "any number",
    "blocks": "Blocked ({count}): {users}",
    "no_blocks": "Nobody is blocked.",
    "preset_fast": "fast",
    "preset_fine": "fine",
    "everywhere": "all",
    "none": "none",
    "block_done": "{user} can't use the bot here any more.",
    "block_everywhere_done": "{user} can't use the bot anywhere any more.",
    "unblock_done": "{user} can use the bot here again.",
    "unblock_everywhere_done": "{user} can use the bot everywhere again.",
    "drain_on": "Paused. I take nothing new in this server and finish what there is.",
    "drain_off": "Open again in this server.",
    "drain_everywhere_on": "Paused everywhere. I take nothing new and finish what there is.",
    "drain_everywhere_off": "Open again everywhere.",
}

# By the code of engine.errors. What a member reads, so without file names, commands or keys of the configuration.
ERRORS: dict[str, str] = {
    "error": "That didn't work, and I don't know why. Try again, or try another photo.",
    "photo": "I can't use this photo. Try another one.",
    "not_an_image": "I can't open that file. Send a JPEG, PNG, WebP, GIF, AVIF, BMP or HEIC.",
    "heic_not_read": "I can't read HEIC here. Send it as JPEG "
    "(on an iPhone: Settings, Camera, Formats, Most Compatible), or send a screenshot of it.",
    "truncated_photo": "This file is damaged or ends too early. Save it again and send that.",
    "photo_too_many_bytes": "This file is too large. {max_mib} MiB is the most I can take.",
    "photo_too_many_pixels": "This picture has too many pixels. Send it as JPEG, or scaled down to 40 megapixels.",
    "photo_too_small": "I can't make out a face in a picture this small. Each side needs at least 64 pixels.",
    "photo_decode_failed": "This picture is too hard to open. Save it as JPEG and send that.",
    "face": "I can't edit the face in this photo. Try another one.",
    "no_face": "I can't see a face here. Try a well-lit photo in which someone looks towards the camera. "
    "Cartoons and anime are beyond me: drawn hair is not mine to take.",
    "no_such_face": "There aren't that many faces in this photo. Pick `faces: largest` or `everyone`.",
    "face_too_small": "The face is too small. Send a larger photo, or one taken from closer.",
    "face_blurred": "The face is too blurred or too small to see the hair. Send a sharper or larger photo.",
    "face_cut": "Too much of the head is outside the photo. Send one with the whole head.",
    "hat_in_the_way": "There's a hat, a headband or the like on the hair. Hats off, please.",
    "no_hair_left": "No hair left to lose: time got here first.",
    "nothing_to_edit": "I can't find anything here that this would change. Try another change, or another photo.",
    "request": "I can't make that. Try other options.",
    "unknown_format": "I don't know that format. Choose gif, webp or mp4.",
    "bad_option": "One of the options doesn't work. Try other values.",
    "bad_config": "The engine isn't set up right. The bot's owner will find more in its log.",
    "result_too_large": "Even the smallest animation is too large for this place. Try `format: mp4`.",
    "weights": "The engine lacks a part that it needs. The bot's owner will find more in its log.",
    "weights_unreachable": "The engine can't fetch its models right now. Try later, or tell the bot's owner.",
    "weights_corrupt": "One of the engine's models is damaged. The bot's owner will find more in its log.",
    "weights_unwritable": "The engine has no room for its models. The bot's owner will find more in its log.",
    "unknown_weights": "The engine was asked for a model it doesn't know. The bot's owner will find more in its log.",
    "checkpoint": "The engine can't use its generator. The bot's owner will find more in its log.",
    "bad_checkpoint": "The engine's generator is damaged. The bot's owner will find more in its log.",
    "unsafe_checkpoint": "The engine's generator is an unsafe file. The bot's owner will find more in its log.",
    "wrong_generator": "The engine was given a generator of another kind. The bot's owner will find more in its log.",
    "out_of_memory": "This picture is too much for the engine. Try a smaller one, or tell the bot's owner.",
    "training": "The engine hasn't finished school. The bot's owner will find more in its log.",
    "training_data": "The engine has nothing to learn from. The bot's owner will find more in its log.",
    "foreign_boundary": "The engine hasn't learnt that one yet. The bot's owner will find more in its log.",
    "device_unavailable": "The engine can't find its graphics card. The bot's owner will find more in its log.",
    "queue": "I can't reach the engine right now. Try again in a few minutes.",
    "busy": "Everybody wants to go bald right now, and there's no room left. Try again in about {retry_after_s} s.",
    "broker_missing": "My queue isn't installed. The bot's owner will find more in its log.",
    "broker_unreachable": "I can't reach my queue right now. Try again in a few minutes.",
    "state_unusable": "I can't use the disk that I keep things on. The bot's owner will find more in its log.",
    "disk_full": "The engine's disk is full, so your picture wasn't made. Tell the bot's owner, please.",
    "bad_message": "The engine and I are of different versions. Tell the bot's owner to install the same for both.",
    "engine_already_running": "Two engines bumped into each other. Try again in a moment.",
    "part_failed": "I tripped over myself. Try again in a few minutes.",
    "job": "Your picture didn't get finished. Send it again.",
    "cancelled": "Cancelled. Nothing of the photo was kept.",
    "expired": "The queue was too long, and your picture ran out of time before its turn. Try again later.",
    "timed_out": "Your picture took too long. Try a smaller one, or one with fewer faces.",
    "crashed": "The engine gave up on this photo after several tries. Try another one.",
    "lost": "The picture got lost on its way to the engine. Send the photo again.",
}

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
