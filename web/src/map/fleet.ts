/** Vehicles between two frames: each moves from where it is shown to where it was last seen, in the time between frames. */

import type { Frame, Moving } from "../api/types";
import type { Point, Projection } from "./camera";

const USUAL_MS = 500;
/** A pause longer than this is no rhythm: the stream stood still. */
const LONGEST_MS = 2500;
/** A jump farther than this is no drive. */
const JUMP_M = 400;

export interface Shown {
  vehicle: Moving;
  x: number;
  y: number;
  heading: number;
  from: Point & { heading: number };
  to: Point & { heading: number };
  begun_ms: number;
}

export class Fleet {
  readonly shown = new Map<string, Shown>();
  #every_ms = USUAL_MS;
  #last_ms = 0;

  take(frame: Frame, projection: Projection, now_ms: number): void {
    const pause_ms = now_ms - this.#last_ms;
    // The rhythm is learnt slowly, so that one late frame makes nobody crawl.
    if (pause_ms > 50 && pause_ms < LONGEST_MS) this.#every_ms += (pause_ms - this.#every_ms) / 4;
    this.#last_ms = now_ms;
    const here = new Set<string>();
    for (const vehicle of frame.vehicles) {
      here.add(vehicle.id);
      const to = { ...projection.at(vehicle.lat, vehicle.lon), heading: vehicle.heading_deg };
      const known = this.shown.get(vehicle.id);
      if (!known || Math.hypot(to.x - known.x, to.y - known.y) > JUMP_M) {
        this.shown.set(vehicle.id, { vehicle, ...to, from: to, to, begun_ms: now_ms });
        continue;
      }
      known.vehicle = vehicle;
      known.from = { x: known.x, y: known.y, heading: known.heading };
      known.to = to;
      known.begun_ms = now_ms;
    }
    for (const id of this.shown.keys()) if (!here.has(id)) this.shown.delete(id);
  }

  move(now_ms: number, still: boolean): void {
    for (const one of this.shown.values()) {
      const share = still ? 1 : Math.min(1, (now_ms - one.begun_ms) / this.#every_ms);
      one.x = one.from.x + (one.to.x - one.from.x) * share;
      one.y = one.from.y + (one.to.y - one.from.y) * share;
      // The shorter way round: from 350 degrees to 10 it turns by 20.
      const turn = ((one.to.heading - one.from.heading + 540) % 360) - 180;
      one.heading = one.from.heading + turn * share;
    }
  }
}
