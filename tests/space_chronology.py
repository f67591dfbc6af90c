"""A chronology with free dimensions, quantities, names, importance and namesakes."""

BATCHES = {
    "0001-space.yml": """\
format: 1
batch: space
recorded: 2026-03-01T00:00:00Z
records:
- chronology: space
  title: Probes and landings
  window: 1957/1980
  kinds: {launch: A launch, landing: A landing}
  dimensions:
    country: {label: Country}
    theme: {label: Theme, many: true, description: What a flight was for}
  quantities:
    mass_kg: {label: Mass, unit: kg}
    days: Days in flight
- {source: list, name: The list}
- {place: moon, name: Moon, latitude: 10, longitude: 20}
- {place: saint-petersburg, name: Saint Petersburg, latitude: 59.9, longitude: 30.3,
   names: [{name: Leningrad, language: ru, from: 1924-01-26, until: 1991-09-06}]}
- {tag: usa, dimension: country, name: United States}
- {tag: ussr, dimension: country, name: Soviet Union, names: [{name: СССР, language: ru}]}
- {tag: race, dimension: theme, name: Space race, description: The contest of two powers.}
- {tag: geology, dimension: theme, name: Geology}
- {person: smith, name: John Smith}
- {person: smith-2, name: John Smith}
- event: luna-9
  date: 1966-02-03
  title: A probe lands on the Moon
  names: [{name: Луна-9 садится, language: ru, use: translation}]
  kind: landing
  places: [moon]
  people: [smith]
  tags: {country: ussr, theme: [race]}
  quantities: {mass_kg: 99, days: 3.5}
  importance: 5
  accounts: [{source: list, at: row 1}]
- event: surveyor-1
  date: 1966-06-02
  title: Another probe lands
  kind: landing
  places: [moon]
  people: [smith-2]
  tags: {country: [usa], theme: [race, geology]}
  quantities: {mass_kg: 292}
  importance: 4
- event: luna-24
  date: 1976-08-18
  title: A probe fetches soil
  kind: landing
  places: [moon]
  people: [smith, smith-2]
  tags: {theme: [geology]}
  quantities: {mass_kg: 515}
- event: launch-of-luna-9
  date: 1966-01-31
  title: A rocket starts
  kind: launch
  places: [saint-petersburg]
  tags: {country: [ussr]}
"""
}
