// Canvases of a map: the counties below, points above them, what moves on top. No WebGL, since many
// machines of a duty room have no graphics card that is worth its name, and software WebGL draws 10,000
// points four times a second. The two lower canvases are larger than the window on the map: while
// somebody drags, they are only moved; while states change, only points that changed are drawn.
import { type Size, type View, onScreen, project, zoomOf, type Point } from "./view";

/** Of the window's size, on each side: so far one can drag before anything is drawn. */
const MARGIN = 0.25;
/** Between these a drawing is scaled while somebody zooms; beyond them it is made anew. */
const SCALED: readonly [number, number] = [0.72, 1.8];
const RATIO_MAX = 2;

export interface Shape {
  code: string;
  zh: string;
  en: string;
  /** West, north, east, south, in the world. */
  box: [number, number, number, number];
  /** Its rings, in the world moved by `ORIGIN` and enlarged by `UNIT`: paths keep single precision. */
  path: Path2D;
}
export interface Node {
  name: string;
  at: [number, number];
  state: string;
  station: boolean;
}

const ORIGIN: Point = project([102.7, 30.4]);
const UNIT = 1e5;

export function shapeOf(code: string, zh: string, en: string, rings: readonly (readonly Point[])[]): Shape {
  const path = new Path2D();
  const box: Shape["box"] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const ring of rings) {
    ring.forEach((each, i) => {
      const [x, y] = project(each);
      box[0] = Math.min(box[0], x);
      box[1] = Math.min(box[1], y);
      box[2] = Math.max(box[2], x);
      box[3] = Math.max(box[3], y);
      const at: Point = [(x - ORIGIN[0]) * UNIT, (y - ORIGIN[1]) * UNIT];
      if (i === 0) path.moveTo(...at);
      else path.lineTo(...at);
    });
    path.closePath();
  }
  return { code, zh, en, box, path };
}

/** Whether a place is within a shape; the pen has to be at rest, without a transform. */
export const isIn = (pen: CanvasRenderingContext2D, shape: Shape, [x, y]: Point): boolean =>
  x >= shape.box[0] && x <= shape.box[2] && y >= shape.box[1] && y <= shape.box[3] &&
  pen.isPointInPath(shape.path, (x - ORIGIN[0]) * UNIT, (y - ORIGIN[1]) * UNIT);

const token = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const STATE_COLOURS: Record<string, string> = { online: "--ok", silent: "--warn", offline: "--bad" };

/** Radius of a node on the screen, by zoom: from 5 to 10 it doubles. */
const radius = (station: boolean, zoom: number): number =>
  (station ? 4.5 : 3.5) * (1 + Math.min(1, Math.max(0, (zoom - 5) / 5)));
const STROKE = 1.5;

function penOf(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  // Drawn by the processor: with software WebGL behind it each path would go through an emulated card.
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  if (!pen) throw new Error("this browser has no canvas");
  return pen;
}

export interface Areas {
  counties: ReadonlyMap<string, string>;
  chosen: ReadonlySet<string>;
}

export class Drawing {
  readonly ground: CanvasRenderingContext2D;
  readonly points: CanvasRenderingContext2D;
  readonly top: CanvasRenderingContext2D;
  size: Size = { width: 1, height: 1 };
  private ratio = 1;
  private drawn: View | undefined;
  private sprites = new Map<string, HTMLCanvasElement>();
  private world = new Map<string, { node: Node; at: Point }>();

  constructor(private readonly moved: HTMLElement, canvases: readonly [HTMLCanvasElement, HTMLCanvasElement, HTMLCanvasElement], private readonly shapes: readonly Shape[]) {
    [this.ground, this.points, this.top] = [penOf(canvases[0]), penOf(canvases[1]), penOf(canvases[2])];
  }

  resize(size: Size): void {
    this.size = size;
    this.ratio = Math.min(RATIO_MAX, window.devicePixelRatio || 1);
    const large = { width: size.width * (1 + 2 * MARGIN), height: size.height * (1 + 2 * MARGIN) };
    for (const [pen, own] of [[this.ground, large], [this.points, large], [this.top, size]] as const) {
      pen.canvas.width = Math.round(own.width * this.ratio);
      pen.canvas.height = Math.round(own.height * this.ratio);
      pen.canvas.style.width = `${own.width}px`;
      pen.canvas.style.height = `${own.height}px`;
      pen.canvas.style.left = `${(size.width - own.width) / 2}px`;
      pen.canvas.style.top = `${(size.height - own.height) / 2}px`;
    }
    this.drawn = undefined;
  }

