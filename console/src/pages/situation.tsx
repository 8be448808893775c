// What goes on in the province: on a map, and the same as tables.
import { Suspense, lazy, useEffect, useMemo, useState } from "react";

import { earthquakes, moves, nodes, useStore, warningList } from "../api/live";
import { now } from "../api/session";
import { COLOUR_NAMES, ColourBadge, DrillBadge, PRESENCE_NAMES, PresenceBadge } from "../components/badges";
import { Link } from "../components/link";
import type { MapNode, MapQuake } from "../components/map";
import { Empty, Loading } from "../components/message";
import { Table } from "../components/table";
import { countiesOf, longPlaceName, placeName, prefectures } from "../domain/counties";
import { lastPart, ms, number, time } from "../domain/format";
import { places } from "../domain/places";
import { gravest, headlineOf, isInForce } from "../domain/warnings";
import { secondsLeft } from "../domain/waves";
import { type Earthquake, EarthquakeState } from "../gen/tianfu/disaster_warning/v1/earthquake_pb.js";
import type { Warning } from "../gen/tianfu/disaster_warning/v1/warning_pb.js";
import { type Node, NodeClass } from "../gen/tianfu/fleet/v1/node_pb.js";
import { useText } from "../i18n";
import { go, useQuery } from "../router";

const ProvinceMap = lazy(() => import("../components/map"));
/** An earthquake is shown moving for so long after its origin: then its waves have left the province. */
const MOVING_MS = 300_000;

export default function Situation() {
  const { t } = useText();
  const [view, setView] = useQuery("view", "map");
  const known = useStore(nodes);
  const listed = useStore(warningList);
  const shaken = useStore(earthquakes);
  return (
    <div className="page situation">
      <h1 className="visually-hidden">{t("nav.situation")}</h1>
      <div className="tabs" role="tablist" aria-label={t("view")}>
        {(["map", "table"] as const).map((name) => (
          <button key={name} type="button" role="tab" aria-selected={view === name} onClick={() => setView(name)}>
            {t(`view.${name}`)}
          </button>
        ))}
      </div>
      {view === "table" ? (
        <Tables known={known} listed={listed} shaken={shaken} />
      ) : (
        <MapView known={known} listed={listed} shaken={shaken} />
      )}
    </div>
  );
}

interface Shown {
  known: ReadonlyMap<string, Node>;
  listed: ReadonlyMap<string, Warning>;
  shaken: readonly Earthquake[];
}

function MapView({ known, listed, shaken }: Shown) {
  const { t } = useText();
  const [place, setPlace] = useQuery("place");
  const colours = useMemo(
    () => new Map([...gravest(listed.values())].map(([code, colour]) => [code, COLOUR_NAMES[colour]])),
    [listed],
  );
  const shownNodes = useMapNodes(known);
  const quakes = useMemo(() => shaken.filter(isMoving).map(mapQuake), [shaken]);
  const chosen = useMemo(() => new Set(place ? countiesOf(place) : []), [place]);
  return (
    <div className="split">
      <Suspense fallback={<Loading />}>
        <ProvinceMap
          label={t("map.label")}
          counties={colours}
          nodes={shownNodes}
          quakes={quakes}
          chosen={chosen}
          onCounty={(code) => setPlace(code === place ? "" : code)}
          onNode={(name) => go(`/edge/${lastPart(name)}`)}
        />
      </Suspense>
      <aside className="side" aria-label={t("situation.side")}>
        <label className="field">
          <span>{t("place")}</span>
          <select value={place} onChange={(event) => setPlace(event.target.value)}>
            <option value="">{t("place.all")}</option>
            {prefectures.map((each) => (
              <PlaceOptions key={each.code} code={each.code} />
            ))}
          </select>
        </label>
        <Presences known={known} />
        <Shakes shaken={shaken} />
        <InForce listed={listed} place={place} />
      </aside>
    </div>
  );
}

function PlaceOptions({ code }: { code: string }) {
  const { language } = useText();
  return (
    <optgroup label={placeName(code, language)}>
      {countiesOf(code.slice(0, 4)).map((county) => (
        <option key={county} value={county}>{placeName(county, language)}</option>
      ))}
    </optgroup>
  );
}

