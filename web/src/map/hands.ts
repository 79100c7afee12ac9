/** Moves the map by mouse, touch and keyboard. */

import type { Renderer } from "./renderer";

const STEP_PX = 64;
const ZOOM_STEP = 1.4;
const TAP_PX = 6;

/** Lets one move what a renderer draws; `tap` is told of a click that moved nothing. */
export function hands(canvas: HTMLCanvasElement, renderer: Renderer, tap: (x: number, y: number) => void): () => void {
  const fingers = new Map<number, { x: number; y: number }>();
  let travelled = 0;
  const ends = new AbortController();
  const { signal } = ends;

  function place(event: PointerEvent | WheelEvent): { x: number; y: number } {
    const { left, top } = canvas.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  }

  function spread(): number {
    const [one, other] = [...fingers.values()];
    return one && other ? Math.hypot(one.x - other.x, one.y - other.y) : 0;
  }

  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    if (!fingers.size) travelled = 0;
    fingers.set(event.pointerId, place(event));
  }, { signal });

  canvas.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    const now = place(event);
    const width = spread();
    fingers.set(event.pointerId, now);
    const [dx, dy] = [(now.x - before.x) / fingers.size, (now.y - before.y) / fingers.size];
    travelled += Math.hypot(dx, dy);
    if (travelled > TAP_PX) renderer.follow = false;
    renderer.camera.pan(dx, dy);
    if (fingers.size === 2 && width) {
      const [one, other] = [...fingers.values()];
      if (one && other) renderer.camera.zoom(spread() / width, { x: (one.x + other.x) / 2, y: (one.y + other.y) / 2 });
    }
    renderer.moved();
  }, { signal });

  const lift = (event: PointerEvent): void => {
    if (fingers.delete(event.pointerId) && !fingers.size && travelled <= TAP_PX && event.type === "pointerup") {
      const { x, y } = place(event);
      tap(x, y);
    }
  };
  canvas.addEventListener("pointerup", lift, { signal });
  canvas.addEventListener("pointercancel", lift, { signal });

  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    renderer.camera.zoom(Math.exp(-event.deltaY / 400), place(event));
    renderer.moved();
  }, { signal, passive: false });

  canvas.addEventListener("keydown", (event) => {
    const { camera } = renderer;
    const moves: Record<string, () => void> = {
      ArrowLeft: () => camera.pan(STEP_PX, 0),
      ArrowRight: () => camera.pan(-STEP_PX, 0),
      ArrowUp: () => camera.pan(0, STEP_PX),
      ArrowDown: () => camera.pan(0, -STEP_PX),
      "+": () => camera.zoom(ZOOM_STEP),
      "=": () => camera.zoom(ZOOM_STEP),
      "-": () => camera.zoom(1 / ZOOM_STEP),
      "0": () => renderer.fit(),
    };
    const move = moves[event.key];
    if (!move || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    if (event.key.startsWith("Arrow")) renderer.follow = false;
    move();
    renderer.moved();
  }, { signal });

  return () => ends.abort();
}