  /** Colours have changed: nothing of what is drawn holds. */
  forget(): void {
    this.drawn = undefined;
    this.sprites.clear();
  }

  /** Show a view by moving what is drawn; return false when it has to be drawn anew. */
  shift(view: View): boolean {
    if (!this.drawn) return false;
    const k = view.scale / this.drawn.scale;
    const dx = (this.drawn.x - view.x) * view.scale;
    const dy = (this.drawn.y - view.y) * view.scale;
    this.moved.style.transform = `translate(${dx}px, ${dy}px) scale(${k})`;
    const reach = Math.max(0, (1 + 2 * MARGIN) * k - 1) / 2;
    return k >= SCALED[0] && k <= SCALED[1] && Math.abs(dx) <= reach * this.size.width && Math.abs(dy) <= reach * this.size.height;
  }

  isAt(view: View): boolean {
    return this.drawn?.x === view.x && this.drawn.y === view.y && this.drawn.scale === view.scale;
  }

  /** Draw all of a view. */
  draw(view: View, areas: Areas): void {
    if (this.drawn?.scale !== view.scale) this.sprites.clear();
    this.drawn = view;
    this.moved.style.transform = "";
    this.drawGround(this.ground, view, areas);
    this.points.clearRect(0, 0, this.points.canvas.width, this.points.canvas.height);
    for (const each of this.world.values()) this.drawNode(this.points, view, each);
  }

  private drawGround(pen: CanvasRenderingContext2D, view: View, { counties, chosen }: Areas): void {
    const { width, height } = pen.canvas;
    const scale = (view.scale * this.ratio) / UNIT;
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.fillStyle = token("--map-ground");
    pen.fillRect(0, 0, width, height);
    pen.setTransform(scale, 0, 0, scale, (ORIGIN[0] - view.x) * UNIT * scale + width / 2, (ORIGIN[1] - view.y) * UNIT * scale + height / 2);
    const plain = token("--map-county");
    const reachX = width / 2 / (view.scale * this.ratio);
    const reachY = height / 2 / (view.scale * this.ratio);
    const seen = this.shapes.filter(({ box }) => box[2] >= view.x - reachX && box[0] <= view.x + reachX && box[3] >= view.y - reachY && box[1] <= view.y + reachY);
    const px = this.ratio / scale;
    pen.strokeStyle = token("--map-border");
    pen.lineWidth = (0.5 + 0.9 * Math.min(1, Math.max(0, (zoomOf(view.scale) - 5) / 4))) * px;
    for (const shape of seen) {
      const colour = counties.get(shape.code);
      const warned = colour !== undefined && colour !== "none";
      pen.fillStyle = warned ? token(`--${colour}`) : plain;
      pen.globalAlpha = warned ? 0.72 : 1;
      pen.fill(shape.path);
      pen.globalAlpha = 1;
      pen.stroke(shape.path);
    }
    pen.strokeStyle = token("--accent");
    pen.lineWidth = 3 * px;
    for (const shape of seen) if (chosen.has(shape.code)) pen.stroke(shape.path);
    pen.setTransform(1, 0, 0, 1, 0, 0);
  }

  /** Nodes as they are now: those that only changed their state are drawn over what is there. */
  setNodes(nodes: readonly Node[]): "same" | "moved" {
    const gone = this.world.size !== nodes.length || nodes.some((node) => this.world.get(node.name)?.node.at !== node.at);
    if (gone) {
      this.world = new Map(nodes.map((node) => [node.name, { node, at: project(node.at) }]));
      return "moved";
    }
    for (const node of nodes) {
      const kept = this.world.get(node.name);
      if (!kept || kept.node.state === node.state) continue;
      kept.node = node;
      if (this.drawn) this.drawNode(this.points, this.drawn, kept);
    }
    return "same";
  }