function useMapNodes(known: ReadonlyMap<string, Node>): MapNode[] {
  // Places are reckoned anew when nodes come or go, not when one changes its state.
  const moved = useStore(moves);
  // eslint-disable-next-line react-hooks/exhaustive-deps
  const spots = useMemo(() => places(known.values()), [moved]);
  return useMemo(
    () =>
      [...known.values()].flatMap((node) => {
        const at = spots.get(node.name);
        const station = node.nodeClass === NodeClass.BASE_STATION;
        return at ? [{ name: node.name, at, state: PRESENCE_NAMES[node.presence], station }] : [];
      }),
    [known, spots],
  );
}

const isMoving = (each: Earthquake): boolean =>
  each.state !== EarthquakeState.FALSE && now() - ms(each.solution?.originTime) < MOVING_MS;

const mapQuake = (each: Earthquake): MapQuake => ({
  name: each.name,
  at: [each.solution?.epicentre?.longitude ?? 0, each.solution?.epicentre?.latitude ?? 0],
  depthKm: each.solution?.depthKm ?? 0,
  originMs: ms(each.solution?.originTime),
  magnitude: each.solution?.magnitude ?? 0,
});

function Presences({ known }: { known: ReadonlyMap<string, Node> }) {
  const { t, language } = useText();
  const counts = new Map<string, number>();
  for (const node of known.values()) {
    const name = PRESENCE_NAMES[node.presence];
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return (
    <section>
      <h2>{t("nodes")} <span className="count">{number(known.size, language)}</span></h2>
      <dl className="figures">
        {(["online", "silent", "offline", "never_seen"] as const).map((name) => (
          <div key={name}>
            <dt>{t(`presence.${name}`)}</dt>
            <dd className={`presence-${name}`}>{number(counts.get(name) ?? 0, language)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Shakes({ shaken }: { shaken: readonly Earthquake[] }) {
  const { t, language } = useText();
  const [wanted] = useQuery("quake");
  const chosen = shaken.find((each) => lastPart(each.name) === wanted);
  const listed = chosen ? [chosen, ...shaken.filter((each) => each !== chosen)] : shaken;
  return (
    <section>
      <h2>{t("earthquakes")}</h2>
      {listed.length === 0 && <p className="quiet">{t("earthquakes.none")}</p>}
      <ul className="cards">
        {listed.slice(0, 3).map((each) => (
          <li key={each.name} className={isMoving(each) ? "quake moving" : "quake"} data-quake={lastPart(each.name)}>
            <p className="row between">
              <strong className="magnitude">M {(each.solution?.magnitude ?? 0).toFixed(1)}</strong>
              <DrillBadge channel={each.channel} />
            </p>
            <p>
              {t("quake.line", {
                depth: number(each.solution?.depthKm ?? 0, language),
                stations: each.solution?.stations.length ?? 0,
                solution: each.solution?.number ?? 0,
              })}
            </p>
            <p className="quiet">{time(each.solution?.originTime, language)}</p>
            {isMoving(each) && <Countdown quake={each} />}
            {each.warning && <Link to={`/${each.warning}`}>{t("quake.warning")}</Link>}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Countdown({ quake }: { quake: Earthquake }) {
  const { t, language } = useText();
  const [at, setAt] = useState(now);
  useEffect(() => {
    const timer = setInterval(() => setAt(now()), 250);
    return () => clearInterval(timer);
  }, []);
  const counties = (quake.solution?.counties ?? [])
    .filter((each) => each.intensity >= 3)
    .toSorted((a, b) => ms(a.sArrivalTime) - ms(b.sArrivalTime))
    .slice(0, 8);
  return (
    <table className="small">
      <caption>{t("countdown")}</caption>
      <thead>
        <tr>
          <th scope="col">{t("county")}</th>
          <th scope="col" className="numeric">{t("intensity")}</th>
          <th scope="col" className="numeric">{t("seconds_left")}</th>
        </tr>
      </thead>
      <tbody>
        {counties.map((each) => {
          const left = secondsLeft(ms(each.sArrivalTime), at);
          return (
            <tr key={each.placeCode}>
              <td>{placeName(each.placeCode, language)}</td>
              <td className="numeric">{each.intensity.toFixed(1)}</td>
              <td className="numeric">{left > 0 ? left : t("arrived")}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function InForce({ listed, place }: { listed: ReadonlyMap<string, Warning>; place: string }) {
  const { t, language } = useText();
  const found = [...listed.values()]
    .filter(isInForce)
    .filter((each) => !place || each.counties.some((county) => county.placeCode === place))
    .sort((a, b) => b.colour - a.colour || ms(b.publishTime) - ms(a.publishTime));
  return (
    <section aria-live="polite">
      <h2>{place ? t("in_force.at", { place: placeName(place, language) }) : t("in_force")} <span className="count">{found.length}</span></h2>
      {found.length === 0 && <p className="quiet">{t("in_force.none")}</p>}
      <ul className="cards">
        {found.slice(0, 12).map((each) => (
          <li key={each.name}>
            <p className="row between">
              <ColourBadge colour={each.colour} />
              <DrillBadge channel={each.channel} />
            </p>
            <Link to={`/${each.name}`}>{headlineOf(each, language)}</Link>
            <p className="quiet">{t("until", { time: time(each.expireTime, language, false) })}</p>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Tables({ known, listed, shaken }: Shown) {
  const { t, language } = useText();
  const [what, setWhat] = useQuery("what", "nodes");
  const tools = (
    <label>
      <span className="visually-hidden">{t("what")}</span>
      <select value={what} onChange={(event) => setWhat(event.target.value)}>
        <option value="nodes">{t("nodes")}</option>
        <option value="warnings">{t("in_force")}</option>
        <option value="earthquakes">{t("earthquakes")}</option>
      </select>
    </label>
  );
  if (what === "warnings") {
    return (
      <Table
        name="warnings" label={t("in_force")} tools={tools} keyOf={(row) => row.name}
        rows={[...listed.values()].filter(isInForce)} emptyTitle={t("in_force.none")}
        columns={[
          { id: "colour", title: t("level"), value: (row) => row.colour, show: (row) => <ColourBadge colour={row.colour} /> },
          { id: "headline", title: t("headline"), width: 4, value: (row) => headlineOf(row, language), show: (row) => <Link to={`/${row.name}`}>{headlineOf(row, language)}</Link> },
          { id: "counties", title: t("counties"), numeric: true, value: (row) => row.counties.length },
          { id: "until", title: t("expires"), width: 1.4, value: (row) => ms(row.expireTime), show: (row) => time(row.expireTime, language, false) },
        ]}
      />
    );
  }
  if (what === "earthquakes") {
    return (
      <Table
        name="earthquakes" label={t("earthquakes")} tools={tools} keyOf={(row) => row.name} rows={shaken}
        emptyTitle={t("earthquakes.none")}
        columns={[
          { id: "magnitude", title: t("magnitude"), numeric: true, value: (row) => Number((row.solution?.magnitude ?? 0).toFixed(1)) },
          { id: "origin", title: t("origin_time"), width: 1.6, value: (row) => ms(row.solution?.originTime), show: (row) => time(row.solution?.originTime, language) },
          { id: "depth", title: t("depth"), numeric: true, value: (row) => Math.round(row.solution?.depthKm ?? 0) },
          { id: "lat", title: t("latitude"), numeric: true, value: (row) => Number((row.solution?.epicentre?.latitude ?? 0).toFixed(2)) },
          { id: "lon", title: t("longitude"), numeric: true, value: (row) => Number((row.solution?.epicentre?.longitude ?? 0).toFixed(2)) },
          { id: "intensity", title: t("max_intensity"), numeric: true, value: (row) => Number((row.solution?.maxIntensity ?? 0).toFixed(1)) },
          { id: "drill", title: t("channel"), value: (row) => row.channel, show: (row) => <DrillBadge channel={row.channel} /> },
        ]}
      />
    );
  }
  if (known.size === 0) return <div>{tools}<Empty title={t("nodes.none")}>{t("nodes.none.hint")}</Empty></div>;
  return (
    <Table
      name="nodes" label={t("nodes")} tools={tools} keyOf={(row) => row.name} rows={[...known.values()]}
      emptyTitle={t("nodes.none")} emptyHint={t("nodes.none.hint")}
      columns={[
        { id: "name", title: t("node"), width: 1.6, value: (row) => lastPart(row.name), show: (row) => <Link to={`/edge/${lastPart(row.name)}`}>{lastPart(row.name)}</Link> },
        { id: "display", title: t("display_name"), width: 1.6, value: (row) => row.displayName },
        { id: "class", title: t("class"), value: (row) => t(row.nodeClass === NodeClass.BASE_STATION ? "class.base_station" : "class.gateway") },
        { id: "place", title: t("county"), width: 1.6, value: (row) => longPlaceName(row.placeCode, language) },
        { id: "presence", title: t("presence"), value: (row) => t(`presence.${PRESENCE_NAMES[row.presence]}`), show: (row) => <PresenceBadge presence={row.presence} /> },
        { id: "since", title: t("since"), width: 1.4, value: (row) => ms(row.presenceChangeTime), show: (row) => time(row.presenceChangeTime, language) },
      ]}
    />
  );
}
