import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
  build: {
    target: "es2022",
    // Every asset is a file of the origin: the policy of the gateway lets in nothing inline.
    assetsInlineLimit: 0,
    sourcemap: false,
    // The map is large by nature, and is loaded apart from the first paint.
    chunkSizeWarningLimit: 1400,
  },
});
