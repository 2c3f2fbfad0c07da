"""What /recede and /recede-admin say, in English."""

from __future__ import annotations

RECEDE: dict[str, str] = {
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
        " For {span} more, what was worked out from the photo and the frames of the answer stay in memory, never on "
        "disk, so that another format or strength is quick for you and nobody else. **Delete** below the answer, "
        "opting out and `/recede forget-me` drop it all at once."
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
