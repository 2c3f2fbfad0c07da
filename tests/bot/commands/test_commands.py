"""The commands as Discord is told them: within its limits, in both languages, for servers and users."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import discord
import pytest

from bot.client import ChineseNames, RecedeClient
from bot.commands import add_commands
from bot.commands.admin import MAX_JOBS
from bot.commands.edit import attribute_named
from bot.commands.queue import SHOWN, queue_line
from bot.components.panel import settings_text
from bot.components.views import add_components
from bot.config import BotConfig, Settings
from bot.delivery.delivery import Delivery
from bot.errors import Refused
from bot.jobs.active import Active
from bot.jobs.desk import Desk
from bot.jobs.intake import Photos
from bot.jobs.progress import Pacer, ProgressMessage, State
from bot.messages import ATTRIBUTES, LANGUAGES, chinese, say_error
from bot.order import Language
from bot.policy.policy import Policy
from bot.policy.settings import GuildSettings
from bot.resources import Resources
from bot.runtime.metrics import BotMetrics
from bot.storage.storage import Storage
from engine.errors import BadOption
from engine.protocol import Progress
from tests.support.bot.orders import order

# https://discord.com/developers/docs/interactions/application-commands#application-command-object
NAME = re.compile(r"[-_'\w\u4e00-\u9fff]{1,32}")
CHAT_INPUT, USER_MENU, MESSAGE_MENU = 1, 2, 3


def client(folder: Path) -> RecedeClient:
    """A client that is connected to nothing."""
    settings, storage, delivery = Settings(), Storage(folder / "bot.sqlite3"), Delivery()
    policy = Policy(storage, BotConfig(), "fast")
    desk = Desk(settings.bot, settings.shared.queue, storage, Photos(1, 1.0), delivery, BotMetrics())
    made = RecedeClient(Resources(settings, storage, policy, desk, delivery))
    add_commands(made)
    add_components(made)
    return made


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What is synced, by name."""

    async def collected() -> list[dict[str, Any]]:
        made = client(tmp_path_factory.mktemp("commands"))
        tree = made.tree
        return [
            await command.get_translated_payload(tree, ChineseNames()) for command in tree._get_all_commands(guild=None)
        ]

    return {entry["name"]: entry for entry in asyncio.run(collected())}


