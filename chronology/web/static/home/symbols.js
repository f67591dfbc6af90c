// Symbols of units by side and level (APP-6), drawn by milsymbol, which is loaded on demand.

// The echelons of land units, by the names that a chronology may give its levels.
const ECHELONS = [
  [/army.?group|front|theat/, "24"], [/army/, "23"], [/corps/, "22"], [/division/, "21"],
  [/brigade/, "18"], [/regiment|flotilla/, "17"], [/battalion|battle.?group/, "16"],
  [/company|battery|squadron/, "15"], [/platoon/, "14"], [/squad|section/, "12"],
];
// Codes and muted colours.
const AFFILIATIONS = {
  friend: ["3", "#a9cbe6"], neutral: ["4", "#e9e2cb"], hostile: ["6", "#eeb0a6"],
  unknown: ["1", "#ece3a4"],
};

export class Symbols {
  constructor(config) {
    this.config = config;
    this.library = null;
  }

  /** Loads the core of the library and its parser of codes, enough for frames and echelons. */
  async load() {
    const parts = ["milsymbol.js", "numbersidc/metadata.js", "numbersidc/geticons.js"];
    const [{ ms }, { metadata }, { geticons }] = await Promise.all(
      parts.map((part) => import(this.config.symbols + part)));
    const icons = (byEntity) => { byEntity["000000"] = []; };
    ms.addIcons({ type: "number", getMetadata: metadata, getIcons: geticons, icons });
    this.library = ms;
  }

  unload() {
    this.library = null;
  }

  /** The symbol of a unit as an element, or null while the library is not loaded. */
  element(level, side, size) {
    if (!this.library) return null;
    const [code, fillColor] = this.affiliation(side);
    const markup = new this.library.Symbol(sidc(code, level), { size, fillColor }).asSVG();
    const { documentElement } = new DOMParser().parseFromString(markup, "image/svg+xml");
    documentElement.setAttribute("class", "unit");
    documentElement.setAttribute("role", "img");
    documentElement.setAttribute("aria-label", `${level}, ${side}`);
    return document.importNode(documentElement, true);
  }

  affiliation(side) {
    return AFFILIATIONS[this.config.affiliations[side]] ?? AFFILIATIONS.neutral;
  }
}

/** Version 10, reality, affiliation, land unit, present, no headquarters, echelon, no entity. */
function sidc(affiliation, level) {
  const echelon = ECHELONS.find(([pattern]) => pattern.test(level ?? ""))?.[1] ?? "00";
  return `100${affiliation}1000${echelon}0000000000`;
}
