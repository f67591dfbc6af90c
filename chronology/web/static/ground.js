// The ground of the maps: vendored shapes of land, rivers and lakes.
const { L } = globalThis;
const NAMES = ["land", "rivers", "lakes"];

/** The layers from the lowest to the highest, for a map that is given a pane for them. */
export async function groundOf(map, shapes) {
  map.createPane("ground").style.zIndex = 150;
  map.attributionControl.addAttribution("Made with Natural Earth");
  return Promise.all(NAMES.map(async (name) => {
    const shape = await (await fetch(`${shapes}${name}.json`)).json();
    const river = name === "rivers";
    const style = ({ properties }) => ({
      className: `ground-${name}`, stroke: river,
      weight: river ? Math.max(0.6, 2.4 - (properties.rank ?? 6) * 0.2) : 0,
    });
    return L.geoJSON(shape, { pane: "ground", interactive: false, style });
  }));
}
