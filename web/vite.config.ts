import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

/** Where the network is asked in development; `./run --port 8440` answers there. */
const NETWORK = "http://127.0.0.1:8440";

export default defineConfig({
  base: "/",
  plugins: [svelte()],
  build: {
    outDir: "../src/autochain/web",
    emptyOutDir: true,
    target: "es2022",
    cssTarget: ["chrome123", "firefox121", "safari17.5"],
    // The content policy allows no data: addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  worker: { format: "es" },
  server: { proxy: { "/api": NETWORK, "/1.0": NETWORK, "/credentials": NETWORK, "/presentations": NETWORK, "/livez": NETWORK, "/readyz": NETWORK, "/metrics": NETWORK } },
});
