// The province: counties, nodes by state, warnings as areas, earthquakes with moving fronts.
import "maplibre-gl/dist/maplibre-gl.css";

import {
  type GeoJSONSource,
  Map as MapLibre,
  NavigationControl,
  setWorkerUrl,
} from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import { useEffect, useRef, useState } from "react";

import { now } from "../api/session";
import { borders, county } from "../domain/counties";
import { P_KM_S, RADIUS_MAX_KM, S_KM_S, circle, frontKm } from "../domain/waves";
import { useText } from "../i18n";

setWorkerUrl(workerUrl);

export interface MapNode {
  name: string;
  at: [number, number];
  state: string;
  station: boolean;
}
export interface MapQuake {
  name: string;
  at: [number, number];
  depthKm: number;
  originMs: number;
  magnitude: number;
}
interface Props {
  label: string;
  /** Colour name by county code: the gravest warning there. */
  counties: ReadonlyMap<string, string>;
  nodes?: readonly MapNode[];
  quakes?: readonly MapQuake[];
  chosen?: ReadonlySet<string>;
  /** Show these counties as large as they go, at the start. */
  fit?: readonly string[];
  onCounty?: (code: string) => void;
  onNode?: (name: string) => void;
}

const EMPTY: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };
const CENTRE: [number, number] = [102.7, 30.4];

const token = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function style(): ConstructorParameters<typeof MapLibre>[0]["style"] {
  const fill = (name: string): string => token(`--map-${name}`);
  return {
    version: 8,
    sources: {
      counties: { type: "geojson", data: borders(), promoteId: "code" },
      nodes: { type: "geojson", data: EMPTY, promoteId: "name" },
      fronts: { type: "geojson", data: EMPTY },
      centres: { type: "geojson", data: EMPTY },
    },
    layers: [
      { id: "sea", type: "background", paint: { "background-color": fill("ground") } },
      {
        id: "counties",
        type: "fill",
        source: "counties",
        paint: {
          "fill-color": [
            "match", ["coalesce", ["feature-state", "colour"], "none"],
            "red", token("--red"), "orange", token("--orange"), "yellow", token("--yellow"),
            "blue", token("--blue"), fill("county"),
          ],
          "fill-opacity": ["case", ["==", ["coalesce", ["feature-state", "colour"], "none"], "none"], 1, 0.72],
        },
      },
      {
        id: "borders",
        type: "line",
        source: "counties",
        paint: { "line-color": fill("border"), "line-width": ["interpolate", ["linear"], ["zoom"], 5, 0.5, 9, 1.4] },
      },
      {
        id: "chosen",
        type: "line",
        source: "counties",
        paint: {
          "line-color": token("--accent"),
          "line-width": ["case", ["boolean", ["feature-state", "chosen"], false], 3, 0],
        },
      },
      {
        id: "fronts",
        type: "line",
        source: "fronts",
        paint: {
          "line-color": ["match", ["get", "wave"], "s", token("--red"), token("--ink-2")],
          "line-width": ["match", ["get", "wave"], "s", 3, 1.5],
        },
      },
      {
        id: "centres",
        type: "circle",
        source: "centres",
        paint: {
          "circle-radius": 7, "circle-color": token("--red"), "circle-stroke-color": "#fff", "circle-stroke-width": 2,
        },
      },
      {
        id: "nodes",
        type: "circle",
        source: "nodes",
        paint: {
          "circle-radius": ["interpolate", ["linear"], ["zoom"], 5, ["case", ["get", "station"], 4.5, 3.5], 10, ["case", ["get", "station"], 9, 7]],
          "circle-color": [
            "match", ["coalesce", ["feature-state", "state"], "never_seen"],
            "online", token("--ok"), "silent", token("--warn"), "offline", token("--bad"), token("--ink-3"),
          ],
          "circle-stroke-color": fill("ground"),
          "circle-stroke-width": 1.5,
        },
      },
    ],
  };
}

export default function ProvinceMap(props: Props) {
  const { t, language } = useText();
  const box = useRef<HTMLDivElement>(null);
  const map = useRef<MapLibre>(undefined);
  const latest = useRef(props);
  const [ready, setReady] = useState(false);
  const [over, setOver] = useState("");
  useEffect(() => {
    latest.current = props;
  });
  useEffect(() => {
    if (!box.current) return;
    const made = new MapLibre({
      container: box.current,
      style: style(),
      center: CENTRE,
      zoom: 5.1,
      minZoom: 4,
      maxZoom: 12,
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      fadeDuration: 0,
    });
    made.addControl(new NavigationControl({ showCompass: false }), "top-right");
    made.on("load", () => {
      made.fitBounds(boundsOf(latest.current.fit ?? []), { padding: 16, animate: false, maxZoom: 9 });
      setReady(true);
    });
    made.on("mousemove", "counties", (event) => {
      const found = event.features?.[0]?.properties;
      setOver(found ? String(found[document.documentElement.lang === "en" ? "en" : "zh"]) : "");
    });
    made.on("mouseleave", "counties", () => setOver(""));
    made.on("click", "counties", (event) => {
      const code = event.features?.[0]?.properties.code as string | undefined;
      if (code) latest.current.onCounty?.(code);
    });
    made.on("click", "nodes", (event) => {
      const name = event.features?.[0]?.properties.name as string | undefined;
      if (name) latest.current.onNode?.(name);
    });
    map.current = made;
    const again = (): void => {
      made.setStyle(style() ?? null, { diff: false });
      setReady(false);
      made.once("idle", () => setReady(true));
    };
    window.addEventListener("tianfu:theme", again);
    return () => {
      window.removeEventListener("tianfu:theme", again);
      made.remove();
    };
  }, []);
  useCounties(map, ready, props);
  useNodes(map, ready, props.nodes ?? []);
  useFronts(map, ready, latest);
  return (
    <div className="map" data-ready={ready} data-language={language}>
      <div ref={box} className="map-box" role="region" aria-label={props.label} />
      <p className="map-over" aria-hidden="true">{over}</p>
      <p className="map-note">{t("map.attribution")}</p>
    </div>
  );
}

