"""Why something is not done, in English."""

from __future__ import annotations

REFUSALS: dict[str, str] = {
    "draining": "I'm about to restart. Try again in a few minutes.",
    "draining_here": "The moderators have paused me in this server. Try again later.",
    "blocked": "You can't use this bot here. The moderators know why.",
    "other_channel": "Not in this channel. Try {channels}.",
    "not_this_channel": "Not in this channel.",
    "last_channel": (
        "{channel} is the only channel where I may be used. Taking it away would open all of them: allow another one "
        "first, or choose `all_channels`."
    ),
    "enough_under_way": "You already have {limit} under way. Wait for one, or cancel one with /queue.",
    "crowded": "Everybody wants to go bald right now, so it's one picture each. Try again in about {seconds} s.",
    "server_share": (
        "This server already has {limit} pictures under way, and others want a turn. Try again in about {seconds} s."
    ),
    "role_forbidden": "The moderators keep me from one of your roles.",
    "role_needed": "Here, I'm for {roles}.",
    "day_full": "This server has had its fill for today ({limit}). It goes on in about {hours} h.",
    "cooldown": "That was quick! Try again in {seconds} s.",
    "opted_out": "{user} doesn't want their picture used, so their hair stays on.",
    "own_only": "In this server, everybody sticks to their own picture.",
    "said_no": "{user} would rather not, so their hair stays on.",
    "already_asked": "I've asked {user} already. Give them a moment.",
    "cannot_ask": "{user} wants to be asked first, and I can't reach them. Ask them yourself.",
    "question_over": "That question is over. Whoever asked can ask again.",
    "not_yours_to_allow": "Only {user} can answer that.",
    "explicit": "Discord has marked that picture as explicit, so I leave it alone outside age-restricted channels.",
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
}
