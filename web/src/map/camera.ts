/** From degrees to metres around a town, and from there to pixels of a view. */

const METRES_PER_DEGREE = 111_320;
const CLOSEST = 4;
const FARTHEST = 0.005;
const MARGIN = 0.06;

export interface Point {
  x: number;
  y: number;
}

/** Lays a town flat: metres east and south of its middle. A town is small enough that the earth's shape does not show. */
export class Projection {
  readonly #lat: number;
  readonly #lon: number;
  readonly #stretch: number;

  constructor(lat: number, lon: number) {
    this.#lat = lat;
    this.#lon = lon;
    this.#stretch = Math.cos((lat * Math.PI) / 180);
  }

  at(lat: number, lon: number): Point {
    return {
      x: (lon - this.#lon) * METRES_PER_DEGREE * this.#stretch,
      y: (this.#lat - lat) * METRES_PER_DEGREE,
    };
  }
}

/** Which metres a view shows: its middle and how many pixels a metre has. */
export class Camera {
  x = 0;
  y = 0;
  scale = 0.1;
  width = 1;
  height = 1;

  toView({ x, y }: Point): Point {
    return { x: (x - this.x) * this.scale + this.width / 2, y: (y - this.y) * this.scale + this.height / 2 };
  }

  pan(dx: number, dy: number): void {
    this.x -= dx / this.scale;
    this.y -= dy / this.scale;
  }

  /** Zooms so that what lies under a point of the view stays there. */
  zoom(factor: number, at: Point = { x: this.width / 2, y: this.height / 2 }): void {
    const scale = Math.min(CLOSEST, Math.max(FARTHEST, this.scale * factor));
    const offX = at.x - this.width / 2;
    const offY = at.y - this.height / 2;
    this.x += offX / this.scale - offX / scale;
    this.y += offY / this.scale - offY / scale;
    this.scale = scale;
  }

  /** Shows all of these points. */
  fit(points: Point[]): void {
    if (!points.length) return;
    const xs = points.map(({ x }) => x);
    const ys = points.map(({ y }) => y);
    const [left, right] = [xs.reduce((a, b) => Math.min(a, b)), xs.reduce((a, b) => Math.max(a, b))];
    const [top, bottom] = [ys.reduce((a, b) => Math.min(a, b)), ys.reduce((a, b) => Math.max(a, b))];
    this.x = (left + right) / 2;
    this.y = (top + bottom) / 2;
    const room = 1 - 2 * MARGIN;
    const fits = Math.min((this.width * room) / (right - left || 1), (this.height * room) / (bottom - top || 1));
    this.scale = Math.min(CLOSEST, Math.max(FARTHEST, fits));
  }
}
