/** Draws the map: roads once for a view, vehicles in every frame. */

import { Camera, type Point, Projection } from "./camera";
import { Fleet, type Shown } from "./fleet";
import type { Frame, Roads } from "../api/types";

const NAMES_BELOW = 40;
const NAMES_FROM_SCALE = 0.35;
const HIT_PX = 18;
const SPRITE_PX = 22;
const SCALE_PX = 120;

interface Colours {
  ground: string;
  road: string;
  edge: string;
  driving: string;
  parked: string;
  chosen: string;
  text: string;
  halo: string;
}

export class Renderer {
  readonly camera = new Camera();
  readonly fleet = new Fleet();
  chosen: string | null = null;
  follow = false;
  /** Frames drawn in the last second, and what drawing one took of this thread's time. */
  fps = 0;
  frame_ms = 0;
  #canvas: HTMLCanvasElement;
  #context: CanvasRenderingContext2D;
  #roads = document.createElement("canvas");
  #lines: Point[][] = [];
  #projection: Projection | null = null;
  #sprites = new Map<string, HTMLCanvasElement>();
  #colours: Colours;
  #stale = true;
  #fitted = false;
  #ratio = 1;
  #frames = 0;
  #counted_ms = 0;
  #spent_ms = 0;
  #request = 0;
  #still = matchMedia("(prefers-reduced-motion: reduce)");

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
    this.#context = canvas.getContext("2d", { alpha: false }) as CanvasRenderingContext2D;
    this.#colours = this.#read();
    this.#request = requestAnimationFrame((now_ms) => this.#draw(now_ms));
  }

  stop(): void {
    cancelAnimationFrame(this.#request);
  }

  setRoads({ roads }: Roads): void {
    const points = roads.flat();
    if (!points.length) return;
    const [lat, lon] = [0, 1].map((axis) => points.reduce((sum, point) => sum + (point[axis] ?? 0), 0) / points.length);
    const projection = new Projection(lat ?? 0, lon ?? 0);
    this.#projection = projection;
    this.#lines = roads.map((road) => road.map(([at, on]) => projection.at(at, on)));
    this.fit();
  }

  setFrame(frame: Frame): void {
    const [first] = frame.vehicles;
    if (!this.#projection && first) this.#projection = new Projection(first.lat, first.lon);
    if (this.#projection) this.fleet.take(frame, this.#projection, performance.now());
    if (!this.#lines.length && !this.#fitted) this.fit();
  }

  resize(width: number, height: number): void {
    const first = this.camera.width === 1;
    this.#ratio = Math.min(devicePixelRatio || 1, 2);
    this.camera.width = width;
    this.camera.height = height;
    for (const canvas of [this.#canvas, this.#roads]) {
      canvas.width = Math.round(width * this.#ratio);
      canvas.height = Math.round(height * this.#ratio);
    }
    this.moved();
    if (first) this.fit();
  }

  /** Reads the colours anew after the theme has changed. */
  recolour(): void {
    this.#colours = this.#read();
    this.#sprites.clear();
    this.moved();
  }

  /** Says that the camera moved, so that the roads must be drawn anew. */
  moved(): void {
    this.#stale = true;
  }

  fit(): void {
    const points = this.#lines.length ? this.#lines.flat() : [...this.fleet.shown.values()];
    this.#fitted = points.length > 0;
    this.camera.fit(points);
    this.follow = false;
    this.moved();
  }

  /** Gives the vehicle under a point of the view, or the nearest within reach. */
  at(point: Point): Shown | undefined {
    let nearest: Shown | undefined;
    let least = HIT_PX;
    for (const one of this.fleet.shown.values()) {
      const { x, y } = this.camera.toView(one);
      const away = Math.hypot(x - point.x, y - point.y);
      if (away < least) [nearest, least] = [one, away];
    }
    return nearest;
  }

  #draw(now_ms: number): void {
    this.#request = requestAnimationFrame((next_ms) => this.#draw(next_ms));
    this.#count(now_ms);
    const began_ms = performance.now();
    this.fleet.move(now_ms, this.#still.matches);
    const followed = this.follow && this.chosen ? this.fleet.shown.get(this.chosen) : undefined;
    if (followed) {
      this.camera.x = followed.x;
      this.camera.y = followed.y;
      this.moved();
    }
    if (this.#stale) this.#drawRoads();
    const context = this.#context;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.drawImage(this.#roads, 0, 0);
    this.#drawVehicles(context);
    this.#spent_ms += performance.now() - began_ms;
  }

  #count(now_ms: number): void {
    this.#frames += 1;
    if (now_ms - this.#counted_ms < 1000) return;
    this.fps = Math.round((this.#frames * 1000) / (now_ms - this.#counted_ms));
    this.frame_ms = this.#spent_ms / this.#frames;
    this.#frames = this.#spent_ms = 0;
    this.#counted_ms = now_ms;
  }

  #drawRoads(): void {
    this.#stale = false;
    const context = this.#roads.getContext("2d", { alpha: false });
    if (!context) return;
    const { camera } = this;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = this.#colours.ground;
    context.fillRect(0, 0, this.#roads.width, this.#roads.height);
    context.setTransform(this.#ratio, 0, 0, this.#ratio, 0, 0);
    context.lineCap = context.lineJoin = "round";
    const path = new Path2D();
    for (const line of this.#lines) {
      line.forEach((point, place) => {
        const { x, y } = camera.toView(point);
        if (place) path.lineTo(x, y);
        else path.moveTo(x, y);
      });
    }
    const width = Math.min(18, Math.max(3, 14 * camera.scale));
    context.strokeStyle = this.#colours.edge;
    context.lineWidth = width + 2;
    context.stroke(path);
    context.strokeStyle = this.#colours.road;
    context.lineWidth = width;
    context.stroke(path);
    this.#drawScale(context);
  }

  /** Draws how long so many metres are: 1, 2 or 5 times a power of ten. */
  #drawScale(context: CanvasRenderingContext2D): void {
    const { width, height, scale } = this.camera;
    const power = 10 ** Math.floor(Math.log10(SCALE_PX / scale));
    const metres = power * ([5, 2, 1].find((times) => times * power * scale <= SCALE_PX) ?? 1);
    const [right, bottom] = [width - 16, height - 16];
    const left = right - metres * scale;
    context.strokeStyle = context.fillStyle = this.#colours.parked;
    context.lineWidth = 1.5;
    context.beginPath();
    context.moveTo(left, bottom - 5);
    context.lineTo(left, bottom);
    context.lineTo(right, bottom);
    context.lineTo(right, bottom - 5);
    context.stroke();
    context.font = "12px system-ui, sans-serif";
    context.textAlign = "center";
    context.fillText(metres >= 1000 ? `${metres / 1000} km` : `${metres} m`, (left + right) / 2, bottom - 6);
  }

  #drawVehicles(context: CanvasRenderingContext2D): void {
    const { camera } = this;
    const half = SPRITE_PX / 2;
    const named = this.fleet.shown.size <= NAMES_BELOW || camera.scale >= NAMES_FROM_SCALE;
    const labels: [string, number, number][] = [];
    for (const one of this.fleet.shown.values()) {
      const { x, y } = camera.toView(one);
      if (x < -half || y < -half || x > camera.width + half || y > camera.height + half) continue;
      const chosen = one.vehicle.id === this.chosen;
      const turn = (one.heading * Math.PI) / 180;
      const [cos, sin] = [Math.cos(turn) * this.#ratio, Math.sin(turn) * this.#ratio];
      context.setTransform(cos, sin, -sin, cos, x * this.#ratio, y * this.#ratio);
      context.drawImage(this.#sprite(chosen ? "chosen" : one.vehicle.state), -half, -half, SPRITE_PX, SPRITE_PX);
      if (named || chosen) labels.push([one.vehicle.name, x, y]);
    }
    context.setTransform(this.#ratio, 0, 0, this.#ratio, 0, 0);
    context.font = "500 12px system-ui, sans-serif";
    context.textAlign = "center";
    context.lineWidth = 3;
    context.strokeStyle = this.#colours.halo;
    context.fillStyle = this.#colours.text;
    for (const [name, x, y] of labels) {
      context.strokeText(name, x, y - 14);
      context.fillText(name, x, y - 14);
    }
  }

  /** Gives a vehicle's drawing, made once for each look. */
  #sprite(look: "driving" | "parked" | "chosen"): HTMLCanvasElement {
    const made = this.#sprites.get(look);
    if (made) return made;
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = SPRITE_PX * 2;
    const context = canvas.getContext("2d");
    if (context) {
      context.scale(2, 2);
      context.translate(SPRITE_PX / 2, SPRITE_PX / 2);
      context.fillStyle = this.#colours[look];
      context.strokeStyle = this.#colours.halo;
      context.lineWidth = 1.5;
      context.lineJoin = "round";
      context.beginPath();
      if (look === "parked") context.arc(0, 0, 4.5, 0, 2 * Math.PI);
      else {
        const size = look === "chosen" ? 1.25 : 1;
        context.moveTo(0, -8 * size);
        context.lineTo(5.5 * size, 6 * size);
        context.lineTo(0, 3.5 * size);
        context.lineTo(-5.5 * size, 6 * size);
        context.closePath();
      }
      context.fill();
      context.stroke();
    }
    this.#sprites.set(look, canvas);
    return canvas;
  }

  #read(): Colours {
    // A canvas knows no custom properties, and none of them resolves by itself: an element tells what they are.
    const style = getComputedStyle(this.#canvas);
    const probe = document.createElement("span");
    this.#canvas.after(probe);
    const read = (name: string): string => {
      probe.style.color = `var(${name})`;
      return getComputedStyle(probe).color || style.color;
    };
    const colours = {
      ground: read("--sunken"),
      road: read("--road"),
      edge: read("--road-edge"),
      driving: read("--accent"),
      parked: read("--soft"),
      chosen: read("--c2"),
      text: read("--text"),
      halo: read("--surface"),
    };
    probe.remove();
    return colours;
  }
}
