// The province: counties, nodes by state, warnings as areas, earthquakes with moving fronts.
import { useEffect, useRef, useState } from "react";

import { now } from "../api/session";
import { borders, county } from "../domain/counties";
import { download } from "../domain/csv";
import { P_KM_S, RADIUS_MAX_KM, S_KM_S, circle, frontKm } from "../domain/waves";
import { useText } from "../i18n";
import { type Areas, Drawing, type Node, type Shape, isIn, shapeOf } from "../map/canvas";
import { STEP, listen } from "../map/gestures";
import { PROVINCE, type Point, type View, fitted, inWorld, zoomed } from "../map/view";

export type MapNode = Node;
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

const PADDING_PX = 16;
const FIT_ZOOM_MAX = 9;
/** After the last move so long nothing is drawn anew: hands come first. */
const SETTLED_MS = 150;
/** 15 times a second is smooth for a front of 3.5 km/s; who asks for stillness gets one a second. */
const FRONT_MS = 66;
const STILL_MS = 1_000;
const NONE: readonly MapNode[] = [];

let made: Shape[] | undefined;
const shapes = (): Shape[] => (made ??= borders().map(({ code, zh, en, rings }) => shapeOf(code, zh, en, rings)));

/** A map that lives in a box: what is shown of what, and what hands do with it. */
class Live {
  view: View;
  private settle: ReturnType<typeof setTimeout> | undefined;
  private frame = 0;
  private drawnTop = false;
  private readonly ends: (() => void)[];

  constructor(private readonly drawing: Drawing, private readonly box: HTMLElement, private readonly latest: { current: Props }, over: (name: string) => void) {
    this.measure();
    this.view = this.whole();
    this.say();
    const watcher = new ResizeObserver(() => {
      this.measure();
      this.redraw();
    });
    watcher.observe(box);
    const again = (): void => {
      drawing.forget();
      this.redraw();
    };
    window.addEventListener("tianfu:theme", again);
    this.ends = [
      listen(box, {
        size: () => drawing.size,
        change: (turn) => this.turn(turn),
        click: (at) => this.click(at),
        over: (at) => over(at ? (this.shapeAt(at)?.[document.documentElement.lang === "en" ? "en" : "zh"] ?? "") : ""),
      }),
      () => watcher.disconnect(),
      () => window.removeEventListener("tianfu:theme", again),
      () => cancelAnimationFrame(this.frame),
      () => clearTimeout(this.settle),
    ];
    this.runFronts();
  }

  end(): void {
    for (const each of this.ends) each();
  }

  whole(): View {
    return fitted(boundsOf(this.latest.current.fit ?? []), this.drawing.size, PADDING_PX, FIT_ZOOM_MAX);
  }

  turn(turn: (view: View) => View): void {
    this.view = turn(this.view);
    clearTimeout(this.settle);
    if (!this.drawing.shift(this.view)) this.redraw();
    else if (!this.drawing.isAt(this.view)) this.settle = setTimeout(() => this.redraw(), SETTLED_MS);
    this.say();
    this.drawTop();
  }

  /** What is shown, for whoever looks from outside: tests and tools. */
  private say(): void {
    this.box.dataset.view = `${this.view.x} ${this.view.y} ${this.view.scale}`;
  }

  redraw(): void {
    this.drawing.draw(this.view, this.areas());
    this.drawTop();
  }

  setNodes(nodes: readonly MapNode[]): void {
    if (this.drawing.setNodes(nodes) === "moved") this.redraw();
  }

  async picture(words: string): Promise<Uint8Array<ArrayBuffer>> {
    if (!this.drawing.isAt(this.view)) this.redraw();
    return await this.drawing.picture(words);
  }

  private areas(): Areas {
    const { counties, chosen } = this.latest.current;
    return { counties, chosen: chosen ?? new Set() };
  }

  private measure(): void {
    this.drawing.resize({ width: Math.max(1, this.box.clientWidth), height: Math.max(1, this.box.clientHeight) });
  }

  private shapeAt(at: Point): Shape | undefined {
    const place = inWorld(this.view, this.drawing.size, at);
    return shapes().find((each) => isIn(this.drawing.ground, each, place));
  }

  private click(at: Point): void {
    const { onNode, onCounty } = this.latest.current;
    const node = this.drawing.nodeAt(this.view, at);
    if (node !== undefined && onNode) onNode(node);
    else {
      const shape = this.shapeAt(at);
      if (shape) onCounty?.(shape.code);
    }
  }

