// A score's course in a line of a table: number, way and line, all of it said in words too.
import { type Course, pathOf } from "../domain/wards";
import { Trend } from "../gen/tianfu/healthcare/v1/patient_pb.js";
import { useText } from "../i18n";
import type { Key } from "../i18n/zh-CN";

const WIDTH = 90;
const HEIGHT = 22;
/** The highest total that a line shows: that of NEWS2 (RCP 2017). */
const TOP = 20;
const ARROWS: Record<Trend, string> = { [Trend.UNSPECIFIED]: "·", [Trend.RISING]: "↗", [Trend.STEADY]: "→", [Trend.FALLING]: "↘" };
export const TRENDS: Record<Trend, Key> = {
  [Trend.UNSPECIFIED]: "trend.none", [Trend.RISING]: "trend.rising", [Trend.STEADY]: "trend.steady", [Trend.FALLING]: "trend.falling",
};
const BANDS: Record<string, Key> = { low: "band.low", "low-medium": "band.low-medium", medium: "band.medium", high: "band.high" };

/** What a rule calls a total, in words; a band of a rule that is not known here stands as it is. */
export const bandText = (band: string, t: (key: Key) => string): string => {
  const key = BANDS[band];
  return key ? t(key) : band;
};

export function TrendLine({ course }: { course: Course | undefined }) {
  const { t } = useText();
  if (!course) return <>—</>;
  const { latest, points } = course;
  const words = t(TRENDS[latest.trend]);
  return (
    <span className={`trend trend-${Trend[latest.trend].toLowerCase()}`}>
      <svg width={WIDTH} height={HEIGHT} viewBox={`-2 -2 ${WIDTH + 4} ${HEIGHT + 4}`} role="img" aria-label={t("score.label", { count: points.length, last: latest.figures?.total ?? 0 })}>
        <path d={pathOf(points, WIDTH, HEIGHT, TOP)} fill="none" stroke="currentColor" strokeWidth="2" />
      </svg>
      <span aria-hidden="true">{ARROWS[latest.trend]}</span> {words}
    </span>
  );
}
