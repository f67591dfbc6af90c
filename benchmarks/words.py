"""The words of the synthetic chronology: invented names, and prose without meaning."""

from __future__ import annotations

KINDS = (
    *("capture", "battle", "advance", "raid", "crossing"),
    *("bombing", "order", "meeting", "surrender", "death"),
)
VERBS = {
    "capture": "take",
    "battle": "fight for",
    "advance": "advance towards",
    "raid": "raid",
    "crossing": "cross the river at",
    "bombing": "bomb",
    "order": "are ordered to",
    "meeting": "meet at",
    "surrender": "surrender at",
    "death": "lose their commander at",
}
SUBJECTS = (
    *("The vanguard", "Two regiments", "The garrison", "Reinforcements", "A rifle division"),
    *("Mounted scouts", "The engineers", "A tank brigade", "The rearguard", "Local fighters"),
)
GIVEN = ("Anton", "Boris", "Viktor", "Georg", "Dragan", "Emil", "Živko", "Ivan", "Konrad", "Luka")
COUNTED = ("tanks", "guns", "prisoners", "killed", "vehicles", "march_km", "aircraft", "boats")

_BEGINNINGS = ("Bel", "Crn", "Dob", "Gor", "Kam", "Lip", "Mil", "Nov", "Rad", "Sel", "Vel", "Zlat")
_ENDINGS = ("ovac", "ica", "ograd", "ina", "evo", "nik", "ansko", "iste", "opolje", "ik", "ane")

# The first words are the most frequent; the benchmarks search for some of them.
_PROSE = (
    "bridge road river column night morning town enemy station village artillery battalion attack "
    "defence hill valley retreat supply railway border forest harbour infantry prisoner command "
    "staff message bank ferry mine field hospital convoy bunker ridge pass depot gorge quarry "
    "mill church market bakery granary cavalry signal patrol outpost barracks airfield hangar "
    "tunnel viaduct canal lock marsh orchard vineyard school prison mountain plateau crossroads "
    "monastery fortress cellar chimney telegraph searchlight mortar howitzer grenade barricade "
    "ditch trench wire rampart battery squadron flotilla monitor barge pontoon raft anchor "
    "lighthouse customs refugee wagon horse mule lantern compass map order rumour truce envoy "
    "doctor nurse engineer sapper courier scout sentry miller priest teacher printer baker "
    "smith cooper carter fisherman shepherd woodcutter charcoal limestone copper coal salt "
    "flour bread sugar tobacco petrol"
)
COMMON = tuple(_PROSE.split())


# Enough words for each to be in only some of the events.
ALL = (
    *COMMON,
    *(f"{a}{b}{c}".lower() for b in _ENDINGS for a in _BEGINNINGS for c in _ENDINGS),
)


def pick(items: tuple[str, ...], number: int) -> str:
    return items[number % len(items)]


def name(number: int) -> str:
    """An invented name; the same number gives the same name, the next hundred numbers others."""
    return pick(_BEGINNINGS, number) + pick(_ENDINGS, number)
