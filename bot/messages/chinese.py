"""Everything the bot says, in Simplified Chinese, and the Chinese names of commands and options."""

from __future__ import annotations

SENTENCES: dict[str, str] = {
    # ---- refusals
    "draining": "机器人即将重启，暂时不接新图：请过几分钟再试。",
    "draining_here": "管理员暂停了本服务器的机器人：请稍后再试。",
    "blocked": "你不能在这里使用这个机器人：请向管理员询问原因。",
    "other_channel": "这个频道不能使用机器人，请到 {channels}。",
    "enough_under_way": "你还有 {limit} 张图在处理中：请等一张完成，或用 /排队 取消一张。",
    "cooldown": "太快了：请 {seconds} 秒后再试。",
    "opted_out": "{user} 不希望自己的图片被使用，所以保持原样。",
    "no_avatars_here": "本服务器不允许使用头像：请用 /秃头 上传一张照片。",
    "no_own_avatar": "{user} 没有自己的头像图片：请用 /秃头 上传一张照片。",
    "no_photo_given": "请在“图片”里上传一张照片，或在“成员”里选一个人来用其头像。",
    "no_picture_in_message": "这条消息没有附带图片：请选一条带照片的消息。",
    "photo_gone": "Discord 上已经找不到这张原图：请用 /秃头 或 /修图 重新发送。",
    "download_failed": "没能从 Discord 取到照片：请稍后再试。",
    "post_forgotten": "这张图的原图位置已经被忘记：请用 /秃头 或 /修图 重新发送。",
    "same_attribute": "两个特征相同：请选不同的两个，或只用一个并给出总强度。",
    "half_second": "使用第二个特征时，名称和强度都要填写。",
    "not_yours_to_delete": "只有发起人、图中的人或管理员可以删除。",
    "not_yours_to_cancel": "只有发起人或管理员可以取消。",
    "server_only": "这项功能属于服务器：请在服务器里使用。",
    "managers_only": "只有拥有“管理服务器”权限的成员可以这样做。",
    "owners_only": "只有机器人的所有者可以对所有服务器这样做。",
    "command_old": "这个命令已经更新：请按 Ctrl+R 或重启 Discord 后再试。",
    "unexpected": "机器人出了点问题，已写入日志：请再试一次。",
    # ---- progress
    "accepted": "收到，正在把照片交给引擎……",
    "queued": "正在排队……",
    "waiting": "排队中：第 **{position}** 位 · 大约 {left}",
    "working": "**{stage}**\n{bar} {percent} %",
    "working_left": "**{stage}**\n{bar} {percent} % · 大约还要 {left}",
    "retrying": "引擎重新启动了。什么都没丢，正在重新处理。",
    "warming": "引擎正在准备。第一次启动需要几分钟。",
    "no_engine": "还没有引擎应答。一有引擎就会继续。",
    "waiting_only": "排队中：第 **{position}** 位",
    "smaller": "文件超过了这里的上传限制：正在做一个更小的。",
    "restarting": "机器人正在重启。这张图还在队列里，稍后会在这里回复。",
    "cancelling": "正在取消……",
    "seconds": "{count} 秒",
    "minutes": "{count} 分钟",
    "some_step": "处理中",
    "preview_alt": "经过编辑的图片：结果的第一张小预览。",
    # ---- answers
    "bald_done": "**二十年后** · 到诺伍德分级第 {stage} 级为止",
    "bald_clean_done": "**二十年后** · 一根头发也不剩",
    "norwood_today": "现在：大约第 {stage} 级",
    "edit_done": "**{edits}**",
    "edited_mark": "经过编辑的图片，并非预测。",
    "gave_up": "为了符合这里的上传限制，缩小或简化了画面。",
    "alt_bald": "经过编辑的图片：{who}在二十年间逐渐秃顶，到诺伍德分级第 {stage} 级为止。",
    "alt_bald_clean": "经过编辑的图片：{who}在二十年间逐渐秃顶，直到一根头发也不剩。",
    "alt_edit": "经过编辑的图片：{who}逐步变化：{edits}。",
    "one_person": "一个人",
    "several_people": "{count} 个人",
    "for_user": "{user}，这是你的结果。",
    # ---- buttons
    "button_weaker": "弱一点",
    "button_stronger": "强一点",
    "button_format": "换成 {format}",
    "button_delete": "删除",
    "button_cancel": "取消",
    "button_opt_out": "不要使用我的图片",
    "button_opt_in": "允许使用我的图片",
    "menu_attribute": "改点别的……",
    # ---- /queue
    "queue_empty": "你没有正在处理的图。整个队列：{total}。",
    "queue_head": "**你在队列中的图**（总共：{total}）",
    "queue_waiting": "{number}. 排队中，第 {position} 位 · 大约 {left}",
    "queue_starting": "{number}. 等待开始",
    "queue_working": "{number}. {stage},{percent} %",
    "cancel_number": "取消 {number}",
    "cancel_too_late": "这张已经完成或即将完成，没有可以取消的了。",
    # ---- /recede
    "help": (
        "**Recede** 把一张人脸照片变成这个人在二十年间逐渐秃顶的动画。\n"
        "• `/秃头`：上传照片，或选一个成员用其头像。“人脸”“级别”“格式”“私密”随你选。\n"
        "• `/修图`：改变胡子、发色、长度等，可弱可强。\n"
        "• 右键（长按）消息或成员 → APP → 让这张图片秃头 / 让这个头像秃头。\n"
        "• 结果下方的按钮：弱一点、强一点、改点别的、换格式、删除。\n"
        "• `/排队` 查看位置和取消；`/发际线 隐私` 说明保存了什么。\n"
        "最好是正对镜头、不戴帽子的照片。只使用同意这样做的人的图片。"
    ),
    "privacy": (
        "**保存了什么**\n"
        "• 照片只在结果做好之前保留，之后立即删除；动画发出后也立即删除。不保存人脸数据，也不用你的图片训练。\n"
        "• 为了让结果下方的按钮可用，机器人会在 {days} 天内记住谁要了什么，以及照片在 Discord 上的地址。"
        "点结果下方的**删除**会立刻清除两者。\n"
        "• 此外只有：服务器设置、屏蔽名单、你的退出选择和简单的计数。\n"
        "• 退出后，别人不能使用你的头像，也不能用 APP 菜单处理你发的图片。\n"
        "你目前**{state}**。"
    ),
    "state_in": "没有退出",
    "state_out": "已经退出",
    "opted_out_now": "好了：别人不能再使用你的图片。",
    "opted_in_now": "好了：你的图片可以再次被使用。",
    "stats": (
        "**Recede {version}** · 已运行 {uptime}\n"
        "已回复：{answered} · 失败：{failed} · 正在处理：{under_way} · 整个队列：{total}\n"
        "引擎：{engines}\n"
        "服务器：{guilds} · 分片：{shards} · 延迟：{latency_ms} 毫秒"
    ),
    "stats_engine": "{state}（{device}），每张 {mean}",
    "stats_no_engine": "目前没有引擎应答",
    "state_ready": "就绪",
    "state_warming": "预热中",
    "state_draining": "正在停止",
    "not_known": "未知",
    "settings": (
        "**本服务器的设置**\n"
        "频道：{channels}\n"
        "成员两次请求的间隔：{cooldown} 秒\n"
        "成员同时处理的图片数：{jobs}\n"
        "预设：{preset}\n"
        "使用成员头像：{avatars}\n"
        "剧透遮挡：{spoiler}\n"
        "已暂停：{draining}"
    ),
    "everywhere": "全部",
    "yes": "是",
    "no": "否",
    "block_done": "{user} 不能再在这里使用机器人。",
    "block_everywhere_done": "{user} 不能再在任何地方使用机器人。",
    "unblock_done": "{user} 可以重新在这里使用机器人。",
    "unblock_everywhere_done": "{user} 可以重新在所有地方使用机器人。",
    "drain_on": "已暂停：机器人在本服务器不接新图，会完成已有的。",
    "drain_off": "机器人在本服务器重新接图。",
    "drain_everywhere_on": "已全部暂停：机器人不接新图，会完成已有的。",
    "drain_everywhere_off": "机器人重新接图。",
}

