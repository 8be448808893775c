// A new warning: what, how grave, where (chosen on the map or in a list, or a polygon), until when.
import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { type SyntheticEvent, Suspense, lazy, useMemo, useState } from "react";

import { CALL, warnings } from "../api/clients";
import { now, useRole } from "../api/session";
import { useAct } from "../components/act";
import { COLOUR_NAMES } from "../components/badges";
import { Empty, Failed, Loading } from "../components/message";
import { counties, countiesOf, longPlaceName, placeName, prefectures } from "../domain/counties";
import { useEventList } from "../domain/events";
import { Colour, WarningChannel, WarningSchema } from "../gen/tianfu/disaster_warning/v1/warning_pb.js";
import { useText } from "../i18n";
import type { Key } from "../i18n/zh-CN";
import { go } from "../router";

const ProvinceMap = lazy(() => import("../components/map"));
const COLOURS = [Colour.BLUE, Colour.YELLOW, Colour.ORANGE, Colour.RED] as const;
const HOURS = [1, 3, 6, 12, 24, 48] as const;

interface Draft {
  event: string;
  colour: Colour;
  channel: WarningChannel;
  hours: number;
  area: string;
  headline: string;
  description: string;
  instruction: string;
  circle: string;
}
const FIRST: Draft = {
  event: "11B03", colour: Colour.YELLOW, channel: WarningChannel.DRILL, hours: 6,
  area: "", headline: "", description: "", instruction: "", circle: "",
};

export default function WarningDraft() {
  const { t } = useText();
  const may = useRole("DUTY_OFFICER", "WARNING_SIGNER", "WARNING_AUTHORITY");
  if (!may) return <Empty title={t("draft.not_yours")}>{t("draft.not_yours.hint")}</Empty>;
  return <Form />;
}

function Form() {
  const { t, language } = useText();
  const [draft, setDraft] = useState(FIRST);
  const [places, setPlaces] = useState<ReadonlySet<string>>(new Set());
  const doing = useAct();
  // One id for all tries of this draft: a repeat after a lost answer makes no second warning.
  const [requestId] = useState(() => crypto.randomUUID());
  const circle = useMemo(() => circleOf(draft.circle), [draft.circle]);
  const colours = useMemo(
    () => new Map([...places].map((code) => [code, COLOUR_NAMES[draft.colour]])),
    [places, draft.colour],
  );
  const set = <K extends keyof Draft>(name: K, value: Draft[K]): void => setDraft((old) => ({ ...old, [name]: value }));
  const toggle = (code: string): void => {
    const next = new Set(places);
    if (!next.delete(code)) next.add(code);
    setPlaces(next);
  };
  const whole = (places.size > 0 || circle !== undefined) && (draft.circle === "" || circle !== undefined);
  const submit = async (event: SyntheticEvent): Promise<void> => {
    event.preventDefault();
    await doing.run(async () => {
      const made = await warnings.createWarning({ requestId, warning: build(draft, places, language) }, CALL);
      go(`/${made.name}`);
    });
  };
  return (
    <form className="page draft" onSubmit={(event) => void submit(event)}>
      <h1>{t("draft.new")}</h1>
      <div className="columns">
        <div>
          <What draft={draft} set={set} />
          <Texts draft={draft} set={set} />
          <p className="row">
            <button type="submit" className="primary" disabled={doing.busy() || !whole}>{t("draft.save")}</button>
            {!whole && <span className="hint">{t("draft.needs_area")}</span>}
          </p>
          {doing.error !== undefined && <Failed error={doing.error} />}
        </div>
        <fieldset className="where">
          <legend>{t("area")}</legend>
          <p className="hint">{t("draft.area.hint")}</p>
          <div className="map-small">
            <Suspense fallback={<Loading />}>
              <ProvinceMap label={t("draft.area.map")} counties={colours} chosen={places} onCounty={toggle} />
            </Suspense>
          </div>
          <AddPlaces add={(codes) => setPlaces(new Set([...places, ...codes]))} />
          <ul className="chips" aria-label={t("draft.chosen")}>
            {[...places].sort().map((code) => (
              <li key={code}>
                <button type="button" onClick={() => toggle(code)} aria-label={t("draft.remove", { place: placeName(code, language) })}>
                  {placeName(code, language)} <span aria-hidden="true">×</span>
                </button>
              </li>
            ))}
          </ul>
          <label className="field">
            <span>{t("draft.circle")}</span>
            <input
              value={draft.circle} placeholder="31.05, 103.62, 40"
              aria-invalid={draft.circle !== "" && !circle} onChange={(e) => set("circle", e.target.value)}
            />
          </label>
          {draft.circle !== "" && !circle && <p className="hint" role="alert">{t("draft.circle.wrong")}</p>}
        </fieldset>
      </div>
    </form>
  );
}

