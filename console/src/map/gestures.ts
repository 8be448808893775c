// What hands do with a map: drag, wheel, pinch, keys. Each turns one view into the next.
import { type Point, type Size, type View, panned, zoomed } from "./view";

/** One line of a wheel in pixels, and what a pixel of it zooms by. */
const LINE_PX = 40;
const WHEEL = 1 / 300;
const KEY_PX = 80;
export const STEP = 1.6;
/** Below this a press is a click. */
const CLICK_PX = 4;

export interface Hands {
  size: () => Size;
  change: (turn: (view: View) => View) => void;
  click: (at: Point) => void;
  over: (at: Point | undefined) => void;
}

const apart = (held: readonly Point[]): number => {
  const [a, b] = held;
  return a && b ? Math.hypot(a[0] - b[0], a[1] - b[1]) : 0;
};
const middle = (held: readonly Point[]): Point => [
  held.reduce((sum, each) => sum + each[0], 0) / held.length, held.reduce((sum, each) => sum + each[1], 0) / held.length,
];

/** Listen; return how to end it. */
export function listen(box: HTMLElement, hands: Hands): () => void {
  const held = new Map<number, Point>();
  let way = 0;
  const at = (event: MouseEvent): Point => {
    const { left, top } = box.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  };
  const down = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    if (held.size === 0) way = 0;
    held.set(event.pointerId, at(event));
    box.setPointerCapture(event.pointerId);
  };
  const move = (event: PointerEvent): void => {
    if (!held.has(event.pointerId)) {
      hands.over(at(event));
      return;
    }
    const before = [...held.values()];
    held.set(event.pointerId, at(event));
    const after = [...held.values()];
    const [from, to] = [middle(before), middle(after)];
    way += Math.hypot(to[0] - from[0], to[1] - from[1]);
    const factor = before.length > 1 && apart(before) > 0 ? apart(after) / apart(before) : 1;
    if (way < CLICK_PX && factor === 1) return;
    hands.change((view) => zoomed(panned(view, to[0] - from[0], to[1] - from[1]), hands.size(), to, factor));
  };
  const up = (event: PointerEvent): void => {
    if (!held.delete(event.pointerId) || event.type !== "pointerup") return;
    if (held.size === 0 && way < CLICK_PX) hands.click(at(event));
  };
  const leave = (): void => hands.over(undefined);
  const wheel = (event: WheelEvent): void => {
    event.preventDefault();
    const px = event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? event.deltaY : event.deltaY * LINE_PX;
    const [point, factor] = [at(event), 2 ** (-px * WHEEL)];
    hands.change((view) => zoomed(view, hands.size(), point, factor));
  };
  const key = (event: KeyboardEvent): void => {
    const { width, height } = hands.size();
    const turns: Record<string, (view: View) => View> = {
      ArrowLeft: (view) => panned(view, KEY_PX, 0),
      ArrowRight: (view) => panned(view, -KEY_PX, 0),
      ArrowUp: (view) => panned(view, 0, KEY_PX),
      ArrowDown: (view) => panned(view, 0, -KEY_PX),
      "+": (view) => zoomed(view, { width, height }, [width / 2, height / 2], STEP),
      "=": (view) => zoomed(view, { width, height }, [width / 2, height / 2], STEP),
      "-": (view) => zoomed(view, { width, height }, [width / 2, height / 2], 1 / STEP),
    };
    const turn = turns[event.key];
    if (!turn || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    hands.change(turn);
  };
  const stop = new AbortController();
  const { signal } = stop;
  box.addEventListener("pointerdown", down, { signal });
  box.addEventListener("pointermove", move, { signal });
  box.addEventListener("pointerup", up, { signal });
  box.addEventListener("pointercancel", up, { signal });
  box.addEventListener("pointerleave", leave, { signal });
  box.addEventListener("wheel", wheel, { signal, passive: false });
  box.addEventListener("keydown", key, { signal });
  return () => stop.abort();
}
