"""Words of dates in the languages of many spreadsheets: months, weekdays, seasons, eras, zones."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from itertools import product

_MONTHS = {
    "en": "january february march april may june july august september october november december",
    "de": "januar februar marz april mai juni juli august september oktober november dezember",
    "fr": "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre"
    " diciembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre"
    " dicembre",
    "pt": "janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro"
    " dezembro",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "ru": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    "russian": "январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь",
    "sr": "januar februar mart april maj jun jul avgust septembar oktobar novembar decembar",
}
_SHORT = {
    "en": "jan feb mar apr may jun jul aug sep oct nov dec",
    "de": "jan feb mrz apr mai jun jul aug sep okt nov dez",
    "more": "jän febr maerz avr maj juin juil aou sept ott nof déc",
    "es": "ene feb mar abr may jun jul ago set oct nov dic",
    "roman": "i ii iii iv v vi vii viii ix x xi xii",
    "it": "gen febb mar apr mag giu lug ago sett ott nov dic",
}
_WEEKDAYS = (
    "monday tuesday wednesday thursday friday saturday sunday",
    "mon tue wed thu fri sat sun",
    "mon tues weds thur fri sat sun",
    "montag dienstag mittwoch donnerstag freitag samstag sonntag",
    "lundi mardi mercredi jeudi vendredi samedi dimanche",
    "lunes martes miercoles jueves viernes sabado domingo",
    "lunedi martedi mercoledi giovedi venerdi sabato domenica",
)
SEASONS = {
    **dict.fromkeys(("spring", "fruhling", "fruhjahr", "printemps", "primavera"), "21"),
    **dict.fromkeys(("summer", "sommer", "ete", "verano", "estate"), "22"),
    **dict.fromkeys(("autumn", "fall", "herbst", "automne", "otono", "autunno"), "23"),
    **dict.fromkeys(("winter", "hiver", "invierno", "inverno"), "24"),
}
ZONES = {
    **dict.fromkeys(("z", "utc", "gmt", "ut"), "Z"),
    **dict(
        zip(("est", "cst", "mst", "pst"), ("-05:00", "-06:00", "-07:00", "-08:00"), strict=True)
    ),
    **dict(
        zip(("edt", "cdt", "mdt", "pdt"), ("-04:00", "-05:00", "-06:00", "-07:00"), strict=True)
    ),
    **dict(zip(("cet", "mez", "cest"), ("+01:00", "+01:00", "+02:00"), strict=True)),
    **dict(zip(("eet", "msk"), ("+02:00", "+03:00"), strict=True)),
}
"""The offsets of the usual abbreviations of time zones, some of which have other meanings too."""


def fold(text: str) -> str:
    """The text in small letters without diacritics, by which words are compared."""
    if text.isascii():
        return text.casefold()
    decomposed = unicodedata.normalize("NFD", text.casefold())
    return unicodedata.normalize("NFC", "".join(filter(_is_base, decomposed)))


def _is_base(character: str) -> bool:
    return not "\u0300" <= character <= "\u036f"


MONTHS: dict[str, int] = {}
for _names in (*_MONTHS.values(), *_SHORT.values()):
    for _number, _name in enumerate(_names.split(), 1):
        MONTHS.setdefault(fold(_name), _number)
WEEKDAYS = {fold(name): n for names in _WEEKDAYS for n, name in enumerate(names.split())}

ROMAN = {
    tens + ones: 10 * (len(tens)) + number
    for tens, (number, ones) in product(
        ("", "x", "xx"),
        enumerate(("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix")),
    )
    if tens + ones
}
"""The numbers of centuries, up to 29."""


def alternatives(words: Iterable[str]) -> str:
    """A pattern for one of some words, the longest first."""
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
