"""What /recede and /recede-admin say, in Simplified Chinese."""

from __future__ import annotations

RECEDE: dict[str, str] = {
    "help": (
        "想看看二十年后的自己吗？**Recede** 让照片里的人慢慢变秃：两边挂蛛网，中间能溜冰。\n"
        "• `/秃头`：上传照片，或选一个成员用其头像；什么都不填，就用你在这里最近发的图。\n"
        "• `/修图`：改变胡子、发色、长度等，可以在表单里点选，也可以打字。\n"
        "• 右键（长按）消息或成员 → APP → 给这张图剃头 / 修这张图 / 把 TA 变秃 / 修 TA 的头像。\n"
        "• 结果下方的按钮：弱一点、强一点、再改点别的、换格式、前后对比、删除。\n"
        "• `/排队` 查看位置和取消；`/发际线 隐私` 说明保存了什么、谁能用你的图。\n"
        "最好是正对镜头、不戴帽子的照片。只用本人同意过的照片。"
    ),
    "privacy": (
        "**保存了什么**\n"
        "• 照片只在结果做好之前保留，之后立即删除；动画发出后也立即删除。"
        "{recent}人脸数据从不存盘，也不用你的图片训练。\n"
        "• 为了让结果下方的按钮可用，{days} 天内我会记住谁做了哪张图，以及照片在 Discord 上的地址。"
        "点结果下方的**删除**会立刻清除两者。\n"
        "• 此外只有：服务器设置、屏蔽名单、你在下面的选择和简单的计数。\n"
        "• 这个选择管你的头像，也管别人用 APP 菜单处理你发的图。`/发际线 忘了我` 会删掉关于你的一切。\n"
        "目前别人**{state}**。"
    ),
    "privacy_recent": (
        "之后 {span}内，从照片算出来的东西和结果的每一帧只留在内存里，不写硬盘，"
        "让你换格式、调强弱时不用久等，别人用不到。"
        "点结果下方的**删除**、选择不允许别人用，或用 `/发际线 忘了我`，都会马上清掉。"
    ),
    "consent_in": "可以用你的图",
    "consent_ask": "要等你同意才能用你的图",
    "consent_out": "不能用你的图",
    "consent_out_now": "好了，别人不能再用你的图。",
    "consent_ask_now": "好了，别人要用你的图时，会先问你。",
    "consent_in_now": "好了，别人又可以用你的图了。",
    "forget_me": (
        "这会删掉我知道的关于你的一切：我还记得的、你发起的和用了你的图的请求，正在做的图，还有别人能不能用你的图的选择。"
        "之后别人又可以用，直到你重新选择。这里的消息不会消失，请先用消息下方的按钮删除。服务器对你的屏蔽也会保留。"
    ),
    "stats": (
        "**Recede {version}** · 已运行 {uptime}\n"
        "已回复：{answered} · 失败：{failed} · 正在处理：{under_way} · 整个队列：{total}\n"
        "引擎：{engines}\n"
        "服务器：{guilds} · 分片：{shards} · 延迟：{latency_ms} 毫秒"
    ),
    "stats_engine": "{state}（{device}），每张 {mean}",
    "stats_silent": "{engine}（无响应：{parts}）",
    "stats_no_engine": "现在没有引擎在线",
    "state_ready": "就绪",
    "state_warming": "预热中",
    "state_draining": "正在停止",
    "not_known": "未知",
    "settings": (
        "**本服务器的设置**\n"
        "频道：{channels}\n"
        "不可用的频道：{forbidden}\n"
        "成员两次请求的间隔：{cooldown} 秒\n"
        "成员同时在做的图：{jobs}\n"
        "本服务器每天几张图：{per_day}（今天：{today}）\n"
        "预设：{preset}\n"
        "身份组：{roles}\n"
        "不开放给：{forbidden_roles}\n"
        "-# 数字和预设：用这个命令的选项修改。"
    ),
    "menu_channels": "只在这些频道……",
    "menu_forbidden": "不在这些频道……",
    "menu_roles": "只给这些身份组……",
    "menu_forbidden_roles": "不给这些身份组……",
    "switch_avatars": "别人的头像",
    "switch_own_only": "只用自己的图",
    "switch_spoiler": "剧透遮挡",
    "switch_asker_buttons": "按钮只给发起人",
    "switch_draining": "暂停",
    "everybody": "所有人",
    "any_number": "不限",
    "blocks": "已屏蔽（{count}）：{users}",
    "no_blocks": "没有屏蔽任何人。",
    "preset_fast": "快速",
    "preset_fine": "精细",
    "everywhere": "全部",
    "none": "无",
    "block_done": "{user} 不能再在这里使用机器人。",
    "block_everywhere_done": "{user} 不能再在任何地方使用机器人。",
    "unblock_done": "{user} 可以重新在这里使用机器人。",
    "unblock_everywhere_done": "{user} 可以重新在所有地方使用机器人。",
    "drain_on": "已暂停，本服务器不接新图，手上的会做完。",
    "drain_off": "本服务器重新接图。",
    "drain_everywhere_on": "全部暂停，不接新图，手上的会做完。",
    "drain_everywhere_off": "重新接图。",
}