/** The box around counties; the whole province without any. */
function boundsOf(codes: readonly string[]): [[number, number], [number, number]] {
  const points = codes.flatMap((code) => {
    const at = county(code)?.at;
    return at ? [at] : [];
  });
  if (points.length === 0) return [[97.3, 26.0], [108.6, 34.4]];
  const [xs, ys] = [points.map((point) => point[0]), points.map((point) => point[1])];
  return [[Math.min(...xs) - 0.7, Math.min(...ys) - 0.5], [Math.max(...xs) + 0.7, Math.max(...ys) + 0.5]];
}

type MapRef = { current: MapLibre | undefined };

function useCounties(map: MapRef, ready: boolean, { counties, chosen }: Props): void {
  useEffect(() => {
    const made = map.current;
    if (!made || !ready) return;
    made.removeFeatureState({ source: "counties" });
    for (const [code, colour] of counties) made.setFeatureState({ source: "counties", id: code }, { colour });
    for (const code of chosen ?? []) {
      made.setFeatureState({ source: "counties", id: code }, { chosen: true });
    }
  }, [map, ready, counties, chosen]);
}

function useNodes(map: MapRef, ready: boolean, nodes: readonly MapNode[]): void {
  const before = useRef<ReadonlyMap<string, MapNode>>(new Map());
  useEffect(() => {
    const made = map.current;
    if (!made || !ready) {
      before.current = new Map();
      return;
    }
    const seen = new Map(nodes.map((node) => [node.name, node]));
    const same =
      seen.size === before.current.size && nodes.every((node) => before.current.get(node.name)?.at === node.at);
    if (!same) {
      void made.getSource<GeoJSONSource>("nodes")?.setData({
        type: "FeatureCollection",
        features: nodes.map((node) => ({
          type: "Feature",
          properties: { name: node.name, station: node.station },
          geometry: { type: "Point", coordinates: node.at },
        })),
      });
    }
    // A state alone moves nothing: the source is not built anew, which is what makes it fast.
    for (const node of nodes) {
      if (before.current.get(node.name)?.state !== node.state) {
        made.setFeatureState({ source: "nodes", id: node.name }, { state: node.state });
      }
    }
    before.current = seen;
  }, [map, ready, nodes]);
}

function useFronts(map: MapRef, ready: boolean, latest: { current: Props }): void {
  useEffect(() => {
    if (!ready) return;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    let frame = 0;
    let shown = 0;
    let drawn = false;
    const draw = (at: number): void => {
      frame = requestAnimationFrame(draw);
      // 15 times a second is smooth for a front of 3.5 km/s; who asks for stillness gets one a second.
      if (at - shown < (still ? 1000 : 66)) return;
      const made = map.current;
      const quakes = latest.current.quakes ?? [];
      // A map on which nothing moves is not drawn: that is most of every day.
      if (quakes.length === 0 && !drawn) return;
      shown = at;
      drawn = quakes.length > 0;
      void made?.getSource<GeoJSONSource>("fronts")?.setData({
        type: "FeatureCollection",
        features: quakes.flatMap((quake) => frontsOf(quake)),
      });
      void made?.getSource<GeoJSONSource>("centres")?.setData({
        type: "FeatureCollection",
        features: quakes.map((quake) => ({
          type: "Feature", properties: {}, geometry: { type: "Point", coordinates: quake.at },
        })),
      });
    };
    frame = requestAnimationFrame(draw);
    return () => cancelAnimationFrame(frame);
  }, [map, ready, latest]);
}

function frontsOf(quake: MapQuake): GeoJSON.Feature[] {
  const elapsed = (now() - quake.originMs) / 1000;
  const waves = [["p", P_KM_S], ["s", S_KM_S]] as const;
  return waves.flatMap(([wave, speed]) => {
    const radius = frontKm(elapsed, quake.depthKm, speed);
    if (radius <= 0 || radius > RADIUS_MAX_KM) return [];
    const ring = circle(quake.at[0], quake.at[1], radius);
    return [{ type: "Feature" as const, properties: { wave }, geometry: { type: "LineString" as const, coordinates: ring } }];
  });
}