ERRORS: dict[str, str] = {
    "error": "没有成功，也没有给出原因：请再试一次，或换一张照片。",
    "photo": "这张照片不能用：请换一张。",
    "not_an_image": "这不是我能读的图片：请发送 JPEG、PNG、WebP、GIF、AVIF 或 BMP。",
    "truncated_photo": "文件已损坏或不完整：请重新保存后再发送。",
    "photo_too_many_bytes": "文件太大：请发送不超过 {max_mib} MiB 的图片。",
    "photo_too_many_pixels": "图片像素太多：请发送不超过 4000 万像素的图片。",
    "photo_too_small": "图片太小，看不清人脸：每边至少要有 64 像素。",
    "photo_decode_failed": "打开这张图片需要太多时间或内存：请另存为 JPEG 或 PNG 后再发送。",
    "face": "照片里的脸无法编辑：请换一张照片。",
    "no_face": "这里没有找到人脸：请发送正对镜头、光线良好、完整的人脸照片。",
    "no_such_face": "照片里没有那么多张脸：请选择“最大的脸”或“所有人”。",
    "face_too_small": "脸太小了：请发送更大或拍得更近的照片。",
    "face_cut": "头部有太多在照片之外：请发送能看到整个头的照片。",
    "hat_in_the_way": "帽子或布料挡住了头发：请发送没有遮挡的照片。",
    "no_hair_left": "这个头顶已经没有头发可掉了：时间比我先到。",
    "request": "这样无法制作：请换别的选项。",
    "unknown_format": "无法制作这种格式：请选择 gif、webp 或 mp4。",
    "bad_option": "有一个选项不可用：请换别的值。",
    "bad_config": "引擎没有正确设置：请让机器人的所有者查看日志。",
    "result_too_large": "最小的动画也超过了这里的限制：请试试 mp4 格式。",
    "weights": "引擎缺少必要的部件：请让机器人的所有者查看日志。",
    "weights_unreachable": "引擎暂时无法下载模型：请告诉机器人的所有者，或稍后再试。",
    "weights_corrupt": "引擎的一个模型已损坏：请让机器人的所有者查看日志。",
    "weights_unwritable": "引擎没有空间存放模型：请让机器人的所有者查看日志。",
    "unknown_weights": "引擎被要求使用未知的模型：请让机器人的所有者查看日志。",
    "checkpoint": "引擎的生成器无法使用：请让机器人的所有者查看日志。",
    "bad_checkpoint": "引擎的生成器文件已损坏：请让机器人的所有者查看日志。",
    "unsafe_checkpoint": "引擎的生成器文件不安全：请让机器人的所有者查看日志。",
    "wrong_generator": "引擎得到的生成器类型不对：请让机器人的所有者查看日志。",
    "out_of_memory": "引擎的内存不够处理这张图片：请换小一点的照片，或告诉机器人的所有者。",
    "training": "引擎的训练不完整：请让机器人的所有者查看日志。",
    "training_data": "引擎缺少学习所需的样本：请让机器人的所有者查看日志。",
    "foreign_boundary": "引擎还没有为现在的生成器学会这一项：请让机器人的所有者查看日志。",
    "device_unavailable": "找不到引擎的显卡：请让机器人的所有者查看日志。",
    "queue": "通往引擎的路暂时不通：请过几分钟再试。",
    "busy": "现在大家都想秃头，队列满了：请大约 {retry_after_s} 秒后再试。",
    "broker_missing": "机器人的队列没有安装：请让机器人的所有者查看日志。",
    "broker_unreachable": "机器人的队列暂时没有应答：请过几分钟再试。",
    "bad_message": "机器人和引擎的版本不一致：请让机器人的所有者安装相同的版本。",
    "engine_already_running": "两个引擎互相妨碍了：请稍后再试。",
    "job": "你的图没有完成：请重新发送。",
    "cancelled": "已取消，照片没有保留。",
    "expired": "队列太长，你的图在开始之前就超时了：请稍后再试。",
    "timed_out": "你的图花了太长时间，已放弃：请换一张更小或人脸更少的照片。",
    "crashed": "引擎在这张照片上多次失败，已放弃：请换一张。",
}