def named_things(entry: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The command and everything inside it that has a name."""
    yield entry
    for option in entry.get("options", []):
        yield from named_things(option)
    yield from entry.get("choices", [])


def test_all_commands_are_there(commands: dict[str, dict[str, Any]]) -> None:
    kinds = {name: entry["type"] for name, entry in commands.items()}
    assert kinds == {
        "bald": CHAT_INPUT,
        "edit": CHAT_INPUT,
        "queue": CHAT_INPUT,
        "recede": CHAT_INPUT,
        "recede-admin": CHAT_INPUT,
        "Bald this picture": MESSAGE_MENU,
        "Edit this picture": MESSAGE_MENU,
        "Bald this avatar": USER_MENU,
        "Edit this avatar": USER_MENU,
    }
    inside = {option["name"] for option in commands["recede"]["options"]}
    assert inside == {"help", "privacy", "stats", "forget-me"}
    admin = commands["recede-admin"]
    assert {option["name"] for option in admin["options"]} == {"settings", "block", "blocks", "drain"}
    assert int(admin["default_member_permissions"]) == discord.Permissions(manage_guild=True).value
    assert all(entry["default_member_permissions"] is None for name, entry in commands.items() if entry is not admin)


def test_bald_asks_what_it_should_and_requires_nothing_alone(commands: dict[str, dict[str, Any]]) -> None:
    options = {option["name"]: option for option in commands["bald"]["options"]}
    assert list(options) == ["image", "user", "faces", "stage", "format", "private"]
    assert not any(option.get("required") for option in options.values())
    assert [choice["value"] for choice in options["faces"]["choices"]] == ["largest", "all"]
    assert [choice["value"] for choice in options["format"]["choices"]] == ["gif", "webp", "mp4", "png"]
    assert (options["stage"]["min_value"], options["stage"]["max_value"]) == (2, 7)


def test_edit_completes_attributes_and_bounds_strengths(commands: dict[str, dict[str, Any]]) -> None:
    options = {option["name"]: option for option in commands["edit"]["options"]}
    for name in ("attribute", "second_attribute"):
        assert options[name]["autocomplete"]
    for name in ("strength", "second_strength"):
        assert (options[name]["min_value"], options[name]["max_value"]) == (-3.0, 3.0)


def test_every_command_is_for_servers_and_users_and_works_in_direct_messages(
    commands: dict[str, dict[str, Any]],
) -> None:
    for name, entry in commands.items():
        in_servers_alone = name == "recede-admin"
        assert sorted(entry["integration_types"]) == ([0] if in_servers_alone else [0, 1])
        assert sorted(entry["contexts"]) == ([0] if in_servers_alone else [0, 1, 2])


def test_every_name_and_description_is_chinese_for_readers_of_chinese(commands: dict[str, dict[str, Any]]) -> None:
    formats = {"gif", "webp", "mp4"}  # are called that in every language
    for entry in commands.values():
        for thing in named_things(entry):
            if thing["name"] not in formats:
                assert set(thing["name_localizations"]) == {"zh-CN", "zh-TW"}, thing["name"]
            if thing.get("description"):
                assert set(thing["description_localizations"]) == {"zh-CN", "zh-TW"}, thing["description"]
    assert commands["bald"]["name_localizations"] == {"zh-CN": "秃头", "zh-TW": "禿頭"}


def test_no_chinese_name_is_left_over(commands: dict[str, dict[str, Any]]) -> None:
    told = {
        text
        for entry in commands.values()
        for thing in named_things(entry)
        for text in (thing["name"], thing.get("description", ""))
    }
    assert set(chinese.COMMANDS) <= told


def test_names_and_descriptions_fit_discords_limits(commands: dict[str, dict[str, Any]]) -> None:
    for entry in commands.values():
        names = [*entry.get("name_localizations", {}).values(), entry["name"]]
        assert all(1 <= len(name) <= 32 for name in names)
        for option in named_things(entry):
            if "value" in option or (option["type"] in (USER_MENU, MESSAGE_MENU) and option is entry):
                continue
            for name in (option["name"], *option.get("name_localizations", {}).values()):
                assert NAME.fullmatch(name), name
                assert name == name.lower()
            for text in (option["description"], *option.get("description_localizations", {}).values()):
                assert 1 <= len(text) <= 100, text


def test_siblings_have_different_names_in_both_languages(commands: dict[str, dict[str, Any]]) -> None:
    def check(siblings: list[dict[str, Any]]) -> None:
        chinese_names = {sibling.get("name_localizations", {}).get("zh-CN", sibling["name"]) for sibling in siblings}
        assert len({sibling["name"] for sibling in siblings}) == len(chinese_names) == len(siblings)
        for sibling in siblings:
            check(sibling.get("options", []))

    check(list(commands.values()))


def test_no_privileged_intent_is_asked_for(tmp_path: Path) -> None:
    async def scenario() -> None:
        intents = client(tmp_path).intents
        assert intents.guilds
        assert not {"members", "presences", "message_content"} & {name for name, wanted in intents if wanted}

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("curls", "wavy"),
        ("Grey hair", "gray"),
        ("mustach", "mustache"),
        ("goatee", "beard"),
        ("胡子", "beard"),
        ("白头发", "gray"),
        ("很卷的卷毛", "wavy"),
        ("purple", "purple"),
        ("beard", "beard"),
        ("Gray hair", "gray"),
        ("白发", "gray"),
        (" long_hair ", "long_hair"),
        ("my own", "my_own"),
    ],
)
def test_an_attribute_may_be_typed(typed: str, name: str) -> None:
    assert attribute_named(typed) == name


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_attribute_that_nobody_knows_is_answered_with_those_that_there_are(language: Language) -> None:
    told = say_error(language, BadOption("There is no attribute called 'purple'.", name="purple"))
    assert "purple" in told
    assert all(name in told for name in ATTRIBUTES[language].values())
    with pytest.raises(Refused) as refused:
        attribute_named("紫色!?")
    assert "紫色" in say_error(language, refused.value)


def test_an_interaction_is_met_once(tmp_path: Path) -> None:
    async def scenario() -> None:
        resources = client(tmp_path).resources
        assert resources.first_time(1)
        assert not resources.first_time(1)
        assert resources.first_time(2)

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (State(), "1. waiting for its turn"),
        (State(Progress("77", "waiting", 0.0, 3, 130.0)), "1. waiting, number 3 · about 3 min"),
        (State(Progress("77", "waiting", 0.0, 3, 0.0), note="no_engine"), "1. waiting, number 3"),
        (State(Progress("77", "encoding", 0.5, None, 20.0)), "1. Making the file, 50 % · about 20 s left"),
        (State(Progress("77", "encoding", 0.5)), "1. Making the file, 50 %"),
        (State(Progress("77", "done", 1.0, None, 5.0)), "1. Done, 100 %"),
    ],
)
def test_the_queue_tells_place_and_time_as_far_as_they_are_known(state: State, told: str) -> None:
    async def scenario() -> None:
        message = ProgressMessage(order(), Delivery(), Pacer(), 2.0, lambda: None, nobody)
        message.state = state
        assert queue_line("en", 1, Active(order(), message)) == told
        chinese_line = queue_line("zh", 1, Active(order(), message))
        assert chinese_line != told
        assert "," not in chinese_line
        await message.close()

    async def nobody() -> None:
        raise AssertionError("nothing was deleted")

    asyncio.run(scenario())


def test_everything_that_a_server_allows_at_once_can_be_cancelled_in_the_queue() -> None:
    assert MAX_JOBS <= SHOWN <= 25


def test_settings_are_told_in_the_readers_words() -> None:
    for preset in ("fast", "fine"):
        told = settings_text("zh", GuildSettings(preset=preset))
        assert chinese.COMMANDS[preset] in told
        assert preset not in told
        assert preset in settings_text("en", GuildSettings(preset=preset))