  /** A map on which nothing moves is not drawn: that is most of every day. */
  private drawTop(): void {
    const quakes = this.latest.current.quakes ?? [];
    if (quakes.length === 0 && !this.drawnTop) return;
    this.drawnTop = quakes.length > 0;
    this.drawing.drawTop(this.view, quakes.flatMap(frontsOf), quakes.map((quake) => quake.at));
  }

  private runFronts(): void {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    let shown = 0;
    const run = (at: number): void => {
      this.frame = requestAnimationFrame(run);
      if (at - shown < (still ? STILL_MS : FRONT_MS)) return;
      shown = at;
      this.drawTop();
    };
    this.frame = requestAnimationFrame(run);
  }
}

export default function ProvinceMap(props: Props) {
  const { t, language } = useText();
  const box = useRef<HTMLDivElement>(null);
  const moved = useRef<HTMLDivElement>(null);
  const [ground, points, top] = [useRef<HTMLCanvasElement>(null), useRef<HTMLCanvasElement>(null), useRef<HTMLCanvasElement>(null)];
  const live = useRef<Live>(undefined);
  const latest = useRef(props);
  const [ready, setReady] = useState(false);
  const [over, setOver] = useState("");
  const { counties, chosen, nodes = NONE } = props;
  useEffect(() => {
    latest.current = props;
  });
  useEffect(() => {
    if (!box.current || !moved.current || !ground.current || !points.current || !top.current) return;
    const drawing = new Drawing(moved.current, [ground.current, points.current, top.current], shapes());
    const own = new Live(drawing, box.current, latest, setOver);
    live.current = own;
    own.redraw();
    setReady(true);
    return () => {
      own.end();
      live.current = undefined;
    };
  }, [ground, points, top]);
  useEffect(() => live.current?.redraw(), [counties, chosen]);
  useEffect(() => live.current?.setNodes(nodes), [nodes]);
  const zoom = (factor: number): void => live.current?.turn((view) => {
    const { clientWidth, clientHeight } = box.current ?? { clientWidth: 1, clientHeight: 1 };
    return zoomed(view, { width: clientWidth, height: clientHeight }, [clientWidth / 2, clientHeight / 2], factor);
  });
  const save = async (): Promise<void> => {
    const data = await live.current?.picture(t("map.attribution"));
    if (data) download("map.png", "image/png", data);
  };
  return (
    <div className="map" data-ready={ready} data-language={language}>
      {/* Panned and zoomed by keys; every county and node is in a list or a table as well. */}
      <div ref={box} className="map-box" role="region" aria-label={props.label} tabIndex={0}>
        <div ref={moved} className="map-moved"><canvas ref={ground} /><canvas ref={points} /></div>
        <canvas ref={top} />
      </div>
      <div className="map-tools">
        <button type="button" aria-label={t("map.zoom_in")} title={t("map.zoom_in")} onClick={() => zoom(STEP)}>+</button>
        <button type="button" aria-label={t("map.zoom_out")} title={t("map.zoom_out")} onClick={() => zoom(1 / STEP)}>−</button>
        <button type="button" aria-label={t("map.whole")} title={t("map.whole")} onClick={() => live.current?.turn(() => live.current?.whole() ?? fitted(PROVINCE, { width: 1, height: 1 }, 0, FIT_ZOOM_MAX))}>⌂</button>
        <button type="button" aria-label={t("export_png")} title={t("export_png")} onClick={() => void save()}>⤓</button>
      </div>
      <p className="map-over" aria-hidden="true">{over}</p>
      <p className="map-note">{t("map.attribution")}</p>
    </div>
  );
}

/** The box around counties; the whole province without any. */
function boundsOf(codes: readonly string[]): readonly [Point, Point] {
  const at = codes.flatMap((code) => county(code)?.at ?? []);
  const [xs, ys] = [at.filter((_, i) => i % 2 === 0), at.filter((_, i) => i % 2 === 1)];
  if (xs.length === 0) return PROVINCE;
  return [[Math.min(...xs) - 0.7, Math.min(...ys) - 0.5], [Math.max(...xs) + 0.7, Math.max(...ys) + 0.5]];
}

function frontsOf(quake: MapQuake): { wave: "p" | "s"; ring: Point[] }[] {
  const elapsed = (now() - quake.originMs) / 1000;
  const waves = [["p", P_KM_S], ["s", S_KM_S]] as const;
  return waves.flatMap(([wave, speed]) => {
    const radius = frontKm(elapsed, quake.depthKm, speed);
    return radius <= 0 || radius > RADIUS_MAX_KM ? [] : [{ wave, ring: circle(quake.at[0], quake.at[1], radius) }];
  });
}
