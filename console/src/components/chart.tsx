// Lines over time. Loaded when a page needs it; its values can be read as a table beside it.
import { LineChart } from "echarts/charts";
import { DataZoomComponent, GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { type EChartsType, init, use as register } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { useEffect, useRef } from "react";

import { download } from "../domain/csv";
import { useText } from "../i18n";

register([LineChart, GridComponent, LegendComponent, TooltipComponent, DataZoomComponent, CanvasRenderer]);

const COLOURS = ["--accent", "--orange", "--ok", "--red", "--blue", "--ink-2"] as const;
const DASHES = ["solid", "dashed", "dotted"] as const;

export interface Line {
  name: string;
  points: [number, number][];
  step?: boolean;
}

export default function Chart({ lines, unit, label, name }: { lines: Line[]; unit: string; label: string; name: string }) {
  const { t, language } = useText();
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType>(undefined);
  useEffect(() => {
    if (!box.current) return;
    const made = init(box.current, undefined, { renderer: "canvas" });
    chart.current = made;
    const watcher = new ResizeObserver(() => made.resize());
    watcher.observe(box.current);
    return () => {
      watcher.disconnect();
      made.dispose();
    };
  }, []);
  useEffect(() => {
    const style = getComputedStyle(document.documentElement);
    const ink = style.getPropertyValue("--ink-2").trim();
    const rule = style.getPropertyValue("--rule").trim();
    const format = new Intl.DateTimeFormat(language, {
      timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
    });
    chart.current?.setOption(
      {
        animation: false,
        color: COLOURS.map((name) => style.getPropertyValue(name).trim()),
        // Lines differ by their dashes too, not by colour alone.
        legend: lines.length > 1 ? { type: "scroll", top: 0, textStyle: { color: ink }, pageTextStyle: { color: ink } } : undefined,
        grid: { left: 56, right: 16, top: 28, bottom: 28 },
        tooltip: { trigger: "axis", valueFormatter: (v: number) => `${v} ${unit}` },
        xAxis: {
          type: "time",
          axisLabel: { color: ink, formatter: (v: number) => format.format(v), hideOverlap: true },
          axisLine: { lineStyle: { color: rule } },
        },
        yAxis: {
          type: "value", name: unit, scale: true, nameTextStyle: { color: ink },
          axisLabel: { color: ink }, splitLine: { lineStyle: { color: rule } },
        },
        dataZoom: [{ type: "inside" }],
        series: lines.map((line, i) => ({
          type: "line", name: line.name, data: line.points, showSymbol: line.points.length < 60,
          step: line.step ? "end" : undefined, lineStyle: { width: 1.5, type: DASHES[i % DASHES.length] },
        })),
      },
      { notMerge: true },
    );
  }, [lines, unit, language]);
  const save = (): void => {
    const url = chart.current?.getDataURL({ pixelRatio: 2, backgroundColor: "#fff" }) ?? "";
    const raw = atob(url.slice(url.indexOf(",") + 1));
    download(`${name}.png`, "image/png", Uint8Array.from(raw, (c) => c.charCodeAt(0)));
  };
  return (
    <figure className="chart">
      <div ref={box} className="chart-box" role="img" aria-label={label} />
      <figcaption className="row">
        <span>{label}</span>
        <button type="button" onClick={save}>{t("export_png")}</button>
      </figcaption>
    </figure>
  );
}