STAGES: dict[str, str] = {
    "waiting": "等待中",
    "starting": "开始",
    "loading models": "载入模型",
    "reading the photo": "读取照片",
    "looking for faces": "寻找人脸",
    "parsing the face": "区分头发和皮肤",
    "learning the face": "记住这张脸",
    "taking the hair off": "去掉头发",
    "compositing": "放回照片",
    "drawing the years": "绘制每一年",
    "encoding": "生成文件",
    "done": "完成",
}

ATTRIBUTES: dict[str, str] = {
    "bald": "秃头",
    "receding_hairline": "发际线后移",
    "bangs": "刘海",
    "wavy": "卷发",
    "straight": "直发",
    "black": "黑发",
    "brown": "棕发",
    "blond": "金发",
    "gray": "白发",
    "beard": "络腮胡",
    "mustache": "八字胡",
    "sideburns": "鬓角",
    "long_hair": "长发",
}

# Names, descriptions and choices of commands, by their English text.
COMMANDS: dict[str, str] = {
    "bald": "秃头",
    "Watch a photo go bald over twenty years": "看一张照片在二十年间逐渐秃顶",
    "image": "图片",
    "A photo in which someone looks towards the camera": "一张正对镜头的照片",
    "user": "成员",
    "Take this member's avatar (or, with an image, say who is in it)": "使用这个成员的头像（有图片时，表示图中是谁）",
    "faces": "人脸",
    "Whose hair goes, when there are several people": "有多个人时，让谁秃头",
    "the largest face": "最大的脸",
    "everyone": "所有人",
    "stage": "级别",
    "Where to stop on the Norwood scale: 2 (temples) to 7 (only the sides are left)": (
        "在诺伍德分级的哪一级停下：2（额角）到 7（只剩两侧）"
    ),
    "format": "格式",
    "GIF plays everywhere; WebP and MP4 are finer": "GIF 到处都能播放；WebP 和 MP4 更精细",
    "GIF plays everywhere; WebP and MP4 are finer; PNG is a still": "GIF 通用；WebP 和 MP4 更精细；PNG 是静态图",
    "png": "png（静态图）",
    "private": "私密",
    "Only you see the answer": "只有你能看到结果",
    "edit": "修图",
    "Change hair or beard in a photo": "改变照片里的头发或胡子",
    "attribute": "特征",
    "What to change": "改变什么",
    "strength": "强度",
    "How much: -3 (much less) to 3 (much more)": "程度：-3（少很多）到 3（多很多）",
    "second_attribute": "第二个特征",
    "What else to change": "还要改变什么",
    "second_strength": "第二个强度",
    "queue": "排队",
    "Your place in the queue, and a way out of it": "查看你的排队位置，或取消",
    "recede": "发际线",
    "About the bot, and its settings": "关于机器人及其设置",
    "help": "帮助",
    "What the bot can do": "机器人能做什么",
    "privacy": "隐私",
    "What is kept, and how to opt out": "保存了什么，以及如何退出",
    "choice": "选择",
    "Whether others may use your picture": "是否允许别人使用你的图片",
    "opt out": "退出",
    "opt in": "加入",
    "stats": "统计",
    "How the bot is doing": "机器人的状态",
    "settings": "设置",
    "Show or change this server's settings": "查看或更改本服务器的设置",
    "allow_channel": "允许频道",
    "Allow the bot here; as soon as one is allowed, the others are not": "允许在此使用；一旦设置，其他频道就不允许",
    "forbid_channel": "禁止频道",
    "Take this channel off the list of allowed ones": "把这个频道从允许名单中移除",
    "cooldown": "冷却",
    "Seconds between two requests of a member": "成员两次请求之间的秒数",
    "jobs_per_user": "每人数量",
    "Pictures that one member may have under way": "一个成员可同时处理的图片数",
    "preset": "预设",
    "fast, or fine: twice as long and closer to the person": "快速，或精细：时间加倍、更像本人",
    "fast": "快速",
    "fine": "精细",
    "avatars": "头像",
    "Whether members' avatars may be used": "是否允许使用成员的头像",
    "spoiler": "剧透遮挡",
    "Hide every answer until it is clicked": "遮挡每个结果，点击后才显示",
    "block": "屏蔽",
    "Keep someone from using the bot": "禁止某人使用机器人",
    "Whom": "谁",
    "off": "解除",
    "Lift it again": "重新允许",
    "everywhere": "所有服务器",
    "In all servers (the bot's owners only)": "在所有服务器（仅限机器人所有者）",
    "drain": "暂停",
    "Take nothing new, finish what there is": "不接新图，完成已有的",
    "Take pictures again": "重新接图",
    "Bald this picture": "让这张图片秃头",
    "Bald this avatar": "让这个头像秃头",
}