type Setter = <K extends keyof Draft>(name: K, value: Draft[K]) => void;

function What({ draft, set }: { draft: Draft; set: Setter }) {
  const { t, language } = useText();
  const events = useEventList();
  return (
    <div className="grid-2">
      <label className="field">
        <span>{t("event")}</span>
        <select value={draft.event} onChange={(e) => set("event", e.target.value)}>
          {[...events].map(([code, name]) => (
            <option key={code} value={code}>{language === "en" ? name.en : name.zh} · {code}</option>
          ))}
        </select>
      </label>
      <label className="field">
        <span>{t("channel")}</span>
        <select value={draft.channel} onChange={(e) => set("channel", e.target.value === String(WarningChannel.LIVE) ? WarningChannel.LIVE : WarningChannel.DRILL)}>
          <option value={WarningChannel.DRILL}>{t("channel.drill")}</option>
          <option value={WarningChannel.LIVE}>{t("channel.live")}</option>
        </select>
      </label>
      <fieldset className="field levels">
        <legend>{t("level")}</legend>
        {COLOURS.map((colour) => (
          <label key={colour} className={`badge colour-${COLOUR_NAMES[colour]}`}>
            <input type="radio" name="colour" checked={draft.colour === colour} onChange={() => set("colour", colour)} />
            {t(`colour.${COLOUR_NAMES[colour]}` as Key)}
          </label>
        ))}
      </fieldset>
      <label className="field">
        <span>{t("draft.hours")}</span>
        <select value={draft.hours} onChange={(e) => set("hours", Number(e.target.value))}>
          {HOURS.map((hours) => <option key={hours} value={hours}>{t("hours", { count: hours })}</option>)}
        </select>
      </label>
    </div>
  );
}

function Texts({ draft, set }: { draft: Draft; set: Setter }) {
  const { t } = useText();
  return (
    <fieldset>
      <legend>{t("draft.texts")}</legend>
      <p className="hint">{t("draft.texts.hint")}</p>
      <label className="field">
        <span>{t("draft.area_words")}</span>
        <input value={draft.area} maxLength={400} onChange={(e) => set("area", e.target.value)} />
      </label>
      <label className="field">
        <span>{t("headline")}</span>
        <input value={draft.headline} maxLength={160} onChange={(e) => set("headline", e.target.value)} />
      </label>
      <label className="field">
        <span>{t("description")}</span>
        <textarea rows={3} value={draft.description} maxLength={2000} onChange={(e) => set("description", e.target.value)} />
      </label>
      <label className="field">
        <span>{t("instruction")}</span>
        <textarea rows={2} value={draft.instruction} maxLength={2000} onChange={(e) => set("instruction", e.target.value)} />
      </label>
    </fieldset>
  );
}

function AddPlaces({ add }: { add: (codes: string[]) => void }) {
  const { t, language } = useText();
  return (
    <label className="field">
      <span>{t("draft.add_place")}</span>
      <select
        value=""
        onChange={(event) => add(countiesOf(event.target.value))}
      >
        <option value="">{t("draft.add_place.pick")}</option>
        <optgroup label={t("prefectures")}>
          {prefectures.map((each) => (
            <option key={each.code} value={each.code.slice(0, 4)}>{placeName(each.code, language)}</option>
          ))}
        </optgroup>
        <optgroup label={t("counties")}>
          {counties.map((each) => (
            <option key={each.code} value={each.code}>{longPlaceName(each.code, language)}</option>
          ))}
        </optgroup>
      </select>
    </label>
  );
}

interface Round {
  latitude: number;
  longitude: number;
  radiusKm: number;
}

/** "latitude, longitude, radius": a circle within bounds, undefined for anything else. */
export function circleOf(text: string): Round | undefined {
  const parts = text.split(/[,，\s]+/).filter(Boolean).map(Number);
  const [latitude = NaN, longitude = NaN, radiusKm = NaN] = parts;
  const good = parts.length === 3 && Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180;
  return good && radiusKm > 0 && radiusKm <= 1000 ? { latitude, longitude, radiusKm } : undefined;
}

function build(draft: Draft, places: ReadonlySet<string>, language: string) {
  const round = circleOf(draft.circle);
  const named = [...places].sort();
  const texts = draft.headline
    ? [{ language: "zh-CN", headline: draft.headline, description: draft.description, instruction: draft.instruction }]
    : [];
  return create(WarningSchema, {
    channel: draft.channel,
    eventCode: draft.event,
    colour: draft.colour,
    area: {
      description: draft.area || named.slice(0, 8).map((code) => placeName(code, language)).join("、"),
      placeCodes: named,
      circles: round ? [{ centre: { latitude: round.latitude, longitude: round.longitude }, radiusKm: round.radiusKm }] : [],
    },
    texts,
    expireTime: timestampFromDate(new Date(now() + draft.hours * 3_600_000)),
  });
}