  /** The node whose mark is at a point of the screen: the one drawn last. */
  nodeAt(view: View, [x, y]: Point): string | undefined {
    const zoom = zoomOf(view.scale);
    let found: string | undefined;
    for (const { node, at } of this.world.values()) {
      const [ownX, ownY] = onScreen(view, this.size, at);
      if (Math.hypot(ownX - x, ownY - y) <= radius(node.station, zoom) + STROKE) found = node.name;
    }
    return found;
  }

  private drawNode(pen: CanvasRenderingContext2D, view: View, { node, at }: { node: Node; at: Point }): void {
    const { width, height } = pen.canvas;
    const scale = view.scale * this.ratio;
    const x = (at[0] - view.x) * scale + width / 2;
    const y = (at[1] - view.y) * scale + height / 2;
    if (x < -20 || y < -20 || x > width + 20 || y > height + 20) return;
    const sprite = this.sprite(node.state, node.station, zoomOf(view.scale));
    // Whole pixels: a mark drawn again covers the one of before.
    pen.drawImage(sprite, Math.round(x - sprite.width / 2), Math.round(y - sprite.height / 2));
  }

  private sprite(state: string, station: boolean, zoom: number): HTMLCanvasElement {
    const key = `${state} ${station}`;
    const known = this.sprites.get(key);
    if (known) return known;
    const made = document.createElement("canvas");
    const r = radius(station, zoom) * this.ratio;
    made.width = made.height = 2 * Math.ceil(r + STROKE * this.ratio);
    const pen = penOf(made);
    pen.beginPath();
    pen.arc(made.width / 2, made.height / 2, r + (STROKE * this.ratio) / 2, 0, 2 * Math.PI);
    pen.fillStyle = token(STATE_COLOURS[state] ?? "--ink-3");
    pen.fill();
    pen.strokeStyle = token("--map-ground");
    pen.lineWidth = STROKE * this.ratio;
    pen.stroke();
    this.sprites.set(key, made);
    return made;
  }

  /** Rings in degrees and centres of earthquakes, above all else. */
  drawTop(view: View, fronts: readonly { wave: "p" | "s"; ring: readonly Point[] }[], centres: readonly Point[], pen = this.top): void {
    const { ratio } = this;
    pen.setTransform(1, 0, 0, 1, 0, 0);
    if (pen === this.top) pen.clearRect(0, 0, pen.canvas.width, pen.canvas.height);
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    for (const { wave, ring } of fronts) {
      pen.beginPath();
      ring.forEach((each, i) => {
        const at = onScreen(view, this.size, project(each));
        if (i === 0) pen.moveTo(...at);
        else pen.lineTo(...at);
      });
      pen.strokeStyle = token(wave === "s" ? "--red" : "--ink-2");
      pen.lineWidth = wave === "s" ? 3 : 1.5;
      pen.stroke();
    }
    for (const each of centres) {
      pen.beginPath();
      pen.arc(...onScreen(view, this.size, project(each)), 7, 0, 2 * Math.PI);
      pen.fillStyle = token("--red");
      pen.fill();
      pen.strokeStyle = "#fff";
      pen.lineWidth = 2;
      pen.stroke();
    }
  }

  /** All that is seen, in one picture, with a line of words below. */
  async picture(words: string): Promise<Uint8Array<ArrayBuffer>> {
    const made = document.createElement("canvas");
    made.width = this.top.canvas.width;
    made.height = this.top.canvas.height;
    const pen = penOf(made);
    const { canvas } = this.ground;
    const [left, top] = [(made.width - canvas.width) / 2, (made.height - canvas.height) / 2];
    pen.drawImage(canvas, left, top);
    pen.drawImage(this.points.canvas, left, top);
    pen.drawImage(this.top.canvas, 0, 0);
    pen.fillStyle = token("--ink-2");
    pen.font = `${12 * this.ratio}px sans-serif`;
    pen.fillText(words, 8 * this.ratio, made.height - 8 * this.ratio);
    const blob = await new Promise<Blob | null>((done) => made.toBlob(done, "image/png"));
    if (!blob) throw new Error("the picture could not be made");
    return new Uint8Array(await blob.arrayBuffer());
  }
}
