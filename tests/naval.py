"""Another chronology: another century, other levels, made of a batch and metadata alone."""

BATCHES = {
    "0001-squadrons.yml": """\
format: 1
batch: squadrons
recorded: 2026-03-01T00:00:00Z
records:
- chronology: west-indies
  title: Fleets in the West Indies
  window: 1780/1782
  kinds: {action: Ships fight, sailing: Ships leave or arrive}
  sides: {british: British, french: French}
  levels: {fleet: Fleets, squadron: Squadrons, ship: Ships}
  dimensions: {fleets: fleet, squadrons: squadron}
- {source: gazette, name: Gazette, locators: pages}
- {place: antilles, name: Lesser Antilles}
- {place: dominica, name: Dominica, latitude: 15.43, longitude: -61.35, within: antilles}
- {place: fort-royal, name: Fort Royal, latitude: 14.6, longitude: -61.07, within: antilles}
- {formation: leeward, name: Leeward Fleet, level: fleet, side: british}
- {formation: van, name: Van Squadron, level: squadron, side: british,
   attached: [{to: leeward, source: gazette, at: p. 1, from: 1782-03}]}
- {formation: barfleur, name: Barfleur, level: ship, side: british,
   attached: [{to: van, source: gazette, at: p. 2}]}
- event: battle-off-dominica
  date: 1782-04-12
  title: The fleets fight off Dominica
  kind: action
  places: [{place: dominica, role: near}]
  formations: [barfleur]
  accounts:
  - {source: gazette, at: p. 3, date: 1782-04-12, claims: {prizes: 5}}
  - {source: gazette, at: p. 9, date: 1782-04-11}
- event: sailing-from-fort-royal
  date: "[1782-04-07..1782-04-08]"
  title: The convoy leaves Fort Royal
  kind: sailing
  places: [fort-royal]
  accounts:
  - {source: gazette, at: p. 2, date: 1782-04-08}
- event: barfleur-arrives
  date: 1781-01
  title: The Barfleur arrives
  kind: sailing
  formations: [barfleur]
  accounts:
  - {source: gazette, at: p. 1, date: 1781-01}
"""
}

METADATA = """\
title: Fleets in the West Indies
databases:
  timeline:
    tables:
      events:
        sort: sort_key
        label_column: title
        fts_table: events_fts
        fts_pk: number
        facets:
        - array: fleets
        - array: squadrons
        - array: places
        - array: months
        - kind
"""
