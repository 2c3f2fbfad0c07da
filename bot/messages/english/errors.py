"""What went wrong, in English."""

from __future__ import annotations

# By the code of engine.errors. What a member reads, so without file names, commands or keys of the configuration.
ERRORS: dict[str, str] = {
    "error": "That didn't work, and I don't know why. Try again, or try another photo.",
    "photo": "I can't use this photo. Try another one.",
    "not_an_image": "I can't open that file. Send a JPEG, PNG, WebP, GIF, AVIF, BMP or HEIC.",
    "heic_not_read": "I can't read HEIC here. Send it as JPEG "
    "(on an iPhone: Settings, Camera, Formats, Most Compatible), or send a screenshot of it.",
    "truncated_photo": "This file is damaged or ends too early. Save it again and send that.",
    "photo_too_many_bytes": "This file is too large. {max_mib} MiB is the most I can take.",
    "photo_too_many_pixels": "This picture has too many pixels. Scale it down to {max_megapixels} megapixels, please.",
    "photo_too_small": "I can't make out a face in a picture this small. Each side needs at least 64 pixels.",
    "photo_decode_failed": "This picture is too hard to open. Save it as JPEG and send that.",
    "face": "I can't edit the face in this photo. Try another one.",
    "no_face": "I can't see a face here. Try a well-lit photo in which someone looks towards the camera, "
    "with nothing in front of their face. "
    "Pets, cartoons and anime are beyond me: fur and drawn hair are not mine to take.",
    "no_such_face": "There aren't that many faces in this photo. Pick `faces: largest` or `everyone`.",
    "face_too_small": "The face is too small. Send a larger photo, or one taken from closer.",
    "face_blurred": "The face is too blurred or too small to see the hair. Send a sharper or larger photo.",
    "drawn_face": "That looks drawn, or printed in dots, to me, and only a photo's hair is mine to take. "
    "If it's a photo, send a larger or better-lit one.",
    "face_cut": "Too much of the head is outside the photo. Send one with the whole head.",
    "hat_in_the_way": "There's something on the hair or in front of it: a hat, a veil, a clip, headphones, "
    "a hand or a caption. One without it, please.",
    "too_young": "That looks like a child to me, and this is for grown-ups, so I leave it alone. "
    "If I got it wrong, try another photo of the same person.",
    "no_hair_left": "No hair left to lose: time got here first.",
    "nothing_to_edit": "I can't find anything here that this would change. Try another change, or another photo.",
    "request": "I can't make that. Try other options.",
    "unknown_format": "I don't know that format. Choose gif, webp, mp4 or png.",
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
    "machine_busy": "Too much is going on here to open your picture right now. Try again in a few minutes.",
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
