import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
  build: {
    target: "es2022",
    // Every asset is a file of the origin: the policy of the gateway lets in nothing inline.
    assetsInlineLimit: 0,
    sourcemap: false,
    // The charts are large by nature, and are loaded by the pages that draw some.
    chunkSizeWarningLimit: 600,
  },
});
