// Symbols of units by side and level (APP-6), drawn by milsymbol, which is loaded when it is asked for.

// The echelons of land units, by what a chronology may call its levels.
const ECHELONS = [
  [/army.?group|front|theat/, "24"], [/army/, "23"], [/corps/, "22"], [/division/, "21"],
  [/brigade/, "18"], [/regiment|flotilla/, "17"], [/battalion|battle.?group/, "16"],
  [/company|battery|squadron/, "15"], [/platoon/, "14"], [/squad|section/, "12"],
];
const AFFILIATIONS = { friend: "3", neutral: "4", hostile: "6", unknown: "1" };

export class Symbols {
  constructor(config) {
    this.config = config;
    this.library = null;
  }

  async load() {
    this.library ??= (await import(this.config.symbols)).ms;
  }

  /** The symbol of a unit as an element, or null while the library is not loaded. */
  element(level, side, size) {
    if (!this.library) return null;
    const markup = new this.library.Symbol(this.code(level, side), { size }).asSVG();
    const { documentElement } = new DOMParser().parseFromString(markup, "image/svg+xml");
    documentElement.setAttribute("class", "unit");
    documentElement.setAttribute("role", "img");
    documentElement.setAttribute("aria-label", `${level}, ${side}`);
    return document.importNode(documentElement, true);
  }

  /** Version 10, reality, affiliation, land unit, present, no headquarters, echelon, no entity. */
  code(level, side) {
    const echelon = ECHELONS.find(([pattern]) => pattern.test(level ?? ""))?.[1] ?? "00";
    const affiliation = AFFILIATIONS[this.config.affiliations[side]] ?? AFFILIATIONS.neutral;
    return `100${affiliation}1000${echelon}0000000000`;
  }
}
