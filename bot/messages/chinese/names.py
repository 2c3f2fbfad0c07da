"""Names of stages and attributes, in Simplified Chinese."""

from __future__ import annotations

STAGES: dict[str, str] = {
    "waiting": "等待中",
    "starting": "开始",
    "loading models": "载入模型",
    "reading the photo": "读取照片",
    "looking for faces": "寻找人脸",
    "parsing the face": "区分头发和皮肤",
    "a first look": "先看一眼",
    "learning the face": "正在分析五官",
    "taking the hair off": "正在薅头发",
    "looking under the hair": "推算头皮的样子",
    "growing hair": "长出头发",
    "finding the strength": "调整强度",
    "compositing": "放回照片",
    "drawing the years": "绘制每一年",
    "drawing the edit": "绘制变化",
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
    "gray": "灰白发",
    "beard": "络腮胡",
    "mustache": "八字胡",
    "sideburns": "鬓角",
    "long_hair": "长发",
}
